import { EndRunError } from "../../src/orchestration/end_errors.ts";
import { stopRun } from "../../src/orchestration/stop_run.ts";
import { isAlive, stateOf } from "../../src/processes/process_table.ts";
import type { ProcessRecord } from "../../src/sessions/records.ts";
import { assertEquals, assertRejects } from "../support/assert.ts";
import { waitFor } from "../support/living.ts";
import { identityOf, inRunWorld, type RunWorld } from "./run_world.ts";

function stop(world: RunWorld, run: ProcessRecord) {
  return stopRun(world.store, world.paths, run, { reference: run.id, self: undefined });
}

Deno.test(
  "stopRun() has the owner stop a run whose agent has not started, and signals nobody",
  inRunWorld(async (world) => {
    const finished = (await stop(world, world.begin("run"))).finish();
    assertEquals(await world.asked("run"), { action: "stop", submitted: false, byOwner: true });
    world.end("run");
    assertEquals(await finished, true);
    assertEquals(isAlive(identityOf(world.owner)), true);
  }),
);

Deno.test(
  "stopRun() stops the run with which the owner goes on",
  inRunWorld(async (world) => {
    const run = world.begin("run");
    world.leave("run");
    const finished = (await stop(world, run)).finish();
    world.goOn("run", "next");
    assertEquals((await world.asked("next")).byOwner, true);
    world.end("next");
    assertEquals(await finished, true);
  }),
);

Deno.test(
  "stopRun() asks an owner in vain that is suspended, and takes it back",
  inRunWorld(async (world) => {
    const run = world.begin("run", { command: "run" });
    world.owner.kill("SIGSTOP");
    await waitFor("the stop", () => stateOf(world.owner.pid)?.startsWith("T") || undefined);
    const stopping = await stop(world, run);
    const error = await assertRejects(() => stopping.finish(), EndRunError);
    assertEquals(error.problem, "no_answer");
    assertEquals(world.request("run"), undefined);
    assertEquals(isAlive(identityOf(world.owner)), true);
  }),
);
