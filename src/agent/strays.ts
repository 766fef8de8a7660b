/**
 * Ends what a zag that was killed has left behind: agents whose owner is gone, and everything that
 * they started. Only then their sessions count as dead. A session that waits for the end of a usage limit
 * is not dead: another zag goes on with it.
 */
import type { ProcessIdentity } from "../processes/process_info.ts";
import { removePipe } from "../processes/named_pipe.ts";
import { isAlive } from "../processes/process_table.ts";
import type { ZagPaths } from "../config/paths.ts";
import type { EnvReader } from "../host.ts";
import { endTree } from "../processes/end_tree.ts";
import { sweepNotices } from "../notify/sweep.ts";
import type { MarkerPaths } from "../sessions/markers.ts";
import type { ProcessRecord } from "../sessions/records.ts";
import type { SessionStore } from "../sessions/store.ts";
import { sweepLaunches } from "./sweep_launches.ts";
import type { ResumePaths } from "./resume_stray.ts";

/** Where strays have left something. */
export type StrayPaths =
  & MarkerPaths
  & ResumePaths
  & Pick<ZagPaths, "launchFiles" | "fifo" | "spawnLog" | "notice" | "notices">;

/** Strays had their chance when their owner died. */
const STRAY_GRACE_MS = 2000;

/**
 * Looks at every run that nobody has seen end. Cheap when there is none.
 *
 * @param env Of what goes on with sessions that wait. Default: that of this program.
 */
export async function endStrays(
  store: SessionStore,
  paths: StrayPaths & Pick<ZagPaths, "launches">,
  note: (message: string) => void,
  env: EnvReader = Deno.env,
): Promise<void> {
  await leniently(note, async () => {
    const runs = store.runningProcesses();
    for (const run of runs) {
      await leniently(note, async () => void await endStray(run, store, paths, note, { env }));
    }
    forgetOver(store);
    sweepLaunches(store, paths);
    sweepNotices(store, paths);
  });
}

/** What waits for a session that is over was left there by a zag that could not remove it. */
function forgetOver(store: SessionStore): void {
  for (const { incidentId, sessionId } of store.resumes.list()) {
    if (store.processesOf(sessionId)[0]?.status !== "running") store.resumes.remove(incidentId);
  }
}

/** What is asked for now matters more than tidying up. */
async function leniently(note: (message: string) => void, work: () => Promise<void>) {
  try {
    await work();
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    note(`strays were left alone: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** How a stray is ended. */
export interface EndStrayOptions {
  /** From SIGTERM to SIGKILL, in milliseconds. @default 2000 */
  readonly graceMs?: number;
  /** Ends the sessions too that the agent has started and that have a zag. @default false */
  readonly withSessions?: boolean;
  /** What the books say of the end, now, in place of that the run is dead: it was cancelled. */
  readonly error?: string | undefined;
  /** It failed on a usage limit, as that says, and nobody has ended it. @default false */
  readonly limited?: boolean;
  /**
   * A session that waits for the end of a usage limit is gone on with, by a zag with this environment.
   * Absent: it ends, too.
   */
  readonly env?: EnvReader | undefined;
}

/**
 * Ends what is left of a run whose zag is gone, and closes its books. One whose zag lives is left
 * alone, and so is one that somebody else has closed meanwhile.
 *
 * @returns What even SIGKILL did not end; its books stay open then.
 */
export async function endStray(
  run: ProcessRecord,
  store: SessionStore,
  paths: StrayPaths,
  note: (message: string) => void,
  options: EndStrayOptions = {},
): Promise<readonly ProcessIdentity[]> {
  const owner = identity(run.ownerPid, run.ownerStart);
  if (owner && isAlive(owner)) return [];
  const [{ closeDeadRun }, { lockRun }] = await Promise.all([
    import("./dead_run.ts"),
    import("./run_lock.ts"),
  ]);
  using _lock = await lockRun(paths.launchFiles(run.id));
  // Another zag that found it too may have done all of it meanwhile; or the one that has recorded it
  // has handed it on, and ended.
  const now = store.getProcess(run.id);
  if (now?.status !== "running") return [];
  const nowOwner = identity(now.ownerPid, now.ownerStart);
  if (nowOwner && isAlive(nowOwner)) return [];
  const waiting = options.env && store.resumes.ofSession(now.sessionId ?? "") &&
    (await import("./resume_stray.ts")).waitingRun(store, now);
  const agent = now.agentPid === null ? undefined : identity(now.agentPid, now.agentStart);
  // A zag that died in the moment of the start did not note its agent, but the agent has the marker.
  const root = agent ?? nowOwner;
  if (root) {
    const { ended, survivors } = await endTree(root, {
      detached: agent === undefined || now.agentDetached,
      marker: `ZAG_PROCESS_ID=${run.id}`,
      // The number of a group whose leader is long gone may belong to a stranger now.
      trustGroup: false,
      graceMs: options.graceMs ?? STRAY_GRACE_MS,
      sparePids: options.withSessions ? [] : livingOwners(store, run),
    });
    if (ended > 0 || !waiting) {
      note(`ended ${ended} processes of session ${run.sessionId}, whose zag is gone`);
    }
    // As long as one lives the session counts as running, and nobody resumes it.
    if (survivors.length > 0) return survivors;
  }
  if (waiting) {
    const { resumeInBackground } = await import("./resume_stray.ts");
    resumeInBackground(waiting, store, paths, options.env!, note);
    return [];
  }
  await recover(run, paths);
  // Nobody reads its messages any more, and whoever wrote one would wait for ever.
  if (run.command === "interactive" && run.sessionId !== null) {
    removePipe(paths.fifo(run.sessionId));
  }
  await closeDeadRun(store, paths, now, options.error, options.limited);
  // Not before: the messages in it that were not answered are named in the books.
  await Deno.remove(paths.launchFiles(run.id), { recursive: true }).catch(() => {});
  return [];
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
