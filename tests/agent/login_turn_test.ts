import { takeLoginTurn, type TurnOptions } from "../../src/agent/login_turn.ts";
import type { Settled } from "../../src/agent/settle.ts";
import { zagPaths } from "../../src/config/paths.ts";
import type { Host } from "../../src/host.ts";
import type { LoginState } from "../../src/providers/provider.ts";
import { assertEquals } from "../support/assert.ts";

const NOW = new Date("2026-03-01T10:00:00Z");
const SOON = NOW.getTime() + 60_000;

/** A provider whose login says so when it is looked at, one look after the other. */
async function inPlace(
  states: LoginState[],
  test: (take: (options?: Partial<TurnOptions>) => Promise<string[]>) => Promise<void>,
): Promise<void> {
  const home = await Deno.makeTempDir();
  const values: Record<string, string> = { HOME: home };
  const env = { get: (name: string) => values[name], toObject: () => values };
  const host: Host = { env, cwd: home, now: () => NOW };
  const login = {
    command: "agent login",
    files: () => ({ none: `${home}/none` }),
    read: () => states.length > 1 ? states.shift()! : states[0]!,
  };
  const settled = {
    provider: { name: "claude", displayName: "The agent", login: () => Promise.resolve({ login }) },
    paths: zagPaths(env),
    isolation: undefined,
    resumed: undefined,
  } as unknown as Settled;
  try {
    await test(async (options = {}) => {
      const warnings: string[] = [];
      const warn = (message: string) => void warnings.push(message);
      await takeLoginTurn(settled, host, { gapMs: 200, warn, ...options });
      return warnings;
    });
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

function yes(expires?: number, renews = true): LoginState {
  return { state: "yes", by: "a file", ...(expires === undefined ? {} : { expires, renews }) };
}

/** How many of three agents can be started before the time is over that lies between two starts. */
async function startsWithoutWaiting(
  take: (options: Partial<TurnOptions>) => Promise<unknown>,
): Promise<number> {
  const enough = new AbortController();
  const options = { gapMs: 60_000, signal: enough.signal };
  let started = 0;
  const all = Array.from({ length: 3 }, () => take(options).then(() => started++));
  await Promise.any(all);
  // Those that need not wait have all that they need by then.
  await new Promise((resolve) => setTimeout(resolve, 50));
  const soon = started;
  enough.abort();
  await Promise.all(all);
  return soon;
}

Deno.test("takeLoginTurn() starts agents one after the other while their login is about to expire", async () => {
  await inPlace([yes(SOON)], async (take) => {
    assertEquals(await startsWithoutWaiting(take), 1);
  });
});

Deno.test("takeLoginTurn() lets agents start together with a login that holds, or that says nothing", async () => {
  for (
    const state of [yes(), yes(NOW.getTime() + 3_600_000), { state: "no", reason: "" } as const]
  ) {
    await inPlace([state], async (take) => {
      assertEquals(await startsWithoutWaiting(take), 3);
    });
  }
});

Deno.test("takeLoginTurn() holds nobody back once the login was renewed", async () => {
  const renewed = yes(NOW.getTime() + 3_600_000);
  await inPlace([yes(SOON), yes(SOON), renewed], async (take) => {
    await take();
    assertEquals(await startsWithoutWaiting(take), 3);
  });
});

Deno.test("takeLoginTurn() warns of a login that nobody can renew but a person", async () => {
  await inPlace([yes(SOON, false)], async (take) => {
    assertEquals(await take(), [
      "the login of The agent is about to expire: agent login renews it",
    ]);
  });
  await inPlace([yes(NOW.getTime() - 1, false)], async (take) => {
    assertEquals(await take(), ["the login of The agent has expired: agent login renews it"]);
  });
});
