import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { InvalidIdError } from "../../src/config/paths.ts";
import {
  completeProcess,
  completeSession,
  PROCESS_COLUMNS,
  SESSION_COLUMNS,
} from "../../src/sessions/columns.ts";
import type { ProcessRecord, SessionPatch, SessionRecord } from "../../src/sessions/records.ts";
import { SessionStore } from "../../src/sessions/store.ts";
import { SessionExistsError } from "../../src/sessions/store_errors.ts";
import { assertEquals, assertExists, assertNotEquals, assertThrows } from "../support/assert.ts";
import { AT, inTemp, runAtOnce, session, withStore } from "./support.ts";

/** A session with a value of its own in every field. */
const FULL: SessionRecord = {
  sessionId: "6f1c8a52-8f0e-4f9d-9c8e-2a4f3f1f0a11",
  providerSessionId: "native-1",
  provider: "claude",
  model: "opus",
  command: "review",
  project: "app-0a1b2c3d",
  workspacePath: "/home/me/app",
  cwd: "/home/me/app/src",
  name: "ä 'quoted' \"name\"",
  description: "two\nlines \u{1f600}",
  tags: ["a", "b,c", '"'],
  dependencies: ["d-1", "d-2"],
  retriedFrom: "r-1",
  resumedFrom: "r-2",
  parentSessionId: "p-1",
  parentProcessId: "p-2",
  interactive: true,
  isWorktree: true,
  worktreeName: "tree",
  sandboxName: "box",
  discovered: true,
  discoverySource: "/home/me/.claude/x.jsonl",
  logPath: "/home/me/.zag/x.jsonl",
  logCompleteness: "metadata_only",
  exit: { hint: "", jsonMode: true, schema: { type: "object", required: ["a"] } },
  budget: { maxCostUsd: 0.5, maxTokens: null, since: "2026-01-02T03:04:05.000Z" },
  launch: { prompt: "do it", max_turns: 3, nested: { list: [1, null, "x"] } },
  resumed: true,
  createdAt: AT,
  startedAt: "2026-01-02T03:04:06.000Z",
  endedAt: "2026-01-02T03:04:07.000Z",
  heartbeatAt: "2026-01-02T03:04:08.000Z",
  outcome: "interrupted",
  endReason: "interrupted",
  exitCode: 130,
  signal: "SIGINT",
  error: "stopped",
  inputTokens: 9_007_199_254_740_991,
  outputTokens: 0,
  cacheReadTokens: 3,
  cacheCreationTokens: 4,
  costUsd: 0.1 + 0.2,
};

const FULL_PROCESS: ProcessRecord = {
  id: "0b7c8a52-8f0e-4f9d-9c8e-2a4f3f1f0a11",
  sessionId: "s-1",
  provider: "codex",
  model: "sol",
  command: "exec",
  prompt: "fix it",
  ownerPid: 100,
  ownerStart: "proc:0a1b2c3d:77",
  agentPid: 101,
  agentStart: "proc:0a1b2c3d:78",
  agentDetached: true,
  status: "killed",
  exitCode: 143,
  startedAt: AT,
  exitedAt: "2026-01-02T03:04:07.000Z",
  root: "/home/me/app",
  parentProcessId: "p-1",
  parentSessionId: "p-2",
};

Deno.test("SessionStore keeps every field of a session", async () => {
  const createdAt = "2026-01-01T00:00:00.000Z";
  const empty = completeSession(session("other", { createdAt }));
  for (const field of Object.keys(FULL) as (keyof SessionRecord)[]) {
    assertNotEquals(FULL[field], empty[field], `${field} needs a value of its own in this test`);
  }
  await withStore((store, path) => {
    store.addSession(FULL);
    store.addSession(empty);
    assertEquals(store.getSession(FULL.sessionId), FULL);
    assertEquals(store.getSession("other"), empty);
    assertEquals(store.getSession("none"), undefined);
    using again = SessionStore.open(path);
    assertEquals(again.getSession(FULL.sessionId), FULL);
  });
});

Deno.test("SessionStore keeps every field of a process", async () => {
  const empty = completeProcess({
    id: "p",
    provider: "mock",
    command: "run",
    ownerPid: 1,
    startedAt: "2026-01-01T00:00:00.000Z",
  });
  for (const field of Object.keys(FULL_PROCESS) as (keyof ProcessRecord)[]) {
    assertNotEquals(FULL_PROCESS[field], empty[field], field);
  }
  await withStore((store) => {
    store.addProcess(FULL_PROCESS);
    store.addProcess(empty);
    assertEquals(store.getProcess(FULL_PROCESS.id), FULL_PROCESS);
    assertEquals(store.getProcess("p"), empty);
  });
});

