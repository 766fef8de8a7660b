/** Values that are made to take long: their check comes to an end. */
import { compileSchema } from "../../src/json/schema.ts";
import { TIME_UP, timeLimit } from "../../src/json/time_limit.ts";
import { violationLines } from "../../src/json/violations.ts";
import { assert, assertEquals, assertMatch, assertThrows } from "../support/assert.ts";

/** Each further "a" doubles the time; this many take longer than anyone lives. */
const EXPONENTIAL = "^(a+)+$";
const HOSTILE = "a".repeat(60) + "!";

Deno.test("timeLimit() hands on what the work gives or throws, and ends work without end", async () => {
  const within = await timeLimit();
  const value = { a: [1] };
  assert(within(() => value, 60_000) === value);
  assertThrows(
    () =>
      within(() => {
        throw new RangeError("deep");
      }, 60_000),
    RangeError,
    "deep",
  );
  let caught = false;
  const endless = () => {
    try {
      for (;;);
    } finally {
      caught = true;
    }
  };
  for (const ms of [1, 0, -5, 20.5]) assertEquals(within(endless, ms), TIME_UP);
  assertEquals(within(() => new RegExp(EXPONENTIAL).test(HOSTILE), 50), TIME_UP);
  assertEquals([within(() => 7, 60_000), caught], [7, false]);
});

Deno.test("compileSchema() ends a check that takes too long, by the rule time", async () => {
  const schemas = [
    { pattern: EXPONENTIAL },
    { not: { pattern: EXPONENTIAL } },
    { type: "string", oneOf: [{ pattern: EXPONENTIAL }, true], unevaluatedItems: false },
  ];
  for (const schema of schemas) {
    const { check } = await compileSchema(schema, { limitMs: 200 });
    assertEquals(violationLines(check(HOSTILE)), [
      'the value: took longer than 0.2 seconds to check; a "pattern" with nested repetition may be ' +
      `the reason (time), got "${HOSTILE}"`,
    ]);
  }
  const { check } = await compileSchema({ pattern: EXPONENTIAL }, { limitMs: 200 });
  for (const _ of [1, 2]) {
    assertEquals(check(HOSTILE).map(({ rule }) => rule), ["time"]);
    assertEquals(check("aaa"), []);
    assertEquals(check("b").map(({ rule }) => rule), ["pattern"]);
  }
});

Deno.test("compileSchema() ends a check within the time that it is given", async () => {
  const { check } = await compileSchema({ patternProperties: { [EXPONENTIAL]: false } });
  const [violation, ...more] = check({ [HOSTILE]: 1 }, 100);
  assertEquals([violation?.rule, more], ["time", []]);
  assertMatch(violation!.message, /^took longer than 0\.1 seconds/);
});

Deno.test("compileSchema() tells of the first violation when all of them take too long", async () => {
  const { check } = await compileSchema({
    properties: { a: { type: "string" }, b: { pattern: EXPONENTIAL } },
  });
  // Whoever stops at the first never comes to the second.
  assertEquals(violationLines(check({ a: 1, b: HOSTILE })), ["/a: must be string (type), got 1"]);
});

Deno.test("compileSchema() collects the violations of many items without copying them", async () => {
  const inner = {
    oneOf: [{ properties: { a: { type: "string" } }, required: ["a"] }, { required: ["b"] }],
    unevaluatedProperties: false,
  };
  const recursive = { properties: { c: { type: "string" }, d: { $ref: "#/$defs/c" } } };
  const values = Array.from({ length: 2_000 }, () => ({ c: 1 }));
  const copied = await countCopied(async () => {
    const one = await compileSchema({ items: inner });
    assertEquals(one.check(values).length, 3 * values.length);
    const two = await compileSchema({ items: { $ref: "#/$defs/c" }, $defs: { c: recursive } });
    assertEquals(two.check(values).length, values.length);
  });
  assert(copied < 100 * values.length, `${copied} elements were copied`);
});

/** How many elements `concat` copies meanwhile. */
async function countCopied(work: () => Promise<void>): Promise<number> {
  const { concat } = Array.prototype;
  let copied = 0;
  Array.prototype.concat = function (this: unknown[], ...lists: unknown[]) {
    const all = concat.apply(this, lists);
    copied += all.length;
    return all;
  };
  try {
    await work();
  } finally {
    Array.prototype.concat = concat;
  }
  return copied;
}

Deno.test("compileSchema() looks at no host name that is too long to be one", async () => {
  const { check } = await compileSchema({ format: "idn-hostname" }, { limitMs: 1_000 });
  // Its digits are of one kind, and the search for the other kind begins anew at each.
  const long = "\u0660".repeat(400_000);
  assertEquals(check(long).map(({ rule }) => rule), ["format"]);
  const label = "\u{10300}".repeat(50);
  assertEquals(check([label, label, label].join(".")), []);
});

Deno.test("compileSchema() checks the format url in proportion to the length", async () => {
  const { check } = await compileSchema({ format: "url" }, { limitMs: 1_000 });
  assertEquals(check(`http://[${"::".repeat(200_000)}@`).map(({ rule }) => rule), ["format"]);
});
