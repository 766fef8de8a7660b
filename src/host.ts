/** What the library asks of the machine it runs on, in one place that a test can replace. */
import type { Clock } from "./processes/deadline.ts";

/** Reads environment variables. */
export interface EnvReader {
  get(name: string): string | undefined;
  toObject(): Record<string, string>;
}

/** The machine, as far as a session needs it. */
export interface Host {
  readonly env: EnvReader;
  readonly cwd: string;
  /** URL of the module that starts this program again; absent in a program that uses the library. */
  readonly entry?: string;
  now(): Date;
  /** What waits for the end of a usage limit. @default the real time */
  readonly timers?: Pick<Clock, "setTimer">;
}

/** The real machine. */
export function realHost(): Host {
  return { env: Deno.env, cwd: Deno.cwd(), now: () => new Date() };
}

/**
 * Variables by their names, each read when it is asked for: whoever needs a few of them does not need
 * leave to read all. They cannot be listed.
 */
export function variablesOf(env: Pick<EnvReader, "get">): Record<string, string | undefined> {
  return new Proxy<Record<string, string | undefined>>({}, {
    get: (_, name) => typeof name === "string" ? env.get(name) : undefined,
  });
}
