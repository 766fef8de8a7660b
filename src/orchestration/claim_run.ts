/**
 * The moment in which a run in the background passes from the zag that has recorded it to the one that
 * goes on with it.
 *
 * @module
 */
import { lockRun } from "../agent/run_lock.ts";
import type { ZagPaths } from "../config/paths.ts";
import { selfIdentity } from "../processes/process_table.ts";
import { appendTo, ownLog } from "../sessions/own_log.ts";
import type { SessionRecord } from "../sessions/records.ts";
import { ownerMeta } from "../sessions/session_meta.ts";
import type { SessionStore } from "../sessions/store.ts";
import { SessionEndedError, SessionNotFoundError } from "../sessions/store_errors.ts";

/**
 * Makes a run that is recorded belong to this process. Waits until whoever has started this process
 * is done with its books, and until others have closed the run that take it for dead.
 *
 * @returns Its session.
 * @throws {SessionEndedError} when the run is over
 * @throws {SessionNotFoundError} when its session was removed
 */
export async function claimRun(
  store: SessionStore,
  paths: ZagPaths,
  sessionId: string,
  processId: string,
): Promise<SessionRecord> {
  using _lock = await lockRun(paths.launchFiles(processId));
  const run = store.getProcess(processId);
  if (run?.status !== "running") throw new SessionEndedError(sessionId);
  const session = store.getSession(sessionId);
  if (!session) throw new SessionNotFoundError(sessionId);
  const { pid, startTime: start } = selfIdentity();
  if (run.ownerPid === pid && run.ownerStart === start) return session;
  store.setProcessOwner(processId, pid, start);
  const meta = ownerMeta({ id: processId, pid, start });
  appendTo(ownLog(store, paths, session), session, [{ type: "session_meta", meta }]);
  return session;
}
