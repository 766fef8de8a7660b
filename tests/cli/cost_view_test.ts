import { costJson, type CostReport, costText, type Estimated } from "../../src/cli/cost_view.ts";
import { unicodeWidth } from "../../src/events/render/width.ts";
import type { UsageGroup, UsageTotals } from "../../src/sessions/cost.ts";
import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";

function totals(more: Partial<Estimated<UsageTotals>> = {}): Estimated<UsageTotals> {
  return {
    reports: 1,
    sessions: 1,
    inputTokens: 1200,
    outputTokens: 80,
    cacheReadTokens: null,
    cacheCreationTokens: null,
    costUsd: null,
    reportsWithoutCost: 1,
    estimatedUsd: null,
    reportsUnpriced: more.reportsWithoutCost ?? 1,
    ...more,
  };
}

const DAYS: Estimated<UsageGroup>[] = [
  { key: "2026-01-30", ...totals() },
  {
    key: "2026-01-31",
    ...totals({
      reports: 1234,
      sessions: 56,
      inputTokens: 123_456_789,
      outputTokens: 999_950,
      cacheReadTokens: 98_765_432_109,
      cacheCreationTokens: 0,
      costUsd: 1234.5,
      reportsWithoutCost: 3,
    }),
  },
  { key: "2026-02-01", ...totals({ costUsd: 0, reportsWithoutCost: 0 }) },
];

const BY_DAY: CostReport = {
  by: "day",
  from: undefined,
  to: undefined,
  rows: DAYS,
  hidden: 0,
  cutOff: 0,
  total: totals({
    reports: 1236,
    sessions: 57,
    inputTokens: 123_459_189,
    outputTokens: 1_000_110,
    cacheReadTokens: 98_765_432_109,
    cacheCreationTokens: 0,
    costUsd: 1234.5,
    reportsWithoutCost: 4,
  }),
};

const BY_SESSION: CostReport = {
  ...BY_DAY,
  by: "session",
  rows: [
    { ...DAYS[1]!, key: "4fd0a1c2-7d1e-4b7e-9a55-0c1d2e3f4a5b", name: "ein Name 名前 \x1b[31m😀" },
    { ...DAYS[0]!, key: "9b7c8a52-8f0e-4f9d-9c8e-2a4f3f1f0a11", name: null },
  ],
  hidden: 7,
};

const REPORTS: [string, CostReport][] = [
  ["days", BY_DAY],
  ["sessions", BY_SESSION],
  ["projects", {
    ...BY_DAY,
    by: "project",
    rows: [
      { ...DAYS[1]!, key: "home-me-p-0a1b2c3d", path: "/home/me/a/rather/long/path/to/the/app" },
      { ...DAYS[1]!, key: "home-me-p-4e5f6a7b", path: "/home/me/a/rather/long/path/to/the/web" },
      { ...DAYS[0]!, key: "srv-p-8c9d0e1f", path: "/srv/p" },
      { ...DAYS[0]!, key: "deleted-2a3b4c5d", path: null },
      { ...DAYS[0]!, key: null, path: null },
    ],
  }],
  ["models without any cost", {
    ...BY_DAY,
    by: "model",
    rows: [{ ...DAYS[0]!, key: null }],
    total: totals(),
  }],
];

for (const [title, report] of REPORTS) {
  Deno.test(`costText() shows ${title} in any width`, async (t) => {
    for (const width of [60, 100, 200]) {
      const text = costText(report, { width, color: false, userHome: "/home/me" });
      for (const line of text.split("\n")) assert(unicodeWidth(line) <= width, `${width}: ${line}`);
      await t.step(`${width} columns`, (t) => t.assertSnapshot(text));
    }
    const pipe = costText(report, { width: undefined, color: false, userHome: "/home/me" });
    assert(!pipe.includes("…"));
    await t.step("pipe", (t) => t.assertSnapshot(pipe));
  });
}

Deno.test("costText() colours its head alone, and only where it may", () => {
  const text = costText(BY_SESSION, { width: 100, color: true });
  const [head, ...rest] = text.split("\n");
  assert(head!.startsWith("\x1b[1mSESSION") && head!.endsWith("\x1b[0m"));
  assert(!rest.join("\n").includes("\x1b"));
  assert(!costText(BY_SESSION, { width: 100, color: false }).includes("\x1b"));
});

Deno.test("costText() says of every sum whether it is the whole", () => {
  const text = costText(BY_DAY, { width: undefined, color: false });
  assertStringIncludes(
    text,
    "The cost of 4 of 1236 reports is not known: the sum is without them.",
  );
  const rows = text.split("\n").filter((line) => /^(2026|TOTAL)/.test(line));
  assertEquals(rows.map((row) => row.split(/ +/).at(-1)), [
    "-",
    "≥1234.5000",
    "0.0000",
    "≥1234.5000",
  ]);
  const whole = {
    ...BY_DAY,
    rows: DAYS.slice(2),
    total: totals({ costUsd: 0, reportsWithoutCost: 0 }),
  };
  assertEquals(costText(whole, { width: undefined, color: false }).split("\n").length, 4);
});

Deno.test("costText() says that what was cut off is not known", () => {
  const notes = (cutOff: number) =>
    costText({ ...BY_DAY, cutOff }, { width: undefined, color: false }).split("\n").slice(7);
  assertEquals(notes(0), [""]);
  assertEquals(notes(1), ["1 session was cut off; what its last turn used is not known.", ""]);
  assertEquals(notes(2), ["2 sessions were cut off; what their last turn used is not known.", ""]);
});

