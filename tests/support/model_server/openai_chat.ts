/** OpenAI Chat Completions: `POST /v1/chat/completions`. */

import { type Json, list, record, str } from "../../../src/providers/json.ts";
import { event, json, type JsonAnswer, type Move, type StreamAnswer, textMoves } from "./answer.ts";
import { readMessages } from "./conversation.ts";
import { checkChat } from "./openai_chat_checks.ts";
import { failure, openai } from "./openai_common.ts";
import type { ErrorPlan, Plan } from "./plan.ts";
import { type ApiRequest, freshId, type Protocol } from "./protocol.ts";
import type { OfferedTool } from "./tools.ts";

const USAGE = {
  prompt_tokens: 12,
  completion_tokens: 5,
  total_tokens: 17,
  prompt_tokens_details: { cached_tokens: 0 },
};

export const openaiChat: Protocol = {
  ...openai,
  name: "openai_chat",
  check: checkChat,
  conversation: readMessages,
  tools: (body) =>
    list(body.tools).map((value): OfferedTool => {
      const tool = record(value) ?? {};
      const name = str(record(tool[String(tool.type)])?.name) ?? str(tool.type) ?? "";
      return { name, freeform: tool.type === "custom" };
    }),
  format: (body) => body.response_format ?? null,
  answer,
};

function answer({ body }: ApiRequest, plan: Plan): JsonAnswer | StreamAnswer {
  if (plan.kind === "error") return plannedFailure(plan);
  const headers = { "x-request-id": freshId("req_") };
  if (body.stream === true) return { kind: "stream", headers, moves: stream(body, plan) };
  if (plan.kind === "stream_error") return failure(500, serverError(plan.message));
  const message = plan.kind === "text"
    ? { role: "assistant", content: plan.parts.join(""), ...reasoning(plan.thinking) }
    : { role: "assistant", content: plan.text, tool_calls: toolCalls(plan) };
  const choice = { index: 0, message, logprobs: null, finish_reason: finish(plan) };
  const completion = { ...head(body, "chat.completion"), choices: [choice], usage: USAGE };
  return json(completion, 200, headers);
}

function* stream(body: Json, plan: Exclude<Plan, ErrorPlan>): Generator<Move> {
  const shared = head(body, "chat.completion.chunk");
  const chunk = (delta: Json, finish_reason: string | null = null) =>
    event({ ...shared, choices: [{ index: 0, delta, finish_reason }] });
  yield chunk({ role: "assistant", content: "" });
  if (plan.kind === "stream_error") {
    yield event({ error: { message: plan.message, type: "server_error" } });
    return;
  }
  if (plan.kind === "text") {
    if (plan.thinking !== null) yield chunk(reasoning(plan.thinking));
    yield* textMoves(plan, (content) => chunk({ content }));
  } else {
    if (plan.text !== null) yield chunk({ content: plan.text });
    for (const [index, call] of toolCalls(plan).entries()) {
      yield chunk({ tool_calls: [{ index, ...call }] });
    }
  }
  yield chunk({}, finish(plan));
  if (record(body.stream_options)?.include_usage === true) {
    yield event({ ...shared, choices: [], usage: USAGE });
  }
  yield event("[DONE]");
}

function head(body: Json, object: string): Json {
  const created = Math.floor(Date.now() / 1000);
  return { id: freshId("chatcmpl-", 32), object, created, model: body.model };
}

/** Reasoning under both names that compatible servers use; the API itself shows none. */
function reasoning(thinking: string | null): Json {
  return thinking === null ? {} : { reasoning_content: thinking, reasoning_text: thinking };
}

function toolCalls(plan: Plan): Json[] {
  if (plan.kind !== "tools") return [];
  return plan.calls.map(({ name, args }) => ({
    id: freshId("call_"),
    type: "function",
    function: { name, arguments: JSON.stringify(args) },
  }));
}

function finish(plan: Plan): string {
  return plan.kind === "tools" ? "tool_calls" : "stop";
}

function serverError(message: string): Json {
  return { type: "server_error", code: "server_error", message };
}

function plannedFailure({ status, quota }: ErrorPlan): JsonAnswer {
  if (status === 429) {
    const code = quota ? "insufficient_quota" : "rate_limit_exceeded";
    const message = quota ? "You exceeded your current quota." : "Rate limit reached for requests";
    return failure(status, { type: code, code, message }, { "retry-after": "1" });
  }
  const message = `stub error ${status}`;
  if (status >= 500) return failure(status, serverError(message));
  const code = status === 401 ? "invalid_api_key" : null;
  return failure(status, { type: "invalid_request_error", code, message });
}
