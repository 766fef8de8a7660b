import { compileSchema } from "../../src/json/schema.ts";
import { SchemaError } from "../../src/json/schema_error.ts";
import { violationLines } from "../../src/json/violations.ts";
import { assert, assertEquals, assertRejects, assertStringIncludes } from "../support/assert.ts";

const DRAFT_6 = "http://json-schema.org/draft-06/schema#";
const DRAFT_7 = "http://json-schema.org/draft-07/schema#";
const DRAFT_2019 = "https://json-schema.org/draft/2019-09/schema";

/** A value nested deeper than any stack. */
function nested(depth: number): unknown {
  let value: unknown = [];
  for (let i = 0; i < depth; i++) value = [value];
  return value;
}

async function isValid(schema: unknown, value: unknown): Promise<boolean> {
  return (await compileSchema(schema)).check(value).length === 0;
}

Deno.test("compileSchema() gives the schema back and finds every violation", async () => {
  const schema = { properties: { a: { type: "string" }, b: { minimum: 3 } }, required: ["c"] };
  const compiled = await compileSchema(schema);
  assertEquals(compiled.schema, schema);
  assertEquals(compiled.check({ a: "x", b: 3, c: 0 }), []);
  assertEquals(compiled.check({ a: 1, b: 2 }), [
    { path: "", rule: "required", message: 'must have the property "c"', value: { a: 1, b: 2 } },
    { path: "/a", rule: "type", message: "must be string", value: 1 },
    { path: "/b", rule: "minimum", message: "must be >= 3", value: 2 },
  ]);
});

Deno.test("compileSchema() takes true and false", async () => {
  assert(await isValid(true, 1));
  assertEquals(await isValid(false, 1), false);
});

Deno.test("compileSchema() takes the draft that $schema names", async () => {
  const list = { items: [{ type: "string" }], additionalItems: false };
  for (const $schema of [DRAFT_6, DRAFT_7, DRAFT_2019, DRAFT_7.replace("#", "")]) {
    assertEquals(await isValid({ $schema, ...list }, ["x", 1]), false, $schema);
  }
  const conditional = { if: { type: "string" }, then: { minLength: 2 } };
  assertEquals(await isValid({ $schema: DRAFT_7, ...conditional }, "x"), false);
  assertEquals(await isValid({ $schema: DRAFT_6, ...conditional }, "x"), true);
});

Deno.test("compileSchema() finds out the draft of a schema that names none", async () => {
  for (
    const [schema, value] of [
      [{ prefixItems: [{ type: "string" }] }, [1]],
      [{ items: [{ type: "string" }] }, [1]],
      [{ properties: { a: { items: [{ $ref: "#/definitions/a" }] } }, definitions: { a: false } }, {
        a: [1],
      }],
      [{ items: [{ type: "string" }], dependentRequired: { a: ["b"] } }, { a: 1 }],
      [{ dependencies: { a: ["b"] } }, { a: 1 }],
      [{ properties: { a: { $recursiveRef: "#" } }, required: ["a"] }, { a: {} }],
      [{ $ref: "#/definitions/a", maxLength: 1, definitions: { a: {} } }, "xx"],
    ] as const
  ) assertEquals(await isValid(schema, value), false, JSON.stringify(schema));
  // In draft 7 nothing counts that stands beside `$ref`.
  const old = { $ref: "#/definitions/a", maxLength: 1, definitions: { a: { items: [{}] } } };
  assertEquals(await isValid(old, "xx"), true);
});

Deno.test("compileSchema() refuses drafts that it does not know, and lists the others", async () => {
  for (
    const $schema of ["http://json-schema.org/draft-04/schema#", "https://x.example/", 7, null]
  ) {
    const error = await assertRejects(() => compileSchema({ $schema }), SchemaError);
    assertStringIncludes(
      error.message,
      `its "$schema" ${JSON.stringify($schema)} is not supported`,
    );
    for (
      const id of [DRAFT_6, DRAFT_7, DRAFT_2019, "https://json-schema.org/draft/2020-12/schema"]
    ) {
      assertStringIncludes(error.hint ?? "", id);
    }
  }
});

