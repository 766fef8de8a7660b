import { compileSchema } from "../../src/json/schema.ts";
import { type Violation, violationLines, violationText } from "../../src/json/violations.ts";
import { assert, assertEquals } from "../support/assert.ts";

async function lines(schema: unknown, value: unknown): Promise<string[]> {
  return violationLines((await compileSchema(schema)).check(value));
}

const violation = (change: Partial<Violation>): Violation => ({
  path: "/a",
  rule: "type",
  message: "must be string",
  value: 7,
  ...change,
});

Deno.test("violationText() tells place, reason, rule and value in one line", () => {
  assertEquals(violationText(violation({})), "/a: must be string (type), got 7");
  assertEquals(violationText(violation({ path: "" })), "the value: must be string (type), got 7");
  assertEquals(
    violationText(violation({ rule: "required", message: 'must have the property "b"' })),
    '/a: must have the property "b" (required)',
  );
  for (const value of [undefined, null, "", [], {}, [1, { a: [null] }]]) {
    const text = violationText(violation({ value }));
    assertEquals(text, `/a: must be string (type), got ${JSON.stringify(value)}`);
  }
});

Deno.test("violationText() cuts values between characters", () => {
  const family = "👩‍👩‍👧‍👦";
  const text = violationText(violation({ value: family.repeat(200) }));
  assert(text.endsWith(`${family}...`), text);
  const characters = [...new Intl.Segmenter().segment(text)].length;
  assert(characters < 120, `${characters}`);
});

Deno.test("violationText() takes large, deep and hostile values", () => {
  let deep: unknown = 1;
  for (let i = 0; i < 200_000; i++) deep = { a: [deep] };
  const large = Array.from({ length: 1_000_000 }, (_, i) => i);
  for (const value of [deep, large, "x".repeat(10_000_000), { ["k".repeat(1_000_000)]: 1 }]) {
    const text = violationText(violation({ value, path: "/" + "p".repeat(100_000) }));
    assert(text.length < 600, `${text.length}`);
    assert(text.endsWith("..."), text);
  }
  const hostile = violationText(violation({
    path: "/a\n\x1b[31m\u202eb",
    value: "\x1b]0;title\x07\u202e\n\x9b2J",
  }));
  // deno-lint-ignore no-control-regex
  assertEquals(/[\x00-\x1f\x7f-\x9f\u202e]/.test(hostile), false, hostile);
});

Deno.test("violationLines() says how many more there are", () => {
  const list = Array.from({ length: 25 }, (_, i) => violation({ path: `/${i}` }));
  const lines = violationLines(list);
  assertEquals(lines.length, 21);
  assertEquals(lines.at(-1), "and 5 more");
  assertEquals(violationLines(list, 25).length, 25);
  assertEquals(violationLines(list, 1), ["/0: must be string (type), got 7", "and 24 more"]);
  assertEquals(violationLines([]), []);
});

