import { join } from "node:path";
import type { LogKind } from "../../../src/events/log_event.ts";
import { LogAppender } from "../../../src/sessions/log.ts";
import { type LogRecord, readLogRecord } from "../../../src/sessions/recovery/log_record.ts";
import { deadSince, restoredFrom } from "../../../src/sessions/recovery/record_of_log.ts";
import { type LoggedWait, ownerMeta, waitMeta } from "../../../src/sessions/session_meta.ts";
import { assertEquals } from "../../support/assert.ts";
import { inTemp } from "../support.ts";

const START: LogKind = {
  type: "session_started",
  command: "exec",
  model: "m1",
  cwd: "/w",
  resumed: false,
  backfilled: false,
};
const AGAIN: LogKind = { ...START, command: "run", model: "m2", cwd: "/other", resumed: true };
const USED: LogKind = { type: "usage", input_tokens: 1, output_tokens: 2 };
const ENDED: LogKind = {
  type: "session_ended",
  success: false,
  error: "no",
  exit_code: 3,
  signal: "SIGTERM",
  outcome: "interrupted",
  end_reason: "interrupted",
};
const OWNER = { id: "run", pid: 12, start: "proc:x:1" };

function meta(values: Record<string, unknown>): LogKind {
  return { type: "session_meta", meta: values };
}

/** The record of a log with these lines, written a second apart. */
async function recordOf(...kinds: (LogKind | Record<string, unknown>)[]): Promise<LogRecord> {
  let record: LogRecord | undefined;
  await inTemp((dir) => {
    const path = join(dir, "log.jsonl");
    let second = 0;
    const now = () => new Date(Date.UTC(2026, 0, 1, 0, 0, second++));
    const options = { path, provider: "mock", sessionId: "s", nativeId: "n", now };
    using log = LogAppender.create(options);
    for (const kind of kinds) log.append([kind as LogKind]);
    record = readLogRecord(path);
  });
  return record!;
}

const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();

Deno.test("readLogRecord() takes what the session began as from its first run", async () => {
  const { fields, open, ours } = await recordOf(
    START,
    meta({ project: "p", workspace_path: "/w", name: "one", tags: ["a"], created_at: at(0) }),
    ENDED,
    AGAIN,
    meta({ name: "two", launch: { x: 1 } }),
    { ...ENDED, outcome: "success", error: null, exit_code: 0, signal: undefined },
  );
  const { logPath: _, ...known } = fields;
  assertEquals([open, ours], [false, true]);
  assertEquals(known, {
    command: "exec",
    cwd: "/w",
    model: "m2",
    resumed: true,
    startedAt: at(3),
    endedAt: at(5),
    outcome: "success",
    endReason: null,
    exitCode: 0,
    signal: null,
    error: null,
    project: "p",
    workspacePath: "/w",
    name: "two",
    tags: ["a"],
    launch: { x: 1 },
    createdAt: at(0),
    providerSessionId: "n",
    logCompleteness: "full",
  });
});

Deno.test("readLogRecord() knows why the last run ended, and passes over reasons of later versions", async () => {
  const reasonOf = async (...kinds: (LogKind | Record<string, unknown>)[]) =>
    (await recordOf(START, ...kinds)).fields.endReason;
  assertEquals(await reasonOf(ENDED), "interrupted");
  assertEquals(await reasonOf(ENDED, AGAIN), null);
  assertEquals(await reasonOf({ ...ENDED, end_reason: "budget" }), "budget");
  assertEquals(await reasonOf({ ...ENDED, end_reason: "boredom" }), null);
});

Deno.test("readLogRecord() counts the usage of every run, with the model of its time", async () => {
  const { usage } = await recordOf(START, meta({ project: "p" }), USED, AGAIN, USED, {
    ...USED,
    model: "exact",
    cache_read_tokens: 3,
    total_cost_usd: 0.5,
  });
  assertEquals(usage.map(({ seq, model, project }) => [seq, model, project]), [
    [3, "m1", "p"],
    [5, "m2", "p"],
    [6, "exact", "p"],
  ]);
  const { cacheReadTokens, cacheCreationTokens, costUsd, sessionId } = usage[2]!;
  assertEquals([cacheReadTokens, cacheCreationTokens, costUsd, sessionId], [3, null, 0.5, "s"]);
});

Deno.test("readLogRecord() forgets a session that was deleted, but not what it used", async () => {
  const gone: LogKind = { type: "session_deleted" };
  const first = [START, meta({ project: "p", name: "old" }), USED];
  const deleted = await recordOf(...first, gone, meta({ name: "late" }));
  assertEquals([deleted.deleted, deleted.open], [true, false]);
  const restored = restoredFrom(deleted);
  assertEquals([restored.session, restored.processes], [undefined, []]);
  assertEquals(restored.usage.map(({ project }) => project), ["p"]);
  const again = await recordOf(...first, gone, AGAIN, meta({ project: null }), USED);
  assertEquals([again.deleted, again.fields.name, again.fields.command], [false, undefined, "run"]);
  assertEquals(again.usage.map(({ project }) => project), ["p", null]);
});

