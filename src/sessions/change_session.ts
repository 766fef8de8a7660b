/**
 * Changes what is recorded of a session, in its log and in the index: in both or in none.
 *
 * @module
 */
import { appendTo, ownLog, type OwnLogPaths, ownPath } from "./own_log.ts";
import type { SessionRecord } from "./records.ts";
import { logIsOurs } from "./scan_log.ts";
import { metaOf, type MetaPatch } from "./session_meta.ts";
import type { SessionStore } from "./store.ts";
import { SessionNotFoundError } from "./store_errors.ts";

/**
 * Changes the fields that the patch names; null clears one.
 *
 * @param change The patch, or what makes it of the session as it is when its turn has come.
 * @returns the session as it is now
 * @throws {SessionNotFoundError} when it was deleted meanwhile
 * @throws {SessionChangeError} when its log cannot be written; nothing is changed then
 * @throws {StoreError} when the index cannot be written; nothing is changed then
 */
export function changeSession(
  store: SessionStore,
  paths: OwnLogPaths,
  record: SessionRecord,
  change: MetaPatch | ((record: SessionRecord) => MetaPatch),
): SessionRecord {
  const { sessionId } = record;
  const patchOf = typeof change === "function" ? change : () => change;
  if (Object.keys(metaOf(patchOf(record))).length === 0) return record;
  // An index that takes no changes refuses here, before there is a copy of the log.
  store.updateSession(sessionId, { provider: record.provider });
  // A copy can take its time; nobody has to wait for it.
  const logPath = ownLog(undefined, paths, record);
  return store.atOnce(() => {
    const found = store.getSession(sessionId);
    if (!found) throw new SessionNotFoundError(sessionId);
    const patch = patchOf(found);
    store.updateSession(sessionId, { ...patch, logPath });
    appendTo(logPath, found, [{ type: "session_meta", meta: metaOf(patch) }]);
    return store.getSession(sessionId)!;
  });
}

/**
 * Removes a session from the index, for good: its log says so to every rebuild. The lines of the
 * log stay, and so does what the session has used.
 *
 * @throws {SessionRunningError} when an agent is at work in it
 * @throws {SessionChangeError} when its log cannot be written; nothing is changed then
 * @throws {StoreError} when the index cannot be written; nothing is changed then
 */
export function deleteSession(
  store: SessionStore,
  paths: OwnLogPaths,
  record: SessionRecord,
): void {
  const { sessionId, logPath } = record;
  // A log of the original stays as it is; ours beside it says that the session is gone.
  const path = logPath !== null && logIsOurs(logPath) ? logPath : ownPath(paths, record);
  store.atOnce(() => {
    store.checkNotRunning(sessionId, "delete");
    if (store.deleteSession(sessionId)) appendTo(path, record, [{ type: "session_deleted" }]);
  });
}
