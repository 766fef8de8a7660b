/** Closes the books of a run whose agent is not there: it has not begun, or works no more. */
import type { LogKind } from "../events/log_event.ts";
import { markEnded, type MarkerPaths } from "../sessions/markers.ts";
import { closingLine } from "../sessions/log_reader.ts";
import { appendTo, ownLog, type OwnLogPaths } from "../sessions/own_log.ts";
import type { SessionStore } from "../sessions/store.ts";
import { closingLines, type SessionEnd } from "./run_record.ts";

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
  paths: MarkerPaths & OwnLogPaths,
  processId: string,
  end: SessionEnd,
): Promise<boolean> {
  const run = store.getProcess(processId);
  if (run?.status !== "running") return false;
  const session = run.sessionId === null ? undefined : store.getSession(run.sessionId);
  let known = end;
  let at = new Date();
  if (!session) return store.endProcess(run.id, { status: statusOf(end), exitCode: codeOf(end) });
  try {
    const path = ownLog(store, paths, session);
    const last = await closingLine(path).catch(() => undefined);
    // Somebody may have come this far before, and no further.
    if (last && Date.parse(last.ts) >= Date.parse(run.startedAt)) {
      at = new Date(last.ts);
      known = endOfLine(last);
    } else appendTo(path, session, closingLines(end), { now: () => at });
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    // The index can still say it.
  }
  const exitCode = codeOf(known);
  store.atOnce(() => {
    store.updateSession(session.sessionId, {
      outcome: known.outcome,
      error: known.error ?? null,
      exitCode,
      signal: known.exit?.signal ?? null,
      endedAt: at.toISOString(),
    });
    store.endProcess(run.id, { status: statusOf(known), exitCode, at: at.toISOString() });
  });
  const success = known.outcome === "success";
  await markEnded(paths, session.sessionId, { success, exitCode }, at).catch(() => {});
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
  { outcome, success, error, exit_code, signal }: Extract<LogKind, { type: "session_ended" }>,
): SessionEnd {
  return {
    outcome: outcome ?? (success ? "success" : "failure"),
    error: error ?? undefined,
    exit: { code: exit_code ?? null, signal: signal ?? null },
  };
}
