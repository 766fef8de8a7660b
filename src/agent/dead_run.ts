/**
 * Closes the books of a run whose zag was killed. Every step can be done again, so that it does no harm
 * when the zag that does this is killed as well.
 */
import { endReasonIn } from "../events/end_reason.ts";
import type { Completeness, LogEvent, LogKind, SessionOutcome } from "../events/log_event.ts";
import type { ZagPaths } from "../config/paths.ts";
import { isCancelledError } from "../sessions/end_request.ts";
import { LogAppender } from "../sessions/log.ts";
import { handedIn } from "../sessions/handed_in.ts";
import { closingLine, parseLine } from "../sessions/log_reader.ts";
import { readTail } from "../sessions/log_tail.ts";
import { DEAD } from "../sessions/recovery/log_record.ts";
import { fieldsInLog } from "../sessions/launch_texts.ts";
import { markEnded, type MarkerPaths } from "../sessions/markers.ts";
import { tryRead } from "../sessions/recovery/record_of_log.ts";
import type { PendingResume, ProcessRecord, SessionRecord } from "../sessions/records.ts";
import type { SessionStore } from "../sessions/store.ts";
import { metaOf } from "../sessions/session_meta.ts";
import { lastSign } from "../sessions/session_status.ts";
import { noticeEnd } from "../notify/notify.ts";
import { unanswered } from "../sessions/taken_messages.ts";
import { recoverUnfinished } from "../sessions/unfinished.ts";
import { isUnclaimed, lastWords } from "./unclaimed.ts";

/**
 * Says in log, index and marker how the run ended: dead, unless the log has its real end.
 *
 * @param error The run did not die, but was ended just now, and this is why.
 * @param limited It failed on a usage limit, whose end nobody waits for any more.
 */
export async function closeDeadRun(
  store: SessionStore,
  paths: MarkerPaths & Pick<ZagPaths, "launchFiles" | "spawnLog" | "notice">,
  run: ProcessRecord,
  error?: string,
  limited = false,
): Promise<void> {
  const session = run.sessionId === null ? undefined : store.getSession(run.sessionId);
  const waits = store.resumes.ofSession(run.sessionId ?? "");
  if (waits && session?.outcome !== null) store.resumes.remove(waits.incidentId);
  if (!session || session.outcome !== null && !await isUnclosed(run, session)) {
    const at = session?.endedAt ?? undefined;
    const status = session && isByItself(session.outcome) ? "exited" : "killed";
    store.endProcess(run.id, { status, exitCode: session?.exitCode ?? null, at });
    return;
  }
  const why = error === undefined ? "its zag was killed" : "the session has ended";
  const notes = [
    ...(waits && saysWaiting(session) ? [cancelled(waits)] : []),
    ...unanswered(paths.launchFiles(run.id), why),
  ];
  const words = isUnclaimed(paths.launchFiles(run.id))
    ? lastWords(paths.spawnLog(session.sessionId))
    : undefined;
  const cause = words === undefined ? DEAD : `its zag ended before it began: ${words}`;
  const { end, completeness, launch } = await closeLog(run, session, {
    error,
    limited,
    cause,
    notes,
  });
  const exitCode = end.exit_code ?? null;
  const { ts: endedAt } = end;
  // The last turn's usage may be in the log only.
  const usage = (session.logPath !== null && tryRead(session.logPath, {})?.usage) || [];
  store.atOnce(() => {
    if (waits) store.resumes.remove(waits.incidentId);
    store.restore([{ usage, processes: [] }]);
    const status = isByItself(end.outcome) ? "exited" : "killed";
    store.endProcess(run.id, { status, exitCode, at: endedAt });
    store.updateSession(session.sessionId, {
      outcome: end.outcome ?? (end.success ? "success" : "failure"),
      error: end.error,
      endReason: endReasonIn(end.end_reason) ?? null,
      exitCode,
      signal: end.signal ?? null,
      endedAt,
      logCompleteness: completeness,
      launch,
    });
  });
  const marked = { success: end.success, exitCode };
  await markEnded(paths, session.sessionId, marked, new Date(endedAt)).catch(() => {});
  const outcome = end.outcome ?? (end.success ? "success" : "failure");
  noticeEnd(paths, run.id, { outcome, error: end.error, at: endedAt });
}

/** Its log says that it waits for the end of a usage limit, and not that it has gone on since. */
function saysWaiting({ logPath }: SessionRecord): boolean {
  return logPath !== null && tryRead(logPath, {})?.waits !== undefined;
}

function cancelled({ incidentId: incident_id }: PendingResume): LogKind {
  return { type: "usage_limit_cancelled", incident_id };
}

/** The agent came to an end of its own. */
function isByItself(outcome: SessionOutcome | null | undefined): boolean {
  return outcome === "success" || outcome === "failure";
}

