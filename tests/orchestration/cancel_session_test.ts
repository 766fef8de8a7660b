import { type CancelResult, cancelSession } from "../../src/orchestration/cancel_session.ts";
import { sessionsBelow } from "../../src/orchestration/session_tree.ts";
import { stateOf } from "../../src/processes/process_table.ts";
import { cancelledError, readEndRequest } from "../../src/sessions/end_request.ts";
import { readLogRecord } from "../../src/sessions/recovery/log_record.ts";
import { wholeLines } from "../sessions/support.ts";
import { assertEquals, assertMatch } from "../support/assert.ts";
import { waitFor } from "../support/living.ts";
import { identityOf, inRunWorld, type RunWorld } from "./run_world.ts";

/** Somebody cancels the session of the world. */
async function cancel(world: RunWorld, reason = "why", self?: string): Promise<CancelResult> {
  const session = world.store.getSession("s")!;
  return await (await cancelSession(world.store, world.paths, session, { reason, self })).finish();
}

/** Ends a run as its zag does that was asked to. */
function endAsCancelled(world: RunWorld, id: string, reason: string): void {
  const at = world.tick();
  const error = cancelledError(reason);
  world.store.atOnce(() => {
    world.store.updateSession("s", { endedAt: at, outcome: "killed", error });
    world.store.endProcess(id, { status: "killed", exitCode: null, at });
  });
  world.leave(id);
}

Deno.test(
  "cancelSession() asks the owner with the reason, and waits for its books",
  inRunWorld(async (world) => {
    world.begin("run");
    const cancelled = cancel(world, "too slow");
    assertEquals(await world.asked("run"), {
      action: "kill",
      submitted: false,
      reason: "too slow",
    });
    endAsCancelled(world, "run", "too slow");
    assertEquals(await cancelled, { sessionId: "s", cancelled: true });
  }),
);

