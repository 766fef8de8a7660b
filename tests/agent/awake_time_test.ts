import { AwakeTime } from "../../src/agent/awake_time.ts";
import type { LimitWait } from "../../src/agent/launch_request.ts";
import { FakeClock } from "../fakes/clock.ts";
import { assert, assertEquals } from "../support/assert.ts";

const WAIT: LimitWait = {
  incidentId: "i",
  sessionId: "s",
  scope: "weekly",
  agentName: "Mock agent",
  wakeAt: new Date(0),
};

const HOUR = 3_600_000;

Deno.test("AwakeTime leaves out what a session waits, however often it is told of", () => {
  const clock = new FakeClock();
  const heard: string[] = [];
  using time = new AwakeTime(HOUR, 50, clock);
  const { waiting, waited } = time.through({
    waiting: () => void heard.push("waiting"),
    waited: () => void heard.push("waited"),
  });
  clock.advance(10);
  assertEquals(time.ms, 60);
  waiting?.(WAIT);
  assertEquals(clock.pending, 0, "nothing is looked at while the session waits");
  clock.advance(5000);
  assertEquals(time.ms, 60);
  waiting?.(WAIT);
  clock.advance(5000);
  waited?.();
  clock.advance(7);
  assertEquals(time.ms, 67);
  // Without a wait before there is nothing to leave out.
  waited?.();
  clock.advance(3);
  assertEquals(time.ms, 70);
  assertEquals(heard, ["waiting", "waiting", "waited", "waited"]);
});

Deno.test("AwakeTime leaves out the time in which this program does not run", () => {
  const clock = new FakeClock();
  const time = new AwakeTime(HOUR, 0, clock);
  const { waiting, waited } = time.through({});
  clock.advance(60_000);
  clock.sleep(10 * HOUR);
  // So exactly is known when it was stopped.
  assert(time.ms <= 65_000, `${time.ms} ms`);
  waiting?.(WAIT);
  clock.sleep(10 * HOUR);
  waited?.();
  clock.sleep(10 * HOUR);
  assert(time.ms <= 70_000, `${time.ms} ms`);
  time[Symbol.dispose]();
  assertEquals(clock.pending, 0);
});

Deno.test("AwakeTime.deadline() stands still while this program does", () => {
  const clock = new FakeClock();
  using time = new AwakeTime(HOUR, 0, clock);
  let isOver = false;
  using deadline = time.deadline(HOUR, () => isOver = true);
  deadline.start();
  clock.advance(HOUR / 2);
  clock.sleep(10 * HOUR);
  clock.advance(0);
  assertEquals(isOver, false);
  clock.advance(HOUR / 2);
  assertEquals(isOver, true);
});

Deno.test("AwakeTime sets no timer where nothing depends on it", () => {
  const clock = new FakeClock();
  using time = new AwakeTime(undefined, 5, clock);
  clock.advance(10);
  assertEquals([time.ms, clock.pending], [15, 0]);
});
