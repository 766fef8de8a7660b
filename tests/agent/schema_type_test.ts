/** Types that are not what they should be do not compile: `deno check` is the test of most of this. */
import { AgentBuilder, type FromSchema } from "../../src/mod.ts";
import { assertEquals } from "../support/assert.ts";
import { inHome } from "../e2e/support.ts";
import { run } from "../library/support.ts";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true
  : false;

/** Compiles only for types that are the same. */
function same<A, B>(_: Equal<A, B>): void {}

function typeOf<const Schema>(_schema: Schema): FromSchema<Schema> {
  return undefined as FromSchema<Schema>;
}

Deno.test("FromSchema tells the simple types, and several at once", () => {
  same<FromSchema<{ type: "string" }>, string>(true);
  same<FromSchema<{ type: "integer" }>, number>(true);
  same<FromSchema<{ type: "number" }>, number>(true);
  same<FromSchema<{ type: "boolean" }>, boolean>(true);
  same<FromSchema<{ type: "null" }>, null>(true);
  same<FromSchema<{ readonly type: readonly ["string", "null"] }>, string | null>(true);
  same<FromSchema<{ enum: readonly ["a", 1, null] }>, "a" | 1 | null>(true);
  same<FromSchema<{ type: "string"; enum: readonly ["a", "b"] }>, "a" | "b">(true);
  same<FromSchema<{ const: 5 }>, 5>(true);
  // It can fail.
  same<FromSchema<{ type: "string" }>, number>(false);
});

Deno.test("FromSchema tells objects with what has to be there and what may be", () => {
  const person = typeOf({
    type: "object",
    properties: {
      name: { type: "string" },
      age: { type: "integer" },
      address: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
    },
    required: ["name", "address"],
  });
  same<
    typeof person,
    { name: string; address: { city: string }; age?: number }
  >(true);
  same<FromSchema<{ type: "object" }>, { [key: string]: unknown }>(true);
  same<
    FromSchema<{ type: "object"; additionalProperties: { type: "number" } }>,
    { [key: string]: number }
  >(true);
  same<
    FromSchema<
      { type: "object"; properties: { a: { type: "number" } }; additionalProperties: false }
    >,
    { a?: number }
  >(true);
  same<FromSchema<{ type: "object"; required: readonly ["id"] }>, { id: unknown }>(true);
  const mixed = typeOf({
    type: "object",
    properties: { id: { type: "number" } },
    required: ["id"],
    additionalProperties: { type: "string" },
  });
  same<typeof mixed["id"], number>(true);
  same<typeof mixed["other"], string | number>(true);
  // Which ones are required is not known, so all may be missing.
  same<
    FromSchema<{ type: "object"; properties: { a: { type: "null" } }; required: string[] }>,
    { a?: null }
  >(true);
});

Deno.test("FromSchema tells lists and tuples", () => {
  same<FromSchema<{ type: "array" }>, unknown[]>(true);
  same<FromSchema<{ type: "array"; items: { type: "string" } }>, string[]>(true);
  const pair = typeOf({
    type: "array",
    prefixItems: [{ type: "string" }, { type: "number" }],
    items: false,
    minItems: 2,
  });
  same<typeof pair, [string, number]>(true);
  const open = typeOf({
    type: "array",
    prefixItems: [{ type: "string" }, { type: "number" }],
    minItems: 1,
  });
  same<typeof open, [string, number?, ...unknown[]]>(true);
  const old = typeOf({
    type: "array",
    items: [{ type: "string" }],
    additionalItems: { type: "null" },
  });
  same<typeof old, [string?, ...null[]]>(true);
});

Deno.test("FromSchema joins alternatives and demands", () => {
  const either = typeOf({ anyOf: [{ type: "string" }, { type: "null" }] });
  same<typeof either, string | null>(true);
  const shape = typeOf({
    oneOf: [
      {
        type: "object",
        properties: { kind: { const: "circle" }, r: { type: "number" } },
        required: ["kind", "r"],
      },
      {
        type: "object",
        properties: { kind: { const: "square" }, a: { type: "number" } },
        required: ["kind", "a"],
      },
    ],
  });
  same<typeof shape, { kind: "circle"; r: number } | { kind: "square"; a: number }>(true);
  const both = typeOf({
    allOf: [
      { type: "object", properties: { a: { type: "string" } }, required: ["a"] },
      { type: "object", properties: { b: { type: ["number", "null"] } }, required: ["b"] },
    ],
  });
  same<typeof both, { a: string; b: number | null }>(true);
});

