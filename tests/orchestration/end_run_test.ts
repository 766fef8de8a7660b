import { lockRun } from "../../src/agent/run_lock.ts";
import { EndRunError } from "../../src/orchestration/end_errors.ts";
import { killRun } from "../../src/orchestration/end_run.ts";
import { isAlive, stateOf } from "../../src/processes/process_table.ts";
import type { ExitConstraints, ProcessRecord } from "../../src/sessions/records.ts";
import type { SessionStore } from "../../src/sessions/store.ts";
import { assert, assertEquals, assertRejects, assertStringIncludes } from "../support/assert.ts";
import { waitFor } from "../support/living.ts";
import { identityOf, inRunWorld, type RunWorld } from "./run_world.ts";

/** Somebody outside of the session ends a run. */
function fromOutside(world: RunWorld, run: ProcessRecord, result?: string, store = world.store) {
  return killRun(store, world.paths, run, { reference: run.id, self: undefined, result });
}

/** The agent of the run ends it. */
function bySelf(world: RunWorld, run: ProcessRecord, result?: string) {
  return killRun(world.store, world.paths, run, { reference: run.id, self: run.id, result });
}

/** The store, and when it was asked for a session so often: once the run itself was looked at. */
function watched(store: SessionStore, often = 1): { store: SessionStore; looked: Promise<void> } {
  let count = 0;
  const { promise, resolve } = Promise.withResolvers<void>();
  const proxy = new Proxy(store, {
    get(target, name) {
      if (name === "getSession" && ++count === often) resolve();
      const value = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  return { store: proxy, looked: promise };
}

for (
  const [what, meanwhile] of [
    ["has ended", (world) => world.end("run")],
    ["has ended, and whose session another run goes on with", (world) => {
      world.end("run");
      world.begin("later");
    }],
    ["has ended by its log, where the index could not be written", (world) => {
      world.log(world.tick(), { type: "session_ended", success: true, error: null });
    }],
  ] as [string, (world: RunWorld) => void][]
) {
  Deno.test(
    `killRun() hands in nothing to a run that ${what} meanwhile`,
    inRunWorld(async (world) => {
      const run = world.begin("run");
      const { store, looked } = watched(world.store);
      const held = await lockRun(world.paths.launchFiles("run"));
      const kill = fromOutside(world, run, "LATE", store);
      await looked;
      meanwhile(world);
      held[Symbol.dispose]();
      const error = await assertRejects(() => kill, EndRunError);
      assertEquals(error.problem === "ended" || error.problem === "dead", true, error.problem);
      assertEquals(world.results, []);
      assertEquals(world.request("later"), undefined);
    }),
  );
}

Deno.test(
  "killRun() asks again for a run whose result is recorded, and adds nothing",
  inRunWorld(async (world) => {
    const run = world.begin("run");
    world.log(world.tick(), { type: "session_result", result: "R" });
    const file = `${world.paths.launchFiles("run")}/end.json`;
    for (const result of ["R", undefined]) {
      await (await bySelf(world, run, result)).finish();
      const request = world.request("run");
      assertEquals([request?.action, request?.submitted], ["kill", true], result);
      Deno.removeSync(file);
    }
    const finished = (await fromOutside(world, run)).finish();
    assertEquals(await world.asked("run"), { action: "kill", submitted: true });
    assertEquals(world.results, ["R"]);
    world.end("run");
    await finished;
  }),
);

Deno.test(
  "killRun() says which result there is when another one is handed in",
  inRunWorld(async (world) => {
    const run = world.begin("run");
    world.log(world.tick(), { type: "session_result", result: "the \u202efirst" });
    const error = await assertRejects(() => bySelf(world, run, "other"), EndRunError);
    assertEquals(error.problem, "second_result");
    assertStringIncludes(error.message, 'has its result: "the \\u202efirst"');
    assertEquals([world.results.length, world.request("run")], [1, undefined]);
  }),
);

const NUMBER: ExitConstraints = { hint: null, jsonMode: true, schema: { type: "number" } };

Deno.test(
  "killRun() lets an agent that has to hand in end without a text once its result is recorded",
  inRunWorld(async (world) => {
    const run = world.begin("run", { command: "run" });
    await assertRejects(() => bySelf(world, run), Error, "Cannot accept the result");
    world.log(world.tick(), { type: "session_result", result: "7" });
    const ending = await bySelf(world, run);
    assertEquals(ending.submitted, "7");
    assertEquals([world.request("run")?.submitted, world.results], [true, ["7"]]);
  }, { exit: NUMBER, command: "run" }),
);

Deno.test(
  "killRun() asks nothing of the result of an exec whose session was begun by run --exit",
  inRunWorld(async (world) => {
    const run = world.begin("run");
    assertEquals((await bySelf(world, run)).submitted, undefined);
    assertEquals((await bySelf(world, run, "words")).submitted, "words");
    assertEquals(world.results, ["words"]);
  }, { exit: NUMBER, command: "run" }),
);

Deno.test(
  "killRun() tells the owner of a result before anybody finishes, as its agent may be killed by then",
  inRunWorld(async (world) => {
    const run = world.begin("run");
    await bySelf(world, run, "R");
    const { action, submitted, by } = world.request("run")!;
    assertEquals([action, submitted, by?.pid], ["kill", true, Deno.pid]);
  }),
);

for (const result of [undefined, "R"]) {
  Deno.test(
    `killRun() follows an owner that goes on with the session, ${
      result === undefined ? "without" : "with"
    } a result`,
    inRunWorld(async (world) => {
      const agent = world.program();
      const { pid, startTime } = identityOf(agent);
      const run = world.begin("run", {
        agentPid: pid,
        agentStart: startTime,
        agentDetached: false,
      });
      agent.kill("SIGKILL");
      await agent.status;
      world.leave("run");
      const ending = await fromOutside(world, run, result);
      let over = false;
      const finished = ending.finish().then(() => over = true);
      world.goOn("run", "next");
      const request = await world.asked("next");
      assertEquals([request.action, request.submitted], ["kill", result !== undefined]);
      assertEquals(over, false);
      if (result !== undefined) {
        // It has to be the result of the run that ends.
        const { logged } = world;
        assert(logged.lastIndexOf("session_result") > logged.lastIndexOf("session_started"));
      }
      world.end("next");
      await finished;
      assertEquals(isAlive(identityOf(world.owner)), true);
    }),
  );
}

Deno.test(
  "killRun() records a result behind the first line of the run, which its owner may be about to write",
  inRunWorld(async (world) => {
    const run = world.claim("run");
    // Twice until it may record, once in vain for the first line, and once more.
    const { store, looked } = watched(world.store, 4);
    const kill = fromOutside(world, run, "R", store);
    await Promise.race([looked, kill]);
    world.open(run);
    await kill;
    assertEquals(world.logged, ["session_started", "session_meta", "session_result"]);
  }),
);

Deno.test(
  "killRun() leaves a later run of the same owner alone",
  inRunWorld(async (world) => {
    const run = world.begin("run");
    const ending = await fromOutside(world, run);
    world.end("run");
    world.begin("later");
    await ending.finish();
    assertEquals(world.request("later"), undefined);
    assertEquals(world.store.getProcess("later")?.status, "running");
  }),
);

for (const command of ["exec", "interactive", "run"] as const) {
  const goesOn = command !== "run";
  Deno.test(
    `killRun() ${goesOn ? "lets" : "does not let"} a suspended owner of ${command} go on`,
    inRunWorld(async (world) => {
      const run = world.begin("run", { command });
      world.owner.kill("SIGSTOP");
      await waitFor("the stop", () => isStopped(world.owner) || undefined);
      const ending = await fromOutside(world, run);
      if (goesOn) {
        const finished = ending.finish();
        await waitFor("the owner", () => !isStopped(world.owner) || undefined);
        assertEquals(world.request("run")?.action, "kill");
        world.end("run");
        await finished;
      } else {
        const { problem, message, hint } = await assertRejects(() => ending.finish(), EndRunError);
        assertEquals(problem, "no_answer");
        assertStringIncludes(message, `(${world.owner.pid}) is suspended`);
        assertStringIncludes(hint!, `kill -CONT ${world.owner.pid}`);
        // It does as it was told when it goes on.
        assertEquals([world.request("run")?.action, isStopped(world.owner)], ["kill", true]);
      }
    }),
  );
}

Deno.test(
  "killRun() says that the agent is gone and its owner suspended, if that does not go on",
  inRunWorld(async (world) => {
    const agent = world.program();
    const { pid, startTime } = identityOf(agent);
    const run = world.begin("run", { command: "run", agentPid: pid, agentStart: startTime });
    world.owner.kill("SIGSTOP");
    await waitFor("the stop", () => isStopped(world.owner) || undefined);
    const ending = await fromOutside(world, run);
    const { problem, message, hint } = await assertRejects(() => ending.finish(), EndRunError);
    assertEquals(problem, "not_closed");
    assertStringIncludes(message, "its agent was ended");
    assertStringIncludes(hint!, `kill -CONT ${world.owner.pid}`);
    assertEquals((await agent.status).signal, "SIGTERM");
  }),
);

function isStopped({ pid }: Deno.ChildProcess): boolean {
  return stateOf(pid)?.startsWith("T") === true;
}

for (
  const [what, submitted, exit, expected] of [
    ["has handed in", true, null, "has handed in its result and ended"],
    ["could have handed in", false, NUMBER, "has ended by itself with exit code 0"],
  ] as const
) {
  Deno.test(
    `killRun() says how a run ended that ${what}`,
    inRunWorld(async (world) => {
      const run = world.begin("run");
      if (submitted) world.log(world.tick(), { type: "session_result", result: "R" });
      world.end("run");
      const over = world.store.getProcess(run.id)!;
      await assertRejects(() => fromOutside(world, over), EndRunError, expected);
    }, { exit }),
  );
}
