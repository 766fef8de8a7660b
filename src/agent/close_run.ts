/** Closes the books of a run whose agent is not there: it has not begun, or works no more. */
import { markEnded, type MarkerPaths } from "../sessions/markers.ts";
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
  const exitCode = end.exit?.code ?? null;
  const status = end.outcome === "success" || end.outcome === "failure" ? "exited" : "killed";
  const at = new Date();
  if (!session) return store.endProcess(run.id, { status, exitCode });
  try {
    appendTo(ownLog(store, paths, session), session, closingLines(end), { now: () => at });
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    // The index can still say it.
  }
  store.atOnce(() => {
    store.updateSession(session.sessionId, {
      outcome: end.outcome,
      error: end.error ?? null,
      exitCode,
      signal: end.exit?.signal ?? null,
      endedAt: at.toISOString(),
    });
    store.endProcess(run.id, { status, exitCode, at: at.toISOString() });
  });
  const success = end.outcome === "success";
  await markEnded(paths, session.sessionId, { success, exitCode }, at).catch(() => {});
  return true;
}
