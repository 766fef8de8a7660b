import { zagPaths } from "../../src/config/paths.ts";
import { closeRun } from "../../src/agent/close_run.ts";
import { closeDeadRun } from "../../src/agent/dead_run.ts";
import { lockRun } from "../../src/agent/run_lock.ts";
import { endStrays } from "../../src/agent/strays.ts";
import type { LogKind } from "../../src/events/log_event.ts";
import { LogAppender } from "../../src/sessions/log.ts";
import { readLogRecord } from "../../src/sessions/recovery/log_record.ts";
import { SessionStore } from "../../src/sessions/store.ts";
import { sessionFacts } from "../../src/sessions/summary.ts";
import { UnfinishedText } from "../../src/sessions/unfinished.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { inTemp, message, wholeLines } from "../sessions/support.ts";

/** No process of this boot has this start time, so a process that claims it is gone. */
const GONE = { ownerPid: 2 ** 22 + 1, ownerStart: "proc:00000000:1" };
const BEFORE = "2026-01-01T00:00:00.000Z";
const START = "2026-01-01T00:00:01.000Z";
const AFTER = "2026-01-01T00:00:02.000Z";
const LATER = "2026-01-01T00:00:03.000Z";
const BASE = { provider: "mock", command: "exec" } as const;

const STARTED: LogKind = {
  type: "session_started",
  command: "exec",
  model: null,
  cwd: null,
  resumed: false,
  backfilled: false,
};

function ended(outcome: "success" | "failure" | "timeout"): LogKind {
  const success = outcome === "success";
  return { type: "session_ended", success, error: success ? null : outcome, exit_code: 3, outcome };
}

interface World {
  store: SessionStore;
  path: string;
  paths: ReturnType<typeof zagPaths>;
  /** Appends to the log, at a time. */
  log(at: string, ...kinds: LogKind[]): void;
  /** Looks for strays. */
  look(): Promise<void>;
}

/** Runs a test with a session that counts as running since START, but whose zag is gone. */
async function inWorld(test: (world: World) => Promise<void>): Promise<void> {
  await inTemp(async (dir) => {
    const paths = zagPaths({ get: (name) => name === "ZAG_HOME" ? dir : undefined });
    const path = `${dir}/s.jsonl`;
    using store = SessionStore.open(paths.database);
    const session = { ...BASE, sessionId: "s", workspacePath: "/", createdAt: BEFORE };
    store.addSession({ ...session, logPath: path, logCompleteness: "full" });
    store.addProcess({ ...BASE, ...GONE, id: "run", sessionId: "s", startedAt: START });
    await test({
      store,
      path,
      paths,
      log: (at, ...kinds) => {
        const now = () => new Date(at);
        using log = LogAppender.reopen({ path, provider: "mock", sessionId: "s", now });
        log.append(kinds);
      },
      look: () => endStrays(store, paths, () => {}),
    });
  });
}

for (
  const [outcome, status] of [["success", "exited"], ["failure", "exited"], [
    "timeout",
    "killed",
  ]] as const
) {
  Deno.test(`closeDeadRun() believes the log that a run ended in ${outcome}`, () =>
    inWorld(async ({ store, path, log, look, paths }) => {
      log(START, STARTED);
      log(AFTER, message("answer"), ended(outcome));
      log(AFTER, { type: "user_event", level: "info", message: "beside" });
      const before = await Deno.readTextFile(path);
      await look();
      assertEquals(await Deno.readTextFile(path), before);
      const session = store.getSession("s");
      assertEquals([session?.outcome, session?.exitCode, session?.endedAt], [outcome, 3, AFTER]);
      assertEquals(session?.error, outcome === "success" ? null : outcome);
      const run = store.getProcess("run");
      assertEquals([run?.status, run?.exitCode], [status, 3]);
      const marker = JSON.parse(await Deno.readTextFile(paths.ended("s")));
      assertEquals(marker.success, outcome === "success");
    }));
}

Deno.test("closeDeadRun() does not take the end of an earlier run for this one's", () =>
  inWorld(async ({ store, path, log, look }) => {
    log(BEFORE, STARTED, message("answer"), ended("success"));
    await look();
    assertEquals(store.getSession("s")?.outcome, "dead");
    const lines = wholeLines(path).slice(2);
    assertEquals(lines.map(({ type }) => type), [
      "session_ended",
      "session_started",
      "session_meta",
      "session_ended",
    ]);
    // The row says the same, so that the index can be made again.
    assertEquals(lines[1]?.ts, START);
  }));

Deno.test("closeDeadRun() makes the log of a session that was killed before it had one", () =>
  inWorld(async ({ store, path, look }) => {
    store.updateSession("s", { name: "a name", tags: ["t"] });
    await look();
    const [started, meta, end, ...others] = wholeLines(path);
    assertEquals([started?.type, started?.ts, end?.type, others], [
      "session_started",
      START,
      "session_ended",
      [],
    ]);
    assert(meta?.type === "session_meta");
    assertEquals([meta.meta.name, meta.meta.tags, meta.meta.created_at], ["a name", ["t"], BEFORE]);
  }));

