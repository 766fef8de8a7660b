/** OpenAI Responses: `POST /v1/responses`. */

import { type Json, list, record, str } from "../../../src/providers/json.ts";
import { json, type JsonAnswer, type StreamAnswer } from "./answer.ts";
import { readInput } from "./conversation.ts";
import { failure, openai } from "./openai_common.ts";
import { checkResponses } from "./openai_responses_checks.ts";
import { streamResponse } from "./openai_responses_stream.ts";
import type { ErrorPlan, Plan } from "./plan.ts";
import { type ApiRequest, freshId, type Protocol } from "./protocol.ts";
import { jsonTool, type OfferedTool, type ToolCall } from "./tools.ts";

const USAGE = {
  input_tokens: 12,
  input_tokens_details: { cached_tokens: 0 },
  output_tokens: 5,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: 17,
};

export const openaiResponses: Protocol = {
  ...openai,
  name: "openai_responses",
  check: checkResponses,
  conversation: readInput,
  tools: offeredTools,
  format: (body) => record(body.text)?.format ?? null,
  answer,
};

function offeredTools(body: Json): OfferedTool[] {
  return list(body.tools).flatMap((value): OfferedTool[] => {
    const tool = record(value) ?? {};
    const name = str(tool.name) ?? str(tool.type) ?? "";
    if (tool.type !== "namespace") return [{ name, freeform: tool.type === "custom" }];
    return list(tool.tools).map((inner) => jsonTool(`${name}.${record(inner)?.name}`));
  });
}

function answer({ body }: ApiRequest, plan: Plan): JsonAnswer | StreamAnswer {
  if (plan.kind === "error") return plannedFailure(plan);
  if (plan.kind === "stream_error" && body.stream !== true) {
    return failure(500, serverError(plan.message));
  }
  const output = outputItems(plan, body);
  const response = {
    id: freshId("resp_", 32),
    object: "response",
    created_at: Math.floor(Date.now() / 1000),
    status: "completed",
    error: null,
    model: body.model,
    output,
    usage: USAGE,
  };
  const headers = { "x-request-id": freshId("req_") };
  if (body.stream !== true) return json(response, 200, headers);
  return { kind: "stream", headers, moves: streamResponse(response, plan) };
}

function outputItems(plan: Plan, body: Json): Json[] {
  if (plan.kind === "tools") {
    const tools = offeredTools(body);
    const calls = plan.calls.map((call) => callItem(call, tools));
    return plan.text === null ? calls : [messageItem(plan.text), ...calls];
  }
  if (plan.kind !== "text") return [];
  const message = messageItem(plan.parts.join(""));
  return plan.thinking === null ? [message] : [reasoningItem(plan.thinking, body), message];
}

function messageItem(text: string): Json {
  return {
    id: freshId("msg_", 32),
    type: "message",
    role: "assistant",
    status: "completed",
    content: [{ type: "output_text", text, annotations: [] }],
  };
}

function reasoningItem(text: string, body: Json): Json {
  // Without a stored response only the encrypted form can be sent back in the next request.
  const encrypted = list(body.include).includes("reasoning.encrypted_content") ? "c3R1Yg==" : null;
  return {
    id: freshId("rs_", 32),
    type: "reasoning",
    summary: [{ type: "summary_text", text }],
    encrypted_content: encrypted,
  };
}

function callItem(call: ToolCall, tools: readonly OfferedTool[]): Json {
  const callId = freshId("call_");
  const shared = { status: "completed", call_id: callId };
  if (tools.some((tool) => tool.freeform && tool.name === call.name)) {
    const input = call.text ?? str(record(call.args)?.input) ?? "";
    return { id: freshId("ctc_"), type: "custom_tool_call", ...shared, name: call.name, input };
  }
  const [first = "", second] = call.name.split("/");
  const name = second === undefined ? { name: first } : { namespace: first, name: second };
  return {
    id: freshId("fc_"),
    type: "function_call",
    ...shared,
    ...name,
    arguments: JSON.stringify(call.args),
  };
}

function serverError(message: string): Json {
  return { type: "server_error", code: "server_error", message };
}

function plannedFailure({ status, quota, resetSecs = 3600 }: ErrorPlan): JsonAnswer {
  if (status === 429 && quota) {
    return failure(status, {
      type: "usage_limit_reached",
      message: "The usage limit has been reached",
      plan_type: "pro",
      resets_at: Math.floor(Date.now() / 1000) + resetSecs,
      resets_in_seconds: resetSecs,
    });
  }
  if (status === 429) {
    const type = "rate_limit_exceeded";
    const message = "Rate limit reached for requests. Please try again in 1s.";
    return failure(status, { type, code: type, message }, { "retry-after": "1" });
  }
  if (status < 500) {
    const code = status === 401 ? "invalid_api_key" : null;
    return failure(status, {
      type: "invalid_request_error",
      code,
      message: `stub error ${status}`,
    });
  }
  return failure(status, serverError(`stub error ${status}`));
}
