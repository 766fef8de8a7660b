import { join } from "node:path";
import { selfIdentity } from "../../src/processes/process_table.ts";
import { FIELD_CAP } from "../../src/sessions/kind_json.ts";
import { overflowPath } from "../../src/sessions/overflow.ts";
import { unfinishedPath } from "../../src/sessions/unfinished.ts";
import { isFile } from "../../src/is_file.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { waitFor } from "../support/living.ts";
import { counted, DAY, daysAgo, inState, namesOf, NOW, type State } from "./support.ts";

const UNIX = Deno.build.os !== "windows";
const LINUX = Deno.build.os === "linux";

const EVERYTHING = {
  process_entries: 1,
  lifecycle_markers: 2,
  spawn_logs: 1,
  session_logs: 1,
};

Deno.test(
  "collectGarbage() removes an old session with all that belongs to it, and no other",
  inState(async (state) => {
    await state.add("old", { days: 8 });
    await state.add("new", { days: 6 });
    const report = await state.gc();
    assertEquals(counted(report), EVERYTHING);
    assertEquals(report.failures, []);
    assertEquals(state.sessions, ["new"]);
    assertEquals(state.files, [
      "events/new.ended",
      "events/new.started",
      "logs/sessions/new.jsonl",
      "logs/spawn/new.log",
    ]);
    assertEquals(state.store.getProcess("run-old"), undefined);
    assert(state.store.getProcess("run-new"));
    assertEquals(counted(await state.gc()), {});
  }),
);

Deno.test(
  "collectGarbage() without force tells the same and changes nothing",
  inState(async (state) => {
    await state.add("old", { days: 8, answer: "x".repeat(FIELD_CAP * 2) });
    const files = state.files;
    const dry = await state.gc({ force: false });
    assertEquals(counted(dry), EVERYTHING);
    assertEquals([state.sessions, state.files], [["old"], files]);
    const { items, bytes } = await state.gc();
    assertEquals([dry.items, dry.bytes], [items, bytes]);
    assert(bytes > 3 * FIELD_CAP, "what stands beside the log counts");
  }),
);

Deno.test(
  "collectGarbage() removes what stands beside a log",
  inState(async (state) => {
    const path = await state.add("old", { days: 8, answer: "x".repeat(FIELD_CAP + 1) });
    state.put(unfinishedPath(path), "text", 8);
    assert(Deno.statSync(overflowPath(path)).isFile);
    assertEquals(counted(await state.gc()), EVERYTHING);
    assertEquals(state.files, []);
  }),
);

Deno.test(
  "collectGarbage() leaves what a session has used",
  inState(async (state) => {
    await state.add("old", { days: 8 });
    state.store.addUsage({
      sessionId: "old",
      seq: 5,
      at: daysAgo(8).toISOString(),
      provider: "mock",
      model: null,
      project: null,
      inputTokens: 1,
      outputTokens: 2,
      cacheReadTokens: null,
      cacheCreationTokens: null,
      costUsd: 0.5,
    });
    await state.gc();
    assertEquals(state.sessions, []);
    assertEquals(state.store.usageOf("old").map(({ costUsd }) => costUsd), [0.5]);
  }),
);

Deno.test(
  "collectGarbage() touches nothing of a session that goes on, however old it is",
  inState(async (state) => {
    // An earlier run of it ended.
    state.store.addProcess({
      id: "earlier",
      sessionId: "live",
      provider: "mock",
      command: "exec",
      ownerPid: 1,
      startedAt: daysAgo(31).toISOString(),
      status: "exited",
    });
    await state.add("live", { days: 30, live: true });
    const files = state.files;
    assertEquals(counted(await state.gc({ maxLogBytes: 0 })), {});
    // Its process has written the end, and is about to end itself.
    state.store.updateSession("live", { outcome: "success", endedAt: daysAgo(30).toISOString() });
    assertEquals(counted(await state.gc({ maxLogBytes: 0 })), {});
    assertEquals([state.sessions, state.files], [["live"], files]);
    assert(state.store.getProcess("earlier"));
  }),
);

