import { gcJson, gcText } from "../../src/cli/gc_view.ts";
import { GARBAGE_KINDS, type GarbageKind, type GcReport } from "../../src/orchestration/gc.ts";
import { assertEquals } from "../support/assert.ts";

function report(items: [GarbageKind, string, number][], more: Partial<GcReport> = {}): GcReport {
  return {
    items: items.map(([kind, name, bytes]) => ({ kind, name, bytes })),
    counts: Object.fromEntries(
      GARBAGE_KINDS.map((kind) => [kind, items.filter(([each]) => each === kind).length]),
    ) as GcReport["counts"],
    records: items.filter(([kind]) => kind.startsWith("session_")).length,
    bytes: items.reduce((sum, [, , bytes]) => sum + bytes, 0),
    databaseBytes: 0,
    leftAlone: [],
    failures: [],
    ...more,
  };
}

const ONE_OF_EACH = report(
  GARBAGE_KINDS.map((kind, index) => [kind, `/state/${kind}`, index * 1000]),
  {
    databaseBytes: 2_500_000,
    leftAlone: [
      { kind: "original_logs", path: "/state/theirs.jsonl", bytes: 1234 },
      { kind: "worktrees", path: "/state/worktrees/a", bytes: 2345, reason: "1 commit" },
    ],
  },
);

Deno.test("gcText() says that there is nothing to do", () => {
  assertEquals(gcText(report([]), { dryRun: true, verbose: true }), "Nothing to clean up.\n");
  assertEquals(gcText(report([]), { dryRun: false, verbose: false }), "Nothing to clean up.\n");
});

Deno.test("gcText() counts each kind with its size", async (t) => {
  const two = report([["session_logs", "/a", 600], ["session_logs", "/b", 600]]);
  const text = "Would remove 2 sessions with their logs (1.2 kB)\nIn all: 1.2 kB\n";
  assertEquals(gcText(two, { dryRun: true, verbose: false }), text);
  await t.assertSnapshot(gcText(ONE_OF_EACH, { dryRun: true, verbose: false }));
  await t.assertSnapshot(gcText(ONE_OF_EACH, { dryRun: false, verbose: true }));
});

Deno.test("gcText() keeps control characters of file names off the terminal", () => {
  const text = gcText(report([["spawn_logs", "/a\x1b[31m\nb", 1]]), {
    dryRun: true,
    verbose: true,
  });
  assertEquals(text.split("\n")[1], "  /a[31m?b  1 B");
});

Deno.test("gcJson() begins with the keys that programs know", () => {
  const json = JSON.parse(gcJson(ONE_OF_EACH, { dryRun: true, verbose: false }));
  assertEquals(Object.keys(json).slice(0, 6), [
    "process_entries_removed",
    "lifecycle_markers_removed",
    "spawn_logs_removed",
    "session_logs_removed",
    "dry_run",
    "bytes",
  ]);
  assertEquals([json.dry_run, json.bytes, json.items], [true, 55_000, undefined]);
  for (const kind of GARBAGE_KINDS) {
    assertEquals(json[`${kind}_removed`], kind === "session_records" ? 2 : 1, kind);
  }
  const verbose = JSON.parse(gcJson(ONE_OF_EACH, { dryRun: false, verbose: true }));
  assertEquals([verbose.items.length, verbose.left_alone.length], [GARBAGE_KINDS.length, 2]);
});
