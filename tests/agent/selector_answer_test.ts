import { readSelection, type SelectorAnswer } from "../../src/agent/selector_answer.ts";
import { assert, assertEquals } from "../support/assert.ts";

const rows: [text: string, expected: SelectorAnswer | undefined][] = [
  ['{"provider":"claude","model":"small"}', { provider: "claude", model: "small" }],
  ['{"provider":" Claude ","reason":"it fits"}', { provider: "Claude", reason: "it fits" }],
  ['Sure:\n```json\n{"provider":"codex"}\n```\nHave fun.', { provider: "codex" }],
  ['I choose {"provider":"codex","model":"large"} for this.', {
    provider: "codex",
    model: "large",
  }],
  // A refusal is said in so many words, not found in the reason.
  ['{"provider":"claude","reason":"others can\'t, I cannot say why"}', {
    provider: "claude",
    reason: "others can't, I cannot say why",
  }],
  ['{"declined":true,"reason":"it needs a phone"}', {
    declined: true,
    reason: "it needs a phone",
  }],
  ['{"declined":true}', { declined: true }],
  ['{"declined":false,"provider":"claude"}', { provider: "claude" }],
  ['{"provider":"claude","model":null,"reason":7}', { provider: "claude" }],
  ["claude", { provider: "claude" }],
  ["claude large\nbecause it is hard", { provider: "claude", model: "large" }],
  ["`claude`  `sonnet`", { provider: "claude", model: "sonnet" }],
  ["```\nclaude small\n```", undefined],
  ["claude gpt-6.1/x:y", { provider: "claude", model: "gpt-6.1/x:y" }],
  ["", undefined],
  ["   \n ", undefined],
  ["I would take claude for this.", undefined],
  ["Choose an agent", undefined],
  ["{}", undefined],
  ["[]", undefined],
  ["42", undefined],
  ['{"model":"small"}', undefined],
  ['{"provider":""}', undefined],
  ['{"provider":["claude"]}', undefined],
  ['{"declined":"yes"}', undefined],
  ['{"provider": claude}', undefined],
];

for (const [text, expected] of rows) {
  Deno.test(`readSelection() of ${JSON.stringify(text)}`, () => {
    assertEquals(readSelection(text), expected);
  });
}

const fixed: [text: string, expected: SelectorAnswer | undefined][] = [
  ['{"model":"small","reason":"short"}', { model: "small", reason: "short" }],
  ['{"provider":"codex","model":"small"}', { provider: "codex", model: "small" }],
  ['{"provider":"claude"}', undefined],
  ["small", { model: "small" }],
  ["`gpt-6.1:x`", { model: "gpt-6.1:x" }],
  ["claude small", { model: "small" }],
  ["Claude large", { model: "large" }],
  ["claude", undefined],
  ["codex small", undefined],
  ["take the small one", undefined],
  ["", undefined],
];

for (const [text, expected] of fixed) {
  Deno.test(`readSelection() of ${JSON.stringify(text)} where claude is settled`, () => {
    assertEquals(readSelection(text, "claude"), expected);
  });
}

Deno.test("readSelection() makes short lines without controls of all texts", () => {
  for (const key of ["provider", "model", "reason"] as const) {
    const read = (text: string) =>
      readSelection(JSON.stringify({ provider: "x", [key]: text }))?.[key];
    assertEquals(read("a\n\tb\u001b[31mc\u009b1m\u0007"), "a b [31mc 1m");
    const long = read("🙂".repeat(1000))!;
    assertEquals([[...long].length, [...long].at(-1)], [200, "…"]);
    assert(long.isWellFormed());
  }
});
