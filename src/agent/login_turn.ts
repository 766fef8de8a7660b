/**
 * Starts of agents that share a login which is about to expire. Each of them renews it, and where two do
 * so at once, one logs the other out. So they are started one after the other, until it was renewed.
 *
 * @module
 */
import { dirname } from "node:path";
import { ensurePrivateDir } from "../config/paths.ts";
import { delay } from "../delay.ts";
import type { Host } from "../host.ts";
import type { LoginState } from "../providers/login.ts";
import { exclusivelyInTime } from "../sessions/exclusive.ts";
import type { Settled } from "./settle.ts";

/** From so long before its end on, agents renew a login, in milliseconds. */
const RENEWAL_MS = 10 * 60_000;
/** An agent has renewed it within this time of its start. */
const GAP_MS = 3000;
/** Whoever has the turn for so many times as long was stopped, and renews nothing. */
const PATIENCE = 4;

/** What a turn needs of the world; tests replace it. */
export interface TurnOptions {
  /** @default 3000 */
  readonly gapMs?: number;
  readonly signal?: AbortSignal | undefined;
  /** Counts milliseconds. @default performance.now() */
  readonly clock?: () => number;
  warn(message: string): void;
}

/**
 * Waits for the turn of this start, where the provider's login is about to expire. Whatever keeps zag from
 * looking at it keeps no agent from being started.
 */
export async function takeLoginTurn(
  { provider, paths, isolation, resumed }: Settled,
  host: Host,
  { gapMs = GAP_MS, signal, clock = () => performance.now(), warn }: TurnOptions,
): Promise<void> {
  // A sandbox has a login of its own.
  if (!provider.login || isolation?.kind === "sandbox" || resumed?.sandboxName) return;
  try {
    const look = async () => expiry(await loginOf(provider.login!, host, paths.userHome ?? ""));
    const now = await look();
    if (now === undefined || now.at - host.now().getTime() > RENEWAL_MS) return;
    if (!now.renews) {
      const { login } = await provider.login();
      const when = now.at <= host.now().getTime() ? "has expired" : "is about to expire";
      return warn(`the login of ${provider.displayName} ${when}: ${login.command} renews it`);
    }
    const lock = paths.loginTurn(provider.name);
    ensurePrivateDir(dirname(lock));
    const others =
      `other zags that start ${provider.displayName}: its login is about to expire, and ` +
      "one agent at a time renews it";
    const patience = {
      signal,
      waiting: () => warn(`waiting for ${others}`),
      goesOn: progressOf(lock, PATIENCE * gapMs, clock),
    };
    const taken = await exclusivelyInTime(`${lock}.lock`, patience, async () => {
      const wait = lastTurn(lock) + gapMs - Date.now();
      if (wait > 0) await delay(Math.min(wait, gapMs), signal);
      // The one before may have renewed it.
      const then = await look();
      if (then !== undefined && then.at - host.now().getTime() > RENEWAL_MS) return;
      await Deno.writeTextFile(lock, "", { mode: 0o600 });
    });
    if (!taken && !signal?.aborted) warn(`not waiting any longer for ${others}`);
  } catch {
    // It is a precaution, and nothing that was asked for.
  }
}

/** When the last agent was started, in milliseconds since 1970; 0 when none was. */
function lastTurn(lock: string): number {
  try {
    return Deno.statSync(lock).mtime?.getTime() ?? 0;
  } catch {
    return 0;
  }
}

/** Tells whether another agent was started within this time. */
function progressOf(lock: string, ms: number, clock: () => number): () => boolean {
  let last = lastTurn(lock);
  let since = clock();
  return () => {
    const turn = lastTurn(lock);
    if (turn !== last) [last, since] = [turn, clock()];
    return clock() - since < ms;
  };
}

async function loginOf(
  load: NonNullable<Settled["provider"]["login"]>,
  host: Host,
  home: string,
): Promise<LoginState> {
  const { login } = await load();
  const request = { env: host.env.toObject(), home, os: Deno.build.os };
  const texts = Object.fromEntries(
    await Promise.all(
      Object.entries(login.files(request)).map(async ([name, path]) =>
        [name, await Deno.readTextFile(path).catch(() => undefined)] as const
      ),
    ),
  );
  return login.read(request, texts);
}

function expiry(state: LoginState): { at: number; renews: boolean } | undefined {
  if (state.state !== "yes" || state.expires === undefined) return undefined;
  return { at: state.expires, renews: state.renews === true };
}
