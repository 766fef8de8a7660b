import { assertEquals } from "../assert.ts";
import { parametersProblem, strictProblem } from "./strict_schema.ts";

const CLOSED = { type: "object", additionalProperties: false } as const;

/** A closed object with one required property. */
function holding(schema: unknown, more: Record<string, unknown> = {}) {
  return { ...CLOSED, properties: { p: schema }, required: ["p"], ...more };
}

function nested(depth: number): Record<string, unknown> {
  return depth === 1 ? { ...CLOSED } : holding(nested(depth - 1));
}

const AT_P = "In context=('properties', 'p'), ";

const REFUSED: [what: string, schema: Record<string, unknown>, problem: string][] = [
  [
    "an array at the root",
    { type: "array", items: { type: "string" } },
    `schema must be a JSON Schema of 'type: "object"', got 'type: "array"'.`,
  ],
  [
    "a root without a type",
    { properties: {} },
    `schema must be a JSON Schema of 'type: "object"', got 'type: "None"'.`,
  ],
  [
    "alternatives at the root",
    { ...CLOSED, anyOf: [] },
    "schema must have type 'object' and not have 'oneOf'/'anyOf'/'allOf'/'enum'/'not' at the top " +
    "level.",
  ],
  [
    "an open object",
    { type: "object", properties: {} },
    "In context=(), 'additionalProperties' is required to be supplied and to be false.",
  ],
  [
    "additional properties of a type",
    { ...CLOSED, additionalProperties: { type: "string" } },
    "In context=(), 'additionalProperties' is required to be supplied and to be false.",
  ],
  [
    "an open object inside",
    holding({ type: "array", items: { type: "object" } }),
    "In context=('properties', 'p', 'items'), 'additionalProperties' is required to be supplied " +
    "and to be false.",
  ],
  [
    "an open object in an alternative",
    holding({ anyOf: [{ type: "null" }, { type: "object" }] }),
    "In context=('properties', 'p', 'anyOf', 1), 'additionalProperties' is required to be " +
    "supplied and to be false.",
  ],
  [
    "an open object in a definition",
    { ...CLOSED, $defs: { d: { type: "object" } } },
    "In context=('$defs', 'd'), 'additionalProperties' is required to be supplied and to be false.",
  ],
  [
    "an object that may be null",
    holding({ type: ["object", "null"] }),
    `${AT_P}'additionalProperties' is required to be supplied and to be false.`,
  ],
  [
    "an optional property",
    { ...CLOSED, properties: { a: { type: "string" }, b: { type: "string" } }, required: ["a"] },
    "In context=(), 'required' is required to be supplied and to be an array including every key " +
    "in properties. Missing 'b'.",
  ],
  [
    "a required property that is not there",
    { ...CLOSED, required: ["q"] },
    "In context=(), Extra required key 'q' supplied.",
  ],
  ["a property without a type", holding({}), `${AT_P}schema must have a 'type' key.`],
  ["an array without items", holding({ type: "array" }), `${AT_P}array schema missing items.`],
  ["minLength", holding({ type: "string", minLength: 1 }), `${AT_P}'minLength' is not permitted.`],
  [
    "uniqueItems",
    holding({ type: "array", items: { type: "string" }, uniqueItems: true }),
    `${AT_P}'uniqueItems' is not permitted.`,
  ],
  ["oneOf", holding({ oneOf: [{ type: "string" }] }), `${AT_P}'oneOf' is not permitted.`],
  ["a default", holding({ type: "string", default: "x" }), `${AT_P}'default' is not permitted.`],
  [
    "patternProperties",
    holding({ ...CLOSED, patternProperties: {} }),
    `${AT_P}'patternProperties' is not permitted.`,
  ],
  [
    "a format that it does not know",
    holding({ type: "string", format: "uri" }),
    `${AT_P}'uri' is not a valid format.`,
  ],
  [
    "a reference with more beside it",
    holding({ $ref: "#/$defs/d", description: "x" }, { $defs: { d: { type: "string" } } }),
    "$ref cannot have keywords {'description'}.",
  ],
  [
    "a reference to nothing",
    holding({ $ref: "#/$defs/d" }),
    `${AT_P}reference to component '#/$defs/d' which was not found in the schema.`,
  ],
  [
    "eleven levels of objects",
    nested(11),
    `In context=(${
      Array(10).fill("'properties', 'p'").join(", ")
    }), 11 levels of nesting exceeds limit of 10.`,
  ],
];

for (const [what, schema, problem] of REFUSED) {
  Deno.test(`strictProblem() finds ${what}`, () => {
    assertEquals(strictProblem(schema), problem);
  });
}

const ACCEPTED: [what: string, schema: Record<string, unknown>][] = [
  ["an object without properties", { ...CLOSED }],
  ["ten levels of objects", nested(10)],
  ["a range, a pattern and a number of items", {
    ...CLOSED,
    properties: {
      n: { type: "integer", minimum: 1, maximum: 9 },
      s: { type: "string", pattern: "^a", format: "date-time" },
      l: { type: "array", items: { type: "number" }, minItems: 2 },
    },
    required: ["n", "s", "l"],
  }],
  ["enums and constants", holding({ anyOf: [{ enum: ["a"] }, { const: 1 }, { type: "null" }] })],
  ["titles and descriptions", holding({ type: "string", title: "x", description: "y" })],
  ["recursion", holding({ anyOf: [{ $ref: "#" }, { type: "null" }] })],
  ["a property named like a keyword", {
    ...CLOSED,
    properties: { minLength: { type: "integer" }, default: { type: "string" } },
    required: ["minLength", "default"],
  }],
];

for (const [what, schema] of ACCEPTED) {
  Deno.test(`strictProblem() lets pass ${what}`, () => {
    assertEquals(strictProblem(schema), undefined);
  });
}

Deno.test("parametersProblem() asks little of a function that is not strict", () => {
  const open = { type: "object", properties: { a: { type: "string", default: "x" } } };
  assertEquals(parametersProblem(open), undefined);
  assertEquals(parametersProblem({})?.startsWith("schema must be a JSON Schema of"), true);
  const problem = parametersProblem({ type: "object", properties: { l: { type: "array" } } });
  assertEquals(problem, "In context=('properties', 'l'), array schema missing items.");
});
