/** Where a run keeps its log. */
import { ownLog, ownPath, placeForLog, SessionChangeError } from "../sessions/own_log.ts";
import type { SessionRecord } from "../sessions/records.ts";
import type { SessionStore } from "../sessions/store.ts";
import { SessionExistsError } from "../sessions/store_errors.ts";
import type { Settled } from "./settle.ts";
import { isFile } from "../is_file.ts";

/** The place of a log. */
export interface LogPlace {
  /** Absolute. */
  readonly logPath: string;
  /** There is one that goes on. */
  readonly goesOn: boolean;
  /** The session that goes on without its log, which is gone. */
  readonly retold?: SessionRecord;
}

/**
 * Where the log is or begins. The log of another program is copied first, and the copy goes on.
 *
 * @param warn Hears why a copy could not be made.
 * @param adopted The session is recorded already, and its log begun.
 * @throws {SessionExistsError} when another session has the place
 */
export function placeLog(
  settled: Settled,
  store: SessionStore | undefined,
  warn: (error: unknown) => void,
  adopted = false,
): LogPlace {
  const { sessionId, resumed, discovered, paths, project } = settled;
  if (resumed) {
    if (resumed.logPath === null || !isFile(resumed.logPath)) {
      const logPath = ownPath(paths, resumed);
      return { logPath, goesOn: isFile(logPath), retold: resumed };
    }
    try {
      return { logPath: ownLog(store, paths, resumed), goesOn: true };
    } catch (error) {
      if (!(error instanceof SessionChangeError)) throw error;
      warn(error);
      return { logPath: ownPath(paths, resumed), goesOn: true };
    }
  }
  const usual = paths.sessionLog(project.key, sessionId);
  if (!isFile(usual)) return { logPath: usual, goesOn: false };
  if (adopted) return { logPath: usual, goesOn: true };
  const place = discovered && placeForLog(paths, project.key, sessionId);
  if (place === undefined) throw new SessionExistsError(sessionId);
  return { logPath: place, goesOn: true };
}