Deno.test("compileSchema() names the place and the reason in a schema that is none", async () => {
  const circular: Record<string, unknown> = {};
  circular.not = circular;
  for (
    const [schema, why] of [
      [[], "it must be an object, true or false, and not an array"],
      [null, "it must be an object, true or false, and not null"],
      ["x", "it must be an object, true or false, and not a string"],
      [undefined, "it must be an object, true or false, and not undefined"],
      [{ properties: { a: { type: 7 } } }, "/properties/a/type: must be one of"],
      [{ type: "nonsense" }, '/type: must be one of "array", "boolean", "integer"'],
      [{ $schema: DRAFT_7, minimum: "1" }, "/minimum: must be number (type)"],
      [{ exclusiveMinimum: true }, "/exclusiveMinimum: must be number (type)"],
      [{ $ref: "#/a" }, '"$ref": "#/a" leads nowhere: there is no "/a"'],
      [{ not: { $ref: "x.json" } }, '"$ref": "x.json" at /not: no schema at hand has this "$id"'],
      [{ $ref: "https://x.example/a" }, "zag gets no schemas from the network"],
      [{ $ref: "http://[" }, "it is no URI reference"],
      [{ items: { pattern: "(a" } }, '"pattern": "(a" at /items is no regular expression: unterm'],
      [{ patternProperties: { "[": {} } }, '"patternProperties": "[" is no regular expression'],
      [{ $ref: "#" }, "it refers to itself without end"],
      [{ allOf: [{ anyOf: [{ $ref: "#" }] }] }, "it refers to itself without end"],
      [{ allOf: [{ type: "string" }, { $ref: "#" }] }, "it refers to itself without end"],
      [circular, "circular"],
    ] as const
  ) {
    const error = await assertRejects(() => compileSchema(schema), SchemaError);
    assertStringIncludes(error.message, "Cannot use the schema of --json-schema: ");
    assertStringIncludes(error.message, why);
  }
  const error = await assertRejects(() => compileSchema(7, { path: "a.json" }), SchemaError);
  assertStringIncludes(error.message, 'Cannot use the schema "a.json": ');
});

Deno.test("compileSchema() refuses a schema that is nested deeper than the stack", async () => {
  let schema: unknown = {};
  for (let i = 0; i < 100_000; i++) schema = { not: schema };
  const error = await assertRejects(() => compileSchema(schema), SchemaError);
  assertStringIncludes(error.message, "it is nested too deeply");
});

Deno.test("compileSchema() checks values that are nested deeper than the stack", async () => {
  const { check } = await compileSchema({ type: "array", items: { $ref: "#" } });
  assertEquals(check(nested(3)), []);
  const [violation, ...more] = check(nested(200_000));
  assertEquals([violation?.path, violation?.rule, more], ["", "depth", []]);
  assertEquals(check([1]).length, 1);
  // What no schema looks into may be as deep as it likes.
  assert(await isValid({ type: "array" }, nested(200_000)));
});

Deno.test("compileSchema() reports the first violation only of a large value", async () => {
  const { check } = await compileSchema({ items: { type: "string" } });
  const large = Array.from({ length: 200_000 }, () => 1 as unknown);
  assertEquals(check(large).map(({ path }) => path), ["/0"]);
  assertEquals(check(large.map(String)), []);
  assertEquals(check(large.slice(0, 1000)).length, 1000);
});

Deno.test("compileSchema() compiles the same $id as often as it is asked to", async () => {
  const $id = "https://example.com/a";
  const first = await compileSchema({ $id, type: "string" });
  const second = await compileSchema({ $id, type: "number" });
  assertEquals([first.check("x").length, first.check(1).length], [0, 1]);
  assertEquals([second.check("x").length, second.check(1).length], [1, 0]);
  // What one schema defines the next does not know.
  await compileSchema({ $defs: { b: { $id: "https://example.com/b" } } });
  await assertRejects(() => compileSchema({ $ref: "https://example.com/b" }), SchemaError);
});

Deno.test("compileSchema() does not change with the schema it was given", async () => {
  const schema = { type: "string" };
  const { check } = await compileSchema(schema);
  schema.type = "number";
  assertEquals(check("x"), []);
  assert(await isValid(Object.freeze({ type: "string" }), "x"));
});

Deno.test("compileSchema() knows the drafts' own schemas", async () => {
  for (
    const $ref of [DRAFT_6, DRAFT_7, DRAFT_2019, "https://json-schema.org/draft/2020-12/schema"]
  ) {
    assertEquals(await isValid({ $ref }, { minLength: 1 }), true, $ref);
    assertEquals(await isValid({ $ref }, { minLength: "x" }), false, $ref);
  }
});

Deno.test("compileSchema() checks formats and passes over those that nobody knows", async () => {
  for (
    const [format, good, bad] of [
      ["date", "2026-01-31", "2026-02-31"],
      ["date-time", "2026-01-31T10:00:00Z", "2026-01-31"],
      ["time", "10:00:00Z", "25:00:00Z"],
      ["duration", "P1DT2H", "1 day"],
      ["email", "a.b@example.com", "a@"],
      ["email", '"a b"@example.com', '"a"b"@example.com'],
      ["email", "a@[127.0.0.1]", "a@[127.0.0.300]"],
      ["idn-email", "실례@실례.테스트", "실례"],
      ["hostname", "a-b.example.com", "-a"],
      ["idn-hostname", "bücher.example", "a·b"],
      ["ipv4", "127.0.0.1", "127.1"],
      ["ipv6", "::1", "1::2::3"],
      ["uri", "https://example.com/a?b#c", "example.com"],
      ["uri", "https://[::1]:80/", "https://1:2:3::4/"],
      ["uri-reference", "../a", "\\a"],
      ["iri", "https://bücher.example/ä", "ä"],
      ["url", "https://example.com/a?b#c", "mailto:a@example.com"],
      ["uuid", "2eb8aa08-aa98-11ea-b4aa-73b441d16380", "2eb8aa08"],
      ["regex", "^a+$", "("],
      ["json-pointer", "/a/0", "a"],
      ["nonsense", "anything", undefined],
    ] as const
  ) {
    const { check } = await compileSchema({ format });
    assertEquals(check(good), [], `${format}: ${good}`);
    if (bad !== undefined) assertEquals(check(bad).length, 1, `${format}: ${bad}`);
    assertEquals(check(7), []);
  }
});

