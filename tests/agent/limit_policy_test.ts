import { limitPolicy, wakeTime } from "../../src/agent/limit_policy.ts";
import type { Config } from "../../src/config/config.ts";
import { assertEquals } from "../support/assert.ts";

const NOW = new Date("2026-03-01T10:00:00.000Z");
const policy = { fallbackSecs: 3600, maxWaitSecs: 86_400, jitterSecs: 30 };

function secondsFrom(at: Date): number {
  return (at.getTime() - NOW.getTime()) / 1000;
}

Deno.test("limitPolicy() prefers what is said of the provider to what is said of all", () => {
  assertEquals(limitPolicy({}, "codex"), {
    enabled: true,
    message: "Continue",
    fallbackSecs: 3600,
    maxWaitSecs: 86_400,
    jitterSecs: 30,
    maxAttempts: 12,
  });
  const config = {
    "usage_limits.resume_message": "go on",
    "usage_limits.jitter_secs": 0,
    "usage_limits.max_attempts": 0,
    "usage_limits.providers.codex.fallback_secs": 60,
    "usage_limits.providers.codex.resume_message": "weiter",
    "usage_limits.providers.claude.enabled": false,
  } as Config;
  const codex = limitPolicy(config, "codex");
  assertEquals([codex.enabled, codex.message, codex.fallbackSecs], [true, "weiter", 60]);
  assertEquals([codex.jitterSecs, codex.maxAttempts], [0, 0]);
  const claude = limitPolicy(config, "claude");
  assertEquals([claude.enabled, claude.message, claude.fallbackSecs], [false, "go on", 3600]);
  assertEquals(limitPolicy({ "usage_limits.enabled": false } as Config, "codex").enabled, false);
});

Deno.test("wakeTime() waits for the reset, or for the configured time, and never too long", () => {
  const half = () => 0.5;
  const at = (resetAt: string | undefined) => {
    const { at, fallbackUsed } = wakeTime(resetAt, policy, NOW, half);
    return [secondsFrom(at), fallbackUsed];
  };
  assertEquals(at("2026-03-01T10:10:00Z"), [615, false]);
  assertEquals(at("2026-03-01T11:10:00+01:00"), [615, false]);
  assertEquals(at(undefined), [3615, true]);
  assertEquals(at("at noon"), [3615, true]);
  // Over already: only the chance counts.
  assertEquals(at("2026-02-01T00:00:00Z"), [15, false]);
  assertEquals(at("2026-04-01T00:00:00Z"), [86_400, false]);
});
