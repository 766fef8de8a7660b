import { localDay } from "../../src/sessions/cost.ts";
import type { UsageRecord } from "../../src/sessions/records.ts";
import { assertEquals } from "../support/assert.ts";
import { jsonOf, session, withStore } from "./support.ts";

function usage(sessionId: string, seq: number, more: Partial<UsageRecord> = {}): UsageRecord {
  return {
    sessionId,
    seq,
    at: "2026-03-04T05:06:07.890Z",
    provider: "mock",
    model: "mock-medium",
    project: "app",
    inputTokens: 10,
    outputTokens: 1,
    cacheReadTokens: null,
    cacheCreationTokens: null,
    costUsd: null,
    ...more,
  };
}

Deno.test("SessionStore.usageTotals() adds up reports and counts sessions once", async () => {
  await withStore((store) => {
    assertEquals(store.usageTotals(), {
      reports: 0,
      sessions: 0,
      inputTokens: 0,
      outputTokens: 0,
      cacheReadTokens: null,
      cacheCreationTokens: null,
      costUsd: null,
      reportsWithoutCost: 0,
    });
    store.addUsage(usage("a", 1, { costUsd: 0.1, cacheReadTokens: 3 }));
    store.addUsage(usage("a", 2, { costUsd: 0.2 }));
    store.addUsage(usage("b", 1, { cacheReadTokens: 4 }));
    assertEquals(store.usageTotals(), {
      reports: 3,
      sessions: 2,
      inputTokens: 30,
      outputTokens: 3,
      cacheReadTokens: 7,
      cacheCreationTokens: null,
      costUsd: 0.3,
      reportsWithoutCost: 1,
    });
  });
});

Deno.test("SessionStore.usageTotals() does not overflow", async () => {
  await withStore((store) => {
    const inputTokens = Number.MAX_SAFE_INTEGER;
    for (let seq = 1; seq <= 3; seq++) store.addUsage(usage("a", seq, { inputTokens }));
    assertEquals(store.usageTotals().inputTokens, 3 * inputTokens);
  });
});

Deno.test("SessionStore.usageTotals() looks only at what the filter lets pass", async () => {
  await withStore((store) => {
    const at = (day: string) => `2026-03-${day}T00:00:00.000Z`;
    store.addUsage(usage("a", 1, { at: at("01"), inputTokens: 1 }));
    store.addUsage(usage("b", 1, { at: at("02"), provider: "codex", inputTokens: 2 }));
    store.addUsage(usage("c", 1, { at: at("03"), project: null, inputTokens: 4 }));
    store.addUsage(usage("d", 1, { at: at("04"), model: null, inputTokens: 8 }));
    const sum = (filter: Parameters<typeof store.usageTotals>[0]) =>
      store.usageTotals(filter).inputTokens;
    assertEquals(sum({}), 15);
    assertEquals(sum({ project: "app" }), 11);
    assertEquals(sum({ project: null }), 4);
    assertEquals(sum({ session: "b" }), 2);
    assertEquals(sum({ provider: "mock" }), 13);
    assertEquals(sum({ model: "MOCK-Medium" }), 7);
    assertEquals(sum({ from: new Date(at("02")), to: new Date(at("03")) }), 6);
    assertEquals(sum({ from: new Date("2026-03-02T00:00:00.001Z") }), 12);
    assertEquals(sum({ project: "app", provider: "codex", to: new Date(at("01")) }), 0);
  });
});

Deno.test("SessionStore.usageGroups() lists the dearest first, unknown costs last", async () => {
  await withStore((store) => {
    store.addUsage(usage("a", 1, { model: "cheap", costUsd: 0.1, inputTokens: 1000 }));
    store.addUsage(usage("a", 2, { model: "dear", costUsd: 5 }));
    store.addUsage(usage("b", 1, { model: null, inputTokens: 1 }));
    store.addUsage(usage("b", 2, { model: "local", inputTokens: 2 }));
    store.addUsage(usage("c", 1, { model: "dear" }));
    store.addUsage(usage("c", 2, { model: "free", costUsd: 0 }));
    const groups = store.usageGroups("model");
    assertEquals(groups.map(({ key, costUsd }) => [key, costUsd]), [
      ["dear", 5],
      ["cheap", 0.1],
      ["free", 0],
      ["local", null],
      [null, null],
    ]);
    const [dear] = groups;
    assertEquals([dear?.reports, dear?.sessions, dear?.reportsWithoutCost], [2, 2, 1]);
    assertEquals("name" in dear!, false);
  });
});

Deno.test("SessionStore.usageGroups() groups by provider, project and session", async () => {
  await withStore((store) => {
    store.addSession(session("a", { name: "first" }));
    store.addUsage(usage("a", 1, { costUsd: 1 }));
    store.addUsage(usage("a", 2, { costUsd: 1, provider: "codex" }));
    store.addUsage(usage("gone", 1, { costUsd: 0.5, project: null }));
    const keys = (by: "provider" | "project" | "session") =>
      store.usageGroups(by).map(({ key, reports }) => [key, reports]);
    assertEquals(keys("provider"), [["mock", 2], ["codex", 1]]);
    assertEquals(keys("project"), [["app", 2], [null, 1]]);
    assertEquals(keys("session"), [["a", 2], ["gone", 1]]);
    assertEquals(store.usageGroups("session").map(({ name }) => name), ["first", null]);
  });
});

Deno.test("SessionStore.usageGroups() lists days from the first to the last", async () => {
  await withStore((store) => {
    const times = ["2026-03-04T12:00:00Z", "2026-01-01T12:00:00Z", "2026-03-04T12:30:00Z"];
    times.forEach((at, seq) => store.addUsage(usage("a", seq, { at })));
    assertEquals(
      store.usageGroups("day").map(({ key, reports }) => [key, reports]),
      [[localDay(times[1]!), 1], [localDay(times[0]!), 2]],
    );
    // The function that tells days is there the second time, too.
    assertEquals(store.usageGroups("day").length, 2);
  });
});

Deno.test("localDay() is the day on the clock of the reader", async () => {
  const module = JSON.stringify(new URL("../../src/sessions/cost.ts", import.meta.url));
  const days = async (zone: string) =>
    await jsonOf(
      new Deno.Command(Deno.execPath(), {
        args: [
          "eval",
          `import { localDay } from ${module};
           console.log(JSON.stringify(["2026-03-08T04:59:59.999Z", "2026-03-08T05:00:00.000Z",
             "2026-03-09T03:59:59.999Z", "2026-03-09T04:00:00.000Z"].map(localDay)))`,
        ],
        env: { TZ: zone },
      }),
    );
  assertEquals(await days("America/New_York"), [
    "2026-03-07",
    "2026-03-08",
    "2026-03-08",
    "2026-03-09",
  ]);
  assertEquals(await days("UTC"), ["2026-03-08", "2026-03-08", "2026-03-09", "2026-03-09"]);
});