Deno.test("violations() say what is allowed", async () => {
  for (
    const [schema, value, line] of [
      [{ enum: ["a", 2, null] }, "b", 'the value: must be one of "a", 2, null (enum), got "b"'],
      [{ const: { a: 1 } }, 1, 'the value: must be {"a":1} (const), got 1'],
      [
        { additionalProperties: false },
        { b: 1 },
        'the value: must not have the property "b" ' +
        "(additionalProperties)",
      ],
      [
        { dependentRequired: { a: ["b"] } },
        { a: 1 },
        'the value: must have the property "b" because ' +
        'it has the property "a" (dependentRequired)',
      ],
      [{ minLength: 2 }, "x", 'the value: must have at least 2 characters (minLength), got "x"'],
      [{ maxItems: 0 }, [1], "the value: must have at most 0 items (maxItems), got [1]"],
      [
        { uniqueItems: true },
        [1, 2, 1],
        "the value: must not have the same item twice (items 0 and " +
        "2) (uniqueItems), got [1,2,1]",
      ],
      [{ properties: { a: false } }, { a: 1 }, "/a: is not allowed (false schema), got 1"],
      [{ not: {} }, 1, 'the value: must not be as the schema in "not" says (not), got 1'],
      [
        { propertyNames: { maxLength: 1 } },
        { ab: 1 },
        'the value: has the property name "ab", which ' +
        'must have at most 1 characters (maxLength), got "ab"',
      ],
      [
        { contains: { type: "string" } },
        [1],
        'the value: must contain at least 1 item that "contains" ' +
        "describes (contains), got [1]",
      ],
      [
        { multipleOf: 0.01 },
        0.001,
        "the value: must be a multiple of 0.01 (multipleOf), got 0.001",
      ],
      [{ format: "date" }, "x", 'the value: must be in the format "date" (format), got "x"'],
      [{ if: {}, then: { minimum: 2 } }, 1, "the value: must be >= 2 (minimum), got 1"],
    ] as const
  ) assertEquals(await lines(schema, value), [line]);
  const [long] = await lines({ enum: ["x".repeat(500), ...Array(500).fill("y")] }, 1);
  assert(long!.length < 300 && long!.includes("..."), long);
});

Deno.test("violations() of a choice are those of the branch that came nearest", async () => {
  const kind = (name: string, type: string) => ({
    type: "object",
    properties: { kind: { const: name }, v: { type } },
    required: ["kind", "v"],
  });
  const schema = { oneOf: [kind("a", "string"), kind("b", "number"), { type: "null" }] };
  assertEquals(await lines(schema, { kind: "b", v: "x" }), [
    'the value: matches none of 3 forms; the nearest is form 2 (oneOf), got {"kind":"b","v":"x"}',
    '/v: must be number (type), got "x"',
  ]);
  assertEquals(await lines(schema, 7), ["the value: must be object or null (oneOf), got 7"]);
  assertEquals(await lines({ anyOf: [{ const: 1 }, { enum: [2, 3] }] }, 4), [
    "the value: must be one of 1, 2, 3 (anyOf), got 4",
  ]);
  assertEquals(await lines({ oneOf: [{ minimum: 1 }, { minimum: 2 }] }, 3), [
    "the value: must match only one of 2 forms, and matches 1 and 2 (oneOf), got 3",
  ]);
});

Deno.test("violations() follow choices into a recursive schema", async () => {
  const schema = {
    $ref: "#/$defs/node",
    $defs: {
      node: {
        type: "object",
        properties: {
          v: { type: "integer" },
          next: { anyOf: [{ $ref: "#/$defs/node" }, { type: "null" }] },
        },
        required: ["v"],
      },
    },
  };
  const found = (await compileSchema(schema)).check({
    v: 1,
    next: { next: { v: "x", next: null } },
  });
  assertEquals(found.map(({ path, rule }) => [path, rule]), [
    ["/next", "anyOf"],
    ["/next", "required"],
    ["/next/next", "anyOf"],
    ["/next/next/v", "type"],
  ]);
});

Deno.test("violations() of choices go as deep as the value", async () => {
  const schema = {
    $ref: "#/$defs/n",
    $defs: { n: { anyOf: [{ type: "string" }, { type: "array", items: { $ref: "#/$defs/n" } }] } },
  };
  let value: unknown = 1;
  for (let i = 0; i < 500; i++) value = [value];
  const found = (await compileSchema(schema)).check(value);
  assertEquals(found.length, 501);
  const deepest = {
    path: "/0".repeat(500),
    rule: "anyOf",
    message: "must be string or array",
    value: 1,
  };
  assertEquals(found.at(-1), deepest);
});

Deno.test("violations() are told once", async () => {
  const schema = {
    allOf: [{ type: "string" }, { type: "string" }, { $ref: "#/$defs/s" }],
    $defs: { s: { type: "string" } },
  };
  assertEquals(await lines(schema, 1), ["the value: must be string (type), got 1"]);
});
