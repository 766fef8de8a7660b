/** Where a run keeps its log. */
import { checkId } from "../config/paths.ts";
import { ownLog, ownPath, placeForLog, SessionChangeError } from "../sessions/own_log.ts";
import type { SessionRecord } from "../sessions/records.ts";
import type { SessionStore } from "../sessions/store.ts";
import { SessionExistsError } from "../sessions/store_errors.ts";
import { logIsOurs } from "../sessions/scan_log.ts";
import type { SessionLogMode } from "./agent_options.ts";
import { InvalidOptionError } from "./errors.ts";
import type { SessionLog } from "./session_log.ts";
import type { Settled } from "./settle.ts";
import { isFile } from "../is_file.ts";

/**
 * How much of a run its log is told: all of it; all but its beginning and its end, which are those of
 * the program that has begun the log; or that it began and ended, and what it used, without any text.
 */
export type KeptLog = "whole" | "joined" | "frame";

/** The place of a log. */
export interface LogPlace {
  /** Absolute; undefined where there is none. */
  readonly logPath: string | undefined;
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

/**
 * The log of a run of which nothing is kept that anybody has said: the one that its session has, so
 * that it stays true, or none.
 *
 * @throws {InvalidIdError} when the id of the session could be no file name, should it get a log later
 */
export function placeFrame({ sessionId, resumed }: Settled): LogPlace {
  checkId(sessionId);
  const { logPath } = resumed ?? { logPath: null };
  const has = logPath !== null && isFile(logPath) && logIsOurs(logPath);
  return { logPath: has ? logPath : undefined, goesOn: has };
}

/** Where the log of a run is kept after all: what is handed in goes through it. */
export function effectiveLog(
  wanted: SessionLogMode | undefined,
  { exit }: Pick<Settled, "exit">,
): SessionLogMode {
  return wanted === undefined || wanted === "off" && exit ? "auto" : wanted;
}

/**
 * What was settled, for a call that writes to a log of the program's own. Its session is that of the
 * log; to the agent's CLI a second conversation in it is a new session.
 *
 * @throws {InvalidOptionError} when the log is that of another session, or of another provider's
 */
export function settledFor(log: SessionLogMode | undefined, settled: Settled): Settled {
  if (typeof log !== "object") return settled;
  const { sessionId, provider, resumed, newNativeId } = settled;
  const cannot = (what: string, why: string) =>
    new InvalidOptionError(`Cannot use the log of session "${log.sessionId}" for ${what}: ${why}`);
  if (log.isOver) throw cannot("a call", "it is finished");
  if (sessionId !== log.sessionId) {
    throw cannot(`session "${sessionId}"`, "a log is that of one session");
  }
  if (log.provider !== provider.name) {
    throw cannot(provider.displayName, `its session is one of ${log.provider}`);
  }
  const isTaken = !resumed && log.providerSessionId !== undefined &&
    provider.capabilities.presetSessionId;
  return isTaken ? { ...settled, newNativeId: newNativeId ?? crypto.randomUUID() } : settled;
}

/** The log of a call that a program has begun. */
export function openLogOf(log: SessionLogMode | undefined): SessionLog | undefined {
  return typeof log === "object" ? log : undefined;
}
