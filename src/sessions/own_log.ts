/**
 * The log of a session that may be written to. What the original wrote is read and never changed:
 * whoever wants to add to one of its logs gets a copy.
 *
 * @module
 */
import { dirname } from "node:path";
import { ensurePrivateDir, type ZagPaths } from "../config/paths.ts";
import { ZagError } from "../errors.ts";
import type { LogEvent, LogKind } from "../events/log_event.ts";
import { LogAppender, type LogAppenderOptions } from "./log.ts";
import type { SessionRecord } from "./records.ts";
import { readLogRecord } from "./recovery/log_record.ts";
import { logIsOurs } from "./scan_log.ts";
import { metaOf } from "./session_meta.ts";
import type { SessionStore } from "./store.ts";
import { isFile } from "../is_file.ts";

/** The paths that a session's own log needs. */
export type OwnLogPaths = Pick<ZagPaths, "sessionLog" | "copiedLog">;

/** A session cannot be changed, because its log cannot. */
export class SessionChangeError extends ZagError {
  /** Name of the class. */
  override name = "SessionChangeError";

  /**
   * Makes the error.
   *
   * @param cause why the log cannot be written
   */
  constructor(readonly sessionId: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`Cannot change session ${JSON.stringify(sessionId)}: ${reason}`, {
      cause,
      hint: "Make room and make the state directory writable, then try again",
    });
  }
}

/**
 * Path of a log that zag may append to. For a session whose log the original wrote, and for one
 * that has none, it is made: with all lines that there were, and one that holds the whole record.
 *
 * @throws {SessionChangeError} when it cannot be made
 */
export function ownLog(
  store: SessionStore | undefined,
  paths: OwnLogPaths,
  record: SessionRecord,
): string {
  if (record.logPath !== null && mayAppend(record.logPath)) {
    if (isEmpty(record.logPath)) tell(record.logPath, record);
    return record.logPath;
  }
  const path = ownPath(paths, record);
  if (!isFile(path)) {
    try {
      copy(record, path);
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) throw error;
      throw new SessionChangeError(record.sessionId, error);
    }
  }
  store?.updateSession(record.sessionId, { logPath: path });
  return path;
}

/**
 * The session with a log that may be written to. One without any log stays without.
 *
 * @throws {SessionChangeError} when a copy is needed and cannot be made
 */
export function withOwnLog(
  store: SessionStore,
  paths: OwnLogPaths,
  record: SessionRecord,
): SessionRecord {
  if (record.logPath === null || !isFile(record.logPath)) return record;
  return { ...record, logPath: ownLog(store, paths, record) };
}

/** Where our log of a session is, or would be. */
export function ownPath(paths: OwnLogPaths, record: SessionRecord): string {
  const project = record.project ?? undefined;
  const usual = paths.sessionLog(project, record.sessionId);
  // Outside of any project the original's logs lie where ours do.
  return isFile(usual) && !mayAppend(usual) ? paths.copiedLog(project, record.sessionId) : usual;
}

/** A log that we have begun, also when this zag was killed before the first line of it. */
function mayAppend(path: string): boolean {
  return logIsOurs(path) || isEmpty(path);
}

function isEmpty(path: string): boolean {
  try {
    const { isFile, size } = Deno.statSync(path);
    return isFile && size === 0;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return false;
  }
}

/**
 * Where the log of a session begins that only its provider knows. Undefined when that place is taken
 * by a session of ours; a session that was deleted takes none, it begins again in the same log.
 */
export function placeForLog(
  paths: OwnLogPaths,
  project: string | undefined,
  id: string,
): string | undefined {
  for (const path of [paths.sessionLog(project, id), paths.copiedLog(project, id)]) {
    const record = isFile(path) ? readLogRecord(path) : undefined;
    if (!record || record.deleted) return path;
    if (record.ours) return undefined;
  }
  return undefined;
}

/**
 * Appends lines to a log that is ours.
 *
 * @throws {SessionChangeError} when they cannot be written
 */
export function appendTo(
  path: string,
  record: SessionRecord,
  kinds: readonly LogKind[],
  { logged, ...options }: Pick<LogAppenderOptions, "now"> & {
    /** Hears of each of them. */
    logged?: ((event: LogEvent) => void) | undefined;
  } = {},
): void {
  using log = LogAppender.reopen({
    ...options,
    path,
    provider: record.provider,
    sessionId: record.sessionId,
    nativeId: record.providerSessionId ?? undefined,
  });
  log.degrade(record.logCompleteness);
  if (logged) log.listen(logged);
  log.append(kinds);
  if (log.failure) throw new SessionChangeError(record.sessionId, log.failure);
}

/** The whole record, for the copy must not depend on what the original kept beside the log. */
function copy(record: SessionRecord, path: string): void {
  ensurePrivateDir(dirname(path));
  // Nobody may find a half copy, nor may two of them be made.
  const temporary = `${path}.${crypto.randomUUID()}.tmp`;
  try {
    if (record.logPath !== null && isFile(record.logPath)) {
      Deno.copyFileSync(record.logPath, temporary);
      if (Deno.build.os !== "windows") Deno.chmodSync(temporary, 0o600);
      // In a log of ours an end that is missing would be looked for.
      if (record.outcome === "dead" && readLogRecord(temporary)?.open) endIn(temporary, record);
      appendTo(temporary, record, [{ type: "session_meta", meta: metaOf(record) }]);
    } else tell(temporary, record);
    giveName(temporary, path);
  } finally {
    try {
      Deno.removeSync(temporary);
    } catch {
      // It was never made.
    }
  }
}

/** Of several that make the same copy the first one wins. */
function giveName(temporary: string, path: string): void {
  try {
    Deno.linkSync(temporary, path);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    // Where a file cannot have two names, it is moved.
    if (!isFile(path)) Deno.renameSync(temporary, path);
  }
}

/** All that the record knows, for a log that holds nothing. */
function tell(path: string, record: SessionRecord): void {
  retell(path, record);
  appendTo(path, record, [{ type: "session_meta", meta: metaOf(record) }]);
}

/** What the record knows of a run whose log is gone. */
function retell(path: string, record: SessionRecord): void {
  const { command, model, cwd, resumed, startedAt } = record;
  if (startedAt === null) return;
  appendTo(path, record, [
    { type: "session_started", command, model, cwd, resumed, backfilled: true },
  ], { now: () => new Date(startedAt) });
  if (record.outcome !== null) endIn(path, record);
}

function endIn(path: string, record: SessionRecord): void {
  const { outcome, endReason, error, exitCode, signal, endedAt } = record;
  appendTo(path, record, [{
    type: "session_ended",
    success: outcome === "success",
    error,
    ...(exitCode === null ? {} : { exit_code: exitCode }),
    ...(signal === null ? {} : { signal }),
    outcome: outcome!,
    ...(endReason === null ? {} : { end_reason: endReason }),
  }], { now: () => new Date(endedAt ?? record.createdAt) });
}