Deno.test(
  "collectGarbage() leaves the sessions whose results a living one waits for",
  inState(async (state) => {
    await state.add("needed", { days: 30 });
    await state.add("waiting", { days: 30, live: true, more: { dependencies: ["needed"] } });
    assertEquals(counted(await state.gc({ maxLogBytes: 0 })), {});
    state.store.endProcess("run-waiting", { status: "exited", exitCode: 0 });
    await state.gc();
    assertEquals(state.sessions, ["waiting"]);
  }),
);

Deno.test(
  "collectGarbage() takes a process that claims to run, but is gone, for ended",
  inState(async (state) => {
    await state.add("dead", { days: 8, live: true });
    state.store.endProcess("run-dead", { status: "killed", exitCode: null });
    state.store.updateSession("dead", { outcome: "dead", endedAt: daysAgo(8).toISOString() });
    assertEquals((await state.gc()).counts.session_logs, 1);
  }),
);

Deno.test(
  "collectGarbage() goes by the session's end, not by the time of a file that was copied",
  inState(async (state) => {
    const path = await state.add("old", { days: 8 });
    Deno.utimeSync(path, NOW, NOW);
    Deno.utimeSync(state.paths.ended("old"), NOW, NOW);
    Deno.utimeSync(state.paths.spawnLog("old"), NOW, NOW);
    assertEquals(counted(await state.gc()), EVERYTHING);
  }),
);

Deno.test(
  "collectGarbage() counts the age of an imported session from its import, also in a copy",
  inState(async (state) => {
    for (const [id, days] of [["new", 6], ["old", 8]] as const) {
      const path = await state.add(id, { days: 30, live: true });
      state.store.endProcess(`run-${id}`, { status: "exited", exitCode: 0 });
      const end = { outcome: "success", endedAt: daysAgo(30).toISOString() } as const;
      state.store.updateSession(id, end);
      state.writeLog(path, id, daysAgo(30), [{
        type: "session_ended",
        success: true,
        error: null,
        imported_at: daysAgo(days).toISOString(),
      }]);
      Deno.utimeSync(path, NOW, NOW);
    }
    await state.gc();
    assertEquals(state.sessions, ["new"]);
    // The index is gone: only the log tells.
    state.store.deleteSession("new");
    assertEquals((await state.gc()).counts.session_logs, 0);
  }),
);

Deno.test(
  "collectGarbage() of a project removes the markers of its sessions whose records are gone",
  inState(async (state) => {
    const project = "mine-00000000";
    await state.add("old", { days: 8, more: { project } });
    await state.add("young", { days: 6, more: { project } });
    await state.add("elsewhere", { days: 8, more: { project: "other-00000000" } });
    for (const id of ["old", "young", "elsewhere"]) state.store.deleteSession(id);
    const found = { lifecycle_markers: 2, spawn_logs: 1 };
    assertEquals(counted(await state.gc({ project, keepLogs: true, force: false })), found);
    assertEquals(counted(await state.gc({ project })), { ...found, session_logs: 1 });
    const { started } = state.paths;
    const left = ["old", "young", "elsewhere"].filter((id) => isFile(started(id)));
    assertEquals(left, ["young", "elsewhere"]);
  }),
);

Deno.test(
  "collectGarbage() leaves a session whose log goes on although its record says that it ended",
  inState(async (state) => {
    const path = await state.add("resumed", { days: 8 });
    state.writeLog(path, "resumed", daysAgo(1), [
      { type: "assistant_message", content: "later", message_id: null },
    ]);
    const { session_logs, lifecycle_markers, spawn_logs } = (await state.gc()).counts;
    assertEquals([session_logs, lifecycle_markers, spawn_logs], [0, 0, 0]);
  }),
);

