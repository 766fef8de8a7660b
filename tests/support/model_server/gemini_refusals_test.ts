import { assertEquals } from "../assert.ts";
import { dialect, post } from "./dialects.ts";
import { startModelServer } from "./mod.ts";
import { testAcceptances, testRefusals } from "./refusal_rows.ts";

const PROMPT = { role: "user", parts: [{ text: "hello" }] };

function said(...contents: unknown[]) {
  return { contents };
}

function call(...names: string[]) {
  return { role: "model", parts: names.map((name) => ({ functionCall: { name, args: {} } })) };
}

function response(...ids: (string | undefined)[]) {
  const part = (id?: string) => ({ functionResponse: { id, name: "f", response: {} } });
  return { role: "user", parts: ids.map(part) };
}

function declare(...functionDeclarations: unknown[]) {
  return { contents: [PROMPT], tools: [{ functionDeclarations }] };
}

function parameters(change: Record<string, unknown>, property?: unknown) {
  const properties = property === undefined ? {} : { properties: { p: property } };
  return declare({ name: "f", parameters: { type: "OBJECT", ...properties, ...change } });
}

testRefusals("gemini", [
  {
    what: "a request without a key",
    body: said(PROMPT),
    headers: {},
    status: 403,
    type: "PERMISSION_DENIED",
    says: "Method doesn't allow unregistered callers",
  },
  { what: "bad JSON", body: "{", says: "Invalid JSON payload received." },
  {
    what: "an unknown path",
    path: "/v1beta/nothing",
    body: said(PROMPT),
    status: 404,
    type: "NOT_FOUND",
    says: "/v1beta/nothing was not found",
  },
  {
    what: "an unknown method of a model",
    path: "/v1beta/models/m:think",
    body: said(PROMPT),
    status: 404,
    type: "NOT_FOUND",
    says: "was not found",
  },
  {
    what: "another HTTP method",
    method: "GET",
    body: null,
    status: 404,
    type: "NOT_FOUND",
    says: "was not found",
  },
  { what: "missing contents", body: {}, says: "contents is not specified" },
  { what: "no contents", body: said(), says: "contents is not specified" },
  {
    what: "an assistant",
    body: said(PROMPT, { role: "assistant", parts: [{ text: "x" }] }),
    says: "Please use a valid role: user, model.",
  },
  {
    what: "contents without parts",
    body: said({ role: "user", parts: [] }),
    says: "contents[0].parts: contents.parts must not be empty.",
  },
  {
    what: "an empty part",
    body: said({ role: "user", parts: [{}] }),
    says: "contents[0].parts[0].data: required oneof field 'data' must have one initialized field",
  },
  {
    what: "a call that is not answered",
    body: said(PROMPT, call("f"), PROMPT),
    says: "number of function response parts is equal to the number of function call parts",
  },
  {
    what: "fewer responses than calls",
    body: said(PROMPT, call("f", "f"), response("a")),
    says: "number of function response parts is equal to the number of function call parts",
  },
  {
    what: "more responses than calls",
    body: said(PROMPT, call("f"), response("a", "b")),
    says: "number of function response parts is equal to the number of function call parts",
  },
  {
    what: "a response without an id too many",
    body: said(PROMPT, call("f"), response(undefined, undefined)),
    says: "number of function response parts is equal to the number of function call parts",
  },
  {
    what: "a response without a call",
    body: said(PROMPT, response("a")),
    says: "function response turn comes immediately after a function call turn",
  },
  {
    what: "a call first of all",
    body: said(call("f"), response("a")),
    says: "function call turn comes immediately after a user turn",
  },
  {
    what: "a call after another answer",
    body: said(PROMPT, { role: "model", parts: [{ text: "x" }] }, call("f"), response("a")),
    says: "function call turn comes immediately after a user turn",
  },

  {
    what: "a function name with a space",
    body: declare({ name: "a b" }),
    says: "tools[0].function_declarations[0].name: Invalid function name.",
  },
  { what: "a function name with a digit first", body: declare({ name: "1a" }), says: "Invalid" },
  { what: "a function without a name", body: declare({}), says: "Invalid function name." },
  {
    what: "a function name of 129 characters",
    body: declare({ name: "a".repeat(129) }),
    says: "maximum length of 128",
  },
  {
    what: "duplicate functions",
    body: declare({ name: "f" }, { name: "f" }),
    says: "Duplicate function declaration found: f",
  },
  {
    what: "additionalProperties",
    body: parameters({ additionalProperties: false }),
    says: `Unknown name "additionalProperties" at 'tools[0].function_declarations[0].parameters'`,
  },
  { what: "$schema", body: parameters({ $schema: "x" }), says: 'Unknown name "$schema"' },
  {
    what: "const in a property",
    body: parameters({}, { const: 1 }),
    says:
      `Unknown name "const" at 'tools[0].function_declarations[0].parameters.properties[0].value'`,
  },
  {
    what: "$ref in items",
    body: parameters({}, { type: "ARRAY", items: { $ref: "#" } }),
    says: "parameters.properties[0].value.items': Cannot find field.",
  },
  {
    what: "an unknown name in an alternative",
    body: parameters({}, { any_of: [{ type: "STRING" }, { oneOf: [] }] }),
    says: "parameters.properties[0].value.any_of[1]': Cannot find field.",
  },
  {
    what: "a list of types",
    body: parameters({}, { type: ["string", "null"] }),
    says: "Proto field is not repeating, cannot start list.",
  },
  { what: "an unknown type", body: parameters({}, { type: "text" }), says: 'v1beta.Type), "text"' },
  {
    what: "parameters of a string",
    body: parameters({ type: "string" }),
    says: "parameters schema should be of type OBJECT",
  },
  {
    what: "an array without items",
    body: parameters({}, { type: "ARRAY" }),
    says: "parameters.properties[p].items: missing field.",
  },
  {
    what: "an enum of integers",
    body: parameters({}, { type: "INTEGER", enum: [1] }),
    says: "parameters.properties[p].enum: only allowed for STRING type",
  },
  {
    what: "an enum of integers in items",
    body: parameters({}, { type: "ARRAY", items: { type: "INTEGER", enum: [1] } }),
    says: "parameters.properties[p].items.enum: only allowed for STRING type",
  },
  {
    what: "an enum of integers in an alternative",
    body: parameters({}, { anyOf: [{ type: "INTEGER", enum: [1] }] }),
    says: "parameters.properties[p].any_of[0].enum: only allowed for STRING type",
  },
  {
    what: "a string format that it does not know",
    body: parameters({}, { type: "STRING", format: "uri" }),
    says: "only 'enum' and 'date-time' are supported for STRING type",
  },
  {
    what: "a required property that is not there",
    body: parameters({ required: ["q"] }, { type: "STRING" }),
    says: "parameters.required[0]: property is not defined",
  },
]);

