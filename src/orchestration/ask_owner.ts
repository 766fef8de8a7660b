/**
 * Has the zag that looks after an agent end it.
 *
 * @module
 */
import type { ZagPaths } from "../config/paths.ts";
import { delay } from "../delay.ts";
import { isAlive, stateOf } from "../processes/process_table.ts";
import { sendSignal } from "../processes/send_signal.ts";
import { type EndRequest, writeEndRequest } from "../sessions/end_request.ts";
import { eventsBackwards } from "../sessions/log_reader.ts";
import type { ProcessRecord } from "../sessions/records.ts";
import { agentOf, ownerLives } from "../sessions/run_status.ts";
import type { SessionStore } from "../sessions/store.ts";

/** From SIGTERM to SIGKILL. */
export const GRACE_MS = 5000;
/** The owner may need this long beyond the grace: for its books, and to notice the request. */
const OWNER_MS = 3000;
/** One that is let go on, and is suspended anew, stays so. */
const GO_ON_MS = 2000;
/** So long an owner may need for its books, on a machine that is busy with much else. */
const BOOKS_MS = 10_000;
const LOOK_MS = 20;

/** Where requests are left. */
export type RequestPaths = Pick<ZagPaths, "launchFiles">;

/** Whether the owner lives and the request could be left for it. */
export function ask(paths: RequestPaths, run: ProcessRecord, request: EndRequest): boolean {
  if (!ownerLives(run)) return false;
  try {
    writeEndRequest(paths.launchFiles(run.id), request);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return false;
  }
}

/** Whether the owner lives and has been suspended, as by Ctrl-Z. */
export function isSuspended(run: ProcessRecord): boolean {
  return ownerLives(run) && stateOf(run.ownerPid)?.startsWith("T") === true;
}

/**
 * Lets an owner go on that is suspended, so that it hears what it is asked for. One that has an
 * interactive agent shares a terminal with it: when that goes on is up to the person.
 */
export async function letGoOn(run: ProcessRecord): Promise<void> {
  if (mayGoOn(run) && isSuspended(run)) await sendSignal([run.ownerPid], "SIGCONT");
}

function mayGoOn({ command }: ProcessRecord): boolean {
  return command !== "run";
}

/** Waits until the owner, whose agent is gone, has closed the books of a run; false when it does not. */
export async function booksClosed(store: SessionStore, run: ProcessRecord): Promise<boolean> {
  const begun = performance.now();
  while (ownerLives(run)) {
    if (store.getProcess(run.id)?.status !== "running") return true;
    const suspendedMs = mayGoOn(run) ? GO_ON_MS : 0;
    const patience = isSuspended(run) ? suspendedMs : BOOKS_MS;
    if (performance.now() - begun >= patience) return false;
    await delay(LOOK_MS);
  }
  return true;
}

/** Whether there is an agent that lives. */
export function agentLives(run: ProcessRecord): boolean {
  const agent = agentOf(run);
  return agent !== undefined && isAlive(agent);
}

/**
 * Asks the owner of a run to end it, and waits until it has closed its books. An owner that goes on with
 * the session, because it sends an answer back, is asked again for the run that it goes on with.
 *
 * @param requestFor What is asked for.
 * @returns The run that the owner did not end; undefined when the session has ended.
 */
export async function endByOwner(
  store: SessionStore,
  paths: RequestPaths,
  run: ProcessRecord,
  requestFor: (run: ProcessRecord) => Promise<EndRequest>,
): Promise<ProcessRecord | undefined> {
  const end = performance.now() + GRACE_MS + OWNER_MS;
  let current = run;
  let asked: string | undefined;
  let goesOnBy = 0;
  while (performance.now() < end) {
    const row = store.getProcess(current.id);
    if (row?.status === "running") current = row;
    else {
      const next = row && await successorOf(store, row);
      if (!next) return undefined;
      current = next;
    }
    if (!ownerLives(current)) break;
    if (asked !== current.id) {
      if (ask(paths, current, await requestFor(current))) {
        asked = current.id;
        await letGoOn(current);
        goesOnBy = performance.now() + GO_ON_MS;
      } else if (agentLives(current)) {
        // Without one it is between two runs, or about to close its books.
        break;
      }
    }
    // One that stays suspended says why it ended when it goes on.
    if (isSuspended(current) && (!mayGoOn(current) || performance.now() >= goesOnBy)) break;
    await delay(LOOK_MS);
  }
  const row = store.getProcess(current.id);
  return row?.status === "running" ? row : undefined;
}

/**
 * The run with which the owner of a run has gone on in the same session, without that it had ended.
 * Undefined when there is none, and when it does not run any more.
 */
export async function successorOf(
  store: SessionStore,
  run: ProcessRecord,
): Promise<ProcessRecord | undefined> {
  if (run.sessionId === null || run.status === "running") return undefined;
  const newest = store.processesOf(run.sessionId)[0];
  if (
    !newest || newest.id === run.id || newest.status !== "running" ||
    newest.ownerPid !== run.ownerPid || newest.ownerStart !== run.ownerStart
  ) return undefined;
  const logPath = store.getSession(run.sessionId)?.logPath;
  // Without a log the index tells: whoever goes on at once has begun before the other run ended.
  const wentOn = logPath
    ? await wasLeftOpen(logPath, newest)
    : run.exitedAt !== null && Date.parse(newest.startedAt) <= Date.parse(run.exitedAt);
  return wentOn ? newest : undefined;
}

/** Whether the log has no end of the run before this one. */
async function wasLeftOpen(logPath: string, { startedAt }: ProcessRecord): Promise<boolean> {
  try {
    const wanted = new Set(["session_started", "session_ended"]);
    for await (const { type, ts } of eventsBackwards(logPath, wanted)) {
      if (Date.parse(ts) < Date.parse(startedAt)) return type === "session_started";
    }
    return false;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return false;
  }
}
