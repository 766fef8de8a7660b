/**
 * Cancels a session: its agent and all that it has started end, and its books say that it was cancelled,
 * and why.
 *
 * @module
 */
import { endStray } from "../agent/strays.ts";
import { lockRun } from "../agent/run_lock.ts";
import { ZagError } from "../errors.ts";
import { cancelledError } from "../sessions/end_request.ts";
import { markEnded } from "../sessions/markers.ts";
import { appendTo, ownLog } from "../sessions/own_log.ts";
import type { ProcessRecord, SessionRecord } from "../sessions/records.ts";
import { lives, sessionState } from "../sessions/session_status.ts";
import type { SessionStore } from "../sessions/store.ts";
import { GRACE_MS } from "./ask_owner.ts";
import { EndRunError } from "./end_errors.ts";
import { type EndRunPaths, killRun } from "./end_run.ts";
import { orphansOf } from "./run_processes.ts";

/** What became of a session that was to be cancelled. */
export interface CancelResult {
  /** zag's own id of it. */
  readonly sessionId: string;
  /** It was at work, and its end says that it was cancelled for the reason that was given. */
  readonly cancelled: boolean;
  /** Why it was not cancelled. */
  readonly error?: string;
  /** It goes on, or may: it had not ended before, and could not be ended. */
  readonly failed?: true;
  /** What to do about a failure. */
  readonly hint?: string | undefined;
}

/** How a session is cancelled. */
export interface CancelOptions {
  /** Why, in a few words. */
  readonly reason: string;
  /** The run of the agent that has started this program; undefined outside of a session. */
  readonly self: string | undefined;
}

/** A session that is about to be cancelled. Nothing has been done to it yet. */
export interface Cancelling {
  /** This program is a part of the session: say what there is to say before {@linkcode finish}. */
  readonly inside: boolean;
  /** Cancels it; from inside it only asks for that. Throws nothing but for a missing permission. */
  finish(): Promise<CancelResult>;
}

/** Gets a session ready to be cancelled. One that cannot be is a result, too. */
export async function cancelSession(
  store: SessionStore,
  paths: EndRunPaths,
  { sessionId }: SessionRecord,
  options: CancelOptions,
): Promise<Cancelling> {
  const outside = (finish: () => Promise<CancelResult>): Cancelling => ({
    inside: false,
    finish: () => reported(sessionId, finish),
  });
  const ended = () => outside(() => Promise.resolve(over(store, sessionId)));
  const session = store.getSession(sessionId);
  if (!session || session.outcome !== null) return ended();
  const run = store.processesOf(sessionId)[0];
  if (!run) return outside(() => closeUnstarted(store, paths, sessionId, options.reason));
  if (run.status !== "running") return ended();
  const isLeft = !lives(run) &&
    (store.resumes.ofSession(sessionId) !== undefined || (await orphansOf([run])).has(run.id));
  if (isLeft) {
    return outside(() => endOrphans(store, paths, run, options.reason));
  }
  try {
    const target = { ...options, reference: run.id, result: undefined };
    const ending = await killRun(store, paths, run, target);
    const finish = async () => {
      await ending.finish();
      return ending.inside
        ? { sessionId, cancelled: true }
        : booked(store, sessionId, options.reason);
    };
    return { inside: ending.inside, finish: () => reported(sessionId, finish) };
  } catch (error) {
    if (error instanceof EndRunError && OVER.has(error.problem)) return ended();
    return outside(() => Promise.reject(error));
  }
}

/** What says that there was nothing left to end. */
const OVER: ReadonlySet<string> = new Set(["ended", "killed", "dead"]);

async function reported(
  sessionId: string,
  finish: () => Promise<CancelResult>,
): Promise<CancelResult> {
  try {
    return await finish();
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable || !(error instanceof Error)) throw error;
    const hint = error instanceof ZagError ? error.hint : undefined;
    return { sessionId, cancelled: false, error: error.message, failed: true, hint };
  }
}

/** What the books say now that the agent has ended. It may have come to an end of its own before. */
function booked(store: SessionStore, sessionId: string, reason: string): CancelResult {
  const session = store.getSession(sessionId);
  // Its zag is gone, and could perhaps not write them.
  const open = session === undefined || session.outcome === null;
  if (open || session.error === cancelledError(reason)) return { sessionId, cancelled: true };
  return over(store, sessionId);
}

/** Its zag and its agent are gone, and it waits, or something that the agent has started is not gone. */
async function endOrphans(
  store: SessionStore,
  paths: EndRunPaths,
  run: ProcessRecord,
  reason: string,
): Promise<CancelResult> {
  const error = cancelledError(reason);
  const survivors = await endStray(run, store, paths, () => {}, {
    graceMs: GRACE_MS,
    withSessions: true,
    error,
  });
  if (survivors.length === 0) return booked(store, run.sessionId!, reason);
  const pids = survivors.map(({ pid }) => pid).join(", ");
  throw new EndRunError(
    "survived",
    `Cannot cancel session ${JSON.stringify(run.sessionId)}: something that it has started ` +
      `withstands SIGKILL (${pids})`,
  );
}

/** It is recorded, and no run of it is: whoever starts one finds that the session has ended. */
async function closeUnstarted(
  store: SessionStore,
  paths: EndRunPaths,
  sessionId: string,
  reason: string,
): Promise<CancelResult> {
  // Several may cancel it at once, and its log has one end.
  using _lock = await lockRun(paths.launchFiles(sessionId));
  const session = store.getSession(sessionId);
  if (!session || session.outcome !== null || store.processesOf(sessionId).length > 0) {
    return over(store, sessionId);
  }
  const error = cancelledError(reason);
  const at = new Date();
  appendTo(ownLog(store, paths, session), session, [
    { type: "session_ended", success: false, error, outcome: "killed", end_reason: "cancelled" },
  ], { now: () => at });
  store.updateSession(sessionId, {
    outcome: "killed",
    endReason: "cancelled",
    error,
    endedAt: at.toISOString(),
  });
  await markEnded(paths, sessionId, { success: false, exitCode: null }, at).catch(() => {});
  return { sessionId, cancelled: true };
}

/** Says how and when it ended, for one that was not at work. */
function over(store: SessionStore, sessionId: string): CancelResult {
  const session = store.getSession(sessionId);
  const error = session ? endOf(store, session) : "it was deleted";
  return { sessionId, cancelled: false, error };
}

function endOf(store: SessionStore, session: SessionRecord): string {
  const { status, error } = sessionState(store, session, new Date());
  const at = session.endedAt === null ? "" : ` (${session.endedAt.slice(0, 19)}Z)`;
  if (session.outcome === "killed" && error?.startsWith(cancelledError(""))) {
    return `it was cancelled before${at}`;
  }
  if (status === "completed") return `it has completed${at}`;
  if (status === "failed") return `it has failed${at}${error ? `: ${error}` : ""}`;
  if (status === "dead") return `it is dead${at}: its zag was killed while it ran`;
  return "zag does not run it";
}