Deno.test(
  "cancelSession() does not claim what somebody else has cancelled meanwhile",
  inRunWorld(async (world) => {
    world.begin("run");
    const cancelled = cancel(world, "mine");
    await world.asked("run");
    endAsCancelled(world, "run", "theirs");
    const { error, ...rest } = await cancelled;
    assertEquals(rest, { sessionId: "s", cancelled: false });
    assertMatch(error!, /^it was cancelled before \(2026-/);
  }),
);

Deno.test(
  "cancelSession() says that a session has completed that did so meanwhile",
  inRunWorld(async (world) => {
    world.begin("run");
    const cancelled = cancel(world);
    await world.asked("run");
    world.end("run");
    const { error, ...rest } = await cancelled;
    assertEquals(rest, { sessionId: "s", cancelled: false });
    assertMatch(error!, /^it has completed \(2026-/);
  }),
);

Deno.test(
  "cancelSession() follows an owner that goes on with the session",
  inRunWorld(async (world) => {
    const agent = world.program();
    const { pid, startTime } = identityOf(agent);
    world.begin("run", { agentPid: pid, agentStart: startTime, agentDetached: false });
    agent.kill("SIGKILL");
    await agent.status;
    world.leave("run");
    const cancelled = cancel(world);
    world.goOn("run", "next");
    assertEquals((await world.asked("next")).reason, "why");
    endAsCancelled(world, "next", "why");
    assertEquals((await cancelled).cancelled, true);
  }),
);

Deno.test(
  "cancelSession() from inside names this program, and waits for nothing",
  inRunWorld(async (world) => {
    world.begin("run");
    assertEquals(await cancel(world, "why", "run"), { sessionId: "s", cancelled: true });
    const { by, reason } = world.request("run")!;
    assertEquals([by?.pid, reason], [Deno.pid, "why"]);
  }),
);

for (const times of [1, 2]) {
  Deno.test(
    `cancelSession() closes a session that has not begun, ${times} at once`,
    inRunWorld(async (world) => {
      const results = await Promise.all(Array.from({ length: times }, () => cancel(world)));
      assertEquals(results.filter(({ cancelled }) => cancelled).length, 1);
      assertEquals(results.filter(({ failed }) => failed), []);
      const { outcome, error, logPath } = world.store.getSession("s")!;
      assertEquals([outcome, error], ["killed", "cancelled: why"]);
      const ends = wholeLines(logPath!).filter(({ type }) => type === "session_ended");
      assertEquals(ends.length, 1);
      assertEquals(readLogRecord(logPath!)?.fields.error, "cancelled: why");
    }),
  );
}

Deno.test(
  "cancelSession() leaves alone what zag does not run",
  inRunWorld(async (world) => {
    const { error, ...rest } = await cancel(world);
    assertEquals([rest, error], [{ sessionId: "s", cancelled: false }, "zag does not run it"]);
    assertEquals(world.request("run"), undefined);
  }, { command: "import", outcome: "unknown" }),
);

Deno.test(
  "readEndRequest() refuses a reason that is no text",
  inRunWorld((world) => {
    const dir = world.paths.launchFiles("run");
    Deno.mkdirSync(dir, { recursive: true });
    const write = (reason: unknown) =>
      Deno.writeTextFileSync(
        `${dir}/end.json`,
        JSON.stringify({ action: "kill", submitted: false, reason }),
      );
    write("r");
    assertEquals(readEndRequest(dir)?.reason, "r");
    write(5);
    assertEquals(readEndRequest(dir), undefined);
    return Promise.resolve();
  }),
);

Deno.test(
  "sessionsBelow() finds levels by the ids of sessions and runs, each session once",
  inRunWorld((world) => {
    const { store } = world;
    const add = (
      sessionId: string,
      parents: { parentSessionId?: string; parentProcessId?: string },
    ) => {
      const base = { provider: "mock", command: "exec" } as const;
      const at = world.tick();
      store.addSession({ ...base, sessionId, workspacePath: "/", createdAt: at, ...parents });
      const run = { ...base, id: `run-${sessionId}`, sessionId, ownerPid: 1, startedAt: at };
      store.addProcess({ ...run, ...parents });
    };
    world.begin("run");
    add("a", { parentSessionId: "s" });
    add("b", { parentProcessId: "run" });
    add("c", { parentSessionId: "a", parentProcessId: "run-a" });
    add("other", {});
    const at = world.tick();
    // It goes on in a run that another session has started, and one leads back to the first.
    store.endProcess("run-other", { status: "exited", exitCode: 0, at });
    store.addProcess({
      id: "again",
      sessionId: "other",
      provider: "mock",
      command: "exec",
      ownerPid: 1,
      startedAt: at,
      parentSessionId: "c",
    });
    store.endProcess("run", { status: "exited", exitCode: 0, at });
    store.addProcess({
      id: "back",
      sessionId: "s",
      provider: "mock",
      command: "exec",
      ownerPid: 1,
      startedAt: at,
      parentSessionId: "c",
    });
    const levels = sessionsBelow(store, [store.getSession("s")!])
      .map((level) => level.map(({ sessionId }) => sessionId).sort());
    assertEquals(levels, [["a", "b"], ["c"], ["other"]]);
    return Promise.resolve();
  }),
);

Deno.test(
  "cancelSession() claims nothing while the owner, which it may not let go on, is suspended",
  inRunWorld(async (world) => {
    const agent = world.program();
    const { pid, startTime } = identityOf(agent);
    world.begin("run", { command: "run", agentPid: pid, agentStart: startTime });
    world.owner.kill("SIGSTOP");
    await waitFor("the stop", () => stateOf(world.owner.pid)?.startsWith("T") || undefined);
    const { cancelled, failed, error, hint } = await cancel(world);
    assertEquals([cancelled, failed, (await agent.status).signal], [false, true, "SIGTERM"]);
    assertMatch(error!, /its agent was ended, but .* is suspended$/);
    assertMatch(hint!, new RegExp(`kill -CONT ${world.owner.pid}$`));
  }),
);