Deno.test({
  name: "collectGarbage() leaves a log that a process has open",
  ignore: !LINUX,
  fn: inState(async (state) => {
    const path = await state.add("open", { days: 8 });
    const holder = new Deno.Command("sh", {
      args: ["-c", 'exec 3>>"$0"; echo open; exec sleep 60', path],
      stdout: "piped",
    }).spawn();
    const reader = holder.stdout.getReader();
    try {
      await reader.read();
      const kept = await state.gc({ maxLogBytes: 0 });
      assertEquals(kept.counts.session_logs, 0);
      assertEquals(state.sessions, ["open"]);
    } finally {
      holder.kill("SIGKILL");
      await reader.cancel();
      await holder.status;
    }
    assertEquals((await state.gc()).counts.session_logs, 1);
  }),
});

Deno.test(
  "collectGarbage() keeps the newest logs up to a size, however young the others are",
  inState(async (state) => {
    const answer = "x".repeat(10_000);
    for (const [id, days] of [["a", 4], ["b", 3], ["c", 2], ["d", 1]] as const) {
      await state.add(id, { days, answer });
    }
    await state.add("live", { days: 5, live: true, answer });
    await state.add("old", { days: 8 });
    assertEquals((await state.gc({ maxLogBytes: 50_000 })).counts.session_logs, 1);
    await state.gc({ maxLogBytes: 25_000 });
    assertEquals(state.sessions, ["c", "d", "live"]);
    await state.gc({ maxLogBytes: 0 });
    assertEquals(state.sessions, ["live"]);
  }),
);

Deno.test(
  "collectGarbage() never counts a session as ended that nobody saw end, but for its age",
  inState(async (state) => {
    const unended = { outcome: null, endedAt: null } as const;
    for (const [id, days] of [["silent", 8], ["young", 1]] as const) {
      await state.add(id, { days });
      state.store.updateSession(id, unended);
      state.store.deleteProcess(`run-${id}`);
    }
    await state.gc({ maxLogBytes: 0 });
    assertEquals(state.sessions, ["young"]);
  }),
);

Deno.test(
  "collectGarbage() keeps the process of a session that was not closed as long as that stays",
  inState(async (state) => {
    await state.add("open", { days: 8 });
    state.store.updateSession("open", { outcome: null, endedAt: null });
    assertEquals((await state.gc({ keepLogs: true })).counts.process_entries, 0);
    assertEquals((await state.gc()).counts.process_entries, 1);
  }),
);

Deno.test(
  "collectGarbage() leaves logs and records of sessions alone when told so",
  inState(async (state) => {
    await state.add("old", { days: 8 });
    await Deno.remove(await state.add("gone", { days: 8 }));
    const report = await state.gc({ keepLogs: true });
    assertEquals(counted(report), { process_entries: 2, lifecycle_markers: 4, spawn_logs: 2 });
    assertEquals(state.sessions, ["gone", "old"]);
  }),
);

Deno.test(
  "collectGarbage() removes old records whose log is gone",
  inState(async (state) => {
    for (const [id, days] of [["old", 8], ["young", 6]] as const) {
      await Deno.remove(await state.add(id, { days }));
    }
    state.store.addSession({
      sessionId: "never-logged",
      provider: "mock",
      command: "exec",
      workspacePath: "/w",
      createdAt: daysAgo(30).toISOString(),
    });
    assertEquals(namesOf(await state.gc(), "session_records"), ["old"]);
    assertEquals(state.sessions, ["never-logged", "young"]);
  }),
);

Deno.test(
  "collectGarbage() removes old logs that no record names",
  inState(async (state) => {
    for (const [id, days] of [["old", 8], ["young", 6]] as const) {
      await state.add(id, { days });
      state.store.deleteSession(id);
    }
    assertEquals(namesOf(await state.gc(), "session_logs"), [
      state.paths.sessionLog(undefined, "old"),
    ]);
    // A process may go on after the record of its session was deleted.
    const live = await state.add("live", { days: 8, live: true });
    state.store.deleteSession("live");
    assertEquals((await state.gc()).counts.session_logs, 0);
    assert(Deno.statSync(live).isFile);
  }),
);

