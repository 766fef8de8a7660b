/** Follows the index when it was lost, damaged or replaced while a session runs. */
import type { ZagPaths } from "../../config/paths.ts";
import { readLogRecord } from "./log_record.ts";
import { type IndexObserver, openIndex } from "./open_index.ts";
import { restoredFrom } from "./record_of_log.ts";
import type { NewProcess } from "../records.ts";
import type { SessionStore } from "../store.ts";

/**
 * The index as it is now, with a session in it as its log tells.
 *
 * @param process the run of the session that goes on
 * @throws {StoreError} when there is no index that can be used
 */
export async function renewIndex(
  paths: ZagPaths,
  logPath: string,
  process: NewProcess,
  observer: IndexObserver,
): Promise<SessionStore> {
  const store = await openIndex(paths, observer);
  try {
    store.restore([{ usage: [], processes: [process] }]);
    if (process.agentPid != null) {
      const { agentPid: pid, agentStart: start = null, agentDetached: detached = false } = process;
      store.setProcessAgent(process.id, { pid, start, detached });
    }
    refreshSession(store, logPath);
    return store;
  } catch (error) {
    store.close();
    throw error;
  }
}

/**
 * Brings the rows of a session, and those of its usage, to what its log says. A log that cannot be read
 * changes nothing.
 */
export function refreshSession(store: SessionStore, logPath: string): void {
  const record = readLogRecord(logPath);
  if (!record || record.deleted) return;
  const { session, usage } = restoredFrom(record);
  const { sessionId, ...fields } = session!;
  store.atOnce(() => {
    store.restore([{ session: session!, usage, processes: [] }]);
    store.updateSession(sessionId, fields);
  });
}
