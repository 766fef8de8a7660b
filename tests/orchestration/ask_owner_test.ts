import { delay } from "../../src/delay.ts";
import { booksClosed } from "../../src/orchestration/ask_owner.ts";
import { stateOf } from "../../src/processes/process_table.ts";
import { assertEquals } from "../support/assert.ts";
import { waitFor } from "../support/living.ts";
import { inRunWorld } from "./run_world.ts";

Deno.test(
  "booksClosed() waits longer for an owner that is slow than for one that is suspended",
  inRunWorld(async (world) => {
    const run = world.begin("run");
    const known: boolean[] = [];
    const closed = booksClosed(world.store, run).then((value) => known.push(value));
    // The subject itself.
    await delay(2500);
    assertEquals(known, []);
    world.end("run");
    await closed;
    assertEquals(known, [true]);
  }),
);

Deno.test(
  "booksClosed() gives up on an owner that stays suspended",
  inRunWorld(async (world) => {
    const run = world.begin("run");
    world.owner.kill("SIGSTOP");
    await waitFor("the stop", () => stateOf(world.owner.pid)?.startsWith("T") || undefined);
    assertEquals(await booksClosed(world.store, run), false);
  }),
);
