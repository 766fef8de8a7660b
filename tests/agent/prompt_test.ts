import { composePrompt, joinStdin, type PromptParts } from "../../src/agent/prompt.ts";
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
  assertEquals(composePrompt({ ...NOTHING, prompt: "  hi \n" }), "  hi \n");
});

Deno.test("composePrompt() puts files, JSON demand, plan, contexts and prompt in this order", () => {
  const text = composePrompt({
    prompt: "PROMPT",
    attachments: [FILE],
    plan: "PLAN",
    context: [{ sessionId: "s1", result: "ONE" }, { sessionId: "s2", result: "TWO" }],
    jsonInstructions: "JSON",
  });
  assertMatch(text!, /FILE[^]*JSON[^]*PLAN[^]*s1[^]*ONE[^]*s2[^]*TWO[^]*PROMPT$/);
});

Deno.test("composePrompt() ends with how the session ends, or reminds of that beside a prompt", () => {
  const ends = { exitInstructions: "EXIT" };
  assertMatch(composePrompt({ ...NOTHING, ...ends, prompt: "PROMPT" })!, /^PROMPT\n\nEXIT$/);
  assertEquals(composePrompt({ ...NOTHING, ...ends }), "EXIT");
  const reminds = { exitReminder: "REMINDER" };
  assertMatch(composePrompt({ ...NOTHING, ...reminds, prompt: "PROMPT" })!, /^PROMPT\n\nREMINDER$/);
  assertEquals(composePrompt({ ...NOTHING, ...reminds }), undefined);
});

Deno.test("composePrompt() needs no prompt where something else says what to do", () => {
  for (
    const parts of [{ plan: "PLAN" }, { attachments: [FILE] }, {
      context: [{ sessionId: "s", result: "ONE" }],
    }]
  ) {
    assert(
      composePrompt({ ...NOTHING, ...parts })?.includes(
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

Deno.test("joinStdin() fences what was piped so that no fence in it ends early", () => {
  assertEquals(joinStdin("p", "x"), "p\n\n```\nx\n```");
  assertEquals(joinStdin("p", "x\n"), "p\n\n```\nx\n```");
  assertEquals(joinStdin("p", "```js\nx\n```\n"), "p\n\n````\n```js\nx\n```\n````");
  assertEquals(joinStdin("p", "a `````` b"), "p\n\n```````\na `````` b\n```````");
  assertEquals(joinStdin("p", "`` `"), "p\n\n```\n`` `\n```");
});
