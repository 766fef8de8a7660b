/**
 * How far a session is: from its record, and from the process that runs it.
 *
 * @module
 */
import { isAlive } from "../processes/process_table.ts";
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
}

/** Without a sign of life for so long a session is idle. */
const IDLE_AFTER_MS = 30_000;

/** Looks up how far a session is; reads no log. Call it after strays were ended. */
export function sessionState(store: SessionStore, session: SessionRecord, now: Date): SessionState {
  return stateOf(session, store.processesOf(session.sessionId)[0], now);
}

/**
 * Looks up how far sessions are, by their ids, with one question for all of them. The run is known
 * only of those that have not been seen to end.
 */
export function sessionStates(
  store: SessionStore,
  sessions: readonly SessionRecord[],
  now: Date,
): Map<string, SessionState> {
  const open = sessions.filter(({ outcome }) => outcome === null);
  const runs = store.newestRuns(open.map(({ sessionId }) => sessionId));
  return new Map(sessions.map((session) => {
    const { sessionId } = session;
    return [sessionId, stateOf(session, runs.get(sessionId), now)];
  }));
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
