/** Logs for the tests of what follows them. */
import type { LogKind } from "../../../src/events/log_event.ts";
import { AT, message } from "../support.ts";

/** One line of a log with its newline; its time rises with its number. */
export function line(seq: number, kind: LogKind, at = Date.parse(AT) + seq): string {
  return JSON.stringify({
    seq,
    ts: new Date(at).toISOString(),
    provider: "mock",
    wrapper_session_id: "s",
    provider_session_id: null,
    source_kind: "wrapper",
    completeness: "full",
    ...kind,
  }) + "\n";
}

/** A line with a message. */
export function said(seq: number, content = `m${seq}`, at?: number): string {
  return line(seq, message(content), at);
}

/** The line that opens a run. */
export function started(seq: number): string {
  return line(seq, {
    type: "session_started",
    command: "exec",
    model: null,
    cwd: "/w",
    resumed: false,
    backfilled: false,
  });
}

/** The line that closes a run. */
export function ended(seq: number, success = true): string {
  return line(seq, { type: "session_ended", success, error: null });
}

/** Appends to a file. */
export function append(path: string, ...texts: string[]): void {
  Deno.writeTextFileSync(path, texts.join(""), { append: true });
}
