/**
 * Ends what a zag that was killed has left behind: agents whose owner is gone, and everything that
 * they started. Only then their sessions count as dead.
 */
import type { ProcessIdentity } from "../processes/process_info.ts";
import { isAlive } from "../processes/process_table.ts";
import { endTree } from "../processes/end_tree.ts";
import { SessionLog } from "../sessions/log.ts";
import type { ProcessRecord } from "../sessions/records.ts";
import type { SessionStore } from "../sessions/store.ts";

/** Strays had their chance when their owner died. */
const STRAY_GRACE_MS = 2000;

/** Looks at every run that nobody has seen end. Cheap when there is none. */
export async function endStrays(
  store: SessionStore,
  note: (message: string) => void,
): Promise<void> {
  for (const run of store.runningProcesses()) {
    const owner = identity(run.ownerPid, run.ownerStart);
    if (owner && isAlive(owner)) continue;
    const agent = run.agentPid === null ? undefined : identity(run.agentPid, run.agentStart);
    if (agent) {
      const { ended } = await endTree(agent, {
        detached: run.agentDetached,
        marker: `ZAG_PROCESS_ID=${run.id}`,
        graceMs: STRAY_GRACE_MS,
        sparePids: livingOwners(store, run),
      });
      note(`ended ${ended} processes of session ${run.sessionId}, whose zag is gone`);
    }
    closeBooks(store, run);
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

function closeBooks(store: SessionStore, run: ProcessRecord): void {
  store.endProcess(run.id, { status: "killed", exitCode: null });
  const session = run.sessionId === null ? undefined : store.getSession(run.sessionId);
  if (!session || session.outcome !== null) return;
  const error = "zag was killed while the session ran";
  if (session.logPath !== null) {
    const log = SessionLog.reopen({
      path: session.logPath,
      provider: session.provider,
      sessionId: session.sessionId,
      nativeId: session.providerSessionId ?? undefined,
    });
    log.append([{ type: "session_ended", success: false, error, outcome: "dead" }]);
    log.close();
  }
  store.updateSession(session.sessionId, {
    outcome: "dead",
    error,
    endedAt: new Date().toISOString(),
  });
}