Deno.test("SessionStore has a field for every column and a column for every field", async () => {
  await withStore((_, path) => {
    const database = new DatabaseSync(path, { readOnly: true });
    const columnsOf = (table: string) =>
      database.prepare(`SELECT name FROM pragma_table_info('${table}') ORDER BY name`).all()
        .map((row) => String(row.name));
    try {
      const sessions = Object.values(SESSION_COLUMNS).map((column) => column.name).sort();
      const processes = Object.values(PROCESS_COLUMNS).map((column) => column.name).sort();
      assertEquals(columnsOf("sessions"), sessions);
      assertEquals(columnsOf("processes"), processes);
    } finally {
      database.close();
    }
  });
});

Deno.test("SessionStore.addSession() refuses an id that is taken and keeps the first", async () => {
  await withStore((store) => {
    store.addSession(session("s-1", { name: "first" }));
    const again = session("s-1", { name: "second" });
    const error = assertThrows(() => store.addSession(again), SessionExistsError);
    assertEquals(error.sessionId, "s-1");
    assertEquals(store.getSession("s-1")?.name, "first");
  });
});

Deno.test("SessionStore.addSession() refuses an id that cannot be a file name", async () => {
  await withStore((store) => {
    assertThrows(() => store.addSession(session("../s")), InvalidIdError);
    assertEquals(store.latestSession(), undefined);
  });
});

Deno.test("SessionStore.updateSession() changes the named fields and no others", async () => {
  await withStore((store) => {
    const before = completeSession(session("s-1", { workspacePath: "/other" }));
    let expected = before;
    store.addSession(before);
    const { sessionId: _, ...fields } = FULL;
    for (const [field, value] of Object.entries(fields)) {
      assertEquals(store.updateSession("s-1", { [field]: value }), true);
      expected = { ...expected, [field]: value };
      assertEquals(store.getSession("s-1"), expected, field);
    }
    const clearing: SessionPatch = { name: null, exit: null, tags: [], description: undefined };
    store.updateSession("s-1", clearing);
    assertEquals(store.getSession("s-1"), { ...expected, name: null, exit: null, tags: [] });
    assertEquals(store.updateSession("s-1", {}), true);
    assertEquals(store.updateSession("none", { name: "x" }), false);
  });
});

Deno.test("SessionStore.updateSession() keeps what another connection changed", async () => {
  await withStore((store, path) => {
    using other = SessionStore.open(path);
    store.addSession(session("s-1", { dependencies: ["d"] }));
    const seen = other.getSession("s-1");
    assertExists(seen);
    store.updateSession("s-1", { name: "named" });
    other.updateSession("s-1", { outcome: "success" });
    const now = store.getSession("s-1");
    assertEquals([now?.name, now?.outcome, now?.dependencies], ["named", "success", ["d"]]);
  });
});

Deno.test("SessionStore.touchHeartbeat() notes the time", async () => {
  await withStore((store) => {
    store.addSession(session("s-1"));
    store.touchHeartbeat("s-1");
    store.touchHeartbeat("none");
    assertEquals(store.getSession("s-1")?.heartbeatAt, "2026-05-05T05:05:05.555Z");
  });
});

Deno.test("SessionStore spells all times alike, so that the latest is the latest", async () => {
  await withStore((store) => {
    store.addSession(session("early", { createdAt: "2026-01-02T09:00:00.678901234+09:00" }));
    store.addSession(session("late", { createdAt: "2026-01-02T00:30:00Z" }));
    assertEquals(store.getSession("early")?.createdAt, "2026-01-02T00:00:00.678Z");
    assertEquals(store.latestSession()?.sessionId, "late");
  });
});

Deno.test("SessionStore.latestSession() keeps to the project, the command and other tags", async () => {
  await withStore((store) => {
    assertEquals(store.latestSession({ project: "a" }), undefined);
    const day = (number: number) => `2026-01-0${number}T00:00:00Z`;
    store.addSession(session("a-1", { project: "a", createdAt: day(1) }));
    store.addSession(session("a-2", { project: "a", createdAt: day(2), command: "run" }));
    store.addSession(session("a-3", { project: "a", createdAt: day(2), command: "run" }));
    store.addSession(session("none", { createdAt: day(3) }));
    store.addSession(session("b-1", { project: "b", createdAt: day(4), tags: ["x", "y"] }));
    store.addSession(
      session("native", { createdAt: "2025-01-01T00:00:00Z", providerSessionId: "n" }),
    );
    const table: [Parameters<SessionStore["latestSession"]>[0], string | undefined][] = [
      [{}, "b-1"],
      [{ project: undefined }, "b-1"],
      [{ project: "a" }, "a-3"],
      [{ project: "a", command: "exec" }, "a-1"],
      [{ project: null }, "none"],
      [{ command: "run" }, "a-3"],
      [{ project: "b", command: "run" }, undefined],
      [{ provider: "nobody" }, undefined],
      [{ provider: session("x").provider }, "b-1"],
      [{ resumable: true }, "native"],
      [{ withoutTag: "y" }, "none"],
      [{ withoutTag: "z" }, "b-1"],
      [{ project: "b", withoutTag: "x" }, undefined],
    ];
    for (const [options, expected] of table) {
      assertEquals(store.latestSession(options)?.sessionId, expected, JSON.stringify(options));
    }
  });
});

