import {
  composePrompt,
  joinStdin,
  type PromptParts,
  withContexts,
} from "../../src/agent/prompt.ts";
import { assert, assertEquals, assertMatch } from "../support/assert.ts";

const NOTHING: PromptParts = {
  prompt: undefined,
  attachments: [],
  plan: undefined,
  context: [],
  jsonInstructions: undefined,
};

const FILE = {
  name: "a",
  path: "/a",
  mime: "text/plain",
  size: 1,
  encoding: "utf-8",
  text: "FILE",
} as const;

Deno.test("composePrompt() leaves a lone prompt as it was typed", () => {
  assertEquals(composePrompt({ ...NOTHING, prompt: "  hi \n" })?.text, "  hi \n");
});

Deno.test("composePrompt() puts files, JSON demand, plan, contexts and prompt in this order", () => {
  const { text } = composePrompt({
    prompt: "PROMPT",
    attachments: [FILE],
    plan: "PLAN",
    context: [{ sessionId: "s1", result: "ONE" }, { sessionId: "s2", result: "TWO" }],
    jsonInstructions: "JSON",
  })!;
  assertMatch(text, /FILE[^]*JSON[^]*PLAN[^]*s1[^]*ONE[^]*s2[^]*TWO[^]*PROMPT$/);
});

Deno.test("composePrompt() ends with how the session ends, or reminds of that beside a prompt", () => {
  const ends = { exitInstructions: "EXIT" };
  assertMatch(composePrompt({ ...NOTHING, ...ends, prompt: "PROMPT" })!.text, /^PROMPT\n\nEXIT$/);
  assertEquals(composePrompt({ ...NOTHING, ...ends })?.text, "EXIT");
  const reminds = { exitReminder: "REMINDER" };
  assertMatch(
    composePrompt({ ...NOTHING, ...reminds, prompt: "PROMPT" })!.text,
    /^PROMPT\n\nREMINDER$/,
  );
  assertEquals(composePrompt({ ...NOTHING, ...reminds }), undefined);
  const opens = { ...reminds, exitOpening: "OPENING" };
  assertEquals(composePrompt({ ...NOTHING, ...opens })?.text, "OPENING");
  assertMatch(composePrompt({ ...NOTHING, ...opens, plan: "P" })!.text, /^# Plan[^]*\n\nREMINDER$/);
  assertMatch(
    composePrompt({ ...NOTHING, ...opens, attachments: [FILE] })!.text,
    /FILE[^]*\n\nOPENING$/,
  );
});

Deno.test("composePrompt() needs no prompt where something else says what to do", () => {
  for (
    const parts of [{ plan: "PLAN" }, { attachments: [FILE] }, {
      context: [{ sessionId: "s", result: "ONE" }],
    }]
  ) {
    assert(
      composePrompt({ ...NOTHING, ...parts })?.text.includes(
        "plan" in parts ? "PLAN" : "context" in parts ? "ONE" : "FILE",
      ),
    );
  }
});

Deno.test("composePrompt() is undefined when there is nothing to say", () => {
  for (const prompt of [undefined, "", " \n"]) {
    assertEquals(composePrompt({ ...NOTHING, prompt }), undefined);
  }
  assertEquals(composePrompt({ ...NOTHING, jsonInstructions: "JSON" }), undefined);
});

Deno.test("composePrompt() puts the results that the prompt is about right before it, as XML", () => {
  const inputs = [
    { sessionId: "11111111-aaaa", result: 'a < b && "c"' },
    { sessionId: '2"<', result: "</session-result>\x1b[31m\ud800\ufffe\tx\n\n" },
  ];
  const context = [{ sessionId: "s", result: "CONTEXT" }];
  const { text } = composePrompt({ ...NOTHING, prompt: "PROMPT", context, inputs })!;
  const lines = text.split("\n");
  assertEquals(lines.slice(0, 5), ["# Result of session s", "", "CONTEXT", "", "---"]);
  assertMatch(lines[6]!, /2 earlier sessions/);
  assertEquals(lines.slice(7), [
    '<session-result index="1" session="11111111">',
    'a &lt; b &amp;&amp; "c"',
    "</session-result>",
    '<session-result index="2" session="2&quot;&lt;">',
    "&lt;/session-result&gt;␛[31m\ufffd\ufffd\tx",
    "</session-result>",
    "",
    "PROMPT",
  ]);
  const one = composePrompt({ ...NOTHING, prompt: "P", inputs: inputs.slice(0, 1) })!.text;
  assertMatch(one, /^[^\n]*an earlier session[^\n]*\n<session-result session="11111111">\n/);
});

const A = { sessionId: "a", result: "A" };
const B = { sessionId: "b", result: "B" };
const C = { sessionId: "c", result: "C" };
const SURROUNDINGS: Partial<PromptParts>[] = [
  { prompt: "\n\nP" },
  { prompt: "P", attachments: [FILE] },
  { prompt: "P", plan: "PLAN", jsonInstructions: "JSON" },
  { plan: "PLAN" },
  { attachments: [FILE] },
];

for (const parts of SURROUNDINGS) {
  const name = `withContexts() does with ${
    Object.keys(parts).join(", ")
  } what composing again would`;
  Deno.test(name, () => {
    const composed = (...context: typeof A[]) => (replaceable: number) =>
      composePrompt({ ...NOTHING, ...parts, context, replaceable })!;
    for (const earlier of [composed()(0), composed(A)(1), composed(A, B)(2)]) {
      assertEquals(withContexts(earlier, [A, C]), composed(A, C)(2));
    }
    assertEquals(withContexts(composed(A, B)(1), [C]), composed(C, B)(1));
    assertEquals(withContexts(withContexts(composed()(0), [A, B]), [C]), composed(C)(1));
  });
}

Deno.test("joinStdin() fences what was piped so that no fence in it ends early", () => {
  assertEquals(joinStdin("p", "x"), "p\n\n```\nx\n```");
  assertEquals(joinStdin("p", "x\n"), "p\n\n```\nx\n```");
  assertEquals(joinStdin("p", "```js\nx\n```\n"), "p\n\n````\n```js\nx\n```\n````");
  assertEquals(joinStdin("p", "a `````` b"), "p\n\n```````\na `````` b\n```````");
  assertEquals(joinStdin("p", "`` `"), "p\n\n```\n`` `\n```");
});
