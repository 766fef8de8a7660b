/**
 * Holds a session in the background back until the sessions that come first have completed.
 *
 * @module
 */
import { watchForEnd } from "../agent/end_watch.ts";
import { EndRequested } from "../agent/interrupt.ts";
import type { SessionEnd } from "../agent/run_record.ts";
import { selfIdentity } from "../processes/process_table.ts";
import { cancelledError } from "../sessions/end_request.ts";
import { appendTo, ownLog } from "../sessions/own_log.ts";
import type { SessionRecord } from "../sessions/records.ts";
import { ownerMeta } from "../sessions/session_meta.ts";
import type { BackgroundRun } from "./background_session.ts";
import { waitForSessions } from "./wait_sessions.ts";

/** A session that will not start. */
export class NotStarted extends Error {
  /** @param end What its books say. */
  constructor(readonly end: SessionEnd) {
    super(end.error);
  }
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
  noteOwner(run);
  using ending = watchForEnd(adopted.directory);
  const signal = AbortSignal.any([run.signal, ending.signal]);
  const sessions = dependencies.map((id) => access.store.getSession(id) ?? missing(id));
  const wait = { store: access.store, paths: run.paths, now: access.host.now };
  const debug = (message: string) => access.observer.debug?.(message);
  for await (const { session, state } of waitForSessions(wait, sessions, { signal, debug })) {
    if (state.status !== "completed") throw dependencyFailed(session, state.status, state.error);
  }
  if (signal.aborted) throw new NotStarted(endBySignal(signal.reason));
  return request.injectContext ? [...dependencies, ...context] : context;
}

/** Without it, an index that is made again from the logs would take the run for dead. */
function noteOwner({ access, paths, adopted }: BackgroundRun): void {
  const { session, processId } = adopted;
  const { pid, startTime: start } = selfIdentity();
  const meta = ownerMeta({ id: processId, pid, start });
  appendTo(ownLog(access.store, paths, session), session, [{ type: "session_meta", meta }]);
}

function missing(id: string): never {
  throw new NotStarted({
    outcome: "failure",
    error: `session ${JSON.stringify(id)}, which it depends on, is not known any more`,
  });
}

function dependencyFailed(
  { sessionId, name }: SessionRecord,
  status: string,
  error: string | undefined | null,
): NotStarted {
  const which = JSON.stringify(name ?? sessionId);
  const how = status === "failed" ? "has failed" : status === "dead" ? "is dead" : "is unknown";
  const why = error ? `: ${error}` : "";
  return new NotStarted({
    outcome: "failure",
    error: `session ${which}, which it depends on, ${how}${why}`,
  });
}

function endBySignal(reason: unknown): SessionEnd {
  if (reason instanceof EndRequested) {
    const { reason: why } = reason.request;
    return {
      outcome: "killed",
      error: why === undefined ? "ended before it began" : cancelledError(why),
    };
  }
  return { outcome: "interrupted", error: "interrupted before it began" };
}
