/**
 * What a session was started with, read from its log.
 *
 * @module
 */
import type { LogEvent } from "../events/log_event.ts";
import { LogNotFoundError, readLog } from "./log_reader.ts";
import { wholeEvent } from "./overflow.ts";

/** A prompt as a person typed it. */
export interface FirstPrompt {
  readonly text: string;
  /** The log holds its beginning only. */
  readonly cut: boolean;
}

/**
 * The prompt that a session began with; undefined when it had none, and when the log is gone. One that
 * was sent before its agent had begun, and then given up for another, does not count.
 */
export async function firstPrompt(logPath: string): Promise<FirstPrompt | undefined> {
  let first: LogEvent | undefined;
  let launched = false;
  try {
    for await (const { event } of readLog(logPath)) {
      if (event === undefined) continue;
      if (event.type === "assistant_message") break;
      if (event.type === "user_message" && (launched || first === undefined)) first = event;
      // What it was sent follows at once where a session is launched.
      launched = event.type === "session_meta" && event.meta?.launch !== undefined;
    }
  } catch (error) {
    if (error instanceof LogNotFoundError) return undefined;
    throw error;
  }
  const whole = first && await wholeEvent(logPath, first);
  if (whole?.type !== "user_message") return undefined;
  return { text: whole.content, cut: whole.truncated === true };
}
