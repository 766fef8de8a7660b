/** Anthropic Messages: `POST /v1/messages` and `/v1/messages/count_tokens`. */

import { type Json, list, record, str } from "../../../src/providers/json.ts";
import {
  json,
  type JsonAnswer,
  type Move,
  type StreamAnswer,
  textMoves,
  typedEvent,
} from "./answer.ts";
import { checkAnthropic } from "./anthropic_checks.ts";
import { readMessages } from "./conversation.ts";
import { type ErrorPlan, pieces, type Plan } from "./plan.ts";
import { type ApiRequest, freshId, type Protocol } from "./protocol.ts";
import { Refusal } from "./refusal.ts";
import { jsonTool } from "./tools.ts";

const USAGE = {
  input_tokens: 12,
  output_tokens: 5,
  cache_read_input_tokens: 0,
  cache_creation_input_tokens: 0,
};

const ERROR_TYPES: Readonly<Record<number, string>> = {
  400: "invalid_request_error",
  401: "authentication_error",
  402: "billing_error",
  403: "permission_error",
  404: "not_found_error",
  413: "request_too_large",
  429: "rate_limit_error",
  504: "timeout_error",
  529: "overloaded_error",
};

export const anthropic: Protocol = {
  name: "anthropic",
  maxBodyBytes: 32 * 1024 * 1024,
  spokenWithoutKeys: false,
  hasKey: (headers) => Boolean(headers.get("x-api-key") || headers.get("authorization")),
  noKey: () => new Refusal(401, "authentication_error", "x-api-key header is required"),
  badJson: () =>
    new Refusal(400, "invalid_request_error", "The request body is not valid JSON: expected value"),
  tooLarge: () =>
    new Refusal(413, "request_too_large", "Request exceeds the maximum allowed number of bytes."),
  unknownPath: () => new Refusal(404, "not_found_error", "Not Found"),
  wrongMethod: () => new Refusal(405, "invalid_request_error", "Method Not Allowed"),

  check: checkAnthropic,
  conversation: readMessages,
  tools: (body) =>
    list(body.tools).flatMap((value) => {
      const tool = record(value);
      const name = str(tool?.name) ?? str(tool?.type);
      return name === undefined ? [] : [jsonTool(name)];
    }),
  model: (body) => str(body.model) ?? null,
  streams: (body) => body.stream === true,
  format: (body) => record(body.output_config)?.format ?? body.output_format ?? null,
  answer,
  refuse: ({ status, type, message }) => failure(status, type, message),
  tokenCount: () => ({ input_tokens: 10 }),
  modelList: () => ({
    data: [{ type: "model", id: "stub", display_name: "Stub", created_at: "2026-01-01T00:00:00Z" }],
    first_id: "stub",
    last_id: "stub",
    has_more: false,
  }),
};

type Block =
  | { type: "text"; text: string }
  | { type: "thinking"; thinking: string; signature: string }
  | { type: "tool_use"; id: string; name: string; input: unknown };

function answer({ body }: ApiRequest, plan: Plan): JsonAnswer | StreamAnswer {
  if (plan.kind === "error") return plannedFailure(plan);
  if (plan.kind === "stream_error" && body.stream !== true) {
    return failure(529, "overloaded_error", plan.message);
  }
  const content = blocks(plan);
  const message = {
    id: freshId("msg_"),
    type: "message",
    role: "assistant",
    model: body.model,
    content,
    stop_reason: plan.kind === "tools" ? "tool_use" : "end_turn",
    stop_sequence: null,
    usage: USAGE,
  };
  const headers = { "request-id": freshId("req_") };
  if (body.stream !== true) return json(message, 200, headers);
  return { kind: "stream", headers, moves: stream(message, plan) };
}

function blocks(plan: Plan): Block[] {
  if (plan.kind === "text") {
    const text: Block = { type: "text", text: plan.parts.join("") };
    if (plan.thinking === null) return [text];
    return [{ type: "thinking", thinking: plan.thinking, signature: "c3R1Yg==" }, text];
  }
  if (plan.kind !== "tools") return [];
  const calls = plan.calls.map(({ name, args }): Block => ({
    type: "tool_use",
    id: freshId("toolu_", 20),
    name,
    input: args,
  }));
  return plan.text === null ? calls : [{ type: "text", text: plan.text }, ...calls];
}

function* stream(message: Json & { content: Block[] }, plan: Plan): Generator<Move> {
  const start = {
    ...message,
    content: [],
    stop_reason: null,
    // The count at the start of a stream is 1; the true one comes in message_delta.
    usage: { ...USAGE, output_tokens: 1 },
  };
  yield typedEvent("message_start", { message: start });
  yield typedEvent("ping", {});
  if (plan.kind === "stream_error") {
    yield typedEvent("error", { error: { type: "overloaded_error", message: plan.message } });
    return;
  }
  for (const [index, block] of message.content.entries()) {
    yield* streamBlock(index, block, plan);
  }
  yield typedEvent("message_delta", {
    delta: { stop_reason: message.stop_reason, stop_sequence: null },
    usage: { output_tokens: USAGE.output_tokens },
  });
  yield typedEvent("message_stop", {});
}

function* streamBlock(index: number, block: Block, plan: Plan): Generator<Move> {
  const start = (content_block: Json) =>
    typedEvent("content_block_start", { index, content_block });
  const delta = (delta: Json) => typedEvent("content_block_delta", { index, delta });
  switch (block.type) {
    case "text": {
      yield start({ type: "text", text: "" });
      const text = (text: string) => delta({ type: "text_delta", text });
      if (plan.kind === "text") yield* textMoves(plan, text);
      else yield text(block.text);
      break;
    }
    case "thinking":
      yield start({ type: "thinking", thinking: "", signature: "" });
      yield delta({ type: "thinking_delta", thinking: block.thinking });
      yield delta({ type: "signature_delta", signature: block.signature });
      break;
    case "tool_use":
      yield start({ type: "tool_use", id: block.id, name: block.name, input: {} });
      for (const partial_json of pieces(JSON.stringify(block.input), 3)) {
        yield delta({ type: "input_json_delta", partial_json });
      }
  }
  yield typedEvent("content_block_stop", { index });
}

function failure(
  status: number,
  type: string,
  message: string,
  headers: Record<string, string> = {},
): JsonAnswer {
  const requestId = freshId("req_");
  const body = { type: "error", error: { type, message }, request_id: requestId };
  return json(body, status, { "request-id": requestId, ...headers });
}

function plannedFailure({ status, quota, resetSecs = 3600 }: ErrorPlan): JsonAnswer {
  const type = ERROR_TYPES[status] ?? "api_error";
  if (status !== 429) return failure(status, type, `stub error ${status}`);
  const headers: Record<string, string> = { "retry-after": "1" };
  if (quota) {
    headers["x-should-retry"] = "false";
    headers["anthropic-ratelimit-unified-status"] = "rejected";
    headers["anthropic-ratelimit-unified-reset"] = String(
      Math.floor(Date.now() / 1000) + resetSecs,
    );
    headers["anthropic-ratelimit-unified-representative-claim"] = "five_hour";
  }
  const message = "This request would exceed your account's rate limit. Please try again later.";
  return failure(status, type, message, headers);
}
