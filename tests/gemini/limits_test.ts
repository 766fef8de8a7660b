import { geminiLimit, geminiLimitOnScreen } from "../../src/providers/gemini/limits.ts";
import { assertEquals } from "../support/assert.ts";

const AT = "2026-01-01T00:00:00.000Z";
const UPGRADE = "\nPlease wait and try again later. To increase your limits, request a quota " +
  "increase through AI Studio, or switch to another /auth method";

const limits: [string, string, string, string | undefined][] = [
  [
    "a daily quota",
    `[API Error: You have exhausted your daily quota on this model.]${UPGRADE}`,
    "daily",
    undefined,
  ],
  [
    "a rate limit with a delay",
    "[API Error: You exceeded your current quota, please check your plan and billing details.\n" +
    `Suggested retry after 60s.]${UPGRADE}`,
    "unknown",
    "2026-01-01T00:01:00.000Z",
  ],
  [
    "a capacity that comes back",
    "[API Error: You have exhausted your capacity on this model. Your quota will reset after 13h24m9s.]",
    "unknown",
    "2026-01-01T13:24:09.000Z",
  ],
  [
    "the API's own object",
    '[API Error: {"error":{"code":429,"message":"Please retry in 7.5s","details":[{"retryDelay":"34s"}]}}]',
    "unknown",
    "2026-01-01T00:00:07.500Z",
  ],
  [
    "a week",
    "[API Error: RESOURCE_EXHAUSTED: weekly limit, retry in 2d1h]",
    "weekly",
    "2026-01-03T01:00:00.000Z",
  ],
];

for (const [title, text, scope, reset] of limits) {
  Deno.test(`geminiLimit() knows ${title}`, () => {
    const limit = geminiLimit(text, AT);
    assertEquals([limit?.provider, limit?.scope, limit?.reset_at], ["gemini", scope, reset]);
    assertEquals(limit?.raw, text);
  });
}

Deno.test("geminiLimit() knows no end where nobody said when it began", () => {
  const text = "[API Error: RESOURCE_EXHAUSTED, retry after 60s]";
  for (const at of [undefined, "yesterday"]) {
    assertEquals(geminiLimit(text, at)?.reset_at, undefined);
  }
});

Deno.test("geminiLimit() is not fooled by other failures", () => {
  for (
    const text of [
      '[API Error: {"error":{"code":500,"message":"stub error 500","status":"INTERNAL"}}]',
      '[API Error: {"error":{"code":401,"message":"stub error 401","status":"UNAUTHENTICATED"}}]',
      "[API Error: terminated]",
      "Reached max session turns for this session.",
      "The model returned an empty response. Please retry in 5s",
    ]
  ) assertEquals(geminiLimit(text, AT), null, text);
});

/** A line in the box of the interface. */
const inBox = (text: string) => `│ ${text.padEnd(60)} │`;

/** The question as it stands on the screen. */
function question(more: readonly string[] = [], last = "Stop"): string {
  const choices = ["● 1. Keep trying", `  2. ${last}`];
  return [
    "▀▀▀▀",
    `╭${"─".repeat(62)}╮`,
    ...["", "Usage limit reached for gemini-2.5-flash.", ...more, "/model to switch models.", ""]
      .map(inBox),
    ...choices.map(inBox),
    inBox(""),
    `╰${"─".repeat(62)}╯`,
  ].join("\n");
}

Deno.test("geminiLimitOnScreen() knows the question that the interface asks at a limit", () => {
  const now = new Date(2026, 0, 1, 12, 30);
  const limit = {
    type: "usage_limit_detected",
    provider: "gemini",
    scope: "unknown",
    raw: "Usage limit reached for gemini-2.5-flash.",
  };
  assertEquals<unknown>(geminiLimitOnScreen(question(), now), limit);
  assertEquals<unknown>(geminiLimitOnScreen(question([], "Stop - Abort request"), now), limit);
  const times: [string, Date][] = [
    ["1:05 PM UTC", new Date(2026, 0, 1, 13, 5)],
    ["12:05 AM GMT+1", new Date(2026, 0, 2, 0, 5)],
  ];
  for (const [time, at] of times) {
    assertEquals<unknown>(
      geminiLimitOnScreen(question([`Access resets at ${time}.`]), now),
      { ...limit, reset_at: at.toISOString() },
    );
  }
});

Deno.test("geminiLimitOnScreen() takes an answer with the same words for no limit", () => {
  const now = new Date();
  const prose = ["✦ Usage limit reached for gemini-2.5-flash.", "  1. Keep trying", "  2. Stop"];
  assertEquals(geminiLimitOnScreen(prose.join("\n"), now), null);
  // Nobody is asked anything.
  assertEquals(geminiLimitOnScreen(question([], "Go on"), now), null);
  assertEquals(geminiLimitOnScreen("", now), null);
});
