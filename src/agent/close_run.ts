/** Closes the books of a run whose agent is not there: it has not begun, or works no more. */
import { endReasonIn } from "../events/end_reason.ts";
import type { LogEvent, LogKind } from "../events/log_event.ts";
import { noticeEnd, type NoticePaths } from "../notify/notify.ts";
import { markEnded, type MarkerPaths } from "../sessions/markers.ts";
import { closingLine } from "../sessions/log_reader.ts";
import { appendTo, ownLog, type OwnLogPaths } from "../sessions/own_log.ts";
import type { SessionStore } from "../sessions/store.ts";
import type { SessionLogMode } from "./agent_options.ts";
import { closingLines, type SessionEnd, untoldEnd } from "./run_record.ts";

/** Where the log of the run was kept, and who hears of its entries. */
export interface LogOfRun {
  /** As the launch was asked. @default "auto" */
  readonly log?: SessionLogMode | undefined;
  /** An entry of the log is in its file. */
  logged?(event: LogEvent, logPath: string): void;
}

/**
 * Says in log, index and marker how a session has ended, and that its run is over. Does nothing when
 * the run was closed before.
 *
 * @param processId The run; it belongs to this process.
 * @returns Whether this is what closed it.
 * @throws {StoreError} when the index cannot be written
 */
export async function closeRun(
  store: SessionStore,
  paths: MarkerPaths & OwnLogPaths & NoticePaths,
  processId: string,
  end: SessionEnd,
  { log, logged }: LogOfRun = {},
): Promise<boolean> {
  const run = store.getProcess(processId);
  if (run?.status !== "running") return false;
  const session = run.sessionId === null ? undefined : store.getSession(run.sessionId);
  let known = log === "off" ? untoldEnd(end) : end;
  let at = new Date();
  // The end of a log that a program has begun is its own to tell.
  const joined = typeof log === "object";
  if (!session || joined) {
    const closed = store.endProcess(run.id, { status: statusOf(end), exitCode: codeOf(end) });
    noticeEnd(paths, run.id, end);
    return closed;
  }
  try {
    const hasNone = log === "off" && session.logPath === null;
    const path = hasNone ? undefined : ownLog(store, paths, session);
    const last = path === undefined ? undefined : await closingLine(path).catch(() => undefined);
    // Somebody may have come this far before, and no further.
    if (last && Date.parse(last.ts) >= Date.parse(run.startedAt)) {
      at = new Date(last.ts);
      known = endOfLine(last);
    } else if (path !== undefined) {
      appendTo(path, session, closingLines(known), {
        now: () => at,
        logged: logged && ((event) => logged(event, path)),
      });
    }
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    // The index can still say it.
  }
  const exitCode = codeOf(known);
  store.atOnce(() => {
    store.updateSession(session.sessionId, {
      outcome: known.outcome,
      error: known.error ?? null,
      endReason: known.reason ?? null,
      exitCode,
      signal: known.exit?.signal ?? null,
      endedAt: at.toISOString(),
    });
    store.endProcess(run.id, { status: statusOf(known), exitCode, at: at.toISOString() });
  });
  const success = known.outcome === "success";
  await markEnded(paths, session.sessionId, { success, exitCode }, at).catch(() => {});
  noticeEnd(paths, run.id, { ...known, at: at.toISOString() });
  return true;
}

function codeOf({ exit }: SessionEnd): number | null {
  return exit?.code ?? null;
}

function statusOf({ outcome }: SessionEnd): "exited" | "killed" {
  return outcome === "success" || outcome === "failure" ? "exited" : "killed";
}

/** The end that a line of a log tells. */
function endOfLine(
  { outcome, success, error, end_reason, exit_code, signal }: Extract<
    LogKind,
    { type: "session_ended" }
  >,
): SessionEnd {
  return {
    outcome: outcome ?? (success ? "success" : "failure"),
    error: error ?? undefined,
    reason: endReasonIn(end_reason),
    exit: { code: exit_code ?? null, signal: signal ?? null },
  };
}
