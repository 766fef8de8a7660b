import { AwakeTime } from "../../src/agent/awake_time.ts";
import type { LimitWait } from "../../src/agent/launch_request.ts";
import { assertEquals } from "../support/assert.ts";

const WAIT: LimitWait = {
  incidentId: "i",
  sessionId: "s",
  scope: "weekly",
  agentName: "Mock agent",
  wakeAt: new Date(0),
};

Deno.test("AwakeTime leaves out what a session waits, however often it is told of", () => {
  let now = 1000;
  const heard: string[] = [];
  const time = new AwakeTime(50, () => now);
  const { waiting, waited } = time.through({
    waiting: () => void heard.push("waiting"),
    waited: () => void heard.push("waited"),
  });
  now += 10;
  assertEquals(time.ms, 60);
  waiting?.(WAIT);
  now += 5000;
  assertEquals(time.ms, 60);
  waiting?.(WAIT);
  now += 5000;
  waited?.();
  now += 7;
  assertEquals(time.ms, 67);
  // Without a wait before there is nothing to leave out.
  waited?.();
  now += 3;
  assertEquals(time.ms, 70);
  assertEquals(heard, ["waiting", "waiting", "waited", "waited"]);
});