/** What is known of the end of a run besides what its log says. */
interface Known {
  /** The run did not die, but was ended just now, and this is why. */
  readonly error: string | undefined;
  /** It failed on a usage limit. */
  readonly limited: boolean;
  /** Why it is dead otherwise. */
  readonly cause: string;
  /** What stands before its end. */
  readonly notes: readonly LogKind[];
}

/** How a run ended, and how much of it the log has. */
interface Closed {
  readonly end: LogKind & { type: "session_ended" } & Pick<LogEvent, "ts">;
  readonly completeness: Completeness;
  /** What the session was started with, where the index had more of that than any log. */
  readonly launch?: SessionRecord["launch"] | undefined;
}

/** Finds the end of the run in the log, or writes it there, with all that the log still lacks. */
async function closeLog(
  run: ProcessRecord,
  session: SessionRecord,
  { error, limited, cause, notes }: Known,
): Promise<Closed> {
  const beganAt = new Date(run.startedAt);
  // With its result handed in the work was done, whatever happened to zag then.
  const line = await handedIn(session.logPath, run.startedAt) !== undefined
    ? { type: "session_ended", success: true, error: null, outcome: "success" } as const
    : error === undefined
    ? { type: "session_ended", success: false, error: cause, outcome: "dead" } as const
    : limited
    ? {
      type: "session_ended",
      success: false,
      error,
      outcome: "failure",
      end_reason: "usage_limit",
    } as const
    : {
      type: "session_ended",
      success: false,
      error,
      outcome: "killed",
      end_reason: isCancelledError(error) ? "cancelled" : "killed",
    } as const;
  const heard = error === undefined
    ? lastSign(session, run) ?? run.startedAt
    : new Date().toISOString();
  if (session.logPath === null) {
    return { end: { ...line, ts: heard }, completeness: session.logCompleteness };
  }
  const last = await closingLineOf(session.logPath);
  // A zag that was killed in its last moments had said how it ended; one that was killed before its
  // first line leaves the end of the run before it.
  if (last && Date.parse(last.ts) >= beganAt.getTime()) {
    return { end: last, completeness: last.completeness };
  }
  let time = beganAt;
  using log = LogAppender.reopen({
    path: session.logPath,
    provider: session.provider,
    sessionId: session.sessionId,
    nativeId: session.providerSessionId ?? undefined,
    now: () => time,
  });
  const known = tryRead(session.logPath, {})?.fields;
  // The index says first that a run begins; whoever is killed then has not told the log.
  const began = session.startedAt ?? undefined;
  const unopened = last !== undefined || log.seq === 0 ||
    began !== undefined && known?.startedAt !== began;
  // What only the index has is not whole there, and nobody can do it again.
  const lost = unopened && session.launch !== null && fieldsInLog(session.launch).length > 0;
  const launch = lost ? known?.launch ?? null : undefined;
  if (unopened) {
    if (began !== undefined && Date.parse(began) > time.getTime()) time = new Date(began);
    log.append(openingLines(run, lost ? { ...session, launch: launch! } : session));
  }
  // Nobody saw it die: it lived as long as anything was heard of it.
  time = new Date(Math.max(Date.parse(heard), lastWrite(session.logPath)));
  await recoverUnfinished(log);
  const ts = log.append([...notes, line])?.ts ?? time.toISOString();
  return { end: { ...line, ts }, completeness: log.completeness, launch };
}

/** The log has the result of the run, which was enough for the session's record, and not its end. */
async function isUnclosed(run: ProcessRecord, { logPath }: SessionRecord): Promise<boolean> {
  return logPath !== null && await handedIn(logPath, run.startedAt) !== undefined &&
    await closingLineOf(logPath) === undefined;
}

async function closingLineOf(logPath: string) {
  try {
    return await closingLine(logPath);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    // It was not made yet.
    return undefined;
  }
}

/** When the last line of a log was written, in milliseconds since 1970; `-Infinity` if none says so. */
function lastWrite(logPath: string): number {
  try {
    using file = Deno.openSync(logPath);
    const { line } = readTail(file, file.seekSync(0, Deno.SeekMode.End));
    const time = Date.parse(line && parseLine(new TextDecoder().decode(line)).event?.ts || "");
    return Number.isNaN(time) ? -Infinity : time;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return -Infinity;
  }
}

/** What the log of a run begins with; without it the index could not be made again. */
function openingLines(run: ProcessRecord, session: SessionRecord): LogKind[] {
  const { command, model } = run;
  const { cwd, resumed } = session;
  return [
    { type: "session_started", command, model, cwd, resumed, backfilled: false },
    { type: "session_meta", meta: metaOf(session) },
  ];
}