Deno.test("closeDeadRun() tells the log that a run began which the index alone knew of", () =>
  inWorld(async ({ store, path, log, look }) => {
    const meta = { provider: "mock", workspace_path: "/", created_at: BEFORE, launch: { a: 1 } };
    log(START, { type: "session_meta", meta }, {
      type: "user_message",
      role: "user",
      content: "hi",
      message_id: null,
    });
    const launch = { a: 2, composed_prompt: "short" };
    store.updateSession("s", { startedAt: AFTER, model: "m", launch });
    await look();
    const types = wholeLines(path).map(({ type, ts }) => `${type} ${ts}`);
    assertEquals(types, [
      `session_meta ${START}`,
      `user_message ${START}`,
      `session_started ${AFTER}`,
      `session_meta ${AFTER}`,
      `session_ended ${AFTER}`,
    ]);
    const { startedAt, launch: logged, outcome, endedAt } = readLogRecord(path)!.fields;
    const row = store.getSession("s")!;
    assertEquals([startedAt, logged, outcome, endedAt], [AFTER, launch, "dead", AFTER]);
    assertEquals([row.startedAt, row.launch, row.outcome, row.endedAt], [
      startedAt,
      logged,
      outcome,
      endedAt,
    ]);
  }));

Deno.test("closeDeadRun() goes back to what the log has of a launch that the index has not whole", () =>
  inWorld(async ({ store, path, log, look }) => {
    const launch = { root: "/then" };
    log(START, { type: "session_meta", meta: { launch } });
    const long = { root: "/now", composed_prompt: "x".repeat(10_000), injected: 1 };
    store.updateSession("s", { startedAt: AFTER, launch: long });
    await look();
    assertEquals(store.getSession("s")?.launch, launch);
    assertEquals(readLogRecord(path)?.fields.launch, launch);
  }));

Deno.test("closeDeadRun() says what a zag said that ended before it began", () =>
  inWorld(async ({ store, paths, look }) => {
    await Deno.mkdir(paths.launchFiles("run"), { recursive: true });
    await Deno.writeTextFile(`${paths.launchFiles("run")}/request.json`, "{}");
    await Deno.mkdir(paths.spawnLog("s").replace(/\/[^/]*$/, ""), { recursive: true });
    await Deno.writeTextFile(paths.spawnLog("s"), "\x1b[31merror\x1b[0m: no\n  such module\n");
    await look();
    const { outcome, error } = store.getSession("s")!;
    assertEquals([outcome, error], [
      "dead",
      "its zag ended before it began: error: no such module",
    ]);
  }));

Deno.test("closeRun() repeats no end that the log has already, and tells the index that one", () =>
  inWorld(async ({ store, path, paths, log }) => {
    log(START, STARTED, ended("timeout"));
    const before = await Deno.readTextFile(path);
    const end = { outcome: "failure", error: "another" } as const;
    assertEquals(await closeRun(store, paths, "run", end), true);
    assertEquals(await Deno.readTextFile(path), before);
    const { outcome, error, exitCode, endedAt } = store.getSession("s")!;
    assertEquals([outcome, error, exitCode, endedAt], ["timeout", "timeout", 3, START]);
    assertEquals([store.getProcess("run")?.status, await closeRun(store, paths, "run", end)], [
      "killed",
      false,
    ]);
  }));

Deno.test("closeDeadRun() says dead when the run had begun and not ended", () =>
  inWorld(async ({ store, path, log, look }) => {
    log(BEFORE, STARTED, ended("success"));
    log(START, STARTED, message("words"));
    await look();
    assertEquals(store.getSession("s")?.outcome, "dead");
    const last = wholeLines(path).at(-1);
    assertEquals([last?.type, last?.seq], ["session_ended", 5]);
  }));

for (
  const [what, heartbeat, expected] of [
    ["its last line", null, AFTER],
    ["its last heartbeat", LATER, LATER],
    ["its last line, not a heartbeat of an earlier run", BEFORE, AFTER],
  ] as const
) {
  Deno.test(`closeDeadRun() ends a run at its last sign of life: ${what}`, () =>
    inWorld(async ({ store, path, paths, log, look }) => {
      log(START, STARTED);
      log(AFTER, message("words"));
      new UnfinishedText(path).add("shown", 2);
      store.updateSession("s", { startedAt: START, heartbeatAt: heartbeat });
      await look();
      const session = store.getSession("s");
      assertEquals([session?.endedAt, session?.heartbeatAt], [expected, heartbeat]);
      assertEquals(store.getProcess("run")?.exitedAt, expected);
      const lines = wholeLines(path);
      assertEquals(lines.map(({ ts }) => ts), [START, AFTER, expected, expected]);
      assertEquals(readLogRecord(path)?.fields.endedAt, expected);
      assertEquals(JSON.parse(await Deno.readTextFile(paths.ended("s"))).ended_at, expected);
      const facts = await sessionFacts(path);
      assertEquals(facts.ranMs, Date.parse(expected) - Date.parse(START));
    }));
}

const RESULT: LogKind = { type: "session_result", result: "42" };

