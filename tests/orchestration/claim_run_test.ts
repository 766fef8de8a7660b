import { lockRun } from "../../src/agent/run_lock.ts";
import { endStray } from "../../src/agent/strays.ts";
import { claimRun } from "../../src/orchestration/claim_run.ts";
import { selfIdentity } from "../../src/processes/process_table.ts";
import { readLogRecord } from "../../src/sessions/recovery/log_record.ts";
import { SessionEndedError, SessionNotFoundError } from "../../src/sessions/store_errors.ts";
import { assertEquals, assertRejects } from "../support/assert.ts";
import { inRunWorld } from "./run_world.ts";

const GONE = { ownerPid: 2 ** 22 + 1, ownerStart: "proc:00000000:1" };

Deno.test(
  "claimRun() makes a run belong to this process, in the index and in the log",
  inRunWorld(async (world) => {
    world.begin("run");
    const session = await claimRun(world.store, world.paths, "s", "run");
    assertEquals(session.sessionId, "s");
    const { pid, startTime } = selfIdentity();
    const { ownerPid, ownerStart } = world.store.getProcess("run")!;
    assertEquals([ownerPid, ownerStart], [pid, startTime]);
    assertEquals(readLogRecord(world.logPath)?.owner, { id: "run", pid, start: startTime });
    const lines = world.logged.length;
    await claimRun(world.store, world.paths, "s", "run");
    assertEquals(world.logged.length, lines);
  }),
);

Deno.test(
  "claimRun() waits until whoever has the run is done with it, and finds what that one has made of it",
  inRunWorld(async (world) => {
    const lock = await lockRun(world.paths.launchFiles("run"));
    const claimed = claimRun(world.store, world.paths, "s", "run");
    // It is recorded only while the other one waits.
    world.begin("run");
    lock[Symbol.dispose]();
    assertEquals((await claimed).sessionId, "s");

    const again = await lockRun(world.paths.launchFiles("run"));
    const late = assertRejects(
      () => claimRun(world.store, world.paths, "s", "run"),
      SessionEndedError,
    );
    world.end("run");
    again[Symbol.dispose]();
    await late;
  }),
);

Deno.test(
  "claimRun() takes no run that nobody knows, and none of a session that was removed",
  inRunWorld(async (world) => {
    const claim = () => claimRun(world.store, world.paths, "s", "run");
    await assertRejects(claim, SessionEndedError);
    world.begin("run", { sessionId: null });
    world.store.deleteSession("s");
    await assertRejects(claim, SessionNotFoundError);
  }),
);

Deno.test(
  "endStray() leaves a run alone that was handed on since it was looked up",
  inRunWorld(async (world) => {
    const stale = world.begin("run", GONE);
    await claimRun(world.store, world.paths, "s", "run");
    await endStray(stale, world.store, world.paths, () => {});
    assertEquals(world.store.getProcess("run")?.status, "running");
    assertEquals(world.store.getSession("s")?.outcome, null);
  }),
);
