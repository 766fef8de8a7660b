import { Deadline, realClock } from "../../src/processes/deadline.ts";
import { FakeClock } from "../fakes/clock.ts";
import { assert, assertEquals } from "../support/assert.ts";

function deadline(ms: number) {
  const clock = new FakeClock();
  const expired: number[] = [];
  return { clock, expired, limit: new Deadline(ms, () => expired.push(clock.now()), clock) };
}

Deno.test("Deadline expires once, when its time is over", () => {
  const { clock, expired, limit } = deadline(100);
  clock.advance(500);
  assertEquals(expired, []);
  limit.start();
  clock.advance(99);
  assertEquals(expired, []);
  clock.advance(1);
  assertEquals(expired, [600]);
  clock.advance(1000);
  assertEquals([expired, clock.pending], [[600], 0]);
});

Deno.test("Deadline starts again from the beginning", () => {
  const { clock, expired, limit } = deadline(100);
  limit.start();
  clock.advance(60);
  limit.start();
  clock.advance(60);
  assertEquals(expired, []);
  clock.advance(40);
  assertEquals(expired, [160]);
  limit.start();
  clock.advance(100);
  assertEquals(expired, [160, 260]);
});

Deno.test("Deadline is put off by each touch", () => {
  const { clock, expired, limit } = deadline(100);
  limit.touch();
  assertEquals(clock.pending, 0);
  limit.start();
  for (let count = 0; count < 50; count++) {
    clock.advance(30);
    limit.touch();
    assertEquals(clock.pending, 1);
  }
  assertEquals(expired, []);
  clock.advance(99);
  assertEquals(expired, []);
  clock.advance(1);
  assertEquals(expired, [1600]);
  limit.touch();
  clock.advance(1000);
  assertEquals(expired, [1600]);
});

Deno.test("Deadline stands still while it is paused", () => {
  const { clock, expired, limit } = deadline(100);
  limit.start();
  clock.advance(70);
  limit.pause();
  limit.pause();
  clock.advance(10_000);
  limit.resume();
  clock.advance(10_000);
  limit.resume();
  clock.advance(29);
  assertEquals(expired, []);
  clock.advance(1);
  assertEquals(expired, [20_100]);
  limit.resume();
});

Deno.test("Deadline that is touched or started in a pause has all its time afterwards", () => {
  for (const action of ["touch", "start"] as const) {
    const { clock, expired, limit } = deadline(100);
    limit.start();
    clock.advance(70);
    limit.pause();
    clock.advance(10);
    limit[action]();
    clock.advance(1000);
    limit.resume();
    clock.advance(99);
    assertEquals(expired, [], action);
    clock.advance(1);
    assertEquals(expired, [1180], action);
  }
});

Deno.test("Deadline that was paused before its start waits for the end of the pause", () => {
  const { clock, expired, limit } = deadline(100);
  limit.pause();
  limit.start();
  clock.advance(1000);
  limit.resume();
  clock.advance(100);
  assertEquals(expired, [1100]);
});

Deno.test("Deadline does not expire after stop() or disposal", () => {
  const { clock, expired, limit } = deadline(100);
  limit.start();
  limit.stop();
  {
    using other = new Deadline(50, () => expired.push(-1), clock);
    other.start();
  }
  limit.pause();
  limit.resume();
  clock.advance(1000);
  assertEquals([expired, clock.pending], [[], 0]);
});

Deno.test("Deadline of 0 ms expires with the next timer", () => {
  const { clock, expired, limit } = deadline(0);
  limit.start();
  assertEquals(expired, []);
  clock.advance(0);
  assertEquals(expired, [0]);
});

Deno.test("realClock waits longer than a timer of the platform can", async () => {
  const fired: string[] = [];
  const end = Promise.withResolvers<void>();
  using _long = realClock.setTimer(2 ** 31 + 5, () => fired.push("24 days"));
  using _longer = realClock.setTimer(2 ** 40, () => fired.push("34 years"));
  using _cancelled = realClock.setTimer(5, () => fired.push("cancelled"));
  _cancelled[Symbol.dispose]();
  const before = realClock.now();
  using _short = realClock.setTimer(20, end.resolve);
  await end.promise;
  assertEquals(fired, []);
  assert(realClock.now() - before >= 15);
});
