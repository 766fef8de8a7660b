import { codexLimit } from "../../src/providers/codex/limits.ts";
import { assertEquals } from "../support/assert.ts";

/** A Saturday, in local time as Codex means it. */
const NOW = new Date(2026, 10, 21, 9, 30);

/** What Codex prints for a plan, and the time that it names. */
const forms: [string, Date | undefined][] = [
  [
    "You’ve hit your usage limit. Visit https://chatgpt.com/settings/usage to purchase more " +
    "credits or try again at 1:20 PM.",
    new Date(2026, 10, 21, 13, 20),
  ],
  ["You've hit your usage limit. Try again at 12:05 AM.", new Date(2026, 10, 21, 0, 5)],
  ["You’ve hit your usage limit. Try again at 12:05 PM.", new Date(2026, 10, 21, 12, 5)],
  [
    "You’ve hit your usage limit. Upgrade to Plus to continue using Codex " +
    "(https://chatgpt.com/explore/plus), or try again at Nov 24th, 2026 1:38 PM.",
    new Date(2026, 10, 24, 13, 38),
  ],
  [
    "You’ve hit your usage limit. Try again at Dec 31st, 2026 10:38 AM.",
    new Date(2026, 11, 31, 10, 38),
  ],
  ["You’ve hit your usage limit. Try again at Jan 2nd, 2027 3:04 AM.", new Date(2027, 0, 2, 3, 4)],
  [
    "You’ve hit your usage limit for gpt-5.2. Switch to another model now, or try again at " +
    "1:48 PM.",
    new Date(2026, 10, 21, 13, 48),
  ],
  ["You’ve hit your usage limit. Try again at Foo 2nd, 2027 3:04 AM.", undefined],
  [
    "You’ve hit your usage limit. Visit https://chatgpt.com/settings/usage to purchase more " +
    "credits or try again later.",
    undefined,
  ],
  ["You hit your spend cap set in your workspace. Increase your spend cap to continue.", undefined],
  ["Your workspace is out of credits. Add credits to continue.", undefined],
  ["Quota exceeded. Check your plan and billing details.", undefined],
  ["exceeded retry limit, last status: 429 Too Many Requests", undefined],
  ["unexpected status 429 Too Many Requests: slow down", undefined],
];

for (const [message, reset] of forms) {
  Deno.test(`codexLimit() reads: ${message}`, () => {
    const limit = codexLimit(message, NOW);
    assertEquals(limit?.reset_at, reset?.toISOString());
    assertEquals([limit?.provider, limit?.scope, limit?.raw], ["codex", "unknown", message]);
  });
}

for (
  const message of [
    "We’re currently experiencing high demand, which may cause temporary errors.",
    "unexpected status 401 Unauthorized: stub error 401",
    "To use Codex with your ChatGPT plan, upgrade to Plus: https://chatgpt.com/explore/plus.",
    "stream disconnected before completion: You’ve hit your usage limit.",
    "It said that the quota is exceeded. Try again at 1:20 PM.",
    "",
  ]
) {
  Deno.test(`codexLimit() finds none in: ${message}`, () => {
    assertEquals(codexLimit(message, NOW), null);
  });
}
