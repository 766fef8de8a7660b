import { assertEquals } from "../assert.ts";
import {
  BETA,
  body,
  CACHED,
  HELLO,
  KEY,
  model,
  output,
  result,
  said,
  text,
  tool,
  tools,
  use,
  user,
  VERSION,
  without,
} from "./anthropic_rows.ts";
import { dialect } from "./dialects.ts";
import { startModelServer } from "./mod.ts";
import { testAcceptances, testRefusals } from "./refusal_rows.ts";

testRefusals("anthropic", [
  {
    what: "a request without a key",
    body: body(),
    headers: VERSION,
    status: 401,
    type: "authentication_error",
    says: "x-api-key header is required",
  },
  {
    what: "a request without a version",
    body: body(),
    headers: KEY,
    says: "anthropic-version: header is required",
  },
  {
    what: "an unknown version",
    body: body(),
    headers: { ...KEY, "anthropic-version": "2020-01-01" },
    says: '"2020-01-01" is not a valid version',
  },
  { what: "bad JSON", body: "{", says: "not valid JSON" },
  { what: "JSON that is no object", body: "[1]", says: "not valid JSON" },
  { what: "an empty body", body: "", says: "not valid JSON" },
  {
    what: "an unknown path",
    path: "/v1/nothing",
    body: body(),
    status: 404,
    type: "not_found_error",
    says: "Not Found",
  },
  { what: "another method", method: "GET", body: null, status: 405, says: "Method Not Allowed" },

  { what: "a missing model", body: without("model"), says: "model: Field required" },
  {
    what: "a model that is no string",
    body: body({ model: 1 }),
    says: "model: Input should be a valid string",
  },
  { what: "missing max_tokens", body: without("max_tokens"), says: "max_tokens: Field required" },
  {
    what: "max_tokens that is no integer",
    body: body({ max_tokens: "9" }),
    says: "max_tokens: Input should be a valid integer",
  },
  {
    what: "negative max_tokens",
    body: body({ max_tokens: -1 }),
    says: "max_tokens: must be greater than or equal to 1",
  },
  { what: "missing messages", body: without("messages"), says: "messages: Field required" },
  {
    what: "messages that are no list",
    body: body({ messages: "x" }),
    says: "messages: Input should be a valid list",
  },
  { what: "no messages", body: said(), says: "messages: at least one message is required" },
  {
    what: "an unknown field",
    body: body({ max_output: 1 }),
    says: "max_output: Extra inputs are not permitted",
  },
  { what: "a temperature above 1", body: body({ temperature: 1.5 }), says: "temperature: range" },
  {
    what: "an empty stop sequence",
    body: body({ stop_sequences: [" "] }),
    says: "stop_sequences: each stop sequence must contain non-whitespace",
  },
  {
    what: "thinking without a budget",
    body: body({ thinking: { type: "enabled" } }),
    says: "thinking.enabled.budget_tokens: Field required",
  },
  {
    what: "a small thinking budget",
    body: body({ thinking: { type: "enabled", budget_tokens: 10 } }),
    says: "greater than or equal to 1024",
  },
  {
    what: "a thinking budget above max_tokens",
    body: body({ thinking: { type: "enabled", budget_tokens: 2000 } }),
    says: "`max_tokens` must be greater than `thinking.budget_tokens`",
  },

  {
    what: "a tool name with a dot",
    body: tools(tool({ name: "a.b" })),
    says: "tools.0.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'",
  },
  {
    what: "an empty tool name",
    body: tools(tool({ name: "" })),
    says: "tools.0.custom.name: String should match pattern",
  },
  {
    what: "a tool name of 129 characters",
    body: tools(tool({ name: "a".repeat(129) })),
    says: "tools.0.custom.name: String should have at most 128 characters",
  },
  {
    what: "a tool without a name",
    body: tools(tool({ name: undefined })),
    says: "tools.0.custom.name: Field required",
  },
  {
    what: "duplicate tools",
    body: tools(tool(), tool()),
    says: "tools: Tool names must be unique.",
  },
  {
    what: "a tool without a schema",
    body: tools(tool({ input_schema: undefined })),
    says: "tools.0.custom.input_schema: Field required",
  },
  {
    what: "a tool schema without a type",
    body: tools(tool({ input_schema: {} })),
    says: "tools.0.custom.input_schema.type: Field required",
  },
  {
    what: "a tool schema of an array",
    body: tools(tool({ input_schema: { type: "array" } })),
    says: "tools.0.custom.input_schema.type: Input should be 'object'",
  },
  {
    what: "alternatives at the top of a tool schema",
    body: tools(tool({ input_schema: { type: "object", oneOf: [] } })),
    says: "input_schema does not support oneOf, allOf, or anyOf at the top level",
  },
  {
    what: "a property name with a space",
    body: tools(tool({ input_schema: { type: "object", properties: { "a b": {} } } })),
    says: "Property keys should match pattern '^[a-zA-Z0-9_.-]{1,64}$'",
  },
  {
    what: "a tool_choice without tools",
    body: body({ tool_choice: { type: "auto" } }),
    says: "tool_choice may only be specified while providing tools",
  },
  {
    what: "a tool_choice of no tool on offer",
    body: { ...tools(tool()), tool_choice: { type: "tool", name: "Read" } },
    says: "Tool 'Read' not found in provided tools",
  },

  {
    what: "an output format without a schema",
    body: output(undefined),
    says: "output_config.format.schema: Field required",
  },
  {
    what: "an open schema in the field of the beta",
    body: body({ output_format: { type: "json_schema", schema: { type: "object" } } }),
    says: "output_format.schema: For 'object' type",
  },
  {
    what: "an output schema with an open object",
    body: output({ type: "object", properties: {} }),
    says: "output_config.format.schema: For 'object' type, 'additionalProperties' must be",
  },
  {
    what: "an output schema with a range",
    body: output({
      type: "object",
      additionalProperties: false,
      properties: { n: { type: "integer", minimum: 1 } },
    }),
    says: "For 'integer' type, properties minimum are not supported",
  },
  {
    what: "an output schema with a length",
    body: output({ type: "string", minLength: 1 }),
    says: "For 'string' type, properties minLength are not supported",
  },
  {
    what: "an output schema with many items",
    body: output({ type: "array", items: { type: "string" }, minItems: 2 }),
    says: "For 'array' type, 'minItems' values other than 0 or 1 are not supported",
  },

  {
    what: "a token count without messages",
    path: "/v1/messages/count_tokens",
    body: { model: "m" },
    says: "messages: Field required",
  },
]);

