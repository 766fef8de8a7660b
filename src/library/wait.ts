/** Waits for sessions that other programs run. */
import type { Duration } from "../agent/agent_options.ts";
import { checkArguments, DURATION, FLAG, parts, SIGNAL, TEXTS } from "../agent/argument_check.ts";
import { ZagError } from "../errors.ts";
import type { SessionRecord } from "../sessions/records.ts";
import type { SessionStatus } from "../sessions/session_status.ts";
import { findSessions, openRecords, SCOPE_PARTS, type SessionScope } from "./records.ts";

/** How long sessions are waited for. */
export interface WaitOptions extends SessionScope {
  /** Waiting then ends with a `WaitTimeoutError`; the sessions go on. Default: no limit. */
  readonly timeout?: Duration | undefined;
  /** Waiting ends when the first session has ended. Default: false. */
  readonly any?: boolean | undefined;
  /** Ends the waiting with its reason; the sessions go on. */
  readonly signal?: AbortSignal | undefined;
}

const WAIT = parts<WaitOptions>({
  ...SCOPE_PARTS,
  timeout: DURATION,
  any: FLAG,
  signal: SIGNAL,
});

/** A session that has ended. */
export interface EndedSession {
  /** zag's own id of it. */
  readonly sessionId: string;
  /** `completed`, `failed`, `dead` (its zag was killed) or `unknown` (it was deleted). */
  readonly status: SessionStatus;
  /** Why it failed; null when it did not. */
  readonly error: string | null;
  /** What is recorded of it. */
  readonly session: SessionRecord;
}

/** The time was over before all sessions had ended. */
export class WaitTimeoutError extends ZagError {
  /** Name of the class. */
  override name = "WaitTimeoutError";

  /**
   * Makes the error.
   *
   * @param durationMs The limit, in milliseconds.
   * @param ended The sessions that have ended, in the order of their ends.
   * @param waiting Ids of the others.
   */
  constructor(
    readonly durationMs: number,
    readonly ended: readonly EndedSession[],
    readonly waiting: readonly string[],
  ) {
    const which = waiting.length === 1 ? `session "${waiting[0]}"` : `${waiting.length} sessions`;
    super(`Cannot wait any longer for ${which}: ${durationMs} ms are over`);
  }
}

/**
 * Waits until sessions have ended. One that ended before counts at once, and one that was gone on with
 * runs again.
 *
 * @param sessions Ids, beginnings of ids, or names.
 * @returns The sessions in the order of their ends; with `any` the first one.
 * @throws {SessionNotFoundError} when there is no such session
 * @throws {WaitTimeoutError} when the time is over
 * @throws the reason of an aborted signal
 */
export async function waitForSessions(
  sessions: readonly string[],
  options: WaitOptions = {},
): Promise<EndedSession[]> {
  checkArguments("waitForSessions()", [sessions, "sessions", TEXTS], [options, "options", WAIT]);
  const { timeout, any = false, signal } = options;
  const [{ waitForSessions }, { milliseconds }, { announceWaiting }] = await Promise.all([
    import("../orchestration/wait_sessions.ts"),
    import("../agent/length_of_time.ts"),
    import("../sessions/waiting.ts"),
  ]);
  const limit = timeout === undefined ? undefined : milliseconds(timeout, "timeout");
  signal?.throwIfAborted();
  using records = await openRecords(options);
  const { store, paths, host } = records;
  const waited = await findSessions(records, sessions);
  const left = new Set(waited.map(({ sessionId }) => sessionId));
  using _waiting = announceWaiting(paths, host.env.get("ZAG_SESSION_ID"), [...left]);
  const late = new AbortController();
  const { realClock } = await import("../processes/deadline.ts");
  using _deadline = limit === undefined ? undefined : realClock.setTimer(limit, () => late.abort());
  const ended: EndedSession[] = [];
  const ends = waitForSessions({ store, paths, now: () => host.now() }, waited, {
    signal,
    late: late.signal,
  });
  for await (const { session, state: { status, error } } of ends) {
    left.delete(session.sessionId);
    ended.push({ sessionId: session.sessionId, status, error, session });
    if (any) return ended;
  }
  signal?.throwIfAborted();
  if (left.size > 0) throw new WaitTimeoutError(limit!, ended, [...left]);
  return ended;
}