Deno.test(
  "collectGarbage() leaves of a deleted session the line that says so",
  inState(async (state) => {
    const path = await state.add("deleted", { days: 8, answer: "x".repeat(5000) });
    state.writeLog(path, "deleted", daysAgo(8), [{ type: "session_deleted" }]);
    state.store.deleteSession("deleted");
    assertEquals((await state.gc()).counts.session_logs, 1);
    const [line, rest] = (await Deno.readTextFile(path)).split("\n");
    const { type, provider, wrapper_session_id } = JSON.parse(line!);
    assertEquals([type, provider, wrapper_session_id], ["session_deleted", "mock", "deleted"]);
    assertEquals(rest, "");
    state.age(path, 30);
    assertEquals(counted(await state.gc()), {});
  }),
);

/** A log as the original wrote it. */
function original(state: State, key: string, id: string, days: number): string {
  const ts = daysAgo(days).toISOString();
  const line = (seq: number, more: object) =>
    JSON.stringify({ seq, ts, provider: "claude", wrapper_session_id: id, ...more }) + "\n";
  const text = line(1, { type: "session_started", command: "exec", cwd: "/w" }) +
    line(2, { type: "assistant_message", content: '{"type":"session_meta"}' }) +
    line(3, { type: "session_ended", success: true });
  return state.put(join(state.paths.projects, key, "logs", "sessions", `${id}.jsonl`), text, days);
}

Deno.test(
  "collectGarbage() only speaks of logs that the original wrote",
  inState(async (state) => {
    const paths = [original(state, "home-me-app", "theirs", 30), original(state, "k", "x", 8)];
    original(state, "k", "young", 1);
    state.store.addSession({
      sessionId: "theirs",
      provider: "claude",
      command: "exec",
      workspacePath: "/w",
      createdAt: daysAgo(30).toISOString(),
      endedAt: daysAgo(30).toISOString(),
      outcome: "success",
      logPath: paths[0]!,
    });
    const report = await state.gc({ maxLogBytes: 0 });
    assertEquals(counted(report), {});
    assertEquals(report.leftAlone.map(({ kind, path }) => [kind, path]), [
      ["original_logs", paths[0]],
      ["original_logs", paths[1]],
    ]);
    assert(report.leftAlone.every(({ bytes }) => (bytes ?? 0) > 100));
    assertEquals(state.sessions, ["theirs"]);
  }),
);

Deno.test(
  "collectGarbage() leaves a line in the place of a log without which the original's would count",
  inState(async (state) => {
    original(state, "home-me-app", "s", 30);
    const path = await state.add("s", { days: 8 });
    assertEquals((await state.gc()).counts.session_logs, 1);
    assertEquals(state.sessions, []);
    assertEquals(JSON.parse(await Deno.readTextFile(path)).type, "session_deleted");
  }),
);

Deno.test(
  "collectGarbage() of one project looks at nothing else",
  inState(async (state) => {
    await state.add("mine", { days: 8, more: { project: "mine-00000000" } });
    await state.add("theirs", { days: 8, more: { project: "theirs-00000000" } });
    await state.add("outside", { days: 8 });
    state.put(join(state.paths.diagnosticLogs, "zag-2020-01-01T00-00-00.log"), "x", 30);
    const rest = { process_entries: 1, lifecycle_markers: 2, spawn_logs: 1, session_logs: 1 };
    assertEquals(counted(await state.gc({ project: "mine-00000000" })), rest);
    assertEquals(state.sessions, ["outside", "theirs"]);
    assertEquals(counted(await state.gc({ project: null })), rest);
    assertEquals(state.sessions, ["theirs"]);
    assertEquals(counted(await state.gc()), { ...rest, diagnostic_logs: 1 });
  }),
);

Deno.test(
  "collectGarbage() of one project knows the processes of sessions whose records are gone",
  inState(async (state) => {
    for (const root of ["/mine", "/theirs"]) {
      state.store.addProcess({
        id: root,
        provider: "mock",
        command: "exec",
        ownerPid: 1,
        startedAt: daysAgo(9).toISOString(),
        status: "exited",
        root,
      });
    }
    const report = await state.gc({ project: "mine-00000000", roots: ["/mine"] });
    assertEquals(namesOf(report, "process_entries"), ["/mine"]);
  }),
);