Deno.test("readLogRecord() passes over values of other types", async () => {
  const { fields, usage, owner } = await recordOf(
    { ...START, command: 7, cwd: {}, model: 1 },
    meta({
      name: 3,
      tags: ["a", 1],
      exit_constraints: "x",
      created_at: "never",
      process: { id: 1 },
    }),
    { type: "session_meta", meta: null },
    { type: "usage", input_tokens: 1.5, output_tokens: 2 },
    { type: "usage", input_tokens: "1", output_tokens: 2 },
    { type: "usage", input_tokens: 1, output_tokens: 2, total_cost_usd: "free", model: {} },
    { type: "session_ended", success: "yes", error: {}, exit_code: "0", signal: 9, outcome: 4 },
  );
  assertEquals([usage.length, usage[0]?.costUsd, usage[0]?.model], [1, null, null]);
  assertEquals([owner, fields.outcome, fields.exitCode, fields.signal, fields.error], [
    undefined,
    "unknown",
    null,
    null,
    null,
  ]);
  for (const field of ["name", "tags", "exit", "createdAt", "command", "cwd"] as const) {
    assertEquals(fields[field], undefined, field);
  }
});

Deno.test("readLogRecord() reads how the original ends sessions", async () => {
  const ended = (success: boolean) => ({ type: "session_ended", success, error: "e" });
  const outcome = async (...kinds: Record<string, unknown>[]) => {
    const { fields, open } = await recordOf(START, ...kinds);
    return [fields.outcome, fields.error, open];
  };
  const result = { type: "session_result", result: "42" };
  assertEquals(await outcome(ended(true)), ["success", null, false]);
  assertEquals(await outcome(ended(false)), ["failure", "e", false]);
  assertEquals(await outcome(result, ended(false)), ["success", null, false]);
  assertEquals(await outcome(result), ["success", null, false]);
  assertEquals(await outcome(ended(true), AGAIN), [null, null, true]);
});

Deno.test("restoredFrom() leaves it to others whether the run of an open log lives", async () => {
  const record = await recordOf(START, meta({ workspace_path: "/w", ...ownerMeta(OWNER) }));
  const { session, processes } = restoredFrom(record);
  assertEquals([session?.outcome, session?.startedAt], [null, at(0)]);
  assertEquals(
    processes.map(({ id, ownerPid, ownerStart, startedAt, status }) => {
      return [id, ownerPid, ownerStart, startedAt, status];
    }),
    [["run", 12, "proc:x:1", at(0), undefined]],
  );
});

Deno.test("restoredFrom() keeps the run of a result that has no end, for those who look for strays", async () => {
  const owned = meta({ workspace_path: "/w", ...ownerMeta(OWNER) });
  const result = { type: "session_result", result: "42" };
  const open = restoredFrom(await recordOf(START, owned, result));
  assertEquals([open.session?.outcome, open.processes.map(({ id }) => id)], ["success", ["run"]]);
  const closed = restoredFrom(await recordOf(START, owned, result, ENDED));
  assertEquals(closed.processes, []);
  const nobody = restoredFrom(await recordOf(START, meta({ workspace_path: "/w" }), result));
  assertEquals([nobody.session?.outcome, nobody.processes], ["success", []]);
});

Deno.test("restoredFrom() calls an open log dead that names no process", async () => {
  const record = await recordOf(START, meta({ ...ownerMeta(OWNER) }), ENDED, AGAIN, USED);
  const { session, processes } = restoredFrom(record);
  assertEquals(processes, []);
  assertEquals([session?.outcome, session?.endedAt], ["dead", at(4)]);
  assertEquals(deadSince(record).endedAt, at(4));
});

const WAIT: LoggedWait = {
  incidentId: "i",
  scope: "weekly",
  wakeAt: "2026-03-01T10:00:00.000Z",
  resetAt: null,
  message: "Continue",
  attempt: 2,
  spentMs: 1500,
};

Deno.test("readLogRecord() knows what a session waits for, until it goes on or ends", async () => {
  const waits = [START, meta(ownerMeta(OWNER)), meta(waitMeta(WAIT))];
  assertEquals((await recordOf(...waits)).waits, WAIT);
  // Whoever went on was killed before the agent ran.
  const again = { ...OWNER, pid: 13 };
  const record = await recordOf(...waits, meta(ownerMeta(again)), AGAIN, meta(ownerMeta(again)));
  assertEquals(record.waits, WAIT);
  const { resume, processes } = restoredFrom(record);
  assertEquals(resume, { ...WAIT, sessionId: "s", ownerPid: 13, ownerStart: OWNER.start });
  assertEquals(processes.length, 1);
  const overs: (LogKind | Record<string, unknown>)[] = [
    { type: "usage_limit_resumed", incident_id: "i", resume_message: "Continue", attempt: 2 },
    { type: "usage_limit_resume_failed", incident_id: "i", error: "no", attempt: 2 },
    { type: "usage_limit_cancelled", incident_id: "i" },
    { type: "session_result", result: "done" },
    { type: "session_deleted" },
    ENDED,
  ];
  for (const over of overs) {
    const { waits: none } = await recordOf(...waits, over);
    assertEquals(none, undefined, String(over.type));
  }
});

Deno.test("readLogRecord() passes over a wait that nobody could go on with", async () => {
  const bad = [{}, { incident_id: 1 }, {
    incident_id: "i",
    wake_at: "later",
    message: "x",
    attempt: 1,
  }];
  for (const waits of bad) assertEquals((await recordOf(START, meta({ waits }))).waits, undefined);
  const odd = { ...(waitMeta(WAIT).waits as Record<string, unknown>), scope: "lunar" };
  assertEquals((await recordOf(START, meta({ waits: odd }))).waits?.scope, "unknown");
});