Deno.test("compileSchema() prints nothing", async () => {
  const printed: unknown[] = [];
  const { log, warn, error } = console;
  console.log = console.warn = console.error = (...words) => printed.push(words);
  try {
    const schema = {
      format: "nonsense",
      unknown: 1,
      minLength: 2,
      type: ["string", "null"],
      then: {},
    };
    (await compileSchema(schema)).check("x");
    await compileSchema({ $ref: "#/nowhere" }).catch(() => undefined);
    await compileSchema({ type: 7 }).catch(() => undefined);
  } finally {
    Object.assign(console, { log, warn, error });
  }
  assertEquals(printed, []);
});

Deno.test("compileSchema() takes patterns of both kinds of regular expression", async () => {
  assertEquals(await isValid({ pattern: "^[\\w-\\.]+$" }, "a.b"), true);
  assertEquals(await isValid({ pattern: "^[\\w-\\.]+$" }, "a~b"), false);
  assertEquals(await isValid({ pattern: "^\\p{Lu}.$" }, "Ä😀"), true);
  assertEquals(await isValid({ patternProperties: { "\\a": false } }, { a: 1 }), false);
});

Deno.test("compileSchema() divides decimals as people do", async () => {
  for (
    const [multipleOf, good, bad] of [
      [0.01, 19.99, 19.995],
      [0.1, 0.3, 0.35],
      [1e-8, 12391239123, 1e-9],
      [3, 9, 10],
      [0.5, 1e308, 0.7],
      [7, -21, -20],
    ] as const
  ) {
    assert(await isValid({ multipleOf }, good), `${good} / ${multipleOf}`);
    assertEquals(await isValid({ multipleOf }, bad), false, `${bad} / ${multipleOf}`);
  }
});

Deno.test("compileSchema() finds equal items among many", async () => {
  const { check } = await compileSchema({ uniqueItems: true });
  const items = Array.from({ length: 200_000 }, (_, i) => ({ a: [i], b: { c: 1, d: "x" } }));
  assertEquals(check(items), []);
  items.push({ b: { d: "x", c: 1 }, a: [7] });
  assertEquals(check(items).map(({ message }) => message), [
    "must not have the same item twice (items 7 and 200000)",
  ]);
  for (const different of [[1, "1"], [0, false], [null, "null"], [[1], ["1"]], [{}, []]]) {
    assertEquals(check(different), []);
  }
  assertEquals(await isValid({ uniqueItems: false }, [1, 1]), true);
});

Deno.test("compileSchema() knows what was evaluated", async () => {
  const { check } = await compileSchema({
    if: { properties: { kind: { const: "a" } }, required: ["kind"] },
    then: { properties: { a: { type: "string" } } },
    unevaluatedProperties: false,
  });
  assertEquals(check({ kind: "a", a: "x" }), []);
  assertEquals(violationLines(check({ kind: "b", a: "x" })), [
    'the value: must not have the property "kind" (unevaluatedProperties)',
    'the value: must not have the property "a" (unevaluatedProperties)',
  ]);
  const items = await compileSchema({
    prefixItems: [{}],
    unevaluatedItems: { type: "string" },
  });
  assertEquals(violationLines(items.check([1, "x", 2])), ["/2: must be string (type), got 2"]);
});

Deno.test("compileSchema() takes names that no URI can hold", async () => {
  const schema = {
    properties: { "\ud800": { $ref: "#/$defs/%" } },
    anyOf: [{ properties: { "a/~%": { not: {} } } }, true],
    $defs: { "%": { type: "string" }, "\ud800": true },
    unevaluatedProperties: false,
  };
  assertEquals(await isValid(schema, { "\ud800": "x" }), true);
  assertEquals(await isValid(schema, { "\ud800": 1 }), false);
  assertEquals(await isValid(schema, { "a/~%": 1 }), false);
});

Deno.test("compileSchema() is not misled by names from Object.prototype", async () => {
  const { check } = await compileSchema(JSON.parse(
    '{"properties":{"__proto__":{"type":"string"},"constructor":{"type":"string"}},' +
      '"required":["toString"],"additionalProperties":{"type":"null"}}',
  ));
  assertEquals(check(JSON.parse('{"__proto__":"x","constructor":"x","toString":null}')), []);
  const found = check(JSON.parse('{"__proto__":1,"constructor":1,"valueOf":1}'));
  assertEquals(found.map(({ path }) => path).sort(), [
    "",
    "/__proto__",
    "/constructor",
    "/valueOf",
  ]);
  const none = await compileSchema({ enum: [] });
  assertEquals(none.check("x").length, 1);
});
