/** What happens between the moment when garbage is found and the one when it is removed. */
import { overflowPath } from "../../src/sessions/overflow.ts";
import { findMarkers, findSpawnLogs } from "../../src/orchestration/gc_files.ts";
import type { Garbage } from "../../src/orchestration/gc_kinds.ts";
import { findProcesses } from "../../src/orchestration/gc_processes.ts";
import { type GcOptions, GcScope } from "../../src/orchestration/gc_scope.ts";
import { findSessions } from "../../src/orchestration/gc_sessions.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { ALIVE, DAY, daysAgo, inState, NOW, type State } from "./support.ts";

function find(state: State): { sessions: readonly Garbage[]; rest: Garbage[] } {
  const options: GcOptions = {
    store: state.store,
    paths: state.paths,
    now: NOW,
    olderThanMs: 7 * DAY,
    project: undefined,
    force: true,
  };
  const scope = new GcScope(options);
  const found = findSessions(scope, options);
  const rest = [
    ...findProcesses(scope, [], found),
    ...findMarkers(scope, found.ends),
    ...findSpawnLogs(scope, found.ends),
  ];
  return { sessions: found.garbage, rest };
}

function resume(state: State, id: string): void {
  state.store.addProcess({
    id: `again-${id}`,
    sessionId: id,
    provider: "mock",
    command: "exec",
    startedAt: NOW.toISOString(),
    ...ALIVE,
  });
}

Deno.test(
  "a session that is resumed after gc has found it loses nothing",
  inState(async (state) => {
    await state.add("old", { days: 8 });
    const files = state.files;
    const { sessions, rest } = find(state);
    assertEquals([sessions.length, rest.length], [1, 4]);
    resume(state, "old");
    const removed = [...sessions, ...rest].filter((each) => each.remove()).map(({ kind }) => kind);
    // The record of the earlier run is no part of this one.
    assertEquals(removed, ["process_entries"]);
    assertEquals([state.sessions, state.files], [["old"], files]);
  }),
);

for (
  const [what, change] of [
    ["is written to", (state, path) =>
      state.writeLog(path, "old", daysAgo(8), [
        { type: "user_event", level: "info", message: "one more" },
      ])],
    [
      "is resumed and has ended again",
      (state) => state.store.updateSession("old", { endedAt: NOW.toISOString() }),
    ],
    [
      "has begun again",
      (state) => state.store.updateSession("old", { outcome: null, endedAt: null }),
    ],
    ["has another log now", (state) => state.store.updateSession("old", { logPath: "/other" })],
  ] as [string, (state: State, path: string) => void][]
) {
  Deno.test(
    `a session that ${what} after gc has found it stays`,
    inState(async (state) => {
      const path = await state.add("old", { days: 8 });
      const [garbage] = find(state).sessions;
      change(state, path);
      assertEquals(garbage!.remove(), false);
      assertEquals(state.sessions, ["old"]);
      assert(Deno.statSync(path).isFile);
    }),
  );
}

Deno.test(
  "a log without a record stays when a session gets its name after gc has found it",
  inState(async (state) => {
    const path = await state.add("old", { days: 8 });
    state.store.deleteSession("old");
    const [garbage] = find(state).sessions;
    state.store.addSession({
      sessionId: "old",
      provider: "mock",
      command: "exec",
      workspacePath: "/w",
      createdAt: NOW.toISOString(),
      logPath: path,
    });
    assertEquals(garbage!.remove(), false);
    assert(Deno.statSync(path).isFile);
  }),
);

Deno.test(
  "a record whose log comes back after gc has found it stays",
  inState(async (state) => {
    const path = await state.add("old", { days: 8 });
    const text = await Deno.readTextFile(path);
    await Deno.remove(path);
    const [garbage] = find(state).sessions;
    assertEquals(garbage!.kind, "session_records");
    await Deno.writeTextFile(path, text);
    assertEquals(garbage!.remove(), false);
    assertEquals(state.sessions, ["old"]);
  }),
);

Deno.test(
  "what another gc has removed is not counted, and no failure",
  inState(async (state) => {
    await state.add("old", { days: 8 });
    const first = find(state);
    const second = find(state);
    for (const each of [...first.sessions, ...first.rest]) assertEquals(each.remove(), true);
    for (const each of [...second.sessions, ...second.rest]) assertEquals(each.remove(), false);
  }),
);

Deno.test(
  "a session whose files could not all be removed goes with the next gc",
  inState(async (state) => {
    const path = await state.add("old", { days: 8 });
    state.put(`${overflowPath(path)}/x`, "x", 8);
    assertEquals((await state.gc()).failures.length, 1);
    await Deno.remove(overflowPath(path), { recursive: true });
    const report = await state.gc();
    assertEquals([report.failures.length, report.counts.session_logs], [0, 1]);
    assertEquals(state.sessions, []);
  }),
);
