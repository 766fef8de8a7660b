/**
 * Ends what a zag that was killed has left behind: agents whose owner is gone, and everything that
 * they started. Only then their sessions count as dead.
 */
import type { ProcessIdentity } from "../processes/process_info.ts";
import { isAlive } from "../processes/process_table.ts";
import type { ZagPaths } from "../config/paths.ts";
import { endTree } from "../processes/end_tree.ts";
import { SessionLog } from "../sessions/log.ts";
import { markEnded, type MarkerPaths } from "../sessions/markers.ts";

import type { ProcessRecord } from "../sessions/records.ts";
import type { SessionStore } from "../sessions/store.ts";

/** Where strays have left something. */
export type StrayPaths = MarkerPaths & Pick<ZagPaths, "launchFiles">;

/** Strays had their chance when their owner died. */
const STRAY_GRACE_MS = 2000;

/** Looks at every run that nobody has seen end. Cheap when there is none. */
export async function endStrays(
  store: SessionStore,
  paths: StrayPaths,
  note: (message: string) => void,
): Promise<void> {
  try {
    for (const run of store.runningProcesses()) await endStray(run, store, paths, note);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    // What is asked for now matters more than tidying up.
    note(`strays were left alone: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function endStray(
  run: ProcessRecord,
  store: SessionStore,
  paths: StrayPaths,
  note: (message: string) => void,
): Promise<void> {
  const owner = identity(run.ownerPid, run.ownerStart);
  if (owner && isAlive(owner)) return;
  const agent = run.agentPid === null ? undefined : identity(run.agentPid, run.agentStart);
  // A zag that died in the moment of the start did not note its agent, but the agent has the marker.
  const root = agent ?? owner;
  if (root) {
    const { ended, survivors } = await endTree(root, {
      detached: agent === undefined || run.agentDetached,
      marker: `ZAG_PROCESS_ID=${run.id}`,
      // The number of a group whose leader is long gone may belong to a stranger now.
      trustGroup: false,
      graceMs: STRAY_GRACE_MS,
      sparePids: livingOwners(store, run),
    });
    note(`ended ${ended} processes of session ${run.sessionId}, whose zag is gone`);
    // As long as one lives the session counts as running, and nobody resumes it.
    if (survivors.length > 0) return;
  }
  await recover(run, paths);
  await Deno.remove(paths.launchFiles(run.id), { recursive: true }).catch(() => {});
  await closeBooks(store, paths, run);
}

/** Puts back the session of an agent that was killed while it could destroy it. */
async function recover(run: ProcessRecord, paths: StrayPaths): Promise<void> {
  try {
    const { loadProvider } = await import("../providers/registry.ts");
    const transcript = (await loadProvider(run.provider))?.transcript;
    if (!transcript?.fragile) return;
    const { recoverTranscript } = await import("./transcript_guard.ts");
    await recoverTranscript(transcript, paths.launchFiles(run.id));
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    // There is nothing to put back, or no room for it.
  }
}

/** A session that an agent started in the background is nobody's stray. */
function livingOwners(store: SessionStore, run: ProcessRecord): number[] {
  return store.runningProcesses().filter((other) => other.id !== run.id).map((other) =>
    other.ownerPid
  );
}

function identity(pid: number, start: string | null): ProcessIdentity | undefined {
  return start === null ? undefined : { pid, startTime: start };
}

async function closeBooks(
  store: SessionStore,
  paths: StrayPaths,
  run: ProcessRecord,
): Promise<void> {
  // Of several zags that find the same stray, one does the rest.
  if (!store.endProcess(run.id, { status: "killed", exitCode: null })) return;
  const session = run.sessionId === null ? undefined : store.getSession(run.sessionId);
  if (!session || session.outcome !== null) return;
  const error = "zag was killed while the session ran";
  let endedAt = new Date().toISOString();
  if (session.logPath !== null) {
    const log = SessionLog.reopen({
      path: session.logPath,
      provider: session.provider,
      sessionId: session.sessionId,
      nativeId: session.providerSessionId ?? undefined,
    });
    const line = { type: "session_ended", success: false, error, outcome: "dead" } as const;
    endedAt = log.append([line])?.ts ?? endedAt;
    log.close();
  }
  store.updateSession(session.sessionId, {
    outcome: "dead",
    error,
    endedAt,
  });
  const end = { success: false, exitCode: null };
  await markEnded(paths, session.sessionId, end, new Date()).catch(() => {});
}
