import { watchForEnd } from "../../src/agent/end_watch.ts";
import { EndRequested } from "../../src/agent/interrupt.ts";
import { isAlive, startTimeOf } from "../../src/processes/process_table.ts";
import {
  type EndRequest,
  readEndRequest,
  writeEndRequest,
} from "../../src/sessions/end_request.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { inTemp } from "../sessions/support.ts";

/** What the signal is aborted with. */
async function asked(signal: AbortSignal): Promise<EndRequested> {
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve));
  assert(signal.reason instanceof EndRequested);
  return signal.reason;
}

Deno.test("watchForEnd() hears of a kill, and leaves a stop to whoever asks for it", () =>
  inTemp(async (dir) => {
    const looks: (EndRequest | undefined)[] = [];
    const { promise: looked, resolve } = Promise.withResolvers<void>();
    writeEndRequest(dir, { action: "stop", submitted: false });
    using watch = watchForEnd(dir, (path) => {
      looks.push(readEndRequest(path));
      resolve();
      return looks.at(-1);
    });
    await looked;
    assertEquals(looks[0]?.action, "stop");
    writeEndRequest(dir, { action: "kill", submitted: true });
    assertEquals((await asked(watch.signal)).request, { action: "kill", submitted: true });
  }));

Deno.test("watchForEnd() hears of a stop that the owner has to see to", () =>
  inTemp(async (dir) => {
    using watch = watchForEnd(dir);
    writeEndRequest(dir, { action: "stop", submitted: false, byOwner: true });
    assertEquals((await asked(watch.signal)).request.action, "stop");
  }));

Deno.test("watchForEnd() leaves the agent alone where it may not look", () =>
  inTemp(async (dir) => {
    const { promise: looked, resolve } = Promise.withResolvers<void>();
    using watch = watchForEnd(dir, () => {
      resolve();
      throw new Deno.errors.NotCapable("no");
    });
    await looked;
    // What is thrown without that anybody takes it would fail the test by now.
    await new Promise((resolve) => setTimeout(resolve));
    assertEquals(watch.signal.aborted, false);
  }));

Deno.test("watchForEnd() hears of a kill that was asked for before it looked", () =>
  inTemp(async (dir) => {
    writeEndRequest(dir, { action: "kill", submitted: false });
    using watch = watchForEnd(dir);
    assertEquals((await asked(watch.signal)).request.action, "kill");
  }));

Deno.test("watchForEnd() waits until a part of the agent that asks has ended", () =>
  inTemp(async (dir) => {
    using watch = watchForEnd(dir);
    const asker = new Deno.Command("sleep", { args: ["0.3"] }).spawn();
    const by = { pid: asker.pid, startTime: startTimeOf(asker.pid)! };
    writeEndRequest(dir, { action: "kill", submitted: true, by });
    await asked(watch.signal);
    assertEquals(isAlive(by), false);
    await asker.status;
  }));