testAcceptances("anthropic", [
  {
    what: "a bearer token instead of a key",
    body: body(),
    headers: { ...VERSION, authorization: "Bearer t" },
  },
  {
    what: "a system message and unknown fields under a beta",
    headers: BETA,
    body: {
      ...said(HELLO, { role: "system", content: "note" }, model(text("x")), HELLO),
      new_field: 1,
    },
  },
  {
    what: "a system message between a tool_use and its tool_result",
    headers: BETA,
    body: said(HELLO, model(use("a")), { role: "system", content: "note" }, user(result("a"))),
  },
  {
    what: "tool results over two messages, then a prompt",
    body: said(HELLO, model(use("a"), use("b")), user(result("a")), user(result("b"), text("x"))),
  },
  { what: "an answer in two blocks", body: said(HELLO, model(text("a"), text("b")), HELLO) },
  { what: "tools without a name", body: tools({ type: "mcp_toolset" }, { type: "mcp_toolset" }) },
  {
    what: "a stop sequence and a thinking budget",
    body: body({
      stop_sequences: ["END"],
      max_tokens: 2000,
      thinking: { type: "enabled", budget_tokens: 1024 },
    }),
  },
  {
    what: "a list of at least one item as output",
    body: output({ type: "array", items: { type: "string" }, minItems: 1 }),
  },
  { what: "the beginning of an answer", body: said(HELLO, model(text("Well,"))) },
  { what: "an empty answer at the end", body: said(HELLO, { role: "assistant", content: "" }) },
  {
    what: "a result without content",
    body: said(HELLO, model(use("a")), user(result("a", { content: undefined }))),
  },
  {
    what: "a tool of the API itself",
    body: tools({ type: "web_search_20250305", name: "web_search" }),
  },
  { what: "four cache marks", body: said(user(CACHED, CACHED, CACHED, CACHED)) },
  {
    what: "a token count without max_tokens",
    path: "/v1/messages/count_tokens",
    body: without("max_tokens"),
  },
  { what: "a path below another base", path: "/proxy/v1/messages?beta=true", body: body() },
  {
    what: "a closed output schema",
    body: output({
      type: "object",
      additionalProperties: false,
      properties: { a: { type: "string" } },
    }),
  },
]);

Deno.test("anthropic refuses a body above 32 MB", async () => {
  await using server = startModelServer();
  const { headers } = dialect("anthropic");
  const fill = async (size: number) => {
    const empty = JSON.stringify(said(user(text("x"))));
    const sent = JSON.stringify(said(user(text("x".repeat(size - empty.length + 1)))));
    assertEquals(sent.length, size);
    const response = await fetch(`${server.url}/v1/messages`, {
      method: "POST",
      headers,
      body: sent,
    });
    const { error } = await response.json();
    return [response.status, error?.type];
  };
  assertEquals(await fill(32 * 1024 * 1024), [200, undefined]);
  assertEquals(await fill(32 * 1024 * 1024 + 1), [413, "request_too_large"]);
  assertEquals(server.requests.at(-1)?.bytes, 32 * 1024 * 1024 + 1);
});
