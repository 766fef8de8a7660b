import { copilotLimit } from "../../src/providers/copilot/limits.ts";
import { assertEquals } from "../support/assert.ts";

const timestamp = "2026-11-21T12:00:00.000Z";

function limit(data: Record<string, unknown>) {
  return copilotLimit({ type: "session.error", timestamp, data });
}

for (
  const [errorCode, message, scope] of [
    ["rate_limited", "", "session"],
    ["user_weekly_rate_limited", "", "weekly"],
    ["user_global_rate_limited", "", "global"],
    ["user_global_rate_limited:pro_plus", "", "global"],
    ["user_model_rate_limited", "", "unknown"],
    ["constructor", "", "unknown"],
    [undefined, "You've reached your weekly rate limit.", "weekly"],
    [undefined, "You've hit your session rate limit.", "session"],
    [undefined, "429 Too many requests", "unknown"],
  ] as const
) {
  Deno.test(`copilotLimit() finds the scope ${scope} in "${errorCode}", "${message}"`, () => {
    const found = limit({ errorType: "rate_limit", errorCode, message });
    assertEquals(found, { type: "usage_limit_detected", provider: "copilot", scope, raw: message });
  });
}

for (
  const [message, reset] of [
    ["Please try again in 3 hours. Learn more", "2026-11-21T15:00:00.000Z"],
    ["try again in 1 minute", "2026-11-21T12:01:00.000Z"],
    ["Try again in ~2 days, 1 hour and 30 seconds", "2026-11-23T13:00:30.000Z"],
    ["in about 1.5 hours", "2026-11-21T13:30:00.000Z"],
    ["retried 5 times (total retry wait time: 5.59 seconds)", undefined],
    ["in 3 attempts", undefined],
    [`in ${"9".repeat(40)} days`, undefined],
  ] as const
) {
  Deno.test(`copilotLimit() counts the time in "${message.slice(0, 50)}" from the event on`, () => {
    assertEquals(limit({ errorType: "rate_limit", message })?.reset_at, reset);
    const undated = copilotLimit({ data: { errorType: "rate_limit", message } });
    assertEquals(undated?.reset_at, undefined);
  });
}

Deno.test("copilotLimit() takes a 429 and a used-up quota, and no other failure", () => {
  assertEquals(limit({ errorType: "query", statusCode: 429 })?.scope, "unknown");
  const quota = { errorType: "quota", errorCode: "session_quota_exceeded" };
  assertEquals(limit(quota)?.scope, "session");
  assertEquals(limit({ ...quota, errorCode: "billing_not_configured" }), null);
  assertEquals(limit({ errorType: "query", statusCode: 500, message: "rate limit" }), null);
  assertEquals(copilotLimit({}), null);
});
