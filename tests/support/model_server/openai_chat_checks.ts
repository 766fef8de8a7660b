/** What OpenAI Chat Completions refuses. */

import { type Json, list, record, str } from "../../../src/providers/json.ts";
import {
  checkJsonWord,
  checkTextLength,
  fieldTexts,
  invalid,
  missing,
  unknownValue,
} from "./openai_common.ts";
import { checkFormat, checkFunction } from "./openai_tools.ts";
import type { ApiRequest } from "./protocol.ts";

const ROLES = ["system", "assistant", "user", "function", "tool", "developer"];
const MAX_TOOLS = 128;

/** Throws a `Refusal` for a request that the Chat Completions API does not accept. */
export function checkChat({ body }: ApiRequest): void {
  if (body.model === undefined) throw invalid("you must provide a model parameter");
  if (body.messages === undefined) throw missing("messages");
  const messages = list(body.messages);
  if (messages.length === 0) throw emptyArray("messages");
  for (const [index, message] of messages.entries()) checkMessage(record(message) ?? {}, index);
  checkTools(body);
  checkPairs(messages.map((message) => record(message) ?? {}));
  const format = record(body.response_format);
  if (format?.type === "json_schema") {
    const inner = record(format.json_schema);
    if (inner === undefined) throw missing("response_format.json_schema");
    checkFormat(inner, "response_format.json_schema", "response_format");
  }
  checkJsonWord(format, body.messages, "messages");
  if (body.stream_options != null && body.stream !== true) {
    throw invalid(
      "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
      "stream_options",
    );
  }
}

function checkMessage(message: Json, index: number): void {
  const { role, content } = message;
  const param = `messages[${index}]`;
  if (role === undefined) throw missing(`${param}.role`);
  if (!ROLES.includes(String(role))) throw unknownValue(role, `${param}.role`, ROLES);
  const calls = message.tool_calls;
  if (Array.isArray(calls) && calls.length === 0) throw emptyArray(`${param}.tool_calls`);
  const mayBeSilent = role === "assistant" &&
    (calls != null || message.function_call != null || message.refusal != null ||
      message.audio != null);
  if (content == null && !mayBeSilent) {
    throw invalid(
      "Invalid value for 'content': expected a string, got null.",
      `messages.[${index}].content`,
    );
  }
  if (Array.isArray(content) && content.length === 0) throw emptyArray(`${param}.content`);
  for (const [text, at] of fieldTexts(content, `${param}.content`)) checkTextLength(text, at);
  if (role === "tool" && message.tool_call_id === undefined) {
    throw invalid(
      "Missing parameter 'tool_call_id': messages with role 'tool' must have a 'tool_call_id'.",
      `messages.[${index}].tool_call_id`,
    );
  }
}

function checkTools(body: Json): void {
  if (body.tools == null) {
    for (const param of ["tool_choice", "parallel_tool_calls"]) {
      if (body[param] == null) continue;
      throw invalid(`'${param}' is only allowed when 'tools' are specified.`, param);
    }
    return;
  }
  const tools = list(body.tools);
  if (tools.length === 0) throw emptyArray("tools");
  if (tools.length > MAX_TOOLS) {
    throw invalid(
      `Invalid 'tools': array too long. Expected an array with maximum length ${MAX_TOOLS}, but ` +
        `got an array with length ${tools.length} instead.`,
      "tools",
      "array_above_max_length",
    );
  }
  for (const [index, value] of tools.entries()) {
    const tool = record(value) ?? {};
    const param = `tools[${index}]`;
    if (tool.type === undefined) throw missing(`${param}.type`);
    if (tool.type !== "function") continue;
    const inner = record(tool.function);
    if (inner === undefined) throw missing(`${param}.function`);
    checkFunction(inner, `${param}.function`);
  }
}

function checkPairs(messages: readonly Json[]): void {
  for (const [index, message] of messages.entries()) {
    if (message.role === "tool") checkToolMessage(messages, index);
    if (message.role === "assistant") checkAnswered(messages, index);
  }
}

function checkToolMessage(messages: readonly Json[], index: number): void {
  const owner = messages.slice(0, index).findLast((message) => message.role !== "tool");
  const ids = callIds(owner);
  if (ids.length === 0) {
    throw invalid(
      "Invalid parameter: messages with role 'tool' must be a response to a preceeding message " +
        "with 'tool_calls'.",
      `messages.[${index}].role`,
    );
  }
  const id = String(messages[index]?.tool_call_id);
  if (ids.includes(id)) return;
  throw invalid(
    `Invalid parameter: 'tool_call_id' of '${id}' not found in 'tool_calls' of previous message.`,
    `messages.[${index}].tool_call_id`,
  );
}

function checkAnswered(messages: readonly Json[], index: number): void {
  const after = messages.slice(index + 1);
  const end = after.findIndex((message) => message.role !== "tool");
  const results = end < 0 ? after : after.slice(0, end);
  const answered = results.map((message) => message.tool_call_id);
  const open = callIds(messages[index]).filter((id) => !answered.includes(id));
  if (open.length === 0) return;
  throw invalid(
    "An assistant message with 'tool_calls' must be followed by tool messages responding to each " +
      "'tool_call_id'. The following tool_call_ids did not have response messages: " +
      open.join(", "),
    `messages.[${index + 1 + results.length}].role`,
  );
}

function callIds(message: Json | undefined): string[] {
  if (message?.role !== "assistant") return [];
  return list(message.tool_calls).map((call) => str(record(call)?.id) ?? "");
}

function emptyArray(param: string) {
  return invalid(
    `Invalid '${param}': empty array. Expected an array with minimum length 1, but got an empty ` +
      "array instead.",
    param,
    "empty_array",
  );
}