Deno.test(
  "collectGarbage() removes markers and spawn logs of sessions that nobody knows, by their age",
  inState(async (state) => {
    const { paths } = state;
    const old = [paths.started("x"), paths.ended("x"), paths.spawnLog("x")];
    const young = [paths.started("y"), paths.ended("y"), paths.spawnLog("y")];
    const others = [join(paths.eventsDir, "notes.txt"), join(paths.spawnLogs, "x.txt")];
    for (const path of [...old, ...others]) state.put(path, "{}", 8);
    for (const path of young) state.put(path, "{}", 6);
    assertEquals(counted(await state.gc()), { lifecycle_markers: 2, spawn_logs: 1 });
    assertEquals(state.files.length, young.length + others.length);
  }),
);

Deno.test(
  "collectGarbage() removes old diagnostic logs and nothing else beside them",
  inState(async (state) => {
    const at = (name: string) => join(state.paths.diagnosticLogs, name);
    state.put(at("zag-2026-01-01T00-00-00.log"), "x", 8);
    state.put(at("zag-2026-01-02T00-00-00-17.log"), "x", 6);
    state.put(at("index.json"), "{}", 100);
    state.put(at("other.log"), "x", 100);
    const report = await state.gc();
    assertEquals(counted(report), { diagnostic_logs: 1 });
    assertEquals(report.bytes, 1);
  }),
);

Deno.test(
  "collectGarbage() removes a damaged index that was put aside long enough ago",
  inState(async (state) => {
    const aside = `${state.paths.database}.corrupt-2026-01-01T000000.000Z`;
    // Its last change is old, but it was put aside today.
    state.put(aside, "x", 30);
    state.put(`${aside}-wal`, "x", 30);
    assertEquals(counted(await state.gc()), {});
    const later = new Date(NOW.getTime() + 8 * DAY);
    assertEquals(counted(await state.gc({ now: later })), { corrupt_stores: 2 });
    assert(Deno.statSync(state.paths.database).isFile);
  }),
);

Deno.test(
  "collectGarbage() removes temporary files that nobody finished",
  inState(async (state) => {
    const { home, eventsDir, projects, shims } = state.paths;
    const uuid = crypto.randomUUID();
    const hour = 1 / 24;
    const old = [
      join(home, `probes.json.${uuid}.tmp`),
      join(projects, "k-00000000", `zag.jsonc.${uuid}.tmp`),
      join(eventsDir, `s.ended.${uuid}.tmp`),
      join(home, "sync", `.claude.json.${uuid}.tmp`),
      join(home, "mcp", `.files.toml.${uuid}.tmp`),
      join(shims, "0123456789ab", `.new-${uuid}`),
      join(home, "logs", "sessions", `s.jsonl.${uuid}.tmp`),
      join(home, "logs", "sessions", "gone.overflow"),
      join(home, "logs", "sessions", "gone.unfinished"),
    ];
    const kept = [join(home, "my.tmp"), join(home, "zag.jsonc"), join(projects, "k-00000000", "a")];
    for (const path of [...old, ...kept]) state.put(path, "x", 2 * hour);
    const young = state.put(join(home, `zag.jsonc.${crypto.randomUUID()}.tmp`), "x", hour / 2);
    const report = await state.gc();
    assertEquals(namesOf(report, "temp_files").sort(), old.sort());
    assertEquals(state.files.length, kept.length + 1);
    assert(Deno.statSync(young).isFile);
  }),
);

