import {
  type AnswerChecker,
  answerChecker,
  correctionPrompt,
  promptAgain,
} from "../../src/agent/json_answer.ts";
import { compileSchema } from "../../src/json/schema.ts";
import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";

async function checker(schema: unknown): Promise<AnswerChecker> {
  return answerChecker(await compileSchema(schema));
}

const PERSON = {
  type: "object",
  properties: { name: { type: "string" }, list: { type: "array", items: { type: "integer" } } },
  required: ["name"],
  additionalProperties: false,
};

Deno.test("answerChecker() takes any JSON where there is no schema", () => {
  const any = answerChecker();
  assertEquals(any.check("```\n[ 1 ]\n```"), { ok: true, json: "[1]" });
  assertEquals(any.check('\ufeff{"a":\r\n1}\r\n'), { ok: true, json: '{"a":1}' });
  assertEquals(any.schema, undefined);
});

Deno.test("answerChecker() takes the first of all JSON that matches", async () => {
  const { check } = await checker(PERSON);
  const right = '{"name": "Zoë"}';
  const decoys = ['{"name":7}', "[1,2]", "{}", '{"name":"x","more":1}', '"text"'];
  for (const decoy of decoys) {
    for (
      const answer of [
        `Not ${decoy} but ${right}.`,
        `${right} is it, and not ${decoy}`,
        `\`\`\`json\n${decoy}\n\`\`\`\n\nor better:\n\n\`\`\`json\n${right}\n\`\`\`\n`,
        `\`\`\`json\n${right}\n\`\`\`\n\nThe schema forbids ${decoy}.`,
        `Like this: ${right}\n\n\`\`\`json\n${decoy}\n\`\`\``,
      ]
    ) assertEquals(check(answer), { ok: true, json: '{"name":"Zoë"}' }, answer);
  }
});

Deno.test("answerChecker() takes no reference and no piece of code for an answer", () => {
  const { check } = answerChecker();
  for (const answer of ["I cannot do that [1].", "Use `arr[0]` and call {}"]) {
    const checked = check(answer);
    assert(!checked.ok);
    assertStringIncludes(checked.violations.join(), "the answer holds no JSON: what looks like it");
  }
  assertEquals(check('See [1] and [2]. The answer: {"a":1}. Refs: [3]'), {
    ok: true,
    json: '{"a":1}',
  });
});

Deno.test("answerChecker() takes with a schema what would say too little without one", async () => {
  const { check } = await checker({ type: "array" });
  assertEquals(check("It is [7], and not {}."), { ok: true, json: "[7]" });
  assertEquals((await checker({ type: "object" })).check("[1] gave {}"), { ok: true, json: "{}" });
});

Deno.test("answerChecker() takes a scalar that stands alone where the schema wants one", async () => {
  const { check } = await checker({ type: "integer", minimum: 2 });
  for (const answer of ["Answer:\n5", "`5`", "It is `5`.", "**Answer:** 5", "I took 3:\n\n- 5\n"]) {
    assertEquals(check(answer), { ok: true, json: "5" }, answer);
  }
  assertEquals(check("Not {} and not\n\n[3]\n\nAnswer: 5\n\n`true`"), { ok: true, json: "5" });
  assertEquals(check("Steps:\n4\n5\n1"), { ok: true, json: "5" });
  assertEquals(check("12345678901234567890\n"), { ok: true, json: "12345678901234567890" });
  assertEquals(check("The answer is 5"), {
    ok: false,
    violations: ["the answer holds no JSON: expected is an integer alone"],
  });
  const small = check("Answer: 1");
  assert(!small.ok);
  assertStringIncludes(small.violations.join(), "the value: must be >= 2");
});

Deno.test("answerChecker() says nothing of scalars where the schema wants an object", async () => {
  const { check } = await checker(PERSON);
  assertEquals(check("Steps:\n\n1\n\n`true`"), {
    ok: false,
    violations: ["the answer holds no JSON: there is no object and no array in it"],
  });
});

Deno.test("answerChecker() checks some of very many scalars only", () => {
  let checks = 0;
  const { check } = answerChecker({
    schema: { type: "object" },
    check: (value) => {
      checks++;
      return [{ path: "", rule: "type", message: "must be object", value }];
    },
  });
  assertEquals(check("x\n" + "1\n".repeat(100_000)).ok, false);
  assertEquals(checks, 1000);
});

Deno.test("answerChecker() names the violations of the likeliest JSON: path, rule and value", async () => {
  const { check } = await checker(PERSON);
  const answer = check('Not {} but\n\n```json\n{"name":7,"list":[1,"x"],"more":1}\n```\n');
  assert(!answer.ok);
  const text = answer.violations.join("\n");
  for (const part of ["/name: must be string (type), got 7", "/list/1: ", 'got "x"', '"more"']) {
    assertStringIncludes(text, part);
  }
  assertEquals(answer.violations.length, 3);
});

