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
import type { LoginState } from "../providers/provider.ts";
import { exclusively } from "../sessions/exclusive.ts";
import type { Settled } from "./settle.ts";

/** From so long before its end on, agents renew a login, in milliseconds. */
const RENEWAL_MS = 10 * 60_000;
/** An agent has renewed it within this time of its start. */
const GAP_MS = 3000;

/** What a turn needs of the world; tests replace it. */
export interface TurnOptions {
  /** @default 3000 */
  readonly gapMs?: number;
  readonly signal?: AbortSignal | undefined;
  warn(message: string): void;
}

/**
 * Waits for the turn of this start, where the provider's login is about to expire. Whatever keeps zag from
 * looking at it keeps no agent from being started.
 */
export async function takeLoginTurn(
  { provider, paths, isolation, resumed }: Settled,
  host: Host,
  { gapMs = GAP_MS, signal, warn }: TurnOptions,
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
    await exclusively(`${lock}.lock`, () => {}, async () => {
      const last = await Deno.stat(lock).then(({ mtime }) => mtime?.getTime() ?? 0, () => 0);
      const wait = last + gapMs - Date.now();
      if (wait > 0) await delay(Math.min(wait, gapMs), signal);
      // The one before may have renewed it.
      const then = await look();
      if (then !== undefined && then.at - host.now().getTime() > RENEWAL_MS) return;
      await Deno.writeTextFile(lock, "", { mode: 0o600 });
    });
  } catch {
    // It is a precaution, and nothing that was asked for.
  }
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
