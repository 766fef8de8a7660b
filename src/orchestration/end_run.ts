/**
 * Ends a run of an agent from outside of the zag that owns it, or from inside of the agent itself. A
 * result that is handed in with it is checked and recorded first.
 *
 * @module
 */
import { endStray } from "../agent/strays.ts";
import type { ZagPaths } from "../config/paths.ts";
import { endTree } from "../processes/end_tree.ts";
import { isAlive, selfIdentity } from "../processes/process_table.ts";
import { cancelledError, type EndRequest } from "../sessions/end_request.ts";
import { handedIn } from "../sessions/handed_in.ts";
import type { MarkerPaths } from "../sessions/markers.ts";
import type { OwnLogPaths } from "../sessions/own_log.ts";
import type { ProcessRecord } from "../sessions/records.ts";
import { agentOf, ownerLives, pidOf } from "../sessions/run_status.ts";
import type { SessionStore } from "../sessions/store.ts";
import { ask, booksClosed, endByOwner, GRACE_MS, isSuspended, letGoOn } from "./ask_owner.ts";
import { EndRunError, noAnswerError, notClosedError } from "./end_errors.ts";
import { checkTarget, type RunTarget, WAIT_ENDED, waitsOn } from "./run_target.ts";
import { recordIn, type Submission, submitResult } from "./submit_result.ts";

/** Where the files of runs and sessions are. */
export type EndRunPaths =
  & MarkerPaths
  & OwnLogPaths
  & Pick<ZagPaths, "home" | "launchFiles" | "fifo" | "spawnLog" | "notice" | "notices">;

/** A run that is about to be ended: whatever had to be checked is, and the result is recorded. */
export interface Ending {
  /** What is recorded as the result; undefined when nothing was handed in. */
  readonly submitted: string | undefined;
  /** This program is a part of the run: say what there is to say before {@linkcode finish}. */
  readonly inside: boolean;
  /**
   * Has the agent and all that it has started ended, and waits for that. From inside it does not wait
   * for the zag that does it: that one waits for this program.
   *
   * @throws {EndRunError} when something withstood every signal, nobody is there to end it, or the zag
   * that looks after it does not close its books
   */
  finish(): Promise<void>;
}

/**
 * Gets a run ready to be ended.
 *
 * The agent itself has to hand in what its session was started for. Anybody else may, and ends the
 * agent without a result otherwise.
 *
 * @param result What the session hands in; undefined when nothing.
 * @param reason Why the session is cancelled: also its agent ends it without a result then.
 * @throws {EndRunError} when it does not run any more, has another result, or cannot be recorded
 * @throws {NotOurProcessError} when it belongs to another user
 * @throws {ExitResultError} when the result does not satisfy what the session was started with; the
 * agent is left alone then
 */
export async function killRun(
  store: SessionStore,
  paths: EndRunPaths,
  run: ProcessRecord,
  target: Omit<RunTarget, "what"> & {
    readonly result: string | undefined;
    readonly reason?: string | undefined;
  },
): Promise<Ending> {
  const stand = await checkTarget(store, paths, run, { ...target, what: "end" });
  const inside = stand !== "outside";
  const { result, reason } = target;
  const requestFor = (submitted: boolean): EndRequest => ({
    action: "kill",
    submitted,
    ...(inside ? { by: selfIdentity() } : {}),
    ...(reason === undefined ? {} : { reason }),
  });
  let holder = run.id;
  const submission: Submission = {
    store,
    paths,
    run,
    result,
    byAgent: stand === "self",
    // Asked at once, so that whoever closes the run knows of the result.
    recorded: (current) => {
      holder = current.id;
      ask(paths, current, requestFor(true));
    },
  };
  const submitted = reason === undefined ? await submitResult(submission) : undefined;
  const request = async (current: ProcessRecord) =>
    requestFor(submitted !== undefined || await hasResult(store, current));
  const again = async (current: ProcessRecord) => {
    // The owner has gone on since: the result has to be that of the run that it ends.
    if (submitted !== undefined && current.id !== holder) {
      await recordIn({ ...submission, run: current }, submitted);
    }
    return await request(current);
  };
  return {
    submitted,
    inside,
    finish: async () => {
      if (inside && ask(paths, run, await request(run))) return await letGoOn(run);
      const left = inside ? run : await endByOwner(store, paths, run, again);
      if (left) await endOurselves(store, paths, left, reason);
    },
  };
}

/** Whether a result was handed in during a run. */
export async function hasResult(store: SessionStore, run: ProcessRecord): Promise<boolean> {
  const session = run.sessionId === null ? undefined : store.getSession(run.sessionId);
  return await handedIn(session?.logPath, run.startedAt) !== undefined;
}

/** Nobody else is there to do it: the owner was killed, or it hangs. */
async function endOurselves(
  store: SessionStore,
  paths: EndRunPaths,
  was: ProcessRecord,
  reason: string | undefined,
): Promise<void> {
  const run = store.getProcess(was.id) ?? was;
  let survivors;
  if (ownerLives(run)) {
    const agent = agentOf(run);
    const suspended = isSuspended(run);
    // The owner can be a program that runs zag as a library, with much else to do.
    if (!agent || !isAlive(agent) && !suspended) throw noAnswerError("end", run, suspended);
    ({ survivors } = await endTree(agent, {
      detached: run.agentDetached,
      marker: `ZAG_PROCESS_ID=${run.id}`,
      trustGroup: false,
      graceMs: GRACE_MS,
    }));
  } else {
    const ended = waitsOn(store, run) ? WAIT_ENDED : undefined;
    const error = reason === undefined ? ended : cancelledError(reason);
    const options = { graceMs: GRACE_MS, withSessions: true, error };
    survivors = await endStray(run, store, paths, () => {}, options);
  }
  if (survivors.length === 0) {
    if (!await booksClosed(store, run)) throw notClosedError(run, isSuspended(run));
    return;
  }
  throw new EndRunError(
    "survived",
    `Cannot end process ${pidOf(run)}: it withstands SIGKILL ` +
      `(${survivors.map(({ pid }) => pid).join(", ")})`,
  );
}
