/** How long an agent may be silent, and whether one that has not begun is started once more. */
import type { Config } from "../config/config.ts";
import type { StdoutMode } from "../providers/launch_plan.ts";
import type { LaunchOptions } from "./launch_options.ts";

/** What watches over an agent that nobody sits in front of. */
export interface Watchdog {
  /** So long it may write nothing to stdout at first, in milliseconds; undefined: as long as it likes. */
  readonly firstByteMs: number | undefined;
  /** The same where its stdout comes as a whole, at the end of its work. */
  readonly firstByteOfWholeMs: number | undefined;
  /** So long it may write nothing later, in milliseconds; undefined: as long as it likes. */
  readonly idleMs: number | undefined;
  /** Who says so, for the first byte and for silence later on: a flag, or a key of the configuration. */
  readonly setBy: { readonly "first-byte": string; readonly idle: string };
  /** One that ends before anything has happened is started once more. */
  readonly retries: boolean;
}

/**
 * After so many seconds without a byte an agent hangs that prints its events, since each of them tells of
 * itself before it asks its model. What it may wait for until then is in the comments.
 */
const FIRST_BYTE_SECS: Readonly<Record<string, number>> = {
  // MCP servers and hooks of its start; its own retries, which take minutes, come later, as events.
  claude: 300,
  // MCP servers, a login that it renews, a list of models.
  codex: 300,
  copilot: 300,
  // It starts slowly, and waits for each MCP server for up to ten minutes.
  gemini: 900,
  // A server that is busy with others; a model is loaded later.
  ollama: 600,
};
const OTHERS_SECS = 300;

/**
 * The policy for a session. An option beats what the configuration says of the provider, and that beats
 * what it says of all. No time of silence later on is built in: a tool may run for hours without a word.
 *
 * @param sandboxed Docker may load an image first, for as long as that takes.
 */
export function watchdogPolicy(
  config: Config,
  provider: string,
  { firstByteTimeoutMs, idleTimeoutMs }: LaunchOptions,
  sandboxed: boolean,
): Watchdog {
  const said = config as Readonly<Record<string, unknown>>;
  const keyOf = (name: string) =>
    [`watchdog.providers.${provider}.${name}`, `watchdog.${name}`]
      .find((key) => said[key] !== undefined);
  const seconds = (key: string | undefined) => key === undefined ? undefined : said[key] as number;
  const keys = { firstByte: keyOf("first_byte_secs"), idle: keyOf("idle_secs") };
  const builtIn = sandboxed ? 0 : FIRST_BYTE_SECS[provider] ?? OTHERS_SECS;
  const configured = 1000 * (seconds(keys.firstByte) ?? builtIn);
  return {
    firstByteMs: (firstByteTimeoutMs ?? configured) || undefined,
    firstByteOfWholeMs: firstByteTimeoutMs || undefined,
    idleMs: (idleTimeoutMs ?? 1000 * (seconds(keys.idle) ?? 0)) || undefined,
    setBy: {
      "first-byte": firstByteTimeoutMs === undefined && keys.firstByte || "--first-byte-timeout",
      idle: idleTimeoutMs === undefined && keys.idle || "--idle-timeout",
    },
    retries: config["watchdog.retry"] ?? true,
  };
}

/** How long an agent may write nothing at first that prints in this way, in milliseconds. */
export function firstByteMs(watchdog: Watchdog, stdout: StdoutMode): number | undefined {
  return stdout === "events" ? watchdog.firstByteMs : watchdog.firstByteOfWholeMs;
}
