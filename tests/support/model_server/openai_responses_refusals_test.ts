import { CLOSED, OPEN, PROMPT, sharedRows } from "./openai_rows.ts";
import { testAcceptances, testRefusals } from "./refusal_rows.ts";

function ask(change: Record<string, unknown> = {}): Record<string, unknown> {
  return { model: "m", input: "hello", ...change };
}

function input(...items: unknown[]): Record<string, unknown> {
  return ask({ input: items });
}

const CALL = { type: "function_call", call_id: "c", name: "f", arguments: "{}" };
const OUTPUT = { type: "function_call_output", call_id: "c", output: "ok" };
const PATCH = { type: "custom_tool_call", call_id: "p", name: "apply_patch", input: "x" };
const PATCHED = { type: "custom_tool_call_output", call_id: "p", output: "ok" };

function offer(change: Record<string, unknown>): Record<string, unknown> {
  return ask({ tools: [{ type: "function", name: "f", parameters: OPEN, ...change }] });
}

function format(schema: unknown, change: Record<string, unknown> = {}): Record<string, unknown> {
  return ask({
    text: { format: { type: "json_schema", name: "out", strict: true, schema, ...change } },
  });
}

testRefusals("openai_responses", [
  ...sharedRows("/v1/responses", ask()),
  {
    what: "a missing model",
    body: { input: "x" },
    says: "Missing required parameter: 'model'.",
    param: "model",
    code: "missing_required_parameter",
  },
  {
    what: "missing input",
    body: { model: "m" },
    says: 'One of "input" or "previous_response_id"',
    code: "missing_required_parameter",
  },
  { what: "empty input", body: input(), says: 'One of "input" or "previous_response_id"' },
  { what: "an empty prompt", body: ask({ input: "" }), says: 'One of "input"' },
  { what: "input that is an object", body: ask({ input: {} }), says: "Invalid type for 'input'" },
  {
    what: "a message of a tool",
    body: input({ role: "tool", content: "x" }),
    says: "Invalid value: 'tool'. Supported values are: 'assistant', 'system', 'developer', and",
    param: "input[0]",
    code: "invalid_value",
  },
  {
    what: "a message without a role",
    body: input({ type: "message", content: "x" }),
    says: "Missing required parameter: 'input[0].role'.",
  },
  {
    what: "a message without content",
    body: input({ role: "user" }),
    says: "Missing required parameter: 'input[0].content'.",
  },
  {
    what: "output text of the user",
    body: input({ role: "user", content: [{ type: "output_text", text: "x" }] }),
    says: "Invalid value: 'output_text'. Supported values are: 'input_text'",
    param: "input[0].content[0]",
  },
  {
    what: "input text of the assistant",
    body: input(PROMPT, { role: "assistant", content: [{ type: "input_text", text: "x" }] }),
    says: "Invalid value: 'input_text'. Supported values are: 'output_text', and 'refusal'.",
    param: "input[1].content[0]",
  },
  {
    what: "a part without a type",
    body: input({ role: "user", content: [{ text: "x" }] }),
    says: "Missing required parameter: 'input[0].content[0].type'.",
  },
  {
    what: "instructions of more than 10 MB",
    body: ask({ instructions: "x".repeat(10 * 1024 * 1024 + 1) }),
    says: "Invalid 'instructions': string too long.",
  },
  {
    what: "a text of more than 10 MB",
    body: ask({ input: "x".repeat(10 * 1024 * 1024 + 1) }),
    says: "Invalid 'input': string too long. Expected a string with maximum length 10485760, but",
    code: "string_above_max_length",
  },
  {
    what: "a tool output of more than 10 MB",
    body: input(PROMPT, CALL, { ...OUTPUT, output: "x".repeat(10 * 1024 * 1024 + 1) }),
    says: "Invalid 'input[2].output': string too long.",
  },
  {
    what: "an output without a call",
    body: input(PROMPT, OUTPUT),
    says: "No tool call found for function call output with call_id c.",
    param: "input",
  },
  {
    what: "an output before its call",
    body: input(PROMPT, OUTPUT, CALL),
    says: "No tool call found for function call output with call_id c.",
  },
  {
    what: "a call without an output",
    body: input(PROMPT, CALL),
    says: "No tool output found for function call c.",
  },
  {
    what: "a custom call without an output",
    body: input(PROMPT, PATCH),
    says: "No tool output found for custom tool call p.",
  },
  {
    what: "a custom output without a call",
    body: input(PROMPT, PATCHED),
    says: "No tool call found for custom tool call output with call_id p.",
  },
  {
    what: "an output of the other kind",
    body: input(PROMPT, CALL, { ...PATCHED, call_id: "c" }),
    says: "No tool output found for function call c.",
  },
  {
    what: "a call without an id",
    body: input(PROMPT, { ...CALL, call_id: undefined }),
    says: "Missing required parameter: 'input[1].call_id'.",
  },
  {
    what: "a call without a name",
    body: input(PROMPT, { ...CALL, name: undefined }, OUTPUT),
    says: "Missing required parameter: 'input[1].name'.",
  },
  {
    what: "a custom call without input",
    body: input(PROMPT, { ...PATCH, input: undefined }, PATCHED),
    says: "Missing required parameter: 'input[1].input'.",
  },
  {
    what: "a call without arguments",
    body: input(PROMPT, { ...CALL, arguments: undefined }, OUTPUT),
    says: "Missing required parameter: 'input[1].arguments'.",
  },
  {
    what: "an output without a value",
    body: input(PROMPT, CALL, { ...OUTPUT, output: undefined }),
    says: "Missing required parameter: 'input[2].output'.",
  },

  {
    what: "a tool without a type",
    body: offer({ type: undefined }),
    says: "Missing required parameter: 'tools[0].type'.",
  },
  {
    what: "a tool without a name",
    body: offer({ name: undefined }),
    says: "Missing required parameter: 'tools[0].name'.",
  },
  {
    what: "a tool name with a dot",
    body: offer({ name: "a.b" }),
    says: "Invalid 'tools[0].name': string does not match pattern.",
    code: "invalid_value",
  },
  {
    what: "a tool name of 65 characters",
    body: offer({ name: "a".repeat(65) }),
    says: "Expected a string with maximum length 64, but got a string with length 65 instead.",
    code: "string_above_max_length",
  },
  {
    what: "parameters without a type",
    body: offer({ parameters: {} }),
    says: `Invalid schema for function 'f': schema must be a JSON Schema of 'type: "object"', got`,
    param: "tools[0].parameters",
    code: "invalid_function_parameters",
  },
  {
    what: "an array parameter without items",
    body: offer({ parameters: { type: "object", properties: { l: { type: "array" } } } }),
    says: "In context=('properties', 'l'), array schema missing items.",
  },
  {
    what: "open parameters of a strict function",
    body: offer({ strict: true }),
    says: "Invalid schema for function 'f': In context=(), 'additionalProperties' is required",
  },
  {
    what: "a custom tool name with a space",
    body: ask({ tools: [{ type: "custom", name: "a b" }] }),
    says: "Invalid 'tools[0].name': string does not match pattern.",
  },

  {
    what: "a format without a name",
    body: format(CLOSED, { name: undefined }),
    says: "Missing required parameter: 'text.format.name'.",
  },
  {
    what: "a format without a schema",
    body: format(undefined),
    says: "Missing required parameter: 'text.format.schema'.",
  },
  {
    what: "an open schema",
    body: format(OPEN),
    says: "Invalid schema for response_format 'out': In context=(), 'additionalProperties' is " +
      "required to be supplied and to be false.",
    param: "text.format.schema",
    code: "invalid_json_schema",
  },
  {
    what: "JSON mode without the word",
    body: ask({ text: { format: { type: "json_object" } } }),
    says: "'input' must contain the word 'json' in some form",
  },
]);

