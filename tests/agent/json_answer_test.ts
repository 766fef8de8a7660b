import {
  answerChecker,
  correctionPrompt,
  findJson,
  readSchema,
} from "../../src/agent/json_answer.ts";
import { InvalidOptionError } from "../../src/agent/errors.ts";
import { assert, assertEquals, assertRejects, assertStringIncludes } from "../support/assert.ts";

const found: [string, unknown][] = [
  ['{"a":1}', { a: 1 }],
  ['  \n{"a":1}\n ', { a: 1 }],
  ["[1,2]", [1, 2]],
  ['"text"', "text"],
  ["null", null],
  ["42", 42],
  ['```json\n{"a":1}\n```', { a: 1 }],
  ['```\n{"a":1}\n```', { a: 1 }],
  ['Here it is:\n\n```JSON\n{"a":1}\n```\nDone.', { a: 1 }],
  ['```js\nno json\n```\n```json\n{"a":1}\n```', { a: 1 }],
  ['The answer is {"a":{"b":[1,"}"]}} as you asked.', { a: { b: [1, "}"] } }],
  ['quotes \\" and {"a":"\\"}"} in it', { a: '"}' }],
  ["{oops} then [1]", [1]],
  ['{"text":"```json\\n{}\\n```"}', { text: "```json\n{}\n```" }],
  ['\ufeff{"a":1}', { a: 1 }],
];

for (const [text, value] of found) {
  Deno.test(`findJson() in ${JSON.stringify(text).slice(0, 60)}`, () => {
    assertEquals(findJson(text), { value });
  });
}

for (const text of ["", "  ", "no json", "{", "{'a':1}", '{"a":1', "```json\n{\n```", "}{"]) {
  Deno.test(`findJson() finds nothing in ${JSON.stringify(text)}`, () => {
    assertEquals(findJson(text), undefined);
  });
}

Deno.test("findJson() takes no time to speak of for hostile texts", () => {
  const size = 400_000;
  const texts = [
    "[".repeat(size),
    "{".repeat(size),
    '{"'.repeat(size / 2),
    "```\n".repeat(size / 4),
    "`".repeat(size),
    "```json ".repeat(size / 8),
    '"'.repeat(size),
    "\\".repeat(size),
    "[]".repeat(10) + "{".repeat(size),
  ];
  for (const text of texts) {
    const start = performance.now();
    findJson(text);
    const ms = performance.now() - start;
    assert(ms < 10_000, `${ms} ms for ${text.slice(0, 20)}`);
  }
});

Deno.test("answerChecker() takes any JSON where there is no schema", async () => {
  const checker = await answerChecker(undefined);
  assertEquals(checker.check("```\n[1]\n```"), { ok: true, value: [1] });
  assertEquals(checker.check("sorry"), { ok: false, violations: ["the answer holds no JSON"] });
  assert(checker.instructions(false).includes("JSON"));
});

Deno.test("answerChecker() names every violation of the schema, and where it is", async () => {
  const checker = await answerChecker({
    type: "object",
    properties: { name: { type: "string" }, list: { type: "array", items: { type: "integer" } } },
    required: ["name", "missing"],
    additionalProperties: false,
  });
  for (const enforced of [true, false]) {
    assertStringIncludes(checker.instructions(enforced), '"additionalProperties": false');
  }
  // An agent with a tool for its answer must not be told to write it as text.
  assertEquals(checker.instructions(true).includes("no text"), false);
  const answer = checker.check('{"name":7,"list":[1,"x"],"more":1}');
  assert(!answer.ok);
  for (const part of ["/name", "/list/1", "missing", "additional properties"]) {
    assert(answer.violations.some((violation) => violation.includes(part)), part);
  }
});

Deno.test("answerChecker() knows formats and the drafts that a schema names", async () => {
  const format = await answerChecker({ type: "string", format: "date" });
  assertEquals([format.check('"2026-01-31"').ok, format.check('"31.1.2026"').ok], [true, false]);
  for (const draft of ["2019-09", "2020-12"]) {
    const checker = await answerChecker({
      $schema: `https://json-schema.org/draft/${draft}/schema`,
      type: "object",
      dependentRequired: { a: ["b"] },
    });
    assertEquals([checker.check('{"a":1,"b":2}').ok, checker.check('{"a":1}').ok], [true, false]);
  }
  const old = await answerChecker({
    $schema: "http://json-schema.org/draft-07/schema#",
    type: "array",
  });
  assertEquals(old.check("[]").ok, true);
});

Deno.test("answerChecker() refuses an answer that is nested deeper than it can look", async () => {
  const checker = await answerChecker({ type: "array", items: { $ref: "#" } });
  assertEquals(checker.check("[[[]]]").ok, true);
  const answer = checker.check("[".repeat(200_000) + "]".repeat(200_000));
  assertEquals(answer, { ok: false, violations: ["the value is nested too deeply (depth)"] });
  assertEquals(checker.check("[1]").ok, false);
});

Deno.test("answerChecker() takes the schemas true and false", async () => {
  assertEquals((await answerChecker(true)).check("1").ok, true);
  assertEquals((await answerChecker(false)).check("1").ok, false);
});

Deno.test("answerChecker() refuses what is no schema", async () => {
  for (const schema of [7, "x", null, { type: "nonsense" }, { $ref: "#/nowhere" }]) {
    const error = await assertRejects(() => answerChecker(schema), InvalidOptionError);
    assertStringIncludes(error.message, "Cannot use --json-schema: it ");
  }
});

Deno.test("correctionPrompt() lists the reasons and repeats the demand", () => {
  assertEquals(
    correctionPrompt(["a is wrong", "b is wrong"], "Answer with JSON."),
    "Your last answer could not be used:\n- a is wrong\n- b is wrong\n\nAnswer with JSON.",
  );
});

Deno.test("readSchema() reads a file or JSON text, and says which of both failed", async () => {
  const dir = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${dir}/schema.json`, '{"type":"array"}');
    await Deno.writeTextFile(`${dir}/bad.json`, "{");
    assertEquals(await readSchema("schema.json", dir), { type: "array" });
    assertEquals(await readSchema(`${dir}/schema.json`, "/"), { type: "array" });
    assertEquals(await readSchema(' {"type":"string"}', dir), { type: "string" });
    assertEquals(await readSchema("true", dir), true);
    for (
      const [given, message] of [
        ["nowhere.json", '"nowhere.json" is neither JSON nor a file that can be read'],
        ["bad.json", "it is no JSON: "],
        ["{oops", "it is no JSON: "],
      ] as const
    ) {
      const error = await assertRejects(() => readSchema(given, dir), InvalidOptionError);
      assertStringIncludes(error.message, `Cannot use --json-schema: ${message}`);
    }
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
