import { nativeSchema } from "../../src/agent/native_schema.ts";
import { compileSchema } from "../../src/json/schema.ts";
import { randomOf } from "../support/recordings.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { sizeOf } from "../support/size.ts";

const CLOSED = {
  type: "object",
  properties: { name: { type: "string" } },
  required: ["name"],
  additionalProperties: false,
};

const rows: [string, unknown, unknown][] = [
  ["a plain schema as it is", CLOSED, CLOSED],
  [
    "no dialect, format, example or keyword that nobody knows",
    {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      $id: "x",
      type: "object",
      properties: { day: { type: "string", format: "date", examples: ["1"], "x-own": 1 } },
      unevaluatedProperties: false,
      if: { required: ["a"] },
    },
    { type: "object", properties: { day: { type: "string" } } },
  ],
  [
    "references written out, with what stands beside them",
    {
      type: "object",
      properties: {
        a: { $ref: "#/$defs/a~1b%25" },
        b: { $ref: "#/$defs/a~1b%25", description: "B" },
        c: { $ref: "#/$defs/a~1b%25", minLength: 2 },
      },
      $defs: { "a/b%": { type: "string" } },
    },
    {
      type: "object",
      properties: {
        a: { type: "string" },
        b: { type: "string", description: "B" },
        c: { allOf: [{ type: "string" }, { minLength: 2 }] },
      },
    },
  ],
  [
    "nothing that excludes what the keywords left out would allow",
    {
      type: "object",
      additionalProperties: false,
      patternProperties: { "^x-": {} },
      properties: {
        pair: { type: "array", prefixItems: [{ type: "string" }], items: false },
        // Without the formats nothing, and everything twice, would be right.
        word: { not: { format: "date" } },
        when: { oneOf: [{ type: "string", format: "date" }, { type: "string", format: "time" }] },
        size: { oneOf: [{ const: 1 }, { const: 2 }], not: { const: 3 } },
      },
    },
    {
      type: "object",
      properties: {
        pair: { type: "array" },
        word: {},
        when: { allOf: [{ anyOf: [{ type: "string" }, { type: "string" }] }] },
        size: { oneOf: [{ const: 1 }, { const: 2 }], not: { const: 3 } },
      },
    },
  ],
  [
    "nothing beside a reference where the draft passes over it",
    {
      $schema: "http://json-schema.org/draft-07/schema#",
      type: "object",
      properties: { a: { $ref: "#/definitions/a", maxLength: 1 } },
      definitions: { a: { type: "string" } },
    },
    { type: "object", properties: { a: { type: "string" } } },
  ],
  ["boolean schemas", { type: "object", properties: { a: true } }, {
    type: "object",
    properties: { a: true },
  }],
  ["a property that is named as a keyword", {
    type: "object",
    properties: { $ref: { type: "string" }, format: { type: "string", format: "date" } },
  }, {
    type: "object",
    properties: { $ref: { type: "string" }, format: { type: "string" } },
  }],
  ["no array at the root", { type: "array", items: { type: "string" } }, undefined],
  ["no boolean at the root", true, undefined],
  ["nothing without a type", { properties: {} }, undefined],
  ["nothing that contains itself", {
    type: "object",
    properties: { next: { $ref: "#" } },
  }, undefined],
  ["nothing with a reference to elsewhere", {
    type: "object",
    properties: { a: { $ref: "https://example.com/a.json" } },
  }, undefined],
  ["nothing with a reference to nothing", {
    type: "object",
    properties: { a: { $ref: "#/$defs/__proto__" } },
  }, undefined],
  ["nothing with a list of items", {
    type: "object",
    properties: { a: { type: "array", items: [{ type: "string" }] } },
  }, undefined],
  ["nothing with a schema that is none", { type: "object", properties: { a: 1 } }, undefined],
];

for (const [title, schema, expected] of rows) {
  Deno.test(`nativeSchema() passes on ${title}`, () => {
    assertEquals(nativeSchema(schema, "any"), expected);
  });
}

Deno.test("nativeSchema() gives up when references multiply", () => {
  const $defs: Record<string, unknown> = { d0: { type: "string" } };
  for (let level = 1; level < 12; level++) {
    const inner = { $ref: `#/$defs/d${level - 1}` };
    $defs[`d${level}`] = { type: "object", properties: { a: inner, b: inner, c: inner } };
  }
  const schema = { type: "object", properties: { a: { $ref: "#/$defs/d11" } }, $defs };
  assertEquals(nativeSchema(schema, "any"), undefined);
});

