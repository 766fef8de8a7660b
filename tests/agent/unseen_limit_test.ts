import type { LogKind } from "../../src/events/log_event.ts";
import { LimitWatch } from "../../src/agent/limit_watch.ts";
import { STANDS_MS, UnseenLimit } from "../../src/agent/unseen_limit.ts";
import { FakeClock } from "../fakes/clock.ts";
import { assertEquals } from "../support/assert.ts";

const POLICY = {
  enabled: true,
  message: "Continue",
  fallbackSecs: 60,
  maxWaitSecs: 600,
  jitterSecs: 0,
  maxAttempts: 1,
};
const HIT: LogKind = {
  type: "usage_limit_hit",
  scope: "weekly",
  fallback_used: false,
  incident_id: "the CLI's",
};
const SAID: LogKind = { type: "assistant_message", content: "x", message_id: null };
const STATUS: LogKind = { type: "provider_status", message: "x", data: null };

function unseen() {
  const clock = new FakeClock();
  const watch = new LimitWatch(POLICY, () => new Date(0));
  const ends: number[] = [];
  const limit = new UnseenLimit(watch, () => void ends.push(clock.now()), clock);
  return { clock, watch, ends, limit };
}

Deno.test("UnseenLimit tells of an agent that adds nothing to its log after a limit", () => {
  const { clock, watch, ends, limit } = unseen();
  using _ = limit;
  limit.read([SAID]);
  clock.advance(STANDS_MS * 3);
  assertEquals([limit.stands, ends], [false, []]);
  // What the CLI says of the limit stands before it.
  const [, logged] = limit.read([SAID, HIT]);
  assertEquals(logged, {
    ...HIT,
    incident_id: watch.hit!.incidentId,
    scheduled_resume_at: new Date(60_000).toISOString(),
    fallback_used: true,
  });
  clock.advance(STANDS_MS - 1);
  assertEquals([limit.stands, ends], [true, []]);
  // It says something about itself, and begins to stand still again.
  const later = clock.now();
  limit.read([STATUS]);
  clock.advance(STANDS_MS);
  assertEquals([limit.stands, ends], [true, [later + STANDS_MS]]);
});

Deno.test("UnseenLimit takes no message for a sign that the agent goes on: nobody types any", () => {
  const { clock, ends, limit } = unseen();
  using _ = limit;
  limit.read([HIT]);
  limit.read([{ type: "user_message", role: "user", content: "the first one", message_id: null }]);
  clock.advance(STANDS_MS);
  assertEquals([limit.stands, ends], [true, [STANDS_MS]]);
});

Deno.test("UnseenLimit forgets a limit that the agent gets over, and not the next one", () => {
  const { clock, watch, ends, limit } = unseen();
  using _ = limit;
  limit.read([HIT]);
  clock.advance(STANDS_MS - 1);
  limit.read([{ type: "tool_call", tool_name: "x", tool_id: null, input: null }]);
  clock.advance(STANDS_MS * 3);
  assertEquals([limit.stands, ends, watch.hit, watch.seen], [false, [], undefined, false]);
  limit.read([HIT, STATUS]);
  clock.advance(STANDS_MS);
  assertEquals([ends.length, watch.hit?.scope], [1, "weekly"]);
});

Deno.test("UnseenLimit tells nothing once it is disposed", () => {
  const { clock, ends, limit } = unseen();
  limit.read([HIT]);
  limit[Symbol.dispose]();
  clock.advance(STANDS_MS * 3);
  assertEquals(ends, []);
});
