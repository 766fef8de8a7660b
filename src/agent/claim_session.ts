/** How a run takes its session in the index, before its agent starts. */
import { SessionEndedError, SessionNotFoundError } from "../sessions/store_errors.ts";
import type { AgentIdentity } from "../sessions/records.ts";
import type { SessionStore } from "../sessions/store.ts";
import type { RunRecord, RunToRecord } from "./run_record.ts";

/** A run that is about to begin. */
export interface SessionClaim {
  readonly record: RunToRecord;
  readonly run: RunRecord;
  /** Its agent, as far as there is one. */
  readonly agent: AgentIdentity | undefined;
  /** Absolute; undefined when no log is kept. */
  readonly logPath: string | undefined;
  /** The provider's own id of the session, as far as it is known. */
  readonly nativeId: string | undefined;
  /** It writes into a log of the program's own, which other runs write into as well. */
  readonly joins: boolean;
}

/**
 * Records session and process at once: a zag that is killed in between must not leave one of them.
 *
 * @throws {SessionExistsError} {@linkcode SessionRunningError} {@linkcode SessionNotFoundError}
 * {@linkcode SessionEndedError} when the session cannot be had
 */
export function claimSession(store: SessionStore, claim: SessionClaim): void {
  const { record: { adopted, settled }, run, agent, joins } = claim;
  store.atOnce(() => {
    if (adopted) return adopt(store, claim);
    const { handedOver, resumed } = settled;
    if (handedOver) {
      const { processId, exitCode } = handedOver;
      store.endProcess(processId, { status: "exited", exitCode });
    }
    // A new session is claimed by its row, one that goes on by the process that runs it.
    const goesOn = resumed !== undefined || joins;
    if (goesOn) store.addProcess(run.process(agent));
    addSession(store, claim);
    if (!goesOn) store.addProcess(run.process(agent));
  });
}

/** Somebody may have cancelled or removed the session before it could begin. */
function adopt(store: SessionStore, { record, run, agent, logPath, nativeId }: SessionClaim): void {
  const { processId, settled: { sessionId, resumed } } = record;
  const found = store.getSession(sessionId);
  if (!found) throw new SessionNotFoundError(sessionId);
  if (store.getProcess(processId)?.status !== "running") throw new SessionEndedError(sessionId);
  store.updateSession(
    sessionId,
    resumed ? run.reopened(logPath, found) : run.begun(logPath, nativeId),
  );
  store.updateProcess(processId, run.process(agent));
}

function addSession(store: SessionStore, claim: SessionClaim): void {
  const { record: { settled: { resumed, sessionId } }, run, logPath, nativeId, joins } = claim;
  const begun = joins && store.getSession(sessionId);
  if (begun) {
    store.updateSession(sessionId, run.joined(begun, nativeId));
    return;
  }
  if (!resumed) return store.addSession(run.newSession(logPath, nativeId));
  // It may have been removed since it was looked up, with all that an agent could go on with.
  const found = store.getSession(sessionId);
  if (!found) throw new SessionNotFoundError(sessionId);
  store.updateSession(sessionId, run.reopened(logPath, found));
}
