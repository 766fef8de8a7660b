import { sleepUntil } from "../../src/agent/sleep_until.ts";
import { assert, assertEquals } from "../support/assert.ts";

/** A machine whose timers only go off when the test says so, and whose calendar it moves. */
class Machine {
  time = new Date("2026-03-01T10:00:00.000Z").getTime();
  readonly timers = new Map<() => void, number>();

  readonly clock = {
    now: () => new Date(this.time),
    timers: {
      setTimer: (ms: number, call: () => void): Disposable => {
        this.timers.set(call, ms);
        return { [Symbol.dispose]: () => void this.timers.delete(call) };
      },
    },
  };

  at(seconds: number): Date {
    return new Date(this.time + seconds * 1000);
  }

  /** Lets the only timer go off, after so many seconds of the calendar. */
  async fire(seconds?: number): Promise<void> {
    const [[call, ms]] = [...this.timers] as [[() => void, number]];
    this.time += seconds === undefined ? ms : seconds * 1000;
    call();
    for (let turn = 0; turn < 5; turn++) await Promise.resolve();
  }
}

/** Whether a promise has come to its end. */
async function isOver(promise: Promise<unknown>): Promise<boolean> {
  const open = Symbol();
  return await Promise.race([promise, Promise.resolve(open)]) !== open;
}

Deno.test("sleepUntil() looks at the calendar again and again, and ends on time", async () => {
  const machine = new Machine();
  const slept = sleepUntil(machine.at(70), machine.clock);
  await machine.fire();
  await machine.fire();
  assert(!await isOver(slept));
  await machine.fire();
  assertEquals(await slept, true);
  assertEquals(machine.clock.now(), new Date("2026-03-01T10:01:10.000Z"));
  assertEquals(machine.timers.size, 0);
});

Deno.test("sleepUntil() wakes at once when the machine has slept through the time", async () => {
  const machine = new Machine();
  const slept = sleepUntil(machine.at(3600), machine.clock);
  await machine.fire(8 * 3600);
  assertEquals(await slept, true);
});

Deno.test("sleepUntil() waits on when the clock was put back", async () => {
  const machine = new Machine();
  const slept = sleepUntil(machine.at(20), machine.clock);
  await machine.fire(-3600);
  assert(!await isOver(slept));
  assertEquals([...machine.timers.values()], [30_000]);
  await machine.fire(3621);
  assertEquals(await slept, true);
});

Deno.test("sleepUntil() ends with its signal, and leaves no timer", async () => {
  const machine = new Machine();
  const stop = new AbortController();
  const slept = sleepUntil(machine.at(20), machine.clock, stop.signal);
  stop.abort();
  assertEquals(await slept, false);
  assertEquals(machine.timers.size, 0);
  assertEquals(await sleepUntil(machine.at(20), machine.clock, stop.signal), false);
  assertEquals(await sleepUntil(machine.at(0), machine.clock), true);
});
