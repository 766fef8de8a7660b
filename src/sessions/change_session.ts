/**
 * Changes what is recorded of a session: first in its log, which is the truth, then in the index.
 *
 * @module
 */
import { appendTo, ownLog, type OwnLogPaths, ownPath } from "./own_log.ts";
import type { SessionRecord } from "./records.ts";
import { logIsOurs } from "./scan_log.ts";
import { metaOf, type MetaPatch } from "./session_meta.ts";
import type { SessionStore } from "./store.ts";

/**
 * Changes the fields that the patch names; null clears one.
 *
 * @returns the session as it is now
 * @throws {SessionChangeError} when its log cannot be written; nothing is changed then
 * @throws {StoreError} when the index cannot be written; the next rebuild knows of the change
 */
export function changeSession(
  store: SessionStore,
  paths: OwnLogPaths,
  record: SessionRecord,
  patch: MetaPatch,
): SessionRecord {
  const meta = metaOf(patch);
  if (Object.keys(meta).length === 0) return record;
  appendTo(ownLog(store, paths, record), record, [{ type: "session_meta", meta }]);
  store.updateSession(record.sessionId, patch);
  return store.getSession(record.sessionId) ?? record;
}

/**
 * Removes a session from the index, for good: its log says so to every rebuild. The lines of the
 * log stay, and so does what the session has used.
 *
 * @throws {SessionRunningError} when an agent is at work in it
 * @throws {SessionChangeError} when its log cannot be written; nothing is changed then
 */
export function deleteSession(
  store: SessionStore,
  paths: OwnLogPaths,
  record: SessionRecord,
): void {
  store.checkNotRunning(record.sessionId, "delete");
  const { logPath } = record;
  // A log of the original stays as it is; ours beside it says that the session is gone.
  const path = logPath !== null && logIsOurs(logPath) ? logPath : ownPath(paths, record);
  appendTo(path, record, [{ type: "session_deleted" }]);
  store.deleteSession(record.sessionId);
}
