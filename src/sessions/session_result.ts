/** What a session came to. */
import { LogNotFoundError, resultOf } from "./log_reader.ts";
import type { SessionRecord } from "./records.ts";
import { type SessionState, sessionState } from "./session_status.ts";
import type { SessionStore } from "./store.ts";

/** How a session stands, and its result. */
export interface SessionResult {
  readonly state: SessionState;
  /** What it handed in, else what the agent said last; undefined when there is neither. */
  readonly result?: string;
  /** Why its log tells nothing, for a message; undefined when it was read. */
  readonly problem?: string;
}

/** Looks up how a session stands, and reads its result from the end of its log. Never throws. */
export async function readResult(
  store: SessionStore,
  session: SessionRecord,
  now: Date,
): Promise<SessionResult> {
  // Looked up first: what is read then is at least as new.
  const state = sessionState(store, session, now);
  const { logPath } = session;
  // A session that has only begun may have written nothing yet.
  const goesOn = state.status === "running" || state.status === "idle";
  if (logPath === null) return goesOn ? { state } : { state, problem: "it has no log" };
  try {
    const result = await resultOf(logPath);
    return result === undefined ? { state } : { state, result };
  } catch (error) {
    if (error instanceof LogNotFoundError) {
      return goesOn ? { state } : { state, problem: `its log is gone: ${logPath}` };
    }
    return { state, problem: error instanceof Error ? error.message : String(error) };
  }
}
