/**
 * How far a session is: from its record, and from the process that runs it.
 *
 * @module
 */
import type { ZagPaths } from "../config/paths.ts";
import { isAlive } from "../processes/process_table.ts";
import { openQuestions, type PermissionQuestion } from "./permission_files.ts";
import type { ProcessRecord, SessionRecord } from "./records.ts";
import type { SessionStore } from "./store.ts";

/** What a session does, in one word. */
export type SessionStatus = "completed" | "failed" | "running" | "idle" | "dead" | "unknown";

/** All of them, in the order in which a session can reach them. */
export const SESSION_STATUSES: readonly SessionStatus[] = [
  "running",
  "idle",
  "completed",
  "failed",
  "dead",
  "unknown",
];

/** What is known of a session's newest run. */
export interface SessionState {
  /** In one word. */
  readonly status: SessionStatus;
  /** The run; undefined when it is not known. */
  readonly run: ProcessRecord | undefined;
  /** Why it failed. */
  readonly error: string | null;
  /** It waits for the end of a usage limit and goes on then, RFC 3339; it is idle meanwhile. */
  readonly waitsUntil?: string | undefined;
  /**
   * What its agent asks and nobody has answered, oldest first; it is idle meanwhile. Absent when it asks
   * nothing, and when nobody looked.
   */
  readonly questions?: readonly PermissionQuestion[] | undefined;
}

/** Where the questions of agents are. */
export type QuestionPaths = Pick<ZagPaths, "launchFiles">;

/** Without a sign of life for so long a session is idle. */
const IDLE_AFTER_MS = 30_000;

/**
 * Looks up how far a session is; reads no log. Call it after strays were ended.
 *
 * @param paths Where to look whether its agent waits for an answer; absent: that is left out.
 */
export function sessionState(
  store: SessionStore,
  session: SessionRecord,
  now: Date,
  paths?: QuestionPaths,
): SessionState {
  const { sessionId } = session;
  const until = session.outcome === null ? store.resumes.ofSession(sessionId)?.wakeAt : undefined;
  const state = asking(
    waiting(stateOf(session, store.processesOf(sessionId)[0], now), until),
    paths,
  );
  if (state.status !== "dead" || session.outcome !== null) return state;
  // It may have come to its end since its row was read. A zag closes its books before it ends, so what
  // is open now stays so.
  const again = store.getSession(sessionId) ?? session;
  return stateOf(again, store.processesOf(sessionId)[0], now);
}

/**
 * Looks up how far sessions are, by their ids, with one question for all of them, and one more for those
 * that look dead. The run is known only of those that have not been seen to end.
 *
 * @param paths As for {@linkcode sessionState}; a directory is read for each session that runs.
 */
export function sessionStates(
  store: SessionStore,
  sessions: readonly SessionRecord[],
  now: Date,
  paths?: QuestionPaths,
): Map<string, SessionState> {
  const open = sessions.filter(({ outcome }) => outcome === null);
  const statesOf = (some: readonly SessionRecord[]) => {
    const runs = store.newestRuns(some.map(({ sessionId }) => sessionId));
    return (session: SessionRecord): [string, SessionState] => [
      session.sessionId,
      stateOf(session, runs.get(session.sessionId), now),
    ];
  };
  const untils = open.length === 0
    ? new Map()
    : new Map(store.resumes.list().map((each) => [each.sessionId, each.wakeAt]));
  const states = new Map(
    sessions.map(statesOf(open))
      .map(([id, state]) => [id, asking(waiting(state, untils.get(id)), paths)]),
  );
  const gone = open.filter(({ sessionId }) => states.get(sessionId)?.status === "dead");
  // As for one: some may have come to their end since.
  if (gone.length > 0) {
    for (const [id, state] of gone.map(statesOf(gone))) {
      states.set(id, state);
    }
  }
  return states;
}

/** The newest sign that the newest run of a session lives, as far as the index knows. */
export function lastSign(session: SessionRecord, run: ProcessRecord | undefined): string | null {
  const { startedAt, heartbeatAt } = session;
  const started = startedAt ?? run?.startedAt ?? null;
  // A heartbeat of an earlier run says nothing about this one.
  return heartbeatAt !== null && (started === null || heartbeatAt > started)
    ? heartbeatAt
    : started;
}

/** One that waits is not at work, and not dead without its zag: another one goes on with it. */
function waiting(state: SessionState, waitsUntil: string | undefined): SessionState {
  if (waitsUntil === undefined || state.run?.status !== "running") return state;
  return { ...state, status: "idle", error: null, waitsUntil };
}

/** One whose agent waits for an answer is not at work. */
function asking(state: SessionState, paths: QuestionPaths | undefined): SessionState {
  const { status, run, waitsUntil } = state;
  if (!paths || !run || waitsUntil !== undefined) return state;
  if (status !== "running" && status !== "idle") return state;
  const questions = questionsOf(run, paths);
  return questions.length === 0 ? state : { ...state, status: "idle", questions };
}

/** What the agent of a run asks and nobody has answered, oldest first. */
export function questionsOf(run: ProcessRecord, paths: QuestionPaths): PermissionQuestion[] {
  const { status, ownerPid: pid, ownerStart: startTime } = run;
  if (status !== "running" || startTime === null || !isAlive({ pid, startTime })) return [];
  return openQuestions(paths.launchFiles(run.id));
}

function stateOf(session: SessionRecord, run: ProcessRecord | undefined, now: Date): SessionState {
  const { error } = session;
  switch (session.outcome) {
    case null:
      break;
    case "success":
      return { status: "completed", run, error };
    case "dead":
      return { status: "dead", run, error };
    case "unknown":
      // zag saw its own agents end; of what it only read later nobody knows whether it failed.
      return { status: session.command === "import" ? "unknown" : "failed", run, error };
    default:
      return { status: "failed", run, error };
  }
  if (run === undefined) return { status: "unknown", run, error };
  if (run.status !== "running") {
    const status = run.status === "exited" && run.exitCode === 0 ? "completed" : "failed";
    return { status, run, error };
  }
  if (!lives(run)) return { status: "dead", run, error: error ?? "its process is gone" };
  const sign = Date.parse(lastSign(session, run) ?? run.startedAt);
  return { status: now.getTime() - sign > IDLE_AFTER_MS ? "idle" : "running", run, error };
}

/** The zag that runs it lives, or its agent does. */
export function lives(run: ProcessRecord): boolean {
  const identities = [[run.ownerPid, run.ownerStart], [run.agentPid, run.agentStart]] as const;
  return identities.some(([pid, startTime]) =>
    pid !== null && startTime !== null && isAlive({ pid, startTime })
  );
}