Deno.test("costText() keeps what tells projects and sessions apart in narrow tables", () => {
  const narrow = (report: CostReport) =>
    costText(report, { width: 60, color: false, userHome: "/home/me" }).split("\n");
  const projects = narrow(REPORTS[2]![1]);
  assert(projects[0]!.includes("REPORTS") && !projects[0]!.includes("CACHE"), projects[0]);
  assertStringIncludes(projects[1]!, "…");
  assertStringIncludes(projects[1]!, "/to/the/app ");
  assertStringIncludes(projects[2]!, "/to/the/web ");
  const sessions = narrow(BY_SESSION);
  assertStringIncludes(sessions[0]!, "NAME");
  assertStringIncludes(sessions[1]!, "ein Name");
});

Deno.test("costJson() has the numbers as they are", () => {
  const from = new Date("2026-01-01T00:00:00Z");
  const json = costJson({ ...BY_DAY, from, rows: DAYS.slice(0, 1) });
  const row = {
    reports: 1,
    sessions: 1,
    input_tokens: 1200,
    output_tokens: 80,
    cache_read_tokens: null,
    cache_creation_tokens: null,
    cost_usd: null,
    estimated_cost_usd: null,
    reports_without_cost: 1,
  };
  assertEquals(json, {
    by: "day",
    from: "2026-01-01T00:00:00.000Z",
    to: null,
    rows: [{ key: "2026-01-30", ...row }],
    total: {
      ...row,
      reports: 1236,
      sessions: 57,
      input_tokens: 123_459_189,
      output_tokens: 1_000_110,
      cache_read_tokens: 98_765_432_109,
      cache_creation_tokens: 0,
      cost_usd: 1234.5,
      reports_without_cost: 4,
    },
    reports_without_cost: 4,
    reports_without_price: 4,
    sessions_cut_off: 0,
  });
  assertEquals(Object.keys(json), [
    "by",
    "from",
    "to",
    "rows",
    "total",
    "reports_without_cost",
    "reports_without_price",
    "sessions_cut_off",
  ]);
  const [session] = costJson(BY_SESSION).rows as Record<string, unknown>[];
  assertEquals(Object.keys(session!).slice(0, 2), ["key", "name"]);
  const [project] = costJson(REPORTS[2]![1]).rows as Record<string, unknown>[];
  assertEquals([project!.key, project!.path], [
    "home-me-p-0a1b2c3d",
    "/home/me/a/rather/long/path/to/the/app",
  ]);
});

Deno.test("costText() marks what is reckoned with prices, and what has none", () => {
  const part = totals({ reports: 3, reportsWithoutCost: 2, estimatedUsd: 0.5, reportsUnpriced: 0 });
  const all = { ...part, costUsd: 1, reportsUnpriced: 1 };
  const rows = [{ key: "2026-01-30", ...part }, { key: "2026-01-31", ...all }];
  const text = costText({ ...BY_DAY, rows, total: all }, { width: undefined, color: false });
  const cells = text.split("\n").slice(1, 3).map((line) => line.trimEnd().split(/ +/).at(-1));
  assertEquals(cells, ["~0.5000", "≥~1.5000"]);
  assertStringIncludes(text, "The cost of 1 of 3 reports is not known: the sum is without them.");
  assertStringIncludes(text, "The cost of 1 of 3 reports was not told: ~0.5000 is reckoned with");
});

Deno.test("costText() shows what is left of the budgets of a session", () => {
  const budget = {
    sessionId: "s",
    since: "2026-01-31T00:00:00.000Z",
    maxCostUsd: 2.5,
    maxTokens: 1000,
    costUsd: 2.61,
    isEstimated: true,
    tokens: 400,
    below: { costUsd: 0, tokens: 0 },
  };
  const below = { costUsd: 2.6, tokens: 390 };
  const budgets = [
    { ...budget, isAbove: false },
    { ...budget, maxTokens: null, isAbove: true },
    { ...budget, isAbove: false, below },
  ];
  const text = costText({ ...BY_DAY, budgets }, { width: undefined, color: false });
  assertStringIncludes(
    text,
    "Budget: ~$2.61 of $2.50 spent, ~$0.00 left.\nBudget: 400 of 1,000 tokens used, 600 left.\n" +
      "Budget of session s: ~$2.61 of $2.50 spent, ~$0.00 left.\n" +
      "Budget: ~$2.61 of $2.50 spent (~$2.60 of it by the sessions below it), ~$0.00 left.\n" +
      "Budget: 400 of 1,000 tokens used (390 of them by the sessions below it), 600 left.\n",
  );
  const [own, above, parent] = costJson({ ...BY_DAY, budgets }).budgets as Record<
    string,
    unknown
  >[];
  assertEquals([own!.left_cost_usd, own!.left_tokens], [0, 600]);
  assertEquals([own!.spent_below_cost_usd, own!.spent_below_tokens], [0, 0]);
  assertEquals([parent!.spent_below_cost_usd, parent!.spent_below_tokens], [2.6, 390]);
  assertEquals([above!.max_tokens, above!.left_tokens, above!.session_id], [null, null, "s"]);
});
