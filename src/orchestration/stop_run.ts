/**
 * Asks an agent and all that it has started to end, by SIGHUP, and leaves it at that.
 *
 * @module
 */
import { endStray } from "../agent/strays.ts";
import { signalTree } from "../processes/end_tree.ts";
import { type EndRequest, withdrawEndRequest, writeEndRequest } from "../sessions/end_request.ts";
import type { ProcessRecord } from "../sessions/records.ts";
import { agentOf, ownerLives, ownerOf } from "../sessions/run_status.ts";
import type { SessionStore } from "../sessions/store.ts";
import { agentLives, ask, booksClosed, endByOwner, isSuspended, letGoOn } from "./ask_owner.ts";
import { noAnswerError, notClosedError } from "./end_errors.ts";
import { type EndRunPaths, hasResult } from "./end_run.ts";
import { checkTarget, type RunTarget, WAIT_ENDED, waitsOn } from "./run_target.ts";

/** So long an agent may take before it counts as one that goes on. */
const PATIENCE_MS = 2000;

/** A run that is about to be stopped. */
export interface Stopping {
  /** This program is a part of the run: say what there is to say before {@linkcode finish}. */
  readonly inside: boolean;
  /** Sends the signal. False when the agent still runs after 2 seconds; from inside it does not wait. */
  finish(): Promise<boolean>;
}

/**
 * Gets a run ready to be stopped.
 *
 * @throws {EndRunError} when it does not run any more; from `finish`, when nobody is there to stop it
 * @throws {NotOurProcessError} when it belongs to another user
 */
export async function stopRun(
  store: SessionStore,
  paths: EndRunPaths,
  run: ProcessRecord,
  target: Omit<RunTarget, "what">,
): Promise<Stopping> {
  const stand = await checkTarget(store, paths, run, { ...target, what: "stop" });
  const inside = stand !== "outside";
  return { inside, finish: () => stop(store, paths, run, inside) };
}

async function stop(
  store: SessionStore,
  paths: EndRunPaths,
  was: ProcessRecord,
  inside: boolean,
): Promise<boolean> {
  const run = store.getProcess(was.id) ?? was;
  const launchFiles = paths.launchFiles(run.id);
  const owned = ownerLives(run);
  // Before its agent has started, and between an answer and its correction.
  if (owned && !agentLives(run)) return await stopByOwner(store, paths, run, inside);
  if (owned) announce(launchFiles, await hasResult(store, run));
  const root = agentOf(run) ?? ownerOf(run)!;
  const { rootLives, members } = await signalTree(root, "SIGHUP", {
    detached: run.agentDetached,
    marker: `ZAG_PROCESS_ID=${run.id}`,
    trustGroup: false,
    waitMs: inside ? 0 : PATIENCE_MS,
  });
  if (inside) return true;
  if (rootLives) {
    // However it ends later, it was not by this.
    if (owned) withdrawEndRequest(launchFiles);
    return false;
  }
  if (owned) {
    await letGoOn(run);
    if (!await booksClosed(store, run)) throw notClosedError(run, isSuspended(run));
  } else if (members.length === 0) {
    const error = waitsOn(store, run) ? WAIT_ENDED : undefined;
    await endStray(run, store, paths, () => {}, { error });
  }
  return true;
}

/** There is no agent to signal: its owner does not start it, or ends it as soon as it has. */
async function stopByOwner(
  store: SessionStore,
  paths: EndRunPaths,
  run: ProcessRecord,
  inside: boolean,
): Promise<true> {
  const request = async (current: ProcessRecord): Promise<EndRequest> => ({
    action: "stop",
    submitted: await hasResult(store, current),
    byOwner: true,
  });
  const left = inside
    ? ask(paths, run, await request(run)) ? undefined : run
    : await endByOwner(store, paths, run, request);
  if (left) {
    withdrawEndRequest(paths.launchFiles(left.id));
    throw noAnswerError("stop", left, isSuspended(left));
  }
  return true;
}

/** The owner shall know why its agent ends. */
function announce(launchFiles: string, submitted: boolean): void {
  try {
    writeEndRequest(launchFiles, { action: "stop", submitted });
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    // It will say that the agent was killed.
  }
}
