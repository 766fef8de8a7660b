/**
 * Has another zag go on with a session that waits for the end of a usage limit, and whose own zag is gone:
 * killed, or shut down with its machine.
 *
 * @module
 */
import { ensurePrivateDir, type ZagPaths } from "../config/paths.ts";
import type { EnvReader } from "../host.ts";
import { isGranted } from "../processes/permissions.ts";
import { isAlive } from "../processes/process_table.ts";
import { startZag } from "../processes/start_zag.ts";
import type { Subprocess } from "../processes/subprocess.ts";
import { appendTo, ownLog, type OwnLogPaths } from "../sessions/own_log.ts";
import type { PendingResume, ProcessRecord, SessionRecord } from "../sessions/records.ts";
import { ownerMeta } from "../sessions/session_meta.ts";
import type { SessionStore } from "../sessions/store.ts";

/** Name of the hidden command that goes on with such a session. */
export const RESUME_COMMAND = "resume-waiting";

/** Where the session and its run are. */
export type ResumePaths = OwnLogPaths & Pick<ZagPaths, "home" | "launchFiles" | "spawnLog">;

/** A run whose session another process can go on with. */
export interface WaitingRun {
  readonly run: ProcessRecord;
  readonly session: SessionRecord;
  readonly waits: PendingResume;
}

/**
 * What another process can go on with; undefined when the session does not wait, has gone on already, or
 * cannot go on without the program that took its messages.
 *
 * @param run As it is now.
 */
export function waitingRun(store: SessionStore, run: ProcessRecord): WaitingRun | undefined {
  if (run.sessionId === null || run.agentPid !== null) return undefined;
  const waits = store.resumes.ofSession(run.sessionId);
  const session = waits && store.getSession(run.sessionId);
  if (!session || session.interactive) return undefined;
  return { run, session, waits };
}

/**
 * Starts a zag that goes on, and hands it the run and the lease. Call it with the run locked: the other zag
 * waits for that. Where it cannot be started everything stays as it is.
 *
 * @param env Of the zag that is started.
 * @param note Is told what was done, or why nothing was.
 */
export function resumeInBackground(
  { run, session, waits }: WaitingRun,
  store: SessionStore,
  paths: ResumePaths,
  env: EnvReader,
  note: (message: string) => void,
): void {
  const { sessionId } = session;
  const owner = waits.ownerPid === null || waits.ownerStart === null
    ? undefined
    : { pid: waits.ownerPid, startTime: waits.ownerStart };
  if (owner && isAlive(owner)) return;
  let child: Subprocess | undefined;
  try {
    // A person who is asked for it would not know why.
    if (!isGranted({ name: "run" }) && !isGranted({ name: "run", command: Deno.execPath() })) {
      throw new Error("this program may start no other");
    }
    ensurePrivateDir(paths.launchFiles(run.id));
    child = startZag(
      // The directory that this command was called in may not be there for as long.
      { env, cwd: paths.home, now: () => new Date() },
      [RESUME_COMMAND, sessionId, waits.incidentId],
      { stderrFile: paths.spawnLog(sessionId) },
    );
    const { pid, startTime: start } = child.identity;
    if (session.logPath !== null) {
      const meta = ownerMeta({ id: run.id, pid, start });
      appendTo(ownLog(store, paths, session), session, [{ type: "session_meta", meta }]);
    }
    const { identity } = child;
    const isHanded = store.atOnce(() =>
      store.resumes.claim(waits.incidentId, identity) &&
      store.setProcessOwner(run.id, pid, start)
    );
    if (!isHanded) throw new Error("somebody else has it, or it was cancelled");
    note(`session ${sessionId} waits for the end of a usage limit, now in process ${pid}`);
  } catch (error) {
    // Whatever it is that is missing, leave to start a program as well: the next command may have it.
    child?.kill("SIGKILL");
    const reason = error instanceof Error ? error.message : String(error);
    note(`nobody goes on with session ${sessionId}, which waits for a usage limit: ${reason}`);
  }
}
