/**
 * Checks the result that is handed in with the end of a run, and records it.
 *
 * @module
 */
import { validateExitResult } from "../agent/exit_mode.ts";
import { lockRun } from "../agent/run_lock.ts";
import type { ZagPaths } from "../config/paths.ts";
import { delay } from "../delay.ts";
import { jsonForTerminal, shorten } from "../events/render/text.ts";
import { handedIn } from "../sessions/handed_in.ts";
import { closingLine, lastSegment } from "../sessions/log_reader.ts";
import { appendTo, ownLog, type OwnLogPaths } from "../sessions/own_log.ts";
import type { ExitConstraints, ProcessRecord, SessionRecord } from "../sessions/records.ts";
import { ownerLives, pidOf } from "../sessions/run_status.ts";
import type { SessionStore } from "../sessions/store.ts";
import { successorOf } from "./ask_owner.ts";
import { EndRunError } from "./end_errors.ts";
import { overError } from "./run_target.ts";

/** Where the files of runs and sessions are. */
export type SubmitPaths = OwnLogPaths & Pick<ZagPaths, "launchFiles">;

/** So much of a result is shown in a message. */
const SHOWN = 200;
/** How long an owner may take to open the log; one that cannot write it never does. */
const BEGIN_MS = 1000;
const LOOK_MS = 10;

/** A result that is on its way to the log of a session. */
export interface Submission {
  readonly store: SessionStore;
  readonly paths: SubmitPaths;
  readonly run: ProcessRecord;
  /** Undefined when nothing is handed in. */
  readonly result: string | undefined;
  /** The agent itself hands in: it has to, where its run was started for a result. */
  readonly byAgent: boolean;
  /** Called with the run that has the result, before anybody else can hand in another one. */
  recorded(run: ProcessRecord): void;
}

/**
 * Checks and records. Who hands in again what is recorded already finds it in order: whoever did it
 * before may have been killed before the owner was asked to end the run.
 *
 * @returns What is recorded; undefined when there was nothing to record.
 * @throws {EndRunError} when the run has ended meanwhile, has another result, or cannot be recorded
 * @throws {ExitResultError} when the result does not satisfy what the run was started with
 */
export async function submitResult(submission: Submission): Promise<string | undefined> {
  const { store, run, result } = submission;
  const session = run.sessionId === null ? undefined : store.getSession(run.sessionId);
  const exit = exitOf(run, session);
  if (result === undefined && !(submission.byAgent && exit)) return undefined;
  if (!session) {
    throw new EndRunError(
      "not_recorded",
      `Cannot record the result of process ${
        pidOf(run)
      }: its session is not recorded; it was not ` +
        "ended",
    );
  }
  const known = result === undefined ? await handedIn(session.logPath, run.startedAt) : undefined;
  return await recordIn(submission, known ?? await validateExitResult(result ?? "", exit));
}

/**
 * Records a result in the run, or in the one with which its owner goes on.
 *
 * @throws {EndRunError} as {@linkcode submitResult}
 */
export async function recordIn(submission: Submission, result: string): Promise<string> {
  const { store, paths } = submission;
  for (let run = submission.run;;) {
    // Neither another result nor the end of the run may come in between.
    using _lock = await lockRun(paths.launchFiles(run.id));
    const now = store.getProcess(run.id) ?? run;
    const next = await successorOf(store, now);
    if (next) {
      run = next;
      continue;
    }
    const session = await openSession(store, now);
    if (ownerLives(now)) await untilBegun(store, now);
    const known = await handedIn(session.logPath, now.startedAt);
    if (known !== undefined && known !== result) throw secondResult(session, known);
    if (known === undefined) record(store, paths, session, result);
    submission.recorded(now);
    return result;
  }
}

/** What a result has to satisfy. The constraints are the session's, and hold for its `run`s only. */
function exitOf(
  { command }: ProcessRecord,
  session: SessionRecord | undefined,
): ExitConstraints | null {
  return command === "run" ? session?.exit ?? null : null;
}

/** The session of a run that is its newest, and goes on. */
async function openSession(store: SessionStore, run: ProcessRecord): Promise<SessionRecord> {
  const session = store.getSession(run.sessionId!);
  const newest = store.processesOf(run.sessionId!)[0];
  if (!session || run.status !== "running" || newest?.id !== run.id) {
    throw await overError(store, run, "end");
  }
  // Its row stays open where the index could not be written.
  if (await hasClosed(session, run)) {
    throw new EndRunError("ended", `Cannot end process ${pidOf(run)}: it has ended by itself`);
  }
  return session;
}

/**
 * The owner claims a run before it opens the log. A result counts for the run behind whose first line it
 * stands.
 */
async function untilBegun(store: SessionStore, run: ProcessRecord): Promise<void> {
  const end = performance.now() + BEGIN_MS;
  do {
    const logPath = store.getSession(run.sessionId!)?.logPath;
    if (logPath && await hasBegun(logPath, run.startedAt)) return;
    await delay(LOOK_MS);
  } while (performance.now() < end);
}

async function hasBegun(logPath: string, startedAt: string): Promise<boolean> {
  try {
    const { started } = await lastSegment(logPath);
    return started !== undefined && Date.parse(started.ts) >= Date.parse(startedAt);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return false;
  }
}

async function hasClosed({ logPath }: SessionRecord, run: ProcessRecord): Promise<boolean> {
  if (logPath === null) return false;
  try {
    const last = await closingLine(logPath);
    return last !== undefined && Date.parse(last.ts) >= Date.parse(run.startedAt);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return false;
  }
}

function secondResult({ sessionId }: SessionRecord, known: string): EndRunError {
  return new EndRunError(
    "second_result",
    `Cannot hand in a second result: session ${JSON.stringify(sessionId)} has its result: ` +
      jsonForTerminal(JSON.stringify(shorten(known, SHOWN, SHOWN))),
    { hint: "Without a result, or with the same one, the command ends the session with it" },
  );
}

function record(
  store: SessionStore,
  paths: OwnLogPaths,
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