Deno.test("nativeSchema() never makes a right value wrong", async () => {
  const random = randomOf(7);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  const scalar = () => pick<unknown>([1, 2, 1.5, "a", "2026-01-31", "x-y", true, null]);
  const schemaOf = (depth: number): unknown => {
    if (depth === 0) return pick<unknown>([true, false, { type: "string" }, { const: scalar() }]);
    const one = () => schemaOf(depth - 1);
    const some = () => [one(), one()];
    const map = () => ({ [pick(["a", "b", "x-y"])]: one(), [pick(["a", "c"])]: one() });
    const parts: (() => Record<string, unknown>)[] = [
      () => ({ type: pick(["object", "array", "string", "integer"]) }),
      () => ({ format: pick(["date", "email"]) }),
      () => ({ properties: map(), additionalProperties: one() }),
      () => ({ patternProperties: { "^x-": one() }, additionalProperties: false }),
      () => ({ prefixItems: some(), items: one() }),
      () => ({ items: one(), contains: one() }),
      () => ({ oneOf: some() }),
      () => ({ anyOf: some(), not: one() }),
      () => ({ allOf: some(), oneOf: some() }),
      () => ({ not: one() }),
      () => ({ if: one(), then: one(), else: one() }),
      () => ({ $ref: "#/$defs/d", minLength: 1 }),
      () => ({ propertyNames: one(), maxProperties: 2, unevaluatedProperties: false }),
    ];
    return { ...pick(parts)(), ...pick(parts)() };
  };
  const valueOf = (depth: number): unknown => {
    if (depth === 0 || random() < 0.3) return scalar();
    if (random() < 0.4) return [valueOf(depth - 1), valueOf(depth - 1)];
    return { [pick(["a", "b", "c", "x-y"])]: valueOf(depth - 1), a: valueOf(depth - 1) };
  };
  let right = 0;
  for (let round = 0; round < sizeOf("ZAG_TEST_SCHEMAS", 150); round++) {
    const schema = {
      type: "object",
      properties: { a: schemaOf(2), b: schemaOf(2) },
      $defs: { d: schemaOf(1) },
    };
    const copy = nativeSchema(schema, "any");
    if (!copy) continue;
    const [full, native] = await Promise.all([compileSchema(schema), compileSchema(copy)]);
    for (let i = 0; i < 60; i++) {
      const value = { a: valueOf(2), ...(random() < 0.5 ? { b: valueOf(2) } : {}) };
      if (full.check(value).length > 0) continue;
      right++;
      assertEquals(native.check(value), [], JSON.stringify({ schema, value }));
    }
  }
  assert(right > 600, `${right}`);
});

const inner = (schema: unknown) => ({
  ...CLOSED,
  properties: { name: schema },
});

const strictRows: [string, unknown, boolean][] = [
  ["a closed object", CLOSED, true],
  ["an open object", { ...CLOSED, additionalProperties: true }, false],
  ["an optional property", { ...CLOSED, required: [] }, false],
  ["a requirement without a property", { ...CLOSED, required: ["name", "other"] }, false],
  ["an open object inside", inner({ type: "object", properties: {} }), false],
  ["a closed object inside an array", inner({ type: "array", items: CLOSED }), true],
  ["an array of anything", inner({ type: "array" }), false],
  ["alternatives inside", inner({ anyOf: [{ type: "string" }, { type: "null" }] }), true],
  ["alternatives at the root", { ...CLOSED, anyOf: [{ type: "object" }] }, false],
  ["a length", inner({ type: "string", minLength: 1 }), false],
  ["a range", inner({ type: "number", minimum: 1 }), true],
  ["no type", inner({ description: "any" }), false],
  ["anything", inner(true), false],
  ["an enumeration", inner({ enum: ["a", 1] }), true],
];

for (const [title, schema, strict] of strictRows) {
  Deno.test(`nativeSchema() says whether a strict API takes ${title}`, () => {
    assertEquals(nativeSchema(schema, "strict") !== undefined, strict);
    assertEquals(nativeSchema(schema, "any") !== undefined, true);
  });
}