Deno.test("FromSchema is unknown where nothing can be told", () => {
  same<FromSchema<true>, unknown>(true);
  same<FromSchema<boolean>, unknown>(true);
  same<FromSchema<false>, never>(true);
  // deno-lint-ignore ban-types -- a schema without any demand
  same<FromSchema<{}>, unknown>(true);
  same<FromSchema<object>, unknown>(true);
  same<FromSchema<unknown>, unknown>(true);
  // deno-lint-ignore no-explicit-any -- a schema from anywhere
  same<FromSchema<any>, unknown>(true);
  same<FromSchema<Record<string, unknown>>, unknown>(true);
  same<FromSchema<{ type: string }>, unknown>(true);
  same<FromSchema<{ type?: "string"; properties?: object }>, unknown>(true);
  same<FromSchema<{ $ref: "#/$defs/node" }>, unknown>(true);
  same<
    FromSchema<
      { type: "object"; properties: { next: { $ref: "#" } }; required: readonly ["next"] }
    >,
    { next: unknown }
  >(true);
  // What is said of objects alone says nothing about a text.
  same<FromSchema<{ properties: { a: { type: "string" } } }>, unknown>(true);
  same<FromSchema<{ type: "object"; properties: object }>, { [key: string]: unknown }>(true);
});

type Nested<Depth extends number, Count extends readonly unknown[] = []> = Count["length"] extends
  Depth ? { type: "string" }
  : {
    type: "object";
    properties: { in: Nested<Depth, [...Count, 0]>; or: { type: "number" } };
    required: readonly ["in"];
  };
type Listed<Depth extends number, Count extends readonly unknown[] = []> = Count["length"] extends
  Depth ? { type: "string" }
  : { type: "array"; items: Listed<Depth, [...Count, 0]> };
type Chosen<Depth extends number, Count extends readonly unknown[] = []> = Count["length"] extends
  Depth ? { type: "string" }
  : { anyOf: readonly [Chosen<Depth, [...Count, 0]>, { type: "null" }] };
type Demanded<Depth extends number, Count extends readonly unknown[] = []> = Count["length"] extends
  Depth ? { type: "string" }
  : { allOf: readonly [Demanded<Depth, [...Count, 0]>] };
type Paired<Depth extends number, Count extends readonly unknown[] = []> = Count["length"] extends
  Depth ? { type: "string" }
  : {
    type: "array";
    prefixItems: readonly [Paired<Depth, [...Count, 0]>];
    minItems: 1;
    items: false;
  };

Deno.test("FromSchema leaves the compiler alive however deep a schema goes", () => {
  same<FromSchema<Nested<3>>["in"]["in"]["in"], string>(true);
  same<FromSchema<Listed<10>>[0][0][0][0][0][0][0][0][0][0], string>(true);
  same<FromSchema<Listed<45>>[0][0][0][0][0][0][0][0][0][0][0][0], unknown>(true);
  same<FromSchema<Nested<45>>["in"]["or"], number | undefined>(true);
  same<FromSchema<Chosen<10>>, string | null>(true);
  same<FromSchema<Chosen<45>>, unknown>(true);
  same<FromSchema<Demanded<45>>, unknown>(true);
  same<FromSchema<Demanded<5>>, string>(true);
  same<FromSchema<Paired<10>>[0][0][0][0][0][0][0][0][0][0], string>(true);
  same<FromSchema<Paired<45>>[0][0][0][0][0][0][0][0][0][0][0][0], unknown>(true);
});

Deno.test(
  "AgentBuilder.jsonSchema() gives its answers the type that the schema says",
  inHome(async (home) => {
    const builder = new AgentBuilder().jsonSchema({
      type: "object",
      properties: { sum: { type: "number" }, notes: { type: "array", items: { type: "string" } } },
      required: ["sum"],
    });
    type Output = Awaited<ReturnType<typeof builder.exec>>;
    type Answer = Extract<Output, { is_error: false }>["json"];
    same<Answer, { sum: number; notes?: string[] }>(true);
    // Without a look at `is_error` there may be none.
    same<Output["json"], Answer | undefined>(true);
    assertEquals(await run(home, "schema"), [6, ["A"]]);
  }),
);