testAcceptances("gemini", [
  {
    what: "a key in the query",
    path: "/v1beta/models/m:generateContent?key=k",
    headers: {},
    body: said(PROMPT),
  },
  { what: "contents without a role", body: said({ parts: [{ text: "x" }] }) },
  {
    what: "calls with their responses",
    body: said(PROMPT, call("f", "f"), response("a", "b"), PROMPT),
  },
  // What gemini-cli sends when it resumes a session with tool calls.
  {
    what: "a response that is repeated with its id",
    body: said(PROMPT, call("f"), response("a", "a")),
  },
  {
    what: "any JSON Schema as parametersJsonSchema",
    body: declare({
      name: "f",
      parametersJsonSchema: { $schema: "x", additionalProperties: false },
    }),
  },
  {
    what: "names in snake case and lower-case types",
    body: {
      contents: [PROMPT],
      tools: [{
        function_declarations: [{
          name: "f",
          parameters: { type: "object", properties: { p: { type: "string", max_length: 3 } } },
        }],
      }],
    },
  },
  {
    what: "the string formats that it knows",
    body: parameters({ required: ["p"] }, {
      anyOf: [{ type: "STRING", format: "date-time" }, {
        type: "STRING",
        format: "enum",
        enum: ["a"],
      }],
    }),
  },
  { what: "dots, colons and dashes in a name", body: declare({ name: "_a.b:c-d" }) },
]);

Deno.test("gemini names the field that it refuses", async () => {
  await using server = startModelServer();
  const answer = await post(server.url, dialect("gemini"), parameters({ $id: "x" }));
  const [detail] = (await answer.json()).error.details;
  assertEquals(detail["@type"], "type.googleapis.com/google.rpc.BadRequest");
  assertEquals(detail.fieldViolations[0].field, "tools[0].function_declarations[0].parameters");
});

Deno.test("gemini streams one JSON array without alt=sse", async () => {
  await using server = startModelServer();
  const { headers } = dialect("gemini");
  const path = () => "/v1beta/models/m:streamGenerateContent";
  const answer = await post(server.url, { path, headers }, said(PROMPT));
  const [chunk] = await answer.json();
  assertEquals(chunk.candidates[0].content.parts, [{ text: "STUB:hello" }]);
  assertEquals(server.requests[0]?.stream, true);
});
