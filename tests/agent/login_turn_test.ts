import { dirname } from "node:path";
import { takeLoginTurn, type TurnOptions } from "../../src/agent/login_turn.ts";
import type { Settled } from "../../src/agent/settle.ts";
import { zagPaths } from "../../src/config/paths.ts";
import type { Host } from "../../src/host.ts";
import type { LoginState } from "../../src/providers/login.ts";
import { assertEquals } from "../support/assert.ts";
import { waitFor } from "../support/living.ts";

const NOW = new Date("2026-03-01T10:00:00Z");
const SOON = NOW.getTime() + 60_000;

/** A provider whose login says so when it is looked at, one look after the other. */
async function inPlace(
  states: LoginState[],
  test: (
    take: (options?: Partial<TurnOptions>) => Promise<string[]>,
    /** The file that says who has the turn. */
    turn: string,
  ) => Promise<void>,
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
    }, settled.paths.loginTurn("claude"));
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

function yes(expires?: number, renews = true): LoginState {
  return { state: "yes", by: "a file", ...(expires === undefined ? {} : { expires, renews }) };
}

/** Of three agents this many can be started before the time is over that lies between two starts. */
async function startWithoutWaiting(
  count: number,
  take: (options: Partial<TurnOptions>) => Promise<unknown>,
): Promise<void> {
  const enough = new AbortController();
  const options = { gapMs: 3_600_000, signal: enough.signal };
  let started = 0;
  const all = Array.from({ length: 3 }, () => take(options).then(() => started++));
  try {
    await waitFor("those that need not wait", () => started >= count || undefined);
    // Another one would mostly have been started by now.
    await new Promise((resolve) => setTimeout(resolve, 50));
    assertEquals(started, count);
  } finally {
    enough.abort();
    await Promise.all(all);
  }
}

Deno.test("takeLoginTurn() starts agents one after the other while their login is about to expire", async () => {
  await inPlace([yes(SOON)], async (take) => {
    await startWithoutWaiting(1, take);
  });
});

Deno.test("takeLoginTurn() lets agents start together with a login that holds, or that says nothing", async () => {
  for (
    const state of [yes(), yes(NOW.getTime() + 3_600_000), { state: "no", reason: "" } as const]
  ) {
    await inPlace([state], async (take) => {
      await startWithoutWaiting(3, take);
    });
  }
});

Deno.test("takeLoginTurn() holds nobody back once the login was renewed", async () => {
  const renewed = yes(NOW.getTime() + 3_600_000);
  await inPlace([yes(SOON), yes(SOON), renewed], async (take) => {
    await take();
    await startWithoutWaiting(3, take);
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

/** Somebody who has the turn, and keeps it. */
async function holder(turn: string): Promise<Disposable> {
  await Deno.mkdir(dirname(turn), { recursive: true });
  const file = await Deno.open(`${turn}.lock`, { create: true, write: true });
  await file.lock(true);
  return file;
}

Deno.test("takeLoginTurn() ends at once when it is called off while another zag has the turn", async () => {
  await inPlace([yes(SOON)], async (take, turn) => {
    using _other = await holder(turn);
    assertEquals(await take({ signal: AbortSignal.abort() }), []);
    const later = new AbortController();
    let looks = 0;
    const clock = () => {
      if (++looks === 3) later.abort();
      return 0;
    };
    assertEquals(await take({ signal: later.signal, clock }), []);
  });
});

Deno.test("takeLoginTurn() says what it waits for, and starts the agent when nothing happens", async () => {
  await inPlace([yes(SOON)], async (take, turn) => {
    using _other = await holder(turn);
    const warnings: string[] = [];
    const warn = (message: string) => void warnings.push(message);
    // No time goes by before the person knows.
    await take({ warn, gapMs: 1000, clock: () => warnings.length === 0 ? 0 : 4000 });
    const others =
      "other zags that start The agent: its login is about to expire, and one agent at a " +
      "time renews it";
    assertEquals(warnings, [`waiting for ${others}`, `not waiting any longer for ${others}`]);
  });
});

Deno.test("takeLoginTurn() waits on while others are started", async () => {
  await inPlace([yes(SOON)], async (take, turn) => {
    const other = await holder(turn);
    let [time, looks, done] = [0, 0, false];
    const clock = () => {
      looks++;
      return time;
    };
    const taken = take({ gapMs: 1000, clock, warn: () => {} }).finally(() => done = true);
    const looked = async () => {
      const until = looks + 3;
      await waitFor("some looks", () => Promise.resolve(looks >= until || done || undefined));
    };
    for (let started = 1; started <= 4; started++) {
      await looked();
      time += 3000;
      await looked();
      // One more was started, long ago for the agent that waits.
      await Deno.writeTextFile(turn, "");
      await Deno.utime(turn, started, started);
    }
    assertEquals(done, false);
    other[Symbol.dispose]();
    await taken;
    assertEquals(time, 12_000);
  });
});
