/**
 * Ends a run of an agent from outside of the zag that owns it, or from inside of the agent itself. A
 * result that is handed in with it is checked and recorded first.
 *
 * @module
 */
import { lockRun } from "../agent/dead_run.ts";
import { validateExitResult } from "../agent/exit_mode.ts";
import { endStray } from "../agent/strays.ts";
import type { ZagPaths } from "../config/paths.ts";
import { delay } from "../delay.ts";
import { endTree } from "../processes/end_tree.ts";
import { selfIdentity, stateOf } from "../processes/process_table.ts";
import { type EndRequest, writeEndRequest } from "../sessions/end_request.ts";
import { lastSegment } from "../sessions/log_reader.ts";
import type { MarkerPaths } from "../sessions/markers.ts";
import { appendTo, ownLog, type OwnLogPaths } from "../sessions/own_log.ts";
import type { ProcessRecord, SessionRecord } from "../sessions/records.ts";
import { agentOf, ownerLives, ownerOf, pidOf } from "../sessions/run_status.ts";
import type { SessionStore } from "../sessions/store.ts";
import { EndRunError } from "./end_errors.ts";
import { checkTarget, type RunTarget, type Stand } from "./run_target.ts";

/** From SIGTERM to SIGKILL. */
const GRACE_MS = 5000;
/** The owner may need this long beyond the grace: for its books, and to notice the request. */
const OWNER_MS = 3000;
const LOOK_MS = 20;

/** Where the files of runs and sessions are. */
export type EndRunPaths = MarkerPaths & OwnLogPaths & Pick<ZagPaths, "launchFiles">;

/** A run that is about to be ended: whatever had to be checked is, and the result is recorded. */
export interface Ending {
  /** What was recorded as the result; undefined when nothing was handed in. */
  readonly submitted: string | undefined;
  /** This program is a part of the run: say what there is to say before {@linkcode finish}. */
  readonly inside: boolean;
  /**
   * Has the agent and all that it has started ended, and waits for that. From inside it does not wait
   * for the zag that does it: that one waits for this program.
   *
   * @throws {EndRunError} when something withstood every signal
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
 * @throws {EndRunError} when it does not run any more, has its result, or cannot be recorded
 * @throws {NotOurProcessError} when it belongs to another user
 * @throws {ExitResultError} when the result does not satisfy what the session was started with; the
 * agent is left alone then
 */
export async function killRun(
  store: SessionStore,
  paths: EndRunPaths,
  run: ProcessRecord,
  target: Omit<RunTarget, "what"> & { readonly result: string | undefined },
): Promise<Ending> {
  const stand = await checkTarget(store, paths, run, { ...target, what: "end" });
  const session = run.sessionId === null ? undefined : store.getSession(run.sessionId);
  const submitted = await submit(store, paths, run, session, target.result, stand);
  const inside = stand !== "outside";
  return {
    submitted,
    inside,
    finish: async () => {
      const known = submitted !== undefined || await handedIn(session) !== undefined;
      const request: EndRequest = {
        action: "kill",
        submitted: known,
        ...(inside ? { by: selfIdentity() } : {}),
      };
      if (ask(paths, run, request)) {
        if (inside || await ended(store, run)) return;
      }
      await endOurselves(store, paths, run);
    },
  };
}

/** Checks and records; undefined when there is nothing to record. */
async function submit(
  store: SessionStore,
  paths: EndRunPaths,
  run: ProcessRecord,
  session: SessionRecord | undefined,
  result: string | undefined,
  stand: Stand,
): Promise<string | undefined> {
  if (result === undefined && (stand !== "self" || !session?.exit)) return undefined;
  if (!session) {
    throw new EndRunError(
      "not_recorded",
      `Cannot record the result of process ${
        pidOf(run)
      }: its session is not recorded; it was not ` +
        "ended",
    );
  }
  const accepted = await validateExitResult(result ?? "", session.exit);
  // Two that hand in at the same moment must not both be taken.
  using _lock = await lockRun(paths.launchFiles(run.id));
  if (await handedIn(session) !== undefined) {
    throw new EndRunError(
      "second_result",
      `Cannot hand in a second result: session ${JSON.stringify(session.sessionId)} has its ` +
        "result and is about to end",
    );
  }
  record(store, paths, session, accepted);
  return accepted;
}

function record(
  store: SessionStore,
  paths: EndRunPaths,
  session: SessionRecord,
  result: string,
): void {
  try {
    const path = ownLog(store, paths, session);
    appendTo(path, session, [{ type: "session_result", result }]);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    const { cause } = error as Error;
    const reason = cause instanceof Error ? cause : error as Error;
    throw new EndRunError(
      "not_recorded",
      `Cannot record the result of session ${JSON.stringify(session.sessionId)}: ` +
        `${reason.message}; the session was not ended`,
      { hint: "Make room and make the state directory writable, then hand the result in again" },
    );
  }
}

/** What the newest run of a session has handed in; undefined when nothing. */
export async function handedIn(session: SessionRecord | undefined): Promise<string | undefined> {
  if (!session || session.logPath === null) return undefined;
  try {
    return (await lastSegment(session.logPath)).result;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return undefined;
  }
}

/** Whether the owner could be asked. */
function ask(paths: EndRunPaths, run: ProcessRecord, request: EndRequest): boolean {
  if (!ownerLives(run)) return false;
  try {
    writeEndRequest(paths.launchFiles(run.id), request);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return false;
  }
}

/** Waits until the owner has closed its books. False when it does not get to that. */
async function ended(store: SessionStore, run: ProcessRecord): Promise<boolean> {
  const end = performance.now() + GRACE_MS + OWNER_MS;
  while (performance.now() < end) {
    if (store.getProcess(run.id)?.status !== "running") return true;
    // One that was suspended together with its agent cannot do anything.
    if (!ownerLives(run) || stateOf(run.ownerPid)?.startsWith("T")) return false;
    await delay(LOOK_MS);
  }
  return store.getProcess(run.id)?.status !== "running";
}

/** Nobody else is there to do it: the owner was killed, or it hangs. */
async function endOurselves(
  store: SessionStore,
  paths: EndRunPaths,
  run: ProcessRecord,
): Promise<void> {
  let survivors;
  if (ownerLives(run)) {
    const root = agentOf(run) ?? ownerOf(run)!;
    ({ survivors } = await endTree(root, {
      detached: run.agentDetached,
      marker: `ZAG_PROCESS_ID=${run.id}`,
      trustGroup: false,
      graceMs: GRACE_MS,
    }));
  } else {
    const options = { graceMs: GRACE_MS, withSessions: true };
    survivors = await endStray(run, store, paths, () => {}, options);
  }
  if (survivors.length === 0) return;
  throw new EndRunError(
    "survived",
    `Cannot end process ${pidOf(run)}: it withstands SIGKILL ` +
      `(${survivors.map(({ pid }) => pid).join(", ")})`,
  );
}