testAcceptances("openai_responses", [
  { what: "a plain prompt", body: ask() },
  { what: "calls with their outputs", body: input(PROMPT, CALL, OUTPUT, PATCH, PATCHED, PROMPT) },
  {
    what: "an output to what was said before",
    body: { ...input(OUTPUT), previous_response_id: "r" },
  },
  { what: "no input after an earlier response", body: { model: "m", previous_response_id: "r" } },
  {
    what: "reasoning and items of unknown kinds",
    body: input(PROMPT, { type: "reasoning", id: "rs_1", summary: [] }, { type: "new_kind" }),
  },
  { what: "items by their ids", body: input(PROMPT, { id: "msg_1" }) },
  {
    what: "tools of every kind",
    body: ask({
      tools: [
        { type: "function", name: "f", parameters: OPEN },
        { type: "function", name: "g", parameters: CLOSED, strict: true },
        { type: "custom", name: "h" },
        { type: "namespace", name: "n", tools: [] },
        { type: "web_search" },
      ],
    }),
  },
  { what: "a closed strict schema", body: format(CLOSED) },
  { what: "an open schema that is not strict", body: format(OPEN, { strict: false }) },
  {
    what: "two tools of one name",
    body: ask({ tools: [{ type: "function", name: "f" }, { type: "function", name: "f" }] }),
  },
  {
    what: "JSON mode with the word",
    body: ask({ input: "as JSON", text: { format: { type: "json_object" } } }),
  },
]);
