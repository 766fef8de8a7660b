/**
 * Holds a session in the background back until the sessions that come first have completed.
 *
 * @module
 */
import { EndRequested, Interrupt } from "../agent/interrupt.ts";
import type { SessionEnd } from "../agent/run_record.ts";
import { cancelledError } from "../sessions/end_request.ts";
import type { SessionRecord } from "../sessions/records.ts";
import type { SessionState } from "../sessions/session_status.ts";
import type { BackgroundRun } from "./background_session.ts";
import { waitForSessions } from "./wait_sessions.ts";

/** A session that will not start. */
export class NotStarted extends Error {
  override name = "NotStarted";
}

/**
 * Waits until the sessions that come first have completed.
 *
 * @returns The sessions whose results are put before the prompt.
 * @throws {NotStarted} when one of them has not completed, or this one is ended meanwhile
 */
export async function afterDependencies(run: BackgroundRun): Promise<readonly string[]> {
  const { access, request, adopted } = run;
  const { dependencies } = adopted.session;
  const context = request.options.context ?? [];
  if (dependencies.length === 0) return context;
  const { signal } = run;
  const sessions = dependencies.map((id) => access.store.getSession(id) ?? missing(id));
  const wait = { store: access.store, paths: run.paths, now: access.host.now };
  const debug = (message: string) => access.observer.debug?.(message);
  for await (const { session, state } of waitForSessions(wait, sessions, { signal, debug })) {
    if (state.status !== "completed") throw dependencyFailed(session, state);
  }
  signal.throwIfAborted();
  return request.injectContext ? [...dependencies, ...context] : context;
}

/** How a session ends that could not run. */
export function endOf(error: unknown): SessionEnd {
  if (error instanceof NotStarted) return { outcome: "failure", error: error.message };
  if (error instanceof Interrupt) {
    return { outcome: "interrupted", error: "interrupted before it began" };
  }
  if (error instanceof EndRequested) {
    const { submitted, reason } = error.request;
    // Somebody has handed in what it was to find out.
    if (submitted) return { outcome: "success", error: undefined };
    const why = reason === undefined ? "ended before it began" : cancelledError(reason);
    return { outcome: "killed", error: why };
  }
  return { outcome: "failure", error: error instanceof Error ? error.message : String(error) };
}

function missing(id: string): never {
  throw new NotStarted(`session ${JSON.stringify(id)}, which it depends on, is not known any more`);
}

function dependencyFailed(
  { sessionId, name, outcome }: SessionRecord,
  { status, run, error }: SessionState,
): NotStarted {
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
  const known = name === null ? "" : ` (${JSON.stringify(name)})`;
  const why = error ? `: ${cancelled ? error.slice(cancelledError("").length) : error}` : "";
  return new NotStarted(
    `session ${JSON.stringify(sessionId)}${known}, which it depends on, ${how}${why}`,
  );
}