Deno.test("SessionStore.latestSession() can go by when sessions ran instead of when they were made", async () => {
  await withStore((store) => {
    const times: [string, string, string | null][] = [
      ["old, run last", "2026-01-01T00:00:00Z", "2026-01-05T00:00:00Z"],
      ["new", "2026-01-03T00:00:00Z", "2026-01-03T00:00:01Z"],
      ["never run", "2026-01-04T00:00:00Z", null],
    ];
    for (const [name, createdAt, startedAt] of times) {
      store.addSession(session(`s-${createdAt.slice(0, 10)}`, { name, createdAt, startedAt }));
    }
    assertEquals(store.latestSession()?.name, "never run");
    const byRun = store.listSessions({ by: "run" }).map(({ name }) => name);
    assertEquals(byRun, ["old, run last", "never run", "new"]);
  });
});

Deno.test("SessionStore.findByNativeId() takes the newest of several", async () => {
  await withStore((store) => {
    store.addSession(session("new", { providerSessionId: "n", createdAt: "2026-02-01T00:00:00Z" }));
    store.addSession(session("old", { providerSessionId: "n", createdAt: "2026-01-01T00:00:00Z" }));
    assertEquals(store.findByNativeId("n")?.sessionId, "new");
    assertEquals(store.findByNativeId("new"), undefined);
  });
});

Deno.test("SessionStore follows a process from its start to its end", async () => {
  await withStore((store) => {
    const base = { provider: "mock", command: "exec", ownerPid: 7 } as const;
    store.addProcess({ ...base, id: "p-2", startedAt: "2026-01-02T00:00:00Z" });
    store.addProcess({ ...base, id: "p-1", startedAt: "2026-01-01T00:00:00Z" });
    assertEquals(store.runningProcesses().map((each) => each.id), ["p-1", "p-2"]);
    const agent = { pid: 8, start: "proc:x:9", detached: true };
    assertEquals(store.setProcessAgent("p-1", agent), true);
    const running = store.getProcess("p-1");
    assertEquals(
      [running?.agentPid, running?.agentStart, running?.agentDetached, running?.ownerPid],
      [8, "proc:x:9", true, 7],
    );
    assertEquals(store.endProcess("p-1", { status: "killed", exitCode: null }), true);
    const gone = store.getProcess("p-1");
    assertEquals(
      [gone?.status, gone?.exitCode, gone?.exitedAt, gone?.agentPid],
      ["killed", null, "2026-05-05T05:05:05.555Z", 8],
    );
    assertEquals(store.runningProcesses().map((each) => each.id), ["p-2"]);
    assertEquals(store.setProcessAgent("none", agent), false);
    assertEquals(store.endProcess("none", { status: "exited", exitCode: 0 }), false);
  });
});

Deno.test("SessionStore.addProcess() keeps the first 100 characters of the prompt", async () => {
  await withStore((store) => {
    const table: [string, string][] = [
      ["x".repeat(100), "x".repeat(100)],
      ["x".repeat(101), "x".repeat(100)],
      ["\u{1f600}".repeat(101), "\u{1f600}".repeat(100)],
      ["x" + "\u{1f600}".repeat(300), "x" + "\u{1f600}".repeat(99)],
    ];
    for (const [index, [prompt, expected]] of table.entries()) {
      const id = `p-${index}`;
      const base = { provider: "mock", command: "exec", ownerPid: 7, startedAt: AT } as const;
      store.addProcess({ ...base, id, prompt });
      assertEquals(store.getProcess(id)?.prompt, expected);
    }
  });
});

Deno.test("SessionStore loses nothing when many processes write at once", async () => {
  await inTemp(async (dir) => {
    const path = join(dir, "zag.db");
    const processes = Number(Deno.env.get("ZAG_TEST_SIZE") ?? 20);
    const inserts = 20;
    // All of them find no database, and one of them has to make it.
    const names = Array.from({ length: processes }, (_, index) => `w${index}`);
    await runAtOnce("insert", names.map((name) => [path, name, String(inserts)]));
    using store = SessionStore.open(path);
    for (const name of names) {
      for (let index = 0; index < inserts; index++) {
        const id = `${name}-${index}`;
        assertEquals(store.getSession(id)?.outcome, "success", id);
        const { status, exitCode } = store.getProcess(id) ?? {};
        assertEquals([status, exitCode], ["exited", index], id);
      }
    }
    assertEquals(store.runningProcesses(), []);
  });
});