Deno.test("answerChecker() counts the violations that it does not list", async () => {
  const { check } = await checker({ type: "array", items: { type: "string" } });
  const answer = check(JSON.stringify(Array.from({ length: 500 }, (_, i) => i)));
  assert(!answer.ok);
  assertEquals(answer.violations.length, 21);
  assertEquals(answer.violations.at(-1), "and 480 more");
});

Deno.test("answerChecker() says that there is no JSON, and where it breaks off", async () => {
  for (const { check } of [answerChecker(), await checker(PERSON)]) {
    for (
      const [answer, reason] of [
        ["sorry", "the answer holds no JSON: there is no object"],
        ["", "the answer holds no JSON: it is empty"],
        ['{"name": "x",\n "list": [1, 2', "the answer holds no JSON: "],
      ] as const
    ) {
      const checked = check(answer);
      assert(!checked.ok);
      assertEquals(checked.violations.length, 1);
      assertStringIncludes(checked.violations[0]!, reason);
    }
  }
  const broken = answerChecker().check('{"a": 1,\n "b": oops}');
  assert(!broken.ok);
  assertStringIncludes(broken.violations[0]!, "line 2");
});

Deno.test("answerChecker() refuses an answer that is nested deeper than it can look or write", async () => {
  const deep = "[".repeat(200_000) + "1e400" + "]".repeat(200_000);
  const { check } = await checker({ type: "array", items: { $ref: "#" } });
  assertEquals(check("[[[]]]").ok, true);
  for (const checked of [check(deep), answerChecker().check(deep)]) {
    assert(!checked.ok);
    assertStringIncludes(checked.violations.join(), "nested too deeply");
  }
  assertEquals(check("[1]").ok, false);
});

Deno.test("answerChecker() checks the likeliest of very much JSON only", () => {
  let checks = 0;
  const { check } = answerChecker({
    schema: {},
    check: (value) => {
      checks++;
      const isWanted = Array.isArray(value);
      return isWanted ? [] : [{ path: "", rule: "type", message: "must be array", value }];
    },
  });
  const many = "{} ".repeat(400_000);
  assertEquals(check(`[] ${many}`), {
    ok: false,
    violations: [
      "the value: must be array (type), got {}",
      "the answer holds more JSON than could be checked: only the 1000 likeliest were",
    ],
  });
  assertEquals(checks, 1000);
  // The last is the likeliest.
  assertEquals(check(`${many} []`), { ok: true, json: "[]" });
  assertEquals(checks, 1001);
  assertEquals(check("{} ".repeat(1000)).ok, false);
});

Deno.test("answerChecker() has one time for all JSON in an answer", async () => {
  const { check } = await checker({ properties: { a: { pattern: "^(a+)+$" } } });
  const hostile = JSON.stringify({ a: "a".repeat(60) + "!" });
  const checked = check(`${hostile} `.repeat(5), 200);
  assert(!checked.ok);
  assertEquals(checked.violations.length, 2);
  assertStringIncludes(checked.violations[0]!, "took longer than 0.2 seconds to check");
  assertStringIncludes(checked.violations[1]!, "only the likeliest was");
});

Deno.test("answerChecker() takes the schemas true and false", async () => {
  assertEquals((await checker(true)).check("1").ok, true);
  assertEquals((await checker(false)).check("1").ok, false);
});

Deno.test("answerChecker() asks in words, and otherwise where the agent has the schema too", async () => {
  const { instructions } = await checker(PERSON);
  for (const enforced of [true, false]) {
    assertStringIncludes(instructions(enforced)!, '"additionalProperties": false');
  }
  // An agent with a tool for its answer must not be told to write it as text.
  assertEquals(instructions(true)!.includes("no text"), false);
  assertEquals(answerChecker().instructions(false)!.includes("Schema"), false);
});

Deno.test("correctionPrompt() lists the reasons", () => {
  assertEquals(
    correctionPrompt(["a is wrong", "b is wrong"]),
    "Your last answer could not be used:\n- a is wrong\n- b is wrong\n\nAnswer again.",
  );
});

Deno.test("promptAgain() has the whole prompt and the reasons", () => {
  assertEquals(
    promptAgain("Count.", ["a is wrong"]),
    "Count.\n\n---\n\nAn earlier answer to this could not be used:\n- a is wrong",
  );
  assertEquals(promptAgain(undefined, ["x"]), "An earlier answer to this could not be used:\n- x");
});
