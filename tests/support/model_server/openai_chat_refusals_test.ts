import { CLOSED, OPEN, PROMPT, sharedRows } from "./openai_rows.ts";
import { testAcceptances, testRefusals } from "./refusal_rows.ts";

function chat(change: Record<string, unknown> = {}): Record<string, unknown> {
  return { model: "m", messages: [PROMPT], ...change };
}

function talk(...messages: unknown[]): Record<string, unknown> {
  return chat({ messages });
}

function calling(...ids: string[]) {
  const call = (id: string) => ({ id, type: "function", function: { name: "f", arguments: "{}" } });
  return { role: "assistant", content: null, tool_calls: ids.map(call) };
}

function returned(id: string) {
  return { role: "tool", tool_call_id: id, content: "ok" };
}

function chatTool(change: Record<string, unknown>): Record<string, unknown> {
  const inner = { name: "f", parameters: OPEN, ...change };
  return chat({ tools: [{ type: "function", function: inner }] });
}

function chatFormat(json_schema: unknown): Record<string, unknown> {
  return chat({ response_format: { type: "json_schema", json_schema } });
}

testRefusals("openai_chat", [
  ...sharedRows("/v1/chat/completions", chat()),
  {
    what: "a missing model",
    body: { messages: [PROMPT] },
    says: "you must provide a model parameter",
    param: null,
  },
  {
    what: "missing messages",
    body: { model: "m" },
    says: "Missing required parameter: 'messages'.",
    param: "messages",
    code: "missing_required_parameter",
  },
  {
    what: "no messages",
    body: talk(),
    says: "Invalid 'messages': empty array. Expected an array with minimum length 1",
    code: "empty_array",
  },
  {
    what: "an unknown role",
    body: talk({ role: "model", content: "x" }),
    says: "Invalid value: 'model'. Supported values are: 'system', 'assistant', 'user'",
    param: "messages[0].role",
  },
  {
    what: "a missing role",
    body: talk({ content: "x" }),
    says: "Missing required parameter: 'messages[0].role'.",
  },
  {
    what: "a prompt without content",
    body: talk({ role: "user", content: null }),
    says: "Invalid value for 'content': expected a string, got null.",
    param: "messages.[0].content",
  },
  {
    what: "an answer without content or calls",
    body: talk(PROMPT, { role: "assistant", content: null }),
    says: "Invalid value for 'content': expected a string, got null.",
  },
  {
    what: "content without parts",
    body: talk({ role: "user", content: [] }),
    says: "Invalid 'messages[0].content': empty array.",
  },
  {
    what: "a content part of more than 10 MB",
    body: talk({ role: "user", content: [{ type: "text", text: "x".repeat(10485761) }] }),
    says: "Invalid 'messages[0].content[0].text': string too long.",
    code: "string_above_max_length",
  },
  {
    what: "a tool message first of all",
    body: talk(returned("a")),
    says: "messages with role 'tool' must be a response to a preceeding message with 'tool_calls'",
    param: "messages.[0].role",
  },
  {
    what: "a tool message after a prompt",
    body: talk(PROMPT, calling("a"), returned("a"), PROMPT, returned("a")),
    says: "messages with role 'tool' must be a response to a preceeding message",
    param: "messages.[4].role",
  },
  {
    what: "a tool message of another call",
    body: talk(PROMPT, calling("a"), returned("a"), returned("b")),
    says: "'tool_call_id' of 'b' not found in 'tool_calls' of previous message.",
    param: "messages.[3].tool_call_id",
  },
  {
    what: "a tool message without an id",
    body: talk(PROMPT, calling("a"), { role: "tool", content: "x" }),
    says: "Missing parameter 'tool_call_id'",
  },
  {
    what: "a call that is not answered",
    body: talk(PROMPT, calling("a", "b"), returned("a"), PROMPT),
    says: "The following tool_call_ids did not have response messages: b",
    param: "messages.[3].role",
  },
  {
    what: "a call at the end",
    body: talk(PROMPT, calling("a")),
    says: "The following tool_call_ids did not have response messages: a",
  },
  {
    what: "an empty list of calls",
    body: talk(PROMPT, { role: "assistant", content: "x", tool_calls: [] }),
    says: "Invalid 'messages[1].tool_calls': empty array.",
  },
  {
    what: "an empty list of tools",
    body: chat({ tools: [] }),
    says: "Invalid 'tools': empty array.",
  },
  {
    what: "129 tools",
    body: chat({
      tools: Array.from(
        { length: 129 },
        (_, i) => ({ type: "function", function: { name: `f${i}` } }),
      ),
    }),
    says: "Invalid 'tools': array too long. Expected an array with maximum length 128",
    code: "array_above_max_length",
  },
  {
    what: "a tool_choice without tools",
    body: chat({ tool_choice: "auto" }),
    says: "'tool_choice' is only allowed when 'tools' are specified.",
    param: "tool_choice",
  },
  {
    what: "parallel calls without tools",
    body: chat({ parallel_tool_calls: false }),
    says: "'parallel_tool_calls' is only allowed when 'tools' are specified.",
  },
  {
    what: "a tool without a type",
    body: chat({ tools: [{ function: { name: "f" } }] }),
    says: "Missing required parameter: 'tools[0].type'.",
  },
  {
    what: "a function without a body",
    body: chat({ tools: [{ type: "function", name: "f" }] }),
    says: "Missing required parameter: 'tools[0].function'.",
  },
  {
    what: "a function name with a dot",
    body: chatTool({ name: "a.b" }),
    says: "Invalid 'tools[0].function.name': string does not match pattern.",
  },
  {
    what: "a function name of 65 characters",
    body: chatTool({ name: "a".repeat(65) }),
    says: "Invalid 'tools[0].function.name': string too long.",
  },
  {
    what: "parameters of a string",
    body: chatTool({ parameters: { type: "string" } }),
    says: `got 'type: "string"'.`,
    param: "tools[0].function.parameters",
    code: "invalid_function_parameters",
  },
  {
    what: "an open strict schema",
    body: chatFormat({ name: "out", strict: true, schema: OPEN }),
    says: "Invalid schema for response_format 'out': In context=(), 'additionalProperties'",
    param: "response_format",
  },
  {
    what: "a format without a schema",
    body: chatFormat(undefined),
    says: "Missing required parameter: 'response_format.json_schema'.",
  },
  {
    what: "JSON mode without the word",
    body: chat({ response_format: { type: "json_object" } }),
    says: "'messages' must contain the word 'json' in some form",
    param: "messages",
  },
  {
    what: "stream options without a stream",
    body: chat({ stream_options: { include_usage: true } }),
    says: "'stream_options' parameter is only allowed when 'stream' is enabled",
    param: "stream_options",
  },
]);

testAcceptances("openai_chat", [
  {
    what: "calls with their results",
    body: talk(PROMPT, calling("a", "b"), returned("b"), returned("a"), PROMPT),
  },
  { what: "fields of its own in a message", body: talk({ ...PROMPT, __mark: 1 }) },
  { what: "a custom tool", body: chat({ tools: [{ type: "custom", custom: { name: "f" } }] }) },
  { what: "a function without parameters", body: chatTool({ parameters: undefined }) },
  {
    what: "two functions of one name",
    body: chat({ tools: [1, 2].map(() => ({ type: "function", function: { name: "f" } })) }),
  },
  {
    what: "a closed strict schema",
    body: chatFormat({ name: "out", strict: true, schema: CLOSED }),
  },
  { what: "an open schema that is not strict", body: chatFormat({ name: "out", schema: OPEN }) },
]);
