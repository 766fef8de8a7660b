/**
 * A program that is run because of an event: how it is told about the event, and how it ends with zag.
 *
 * @module
 */
import { Interrupt } from "../agent/interrupt.ts";
import type { LogEvent } from "../events/log_event.ts";
import { shorten } from "../events/render/text.ts";
import { endTree } from "../processes/end_tree.ts";
import { startSubprocess } from "../processes/subprocess.ts";

/** The event, and whose it is. */
export interface EventOrigin {
  readonly sessionId: string;
  readonly event: LogEvent;
  /** The event as its log has it. */
  readonly json: string;
}

/** How the program is run. */
export interface EventCommandOptions {
  /** The program and its arguments, in which placeholders are replaced. */
  readonly words: readonly string[];
  /** The environment to which the event is added. */
  readonly env: Readonly<Record<string, string>>;
  /** Absolute. */
  readonly cwd: string;
  /** Ends the program and all that it has started; the reason may be an {@linkcode Interrupt}. */
  readonly signal: AbortSignal;
}

/** Linux takes no variable of more than 128 KiB with its name. */
const MOST_BYTES = 120 * 1024;

/**
 * Runs a program without a shell, to its end. It shares stdout and stderr with this program and has no
 * stdin.
 *
 * @returns its exit code; 128 plus the signal's number when a signal ended it
 * @throws {SpawnError} when it cannot be started
 * @throws the reason of the signal when it fires, after the program has ended
 */
export async function runEventCommand(
  origin: EventOrigin,
  { words, env, cwd, signal }: EventCommandOptions,
): Promise<number> {
  signal.throwIfAborted();
  const [program = "", ...args] = fillPlaceholders(words, origin);
  const child = startSubprocess({
    program,
    args,
    env: { ...env, ...eventVariables(origin) },
    cwd,
    // At a terminal Ctrl-C would reach it twice otherwise: from there, and from here.
    detached: true,
    stdin: "null",
    stdout: "inherit",
    stderr: "inherit",
  });
  let ended: Promise<unknown> | undefined;
  const end = () => {
    const { reason } = signal;
    const interrupt = reason instanceof Interrupt ? reason : undefined;
    ended = endTree(child.identity, {
      detached: true,
      firstSignal: interrupt?.signal,
      signal: interrupt?.urgent,
    });
  };
  signal.addEventListener("abort", end, { once: true });
  const { code } = await child.exit;
  signal.removeEventListener("abort", end);
  await ended;
  signal.throwIfAborted();
  return code;
}

/** Replaces what stands in braces in each word, once: a value is not looked through again. */
export function fillPlaceholders(
  words: readonly string[],
  { sessionId, event }: Pick<EventOrigin, "sessionId" | "event">,
): string[] {
  const values: Record<string, string> = {
    session_id: sessionId,
    provider: String(event.provider),
    event_type: event.type,
    seq: String(event.seq),
    ts: String(event.ts),
  };
  return words.map((word) =>
    word.replace(
      /\{(session_id|provider|event_type|seq|ts)\}/g,
      (_, name: string) => values[name]!,
    )
  );
}

/**
 * What a program finds in its environment. Where the JSON of the event has no room in a variable, long
 * texts in it are cut and it is marked with `"truncated":true`.
 */
export function eventVariables({ sessionId, event, json }: EventOrigin): Record<string, string> {
  return {
    ZAG_EVENT: shortJson(event, json),
    ZAG_EVENT_TYPE: event.type,
    ZAG_EVENT_SESSION_ID: sessionId,
    ZAG_EVENT_PROVIDER: String(event.provider),
    ZAG_EVENT_SEQ: String(event.seq),
    ZAG_EVENT_TS: String(event.ts),
  };
}

/** The first limits leave ids, times and names as they are; an event is made of little else then. */
const LIMITS = [4096, 256, 64];

function shortJson(event: LogEvent, json: string): string {
  if (fits(json)) return json;
  for (const limit of LIMITS) {
    const text = JSON.stringify(
      { ...event, truncated: true },
      (_, value) => typeof value === "string" ? shorten(value, limit, limit) : value,
    );
    if (fits(text)) return text;
  }
  const { type, seq, ts, provider, wrapper_session_id } = event;
  return JSON.stringify({ type, seq, ts, provider, wrapper_session_id, truncated: true });
}

function fits(text: string): boolean {
  return text.length <= MOST_BYTES && new TextEncoder().encode(text).length <= MOST_BYTES;
}
