import type { SeenLog, Writer } from "../../../src/sessions/follow/follow_log.ts";
import { logWriter } from "../../../src/sessions/follow/log_writer.ts";
import type { NewProcess, NewSession } from "../../../src/sessions/records.ts";
import { startTimeOf } from "../../../src/processes/process_table.ts";
import { assertEquals } from "../../support/assert.ts";
import { session, withStore } from "../support.ts";

const EARLY = "2026-01-01T00:00:00.000Z";
const MIDDLE = "2026-01-01T00:01:00.000Z";
const LATE = "2026-01-01T00:02:00.000Z";
const NOW = new Date("2026-01-01T00:02:10.000Z");

const open: SeenLog = { found: true, endedAt: undefined, writtenAt: null };
const closed: SeenLog = { found: true, endedAt: MIDDLE, writtenAt: null };
const missing: SeenLog = { found: false, endedAt: undefined, writtenAt: null };

const living = { ownerPid: Deno.pid, ownerStart: startTimeOf(Deno.pid) ?? null };
const gone = { ownerPid: 2 ** 22 + 1, ownerStart: "proc:00000000:1" };

const rows: [string, Partial<NewSession>, Partial<NewProcess> | undefined, SeenLog, Writer][] = [
  ["its run lives", { startedAt: EARLY }, living, open, "working"],
  ["its run lives and has no log yet", { startedAt: EARLY }, living, missing, "working"],
  ["its run has written its end", { startedAt: EARLY }, living, closed, "ended"],
  ["a new run has not written its start", { startedAt: LATE }, living, closed, "working"],
  ["its zag is gone", { startedAt: EARLY }, gone, open, "dead"],
  ["it counts as dead", { outcome: "dead" }, undefined, closed, "dead"],
  ["it has ended", { outcome: "success" }, undefined, closed, "ended"],
  ["it has ended and the log does not say so", { outcome: "failure" }, undefined, open, "ended"],
  ["it has not begun", {}, undefined, missing, "working"],
  ["only its log is known, and ended", {}, undefined, closed, "ended"],
  ["only its log is known, from just now", { heartbeatAt: LATE }, undefined, open, "working"],
  ["only its log is known, which grows", {}, undefined, {
    ...open,
    writtenAt: new Date(LATE),
  }, "working"],
  ["only its log is known, from long ago", { heartbeatAt: EARLY }, undefined, open, "dead"],
];

for (const [name, of, run, seen, expected] of rows) {
  Deno.test(`logWriter tells about a session: ${name}`, async () => {
    await withStore((store) => {
      store.addSession(session("s", of));
      if (run) {
        store.addProcess({
          id: "p",
          sessionId: "s",
          provider: "mock",
          command: "exec",
          ownerPid: 1,
          startedAt: EARLY,
          ...run,
        });
      }
      assertEquals(logWriter(store, "s", seen, NOW), expected);
    });
  });
}

Deno.test("logWriter tells about a session that was deleted", async () => {
  await withStore((store) => {
    assertEquals(logWriter(store, "s", open, NOW), "deleted");
    assertEquals(logWriter(store, "s", closed, NOW), "ended");
  });
});
