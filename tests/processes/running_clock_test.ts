import { RunningClock } from "../../src/processes/running_clock.ts";
import { FakeClock } from "../fakes/clock.ts";
import { assert, assertEquals } from "../support/assert.ts";

/** A clock on one that the test moves, and what its timers have called. */
function clockOfTest() {
  const base = new FakeClock();
  const calls: string[] = [];
  const clock = new RunningClock(base, () => void calls.push("resumed"));
  return { base, calls, clock, set: (ms: number) => clock.setTimer(ms, () => calls.push(`${ms}`)) };
}

Deno.test("RunningClock.now() is the time of the clock below while the program runs", () => {
  const { base, clock, set, calls } = clockOfTest();
  set(60_000);
  const start = clock.now();
  base.advance(59_999);
  assertEquals([clock.now() - start, calls], [59_999, []]);
  base.advance(1);
  assertEquals([clock.now() - start, calls], [60_000, ["60000"]]);
});

Deno.test("RunningClock.now() leaves out a pause, once, and says that it is over", () => {
  const { base, clock, set, calls } = clockOfTest();
  set(60_000);
  const start = clock.now();
  base.advance(10_000);
  base.sleep(3_600_000);
  assertEquals(clock.now() - start, 15_000, "it was to look after 15 s, and came too late");
  assertEquals(clock.now() - start, 15_000);
  base.advance(2000);
  assertEquals([clock.now() - start, calls], [17_000, ["resumed", "60000"]]);
  base.sleep(3_600_000);
  assertEquals(calls, ["resumed", "60000"], "no timer is set that could be late");
});

Deno.test("RunningClock looks more often before a timer that is due soon", () => {
  const { base, clock, set, calls } = clockOfTest();
  set(60_000);
  set(2000);
  const start = clock.now();
  base.sleep(100_000);
  base.advance(0);
  assertEquals(clock.now() - start, 250, "of a short time little is used up by a pause");
  assertEquals(calls, ["resumed", "2000", "60000"]);
  const later = clock.now();
  set(20_000);
  base.advance(16_000);
  base.sleep(100_000);
  assert(clock.now() - later <= 16_500);
});

Deno.test("RunningClock takes no delay of a second for a pause, and looks at nothing without a timer", () => {
  const { base, clock, set, calls } = clockOfTest();
  const timer = set(60_000);
  const start = clock.now();
  base.sleep(6000);
  assertEquals([clock.now() - start, calls], [6000, []]);
  assertEquals(base.pending, 2);
  timer[Symbol.dispose]();
  assertEquals(base.pending, 0);
});