Deno.test(
  "collectGarbage() removes what those have left who waited, and nothing of those who wait",
  inState(async (state) => {
    const { queues } = state.paths;
    const dead = JSON.stringify({ pid: 2 ** 22 + 1, start: "proc:00000000:1", from: null });
    const { pid, startTime: start } = selfIdentity();
    const alive = JSON.stringify({ pid, start, from: "a", to: ["b"] });
    const hour = 1 / 24;
    const old = [
      state.put(join(queues, `.${crypto.randomUUID()}`), dead, 2 * hour),
      state.put(join(queues, `waits-${crypto.randomUUID()}`), dead, 2 * hour),
      state.put(join(queues, "gone", "000000000001"), dead, 2 * hour),
      join(queues, "empty"),
      join(queues, "gone"),
    ];
    Deno.mkdirSync(join(queues, "empty"));
    for (const name of ["empty", "gone"]) {
      const time = new Date(NOW.getTime() - 2 * hour * DAY);
      Deno.utimeSync(join(queues, name), time, time);
    }
    const kept = [
      state.put(join(queues, `waits-${crypto.randomUUID()}`), alive, 2 * hour),
      state.put(join(queues, "busy", "000000000002"), alive, 2 * hour),
      state.put(join(queues, "lock"), "", 2 * hour),
      state.put(join(queues, "next"), "2", 2 * hour),
    ];
    const report = await state.gc();
    assertEquals(namesOf(report, "temp_files").sort(), old.sort());
    assertEquals(state.files.sort(), kept.map((path) => path.slice(state.dir.length + 1)).sort());
    assertEquals([...Deno.readDirSync(queues)].filter(({ isDirectory }) => isDirectory).length, 1);
  }),
);

Deno.test(
  "collectGarbage() takes no file for a leftover that is younger than a minute",
  inState(async (state) => {
    const path = state.put(join(state.dir, `zag.jsonc.${crypto.randomUUID()}.tmp`), "x", 0);
    const at = (seconds: number) =>
      state.gc({
        olderThanMs: 1,
        now: new Date(Deno.statSync(path).mtime!.getTime() + seconds * 1000),
      });
    assertEquals((await at(50)).counts.temp_files, 0);
    assertEquals((await at(70)).counts.temp_files, 1);
  }),
);

Deno.test(
  "collectGarbage() removes the files of launches that are over",
  inState(async (state) => {
    const { paths } = state;
    await state.add("ended", { days: 1 });
    await state.add("live", { days: 1, live: true });
    const launch = (id: string, days: number) => {
      state.put(join(paths.launchFiles(id), "prompt"), "x", days);
      state.age(paths.launchFiles(id), days);
    };
    launch("run-ended", 0.5);
    launch("run-live", 30);
    // It may hold what has to be put back: without a record it stays as long as a session does.
    launch("unknown-young", 6);
    launch("unknown-old", 8);
    const held = UNIX
      ? new Deno.Command("sleep", { args: ["60"], env: { ZAG_PROCESS_ID: "held" } }).spawn()
      : undefined;
    if (held) launch("held", 8);
    try {
      assertEquals(namesOf(await state.gc(), "temp_files"), [
        paths.launchFiles("run-ended"),
        paths.launchFiles("unknown-old"),
      ]);
    } finally {
      held?.kill("SIGKILL");
      await held?.status;
    }
  }),
);

Deno.test({
  name: "collectGarbage() removes pipes of ended sessions that nobody reads",
  ignore: !UNIX,
  fn: inState(async (state) => {
    const { paths } = state;
    await state.add("live", { days: 1, live: true });
    Deno.mkdirSync(paths.fifos, { recursive: true });
    for (const id of ["unread", "read", "live", "young"]) {
      await new Deno.Command("mkfifo", { args: [paths.fifo(id)] }).output();
      if (id !== "young") state.age(paths.fifo(id), 1);
    }
    state.put(join(paths.fifos, "notes"), "x", 30);
    {
      using _reader = Deno.openSync(paths.fifo("read"), { read: true, write: true });
      assertEquals(namesOf(await state.gc(), "fifos"), [paths.fifo("unread")]);
    }
    // What this process has open is for a moment also open in every program that a test starts.
    const unread = await waitFor("the end of all readers", async () => {
      const names = namesOf(await state.gc(), "fifos");
      return names.length > 0 ? names : undefined;
    });
    assertEquals(unread, [paths.fifo("read")]);
  }),
});