Deno.test("closeDeadRun() calls a run a success that had handed in its result", () =>
  inWorld(async ({ store, path, paths, log, look }) => {
    log(START, STARTED, message("words"));
    log(AFTER, RESULT);
    await look();
    const session = store.getSession("s");
    assertEquals([session?.outcome, session?.error, session?.endedAt], ["success", null, AFTER]);
    assertEquals(store.getProcess("run")?.status, "exited");
    const last = wholeLines(path).at(-1);
    assert(last?.type === "session_ended");
    assertEquals([last.success, last.error, last.outcome], [true, null, "success"]);
    assertEquals(JSON.parse(await Deno.readTextFile(paths.ended("s"))).success, true);
  }));

Deno.test("closeDeadRun() does not take the result of an earlier run for this one's", () =>
  inWorld(async ({ store, path, log, look }) => {
    log(BEFORE, STARTED, RESULT, ended("success"));
    log(START, STARTED);
    await look();
    assertEquals(store.getSession("s")?.outcome, "dead");
    assertEquals(wholeLines(path).length, 5);
  }));

Deno.test("closeDeadRun() closes the log of a result from which the record was made again", () =>
  inWorld(async ({ store, path, log, look }) => {
    log(START, STARTED, RESULT);
    store.updateSession("s", { outcome: "success", endedAt: START });
    await look();
    assertEquals(wholeLines(path).at(-1)?.type, "session_ended");
    assertEquals([store.getSession("s")?.outcome, store.getProcess("run")?.status], [
      "success",
      "exited",
    ]);
  }));

Deno.test("closeDeadRun() logs what had been shown of a message, before the end", () =>
  inWorld(async ({ path, log, look }) => {
    log(START, STARTED);
    new UnfinishedText(path).add("shown", 1);
    await look();
    const lines = wholeLines(path);
    assertEquals(lines.map(({ type }) => type), [
      "session_started",
      "assistant_message",
      "session_ended",
    ]);
    assertEquals(
      [...Deno.readDirSync(path.replace("/s.jsonl", ""))].map(({ name }) => name)
        .filter((name) => name.endsWith(".unfinished")),
      [],
    );
  }));

Deno.test("closeDeadRun() ends what a zag that was killed in it has begun", () =>
  inWorld(async ({ store, path, paths, log, look }) => {
    log(START, STARTED);
    await closeDeadRun(store, paths, store.getProcess("run")!);
    const closed = [store.getSession("s"), await Deno.readTextFile(path)];
    // As if it had come no further than the log.
    store.updateSession("s", { outcome: null, error: null, endedAt: null });
    store.addProcess({ ...BASE, ...GONE, id: "same", sessionId: "s", startedAt: START });
    await look();
    assertEquals([store.getSession("s"), await Deno.readTextFile(path)], closed);
    assertEquals(store.runningProcesses(), []);
  }));

Deno.test("lockRun() makes the second one wait until the first is done", () =>
  inWorld(async ({ paths }) => {
    const order: string[] = [];
    const first = await lockRun(paths.launchFiles("run"));
    const second = lockRun(paths.launchFiles("run")).then((lock) => {
      order.push("second");
      return lock;
    });
    order.push("first");
    first[Symbol.dispose]();
    (await second)[Symbol.dispose]();
    assertEquals(order, ["first", "second"]);
    assertEquals([...Deno.readDirSync(`${paths.home}/temp`)], []);
  }));

Deno.test("lockRun() goes on without a lock where none can be made", () =>
  inWorld(async ({ paths }) => {
    await Deno.writeTextFile(`${paths.home}/temp`, "in the way");
    using _first = await lockRun(paths.launchFiles("run"));
    using _second = await lockRun(paths.launchFiles("run"));
  }));

Deno.test("closeDeadRun() counts what the log says was used, once", () =>
  inWorld(async ({ store, log, look }) => {
    const used = { type: "usage", input_tokens: 3, output_tokens: 5, total_cost_usd: 0.5 } as const;
    const meta: LogKind = { type: "session_meta", meta: {} };
    log(START, STARTED, meta, used, used);
    const record = { sessionId: "s", at: START, provider: "mock", model: null, project: null };
    const tokens = { inputTokens: 3, outputTokens: 5, costUsd: 0.5 };
    const cache = { cacheReadTokens: null, cacheCreationTokens: null };
    store.addUsage({ ...record, ...tokens, ...cache, seq: 3 });
    await look();
    assertEquals(store.usageOf("s").map(({ seq }) => seq), [3, 4]);
    const session = store.getSession("s");
    assertEquals([session?.outputTokens, session?.costUsd], [10, 1]);
  }));

Deno.test("lockRun() lets in one at a time, however many wait", () =>
  inWorld(async ({ paths }) => {
    let inside = 0;
    let most = 0;
    await Promise.all(Array.from({ length: 8 }, async () => {
      using _lock = await lockRun(paths.launchFiles("run"));
      most = Math.max(most, ++inside);
      await new Promise((resolve) => setTimeout(resolve, 5));
      inside--;
    }));
    assertEquals(most, 1);
  }));
