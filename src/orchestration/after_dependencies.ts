/**
 * Holds a session in the background back until the sessions that come first have completed.
 *
 * @module
 */
import { EndRequested, Interrupt } from "../agent/interrupt.ts";
import type { SessionEnd } from "../agent/run_record.ts";
import { ZagError } from "../errors.ts";
import { reasonOf, requestedBy } from "../agent/outcome.ts";
import { cancelledError } from "../sessions/end_request.ts";
import { resultOf } from "../sessions/log_reader.ts";
import { appendTo, ownLog } from "../sessions/own_log.ts";
import type { SessionRecord } from "../sessions/records.ts";
import { type SessionState, sessionState } from "../sessions/session_status.ts";
import type { SessionStore } from "../sessions/store.ts";
import { announceWaiting } from "../sessions/waiting.ts";
import type { BackgroundRun } from "./background_session.ts";
import { waitForSessions } from "./wait_sessions.ts";

/** A session that will not start. */
export class NotStarted extends ZagError {
  override name = "NotStarted";
}

/**
 * Waits until the sessions that come first have completed.
 *
 * @returns The sessions whose results are put before the prompt, and how many of them, the first ones,
 * are those that it waited for; undefined when none of those are meant to be.
 * @throws {NotStarted} when one of them has not completed, or this one is ended meanwhile
 */
export async function afterDependencies(
  run: BackgroundRun,
): Promise<{ context: readonly string[]; injected: number | undefined }> {
  const { access, request, adopted } = run;
  const { dependencies } = adopted.session;
  const context = request.options.context ?? [];
  if (dependencies.length === 0) return { context, injected: undefined };
  const { signal } = run;
  const sessions = dependencies.map((id) => access.store.getSession(id) ?? missing(id));
  const wait = { store: access.store, paths: run.paths, now: access.host.now };
  const debug = (message: string) => access.observer.debug?.(message);
  using _waiting = announceWaiting(run.paths, adopted.session.sessionId, dependencies);
  for await (const { session, state } of waitForSessions(wait, sessions, { signal, debug })) {
    if (state.status === "completed") continue;
    throw dependencyFailed(access.store, session, state, access.host.now());
  }
  signal.throwIfAborted();
  if (!request.injectContext) return { context, injected: undefined };
  const injected = await withResults(run, dependencies);
  return { context: [...injected, ...context], injected: injected.length };
}

/** Those of the sessions that have come to a result; of the others the log says so. */
async function withResults(
  { access: { store, observer }, paths, adopted: { session } }: BackgroundRun,
  ids: readonly string[],
): Promise<string[]> {
  const found: string[] = [];
  for (const id of ids) {
    const logPath = store.getSession(id)?.logPath;
    if (logPath && await resultOf(logPath) !== undefined) {
      found.push(id);
      continue;
    }
    const message = `session ${JSON.stringify(id)} has completed without a result: ` +
      "nothing of it is put before the prompt";
    observer.warning?.(message);
    appendTo(ownLog(store, paths, session), session, [
      { type: "user_event", level: "warn", message },
    ]);
  }
  return found;
}

/** How a session ends that could not run. */
export function endOf(error: unknown): SessionEnd {
  if (error instanceof NotStarted) return { outcome: "failure", error: error.message };
  if (error instanceof Interrupt) {
    const error = "interrupted before it began";
    return { outcome: "interrupted", error, reason: "interrupted" };
  }
  if (error instanceof EndRequested) {
    const { submitted, reason } = error.request;
    // Somebody has handed in what it was to find out.
    if (submitted) return { outcome: "success", error: undefined };
    const why = reason === undefined ? "ended before it began" : cancelledError(reason);
    return { outcome: "killed", error: why, reason: reasonOf(requestedBy(error.request)) };
  }
  return { outcome: "failure", error: error instanceof Error ? error.message : String(error) };
}

function missing(id: string): never {
  throw new NotStarted(`session ${JSON.stringify(id)}, which it depends on, is not known any more`);
}

/**
 * Says why, with what went wrong first of all: the sessions in between would each say it once more.
 */
function dependencyFailed(
  store: SessionStore,
  session: SessionRecord,
  state: SessionState,
  now: Date,
): NotStarted {
  const root = rootOf(store, { session, state }, now);
  const first = `session ${known(root.session)}`;
  const between = root.session === session ? "" : `, which comes before session ${known(session)}`;
  return new NotStarted(
    `${first}${between}, which it depends on, ${howEnded(root.session, root.state)}`,
  );
}

function known({ sessionId, name }: SessionRecord): string {
  return JSON.stringify(sessionId) + (name === null ? "" : ` (${JSON.stringify(name)})`);
}

/** A session that has not completed. */
interface NotCompleted {
  readonly session: SessionRecord;
  readonly state: SessionState;
}

/** The session for which all others behind it have not begun. */
function rootOf(store: SessionStore, from: NotCompleted, now: Date): NotCompleted {
  const seen = new Set<string>();
  let root = from;
  for (;;) {
    const { sessionId, startedAt, outcome, dependencies } = root.session;
    if (startedAt !== null || outcome !== "failure" || seen.has(sessionId)) return root;
    seen.add(sessionId);
    const before = dependencies
      .map((id) => store.getSession(id))
      .filter((session) => session !== undefined)
      .map((session) => ({ session, state: sessionState(store, session, now) }))
      .find(({ state: { status } }) => status === "failed" || status === "dead");
    if (!before) return root;
    root = before;
  }
}

function howEnded({ outcome }: SessionRecord, { status, run, error }: SessionState): string {
  const cancelled = error?.startsWith(cancelledError("")) && outcome === "killed";
  const how = cancelled
    ? "was cancelled"
    : status === "failed"
    ? "has failed"
    : status === "dead"
    ? "is dead"
    : run === undefined && error !== null
    ? "is unknown"
    : "has ended, and nobody knows how";
  const why = error ? `: ${cancelled ? error.slice(cancelledError("").length) : error}` : "";
  return how + why;
}
