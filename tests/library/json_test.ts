import {
  buildExitSuffix,
  ExitResultError,
  formatAttachments,
  InvalidJsonError,
  InvalidOptionError,
  readAttachments,
  stripMarkdownFences,
  validateExitResult,
  validateJson,
  validateJsonSchema,
  validateSchema,
  ZagError,
} from "../../src/mod.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "../support/assert.ts";

Deno.test("stripMarkdownFences() takes away the one fence around a text", () => {
  const cases: [given: string, expected: string][] = [
    ['  {"a": 1}\n', '{"a": 1}'],
    ["```json\n[1]\n```", "[1]"],
    ["\n```\nplain\n```\n", "plain"],
    ["~~~~\n```\nin\n```\n~~~~", "```\nin\n```"],
    ["```json\r\n[1]\r\n```\r\n", "[1]"],
    ["```json\n[1]", "[1]"],
    ["`a` and ```b```", "`a` and ```b```"],
    ["", ""],
  ];
  for (const [given, expected] of cases) assertEquals(stripMarkdownFences(given), expected);
});

Deno.test("stripMarkdownFences() keeps what shares a line with the fence", () => {
  const cases: [given: string, expected: string][] = [
    ["```json{}```", "{}"],
    ["```json {}\n```", "{}"],
    ["```\n{}```", "{}"],
    ["```{}\n```", "{}"],
    ["```{}```", "{}"],
    ["```true\n```", "true"],
    ['```json{"a": "```"}```', '{"a": "```"}'],
    ["```js\nlet a;```", "let a;"],
    ["```a``` and ```b```", "```a``` and ```b```"],
    ["```md\nsay ```x```", "say ```x```"],
    ["```JSON\r\n[1]\r\n```", "[1]"],
    ["```the answer\nis 5\n```", "the answer\nis 5"],
    ["```json\n```", ""],
    ["```", ""],
  ];
  for (const [given, expected] of cases) assertEquals(stripMarkdownFences(given), expected, given);
});

/** Marks, and a name: `json`, or another one on a line of its own. */
const TAKEN_BEFORE = /^\s*(`*|~*)[^\S\n]*(json|(?!(?:true|false|null)\s)[a-z]\w*[^\S\n]*\n)?\s*$/;

/** Numbers that are the same on each run. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9 | 0;
    return (state >>> 8) % below;
  };
}

Deno.test("stripMarkdownFences() takes nothing but marks, blanks and the name of a language", () => {
  const pick = numbers(7);
  const pieces = ["```", "`", "~~~", "~~~~", "````", "json", "js", "true", "{}", '"a"', " ", "\n"];
  for (let round = 0; round < 50_000; round++) {
    const length = pick(9);
    const given = Array.from({ length }, () => pieces[pick(pieces.length)]!).join("");
    const kept = stripMarkdownFences(given);
    const isAround = (at: number) =>
      TAKEN_BEFORE.test(given.slice(0, at)) && given.startsWith(kept, at) &&
      /^\s*(`*|~*)\s*$/.test(given.slice(at + kept.length));
    const places = Array.from({ length: given.length + 1 }, (_, at) => at);
    assert(places.some(isAround), JSON.stringify([given, kept]));
  }
});

Deno.test("stripMarkdownFences() of any JSON in any fence is that JSON", () => {
  const pick = numbers(11);
  const values = [0, -1.5, true, null, "", "a ``` b", "```", "~~~", [], {}, [1, "x"], {
    a: "\n```\n",
  }];
  const blanks = ["", " ", "\n", "\r\n", "\n\n"];
  for (let round = 0; round < 5_000; round++) {
    const value = [values[pick(values.length)], values[pick(values.length)]];
    const json = JSON.stringify(pick(2) === 0 ? value : { value }, null, pick(3));
    const [outer, first, last] = [0, 1, 2].map(() => blanks[pick(blanks.length)]!);
    const marks = ["```", "````", "~~~"][pick(3)]!;
    const given = `${outer}${marks}json${first}${json}${last}${marks}${outer}`;
    assertEquals(stripMarkdownFences(given), json, given);
    assertEquals(validateJson(given), JSON.parse(json));
  }
});

Deno.test("validateJson() returns the value, or says what is wrong", () => {
  assertEquals(validateJson("```json\n[1, 2]\n```"), [1, 2]);
  const error = assertThrows(() => validateJson("[1,"), InvalidJsonError);
  assert(error.message.startsWith("Invalid JSON: "));
});

Deno.test("validateSchema() refuses what is no JSON Schema", async () => {
  await validateSchema({ type: "object" });
  const error = await assertRejects(() => validateSchema({ type: "nonsense" }), ZagError);
  assert(error.message.startsWith("Cannot use the schema: "), error.message);
});

Deno.test("validateJsonSchema() lists all that is wrong, with where it is", async () => {
  const schema = { type: "object", required: ["b"], properties: { a: { type: "number" } } };
  assertEquals(await validateJsonSchema('{"a": 1, "b": 2}', schema), {
    ok: true,
    value: { a: 1, b: 2 },
  });
  const wrong = await validateJsonSchema('{"a": "x"}', schema);
  assert(!wrong.ok);
  assertEquals(wrong.errors.length, 2);
  assert(wrong.errors.some((line) => line.endsWith(" at /a")), wrong.errors.join("\n"));
  assert(wrong.errors.some((line) => !line.includes(" at /")), wrong.errors.join("\n"));
  const none = await validateJsonSchema("none", schema);
  assert(!none.ok && none.errors[0]!.startsWith("Invalid JSON: "));
});

Deno.test("validateExitResult() lets through what satisfies the constraints", async () => {
  const constraints = { hint: "a list", jsonMode: true, schema: { type: "array" } };
  assertEquals(await validateExitResult("```json\n[]\n```", constraints), "[]");
  assertEquals(await validateExitResult("", null), "");
  const kinds: [result: string, kind: string][] = [
    [" ", "EmptyResult"],
    ["[", "InvalidJson"],
    ["{}", "SchemaViolations"],
  ];
  for (const [result, kind] of kinds) {
    const call = () => validateExitResult(result, constraints);
    assertEquals((await assertRejects(call, ExitResultError)).kind, kind);
  }
});

Deno.test("buildExitSuffix() tells an agent how to hand in its result", () => {
  const bare = buildExitSuffix();
  assert(bare.includes('zag ps kill self "<result>"'));
  assert(!bare.includes("JSON"));
  const whole = buildExitSuffix("the sum", false, { type: "number" });
  for (const part of ["the sum", "JSON alone", '"type": "number"']) assert(whole.includes(part));
  assert(buildExitSuffix("  ", true).includes("JSON alone"));
});

Deno.test("readAttachments() and formatAttachments() make the block of attached files", async () => {
  const directory = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${directory}/a.txt`, "1 < 2");
    const block = formatAttachments(await readAttachments(["a.txt"], directory));
    assert(block.startsWith("<attached-files>\n<file "));
    assert(block.includes("1 &lt; 2\n</file>"));
    await assertRejects(() => readAttachments(["none"], directory), InvalidOptionError);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