Deno.test(
  "collectGarbage() removes old shims of other installations when no agent runs",
  inState(async (state) => {
    const shim = (name: string, days: number) => {
      const path = join(state.paths.shims, name);
      state.put(join(path, "zag"), "#!/bin/sh\n", days);
      state.age(path, days);
      return path;
    };
    const ownShim = shim("own", 30);
    const old = shim("old", 8);
    shim("young", 6);
    await state.add("live", { days: 1, live: true });
    assertEquals(counted(await state.gc({ ownShim })), {});
    state.store.endProcess("run-live", { status: "exited", exitCode: 0 });
    assertEquals(namesOf(await state.gc({ ownShim }), "shims"), [old]);
  }),
);

Deno.test(
  "collectGarbage() only speaks of worktrees that no session names",
  inState(async (state) => {
    const worktree = (name: string) => join(state.paths.worktrees, "repo-00000000", name);
    for (const name of ["used", "sub", "used-not", "orphan"]) {
      await Deno.mkdir(join(worktree(name), "src"), { recursive: true });
    }
    await state.add("a", { days: 1, more: { workspacePath: worktree("used") } });
    await state.add("b", { days: 1, more: { cwd: join(worktree("sub"), "src") } });
    const report = await state.gc();
    assertEquals(report.leftAlone.map(({ kind, path }) => [kind, path]), [
      ["worktrees", worktree("orphan")],
      ["worktrees", worktree("used-not")],
    ]);
    assert(Deno.statSync(worktree("orphan")).isDirectory);
  }),
);

Deno.test({
  name: "collectGarbage() reports what it cannot remove and goes on with the rest",
  ignore: !UNIX || Deno.uid() === 0,
  fn: inState(async (state) => {
    await state.add("a", { days: 9, more: { project: "locked-00000000" } });
    await state.add("b", { days: 8 });
    const directory = join(state.paths.projectDir("locked-00000000"), "logs", "sessions");
    await Deno.chmod(directory, 0o500);
    try {
      const report = await state.gc();
      assertEquals(report.counts.session_logs, 1);
      assertEquals(report.failures.length, 1);
      assertEquals(state.sessions, ["a"]);
    } finally {
      await Deno.chmod(directory, 0o700);
    }
  }),
});

Deno.test(
  "collectGarbage() leaves the record of a session whose log cannot be removed",
  inState(async (state) => {
    const path = await state.add("a", { days: 9 });
    await state.add("b", { days: 8 });
    // A directory with something in it stands where a file should be.
    state.put(join(overflowPath(path), "x"), "x", 9);
    const report = await state.gc();
    assertEquals(report.failures.map(({ name }) => name), [path]);
    assertEquals(report.counts.session_logs, 1);
    assertEquals(state.sessions, ["a"]);
    assert(Deno.statSync(path).isFile);
  }),
);

Deno.test(
  "collectGarbage() gives the space of the index back to the disk",
  inState(async (state) => {
    for (let index = 0; index < 200; index++) {
      state.store.addSession({
        sessionId: `s${index}`,
        provider: "mock",
        command: "exec",
        workspacePath: "/w",
        description: "x".repeat(20_000),
        createdAt: daysAgo(9).toISOString(),
        endedAt: daysAgo(9).toISOString(),
        outcome: "success",
        logPath: join(state.dir, "logs", "sessions", `s${index}.jsonl`),
      });
    }
    await state.add("live", { days: 1, live: true });
    const { counts, databaseBytes } = await state.gc();
    assertEquals([counts.session_records, databaseBytes], [200, 0]);
    state.store.endProcess("run-live", { status: "exited", exitCode: 0 });
    const before = Deno.statSync(state.paths.database).size;
    const freed = (await state.gc()).databaseBytes;
    assert(freed > 3_000_000, `${freed} bytes`);
    assert(Deno.statSync(state.paths.database).size < before - 3_000_000);
    assertEquals(state.sessions, ["live"]);
  }),
);
