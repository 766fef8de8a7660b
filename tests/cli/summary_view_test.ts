import {
  durationText,
  summaryJson,
  type SummaryParts,
  summaryText,
} from "../../src/cli/summary_view.ts";
import { unicodeWidth } from "../../src/events/render/width.ts";
import { completeSession } from "../../src/sessions/columns.ts";
import type { SessionFacts } from "../../src/sessions/summary.ts";
import { session } from "../sessions/support.ts";
import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";

const FACTS: SessionFacts = {
  events: 0,
  badLines: 0,
  turns: 0,
  tools: [],
  files: [],
  result: undefined,
  error: undefined,
  ranMs: 0,
  open: undefined,
};

const USAGE: SummaryParts["usage"] = {
  reports: 0,
  sessions: 0,
  inputTokens: 0,
  outputTokens: 0,
  cacheReadTokens: null,
  cacheCreationTokens: null,
  costUsd: null,
  reportsWithoutCost: 0,
};

const BARE: SummaryParts = {
  session: completeSession(session("4fd0a1c2-7d1e-4b7e-9a55-0c1d2e3f4a5b")),
  state: { status: "unknown", run: undefined, error: null },
  facts: FACTS,
  usage: USAGE,
  now: new Date("2026-01-02T04:00:00Z"),
};

const FULL: SummaryParts = {
  session: { ...BARE.session, name: "back\x1b[31mend 名前", model: "large", workspacePath: "/w" },
  state: { status: "failed", run: undefined, error: "the tests\nfail: \x1b]0;x\x07 3 of 12" },
  facts: {
    events: 123,
    badLines: 0,
    turns: 4,
    tools: [["command_execution", 40], ["mcp__files__read", 3], ["Edit", 2], ["😀", 1]],
    files: [
      "/w/src/commands/list.ts",
      "/w/src/sessions/store.ts",
      "/elsewhere/notes.md",
      "relative.txt",
      "/w/a directory/with spaces.txt",
    ],
    result: `First line.\n\n${
      "A sentence about what was done, with an e\u0301 and a 👨‍👩‍👧. ".repeat(20)
    }`,
    error: "not shown",
    ranMs: 3_723_400,
    open: undefined,
  },
  usage: {
    reports: 4,
    sessions: 1,
    inputTokens: 123_456,
    outputTokens: 7890,
    cacheReadTokens: 100,
    cacheCreationTokens: 0,
    costUsd: 1.25,
    reportsWithoutCost: 1,
  },
  now: BARE.now,
};

for (const [title, parts] of [["everything", FULL], ["next to nothing", BARE]] as const) {
  Deno.test(`summaryText() shows ${title} in any width`, async (t) => {
    for (const width of [60, 100, 200, undefined]) {
      const text = summaryText(parts, { width, color: false, stats: true });
      for (const line of text.split("\n")) {
        assert(width === undefined || unicodeWidth(line) <= width, `${width}: ${line}`);
      }
      // deno-lint-ignore no-control-regex
      assert(!/[\x00-\x09\x0b-\x1f\x7f-\x9f]/.test(text));
      await t.step(
        width === undefined ? "pipe" : `${width} columns`,
        (t) => t.assertSnapshot(text),
      );
    }
    const plain = summaryText(parts, { width: undefined, color: false, stats: false });
    await t.step("without --stats", (t) => t.assertSnapshot(plain));
    const colored = summaryText(parts, { width: undefined, color: true, stats: false });
    await t.step("in colour", (t) => t.assertSnapshot(colored));
  });
}

Deno.test("summaryJson() has what is known, in a fixed order", () => {
  const json = summaryJson(FULL);
  assertEquals(Object.keys(json), [
    "session_id",
    "name",
    "provider",
    "model",
    "status",
    "duration_secs",
    "turns",
    "tool_calls",
    "total_tool_calls",
    "files_modified",
    "result",
    "error",
    "event_count",
    "input_tokens",
    "output_tokens",
    "total_cost_usd",
  ]);
  const { result, ...rest } = json;
  assertEquals(rest, {
    session_id: FULL.session.sessionId,
    name: FULL.session.name,
    provider: "mock",
    model: "large",
    status: "failed",
    duration_secs: 3723,
    turns: 4,
    tool_calls: { command_execution: 40, mcp__files__read: 3, Edit: 2, "😀": 1 },
    total_tool_calls: 46,
    files_modified: FULL.facts.files,
    error: FULL.state.error,
    event_count: 123,
    input_tokens: 123_456,
    output_tokens: 7890,
    total_cost_usd: 1.25,
  });
  assert(String(result).startsWith("First line.\n\nA sentence"));
  const characters = [...new Intl.Segmenter().segment(String(result))];
  assertEquals(characters.length, 503);
  assert(String(result).endsWith("..."));
  assertEquals(summaryJson(BARE), {
    session_id: BARE.session.sessionId,
    provider: "mock",
    model: null,
    status: "unknown",
    turns: 0,
    tool_calls: {},
    total_tool_calls: 0,
    event_count: 0,
  });
});

Deno.test("summaryJson() counts the time of what goes on up to now, of all else as it was heard", () => {
  const open = { since: "2026-01-02T03:59:00Z", last: "2026-01-02T03:59:10Z" };
  const facts = { ...FACTS, ranMs: 5000, open };
  const seconds = (status: "running" | "idle" | "dead") =>
    summaryJson({ ...BARE, facts, state: { ...BARE.state, status } }).duration_secs;
  assertEquals([seconds("running"), seconds("idle"), seconds("dead")], [65, 65, 15]);
  const future = { ...facts, open: { since: "2027-01-01T00:00:00Z", last: "no time" } };
  const state = { ...BARE.state, status: "running" as const };
  assertEquals(summaryJson({ ...BARE, facts: future, state }).duration_secs, 5);
});

Deno.test("summaryJson() takes the reason from the log where the index has none", () => {
  const facts = { ...FACTS, error: "from the log" };
  const error = (parts: Partial<SummaryParts>) => summaryJson({ ...BARE, facts, ...parts }).error;
  assertEquals(error({}), "from the log");
  assertEquals(error({ state: { ...BARE.state, status: "completed" } }), undefined);
  assertEquals(error({ state: { ...BARE.state, status: "dead", error: "gone" } }), "gone");
});

Deno.test("summaryText() says when a cost is not whole, or not known", () => {
  const cost = (usage: Partial<SummaryParts["usage"]>) =>
    summaryText({ ...FULL, usage: { ...FULL.usage, ...usage } }, {
      width: undefined,
      color: false,
      stats: true,
    }).split("\n").find((line) => line.startsWith("  Cost:"))?.slice(9).trim();
  assertEquals(cost({}), "$1.2500 (without 1 of 4 reports, whose cost is not known)");
  assertEquals(cost({ reportsWithoutCost: 0 }), "$1.2500");
  assertEquals(cost({ costUsd: null, reportsWithoutCost: 4 }), "not reported");
  assertEquals(cost({ reports: 0 }), undefined);
  const bare = summaryText(BARE, { width: undefined, color: false, stats: true });
  assertStringIncludes(bare, "Tokens:  not reported\n");
});

const durations: [number, string][] = [
  [0, "0s"],
  [59, "59s"],
  [60, "1m 0s"],
  [3599, "59m 59s"],
  [3600, "1h 0m"],
  [3723, "1h 2m"],
  [100_000, "27h 46m"],
];

for (const [seconds, text] of durations) {
  Deno.test(`durationText() writes ${seconds} seconds as ${text}`, () => {
    assertEquals(durationText(seconds), text);
  });
}
