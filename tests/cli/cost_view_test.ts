import { costJson, type CostReport, costText } from "../../src/cli/cost_view.ts";
import { unicodeWidth } from "../../src/events/render/width.ts";
import type { UsageGroup, UsageTotals } from "../../src/sessions/cost.ts";
import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";

function totals(more: Partial<UsageTotals> = {}): UsageTotals {
  return {
    turns: 1,
    sessions: 1,
    inputTokens: 1200,
    outputTokens: 80,
    cacheReadTokens: null,
    cacheCreationTokens: null,
    costUsd: null,
    turnsWithoutCost: 1,
    ...more,
  };
}

const DAYS: UsageGroup[] = [
  { key: "2026-01-30", ...totals() },
  {
    key: "2026-01-31",
    ...totals({
      turns: 1234,
      sessions: 56,
      inputTokens: 123_456_789,
      outputTokens: 999_950,
      cacheReadTokens: 98_765_432_109,
      cacheCreationTokens: 0,
      costUsd: 1234.5,
      turnsWithoutCost: 3,
    }),
  },
  { key: "2026-02-01", ...totals({ costUsd: 0, turnsWithoutCost: 0 }) },
];

const BY_DAY: CostReport = {
  by: "day",
  from: undefined,
  to: undefined,
  rows: DAYS,
  hidden: 0,
  total: totals({
    turns: 1236,
    sessions: 57,
    inputTokens: 123_459_189,
    outputTokens: 1_000_110,
    cacheReadTokens: 98_765_432_109,
    cacheCreationTokens: 0,
    costUsd: 1234.5,
    turnsWithoutCost: 4,
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
      { ...DAYS[1]!, key: "-home-ann-a-rather-long-path-to-an-app-0a1b2c3d" },
      { ...DAYS[0]!, key: null },
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
      const text = costText(report, { width, color: false });
      for (const line of text.split("\n")) assert(unicodeWidth(line) <= width, `${width}: ${line}`);
      await t.step(`${width} columns`, (t) => t.assertSnapshot(text));
    }
    const pipe = costText(report, { width: undefined, color: false });
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
    "The cost of 4 of 1236 turns is not known: the sum is without them.",
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
    total: totals({ costUsd: 0, turnsWithoutCost: 0 }),
  };
  assertEquals(costText(whole, { width: undefined, color: false }).split("\n").length, 4);
});

Deno.test("costJson() has the numbers as they are", () => {
  const from = new Date("2026-01-01T00:00:00Z");
  const json = costJson({ ...BY_DAY, from, rows: DAYS.slice(0, 1) });
  const row = {
    turns: 1,
    sessions: 1,
    input_tokens: 1200,
    output_tokens: 80,
    cache_read_tokens: null,
    cache_creation_tokens: null,
    cost_usd: null,
    turns_without_cost: 1,
  };
  assertEquals(json, {
    by: "day",
    from: "2026-01-01T00:00:00.000Z",
    to: null,
    rows: [{ key: "2026-01-30", ...row }],
    total: {
      ...row,
      turns: 1236,
      sessions: 57,
      input_tokens: 123_459_189,
      output_tokens: 1_000_110,
      cache_read_tokens: 98_765_432_109,
      cache_creation_tokens: 0,
      cost_usd: 1234.5,
      turns_without_cost: 4,
    },
    turns_without_cost: 4,
  });
  assertEquals(Object.keys(json), ["by", "from", "to", "rows", "total", "turns_without_cost"]);
  const [session] = costJson(BY_SESSION).rows as Record<string, unknown>[];
  assertEquals(Object.keys(session!).slice(0, 2), ["key", "name"]);
});
