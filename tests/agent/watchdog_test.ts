import { launchOptions } from "../../src/agent/call_agent.ts";
import { firstByteMs, watchdogPolicy } from "../../src/agent/watchdog.ts";
import { PROVIDER_NAMES } from "../../src/providers/registry.ts";
import { assert, assertEquals } from "../support/assert.ts";

Deno.test("watchdogPolicy() has a time for the first byte of each provider, and none for silence", () => {
  for (const provider of PROVIDER_NAMES) {
    const { firstByteMs, firstByteOfWholeMs, idleMs, retries } = watchdogPolicy(
      {},
      provider,
      {},
      false,
    );
    assert(firstByteMs !== undefined && firstByteMs >= 300_000, provider);
    assertEquals([firstByteOfWholeMs, idleMs, retries], [undefined, undefined, true]);
  }
});

Deno.test("watchdogPolicy() lets an option beat the provider's settings, and these all others", () => {
  const all = { "watchdog.first_byte_secs": 10, "watchdog.idle_secs": 20 };
  const own = {
    ...all,
    "watchdog.providers.claude.first_byte_secs": 0,
    "watchdog.providers.claude.idle_secs": 30,
    "watchdog.retry": false,
  };
  const of = (config: Parameters<typeof watchdogPolicy>[0], options = {}) => {
    const { firstByteMs, idleMs, retries } = watchdogPolicy(config, "claude", options, false);
    return [firstByteMs, idleMs, retries];
  };
  assertEquals(of(all), [10_000, 20_000, true]);
  assertEquals(of(own), [undefined, 30_000, false]);
  assertEquals(of(own, { firstByteTimeoutMs: 5, idleTimeoutMs: 6 }), [5, 6, false]);
  assertEquals(of(all, { firstByteTimeoutMs: 0 }), [undefined, 20_000, true]);
  assertEquals(of(all, { idleTimeoutMs: 0 }), [10_000, undefined, true]);
});

Deno.test("watchdogPolicy() says who has set a deadline", () => {
  const config = {
    "watchdog.first_byte_secs": 10,
    "watchdog.idle_secs": 20,
    "watchdog.providers.claude.idle_secs": 30,
  };
  const of = (provider: string, options = {}) =>
    Object.values(watchdogPolicy(config, provider, options, false).setBy);
  assertEquals(of("claude"), ["watchdog.first_byte_secs", "watchdog.providers.claude.idle_secs"]);
  assertEquals(of("codex"), ["watchdog.first_byte_secs", "watchdog.idle_secs"]);
  const given = { firstByteTimeoutMs: 5, idleTimeoutMs: 6 };
  assertEquals(of("codex", given), ["--first-byte-timeout", "--idle-timeout"]);
  assertEquals(Object.values(watchdogPolicy({}, "codex", {}, false).setBy), [
    "--first-byte-timeout",
    "--idle-timeout",
  ]);
});

Deno.test("watchdogPolicy() has no time built in for a sandbox, which may have to be loaded", () => {
  assertEquals(watchdogPolicy({}, "claude", {}, true).firstByteMs, undefined);
  const config = { "watchdog.first_byte_secs": 10 };
  assertEquals(watchdogPolicy(config, "claude", {}, true).firstByteMs, 10_000);
});

Deno.test("firstByteMs() waits for output that comes as a whole only where an option says so", () => {
  const configured = watchdogPolicy({ "watchdog.first_byte_secs": 10 }, "claude", {}, false);
  assertEquals(
    (["events", "document", "raw"] as const).map((stdout) => firstByteMs(configured, stdout)),
    [10_000, undefined, undefined],
  );
  const wanted = watchdogPolicy({}, "claude", { firstByteTimeoutMs: 7 }, false);
  assertEquals([firstByteMs(wanted, "events"), firstByteMs(wanted, "raw")], [7, 7]);
});

Deno.test("launchOptions() switches off the watchdog's deadlines with off and 0", () => {
  for (const off of ["off", 0] as const) {
    const { firstByteTimeoutMs, idleTimeoutMs } = launchOptions({
      firstByteTimeout: off,
      idleTimeout: off,
    });
    assertEquals([firstByteTimeoutMs, idleTimeoutMs], [0, 0]);
  }
});
