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
  const run = store.processesOf(session.sessionId)[0];
  const { error } = session;
  switch (session.outcome) {
    case null:
      break;
    case "success":
      return { status: "completed", run, error };
    case "dead":
      return { status: "dead", run, error };
    default:
      return { status: "failed", run, error };
  }
  if (run === undefined) return { status: "unknown", run, error };
  if (run.status !== "running") {
    const status = run.status === "exited" && run.exitCode === 0 ? "completed" : "failed";
    return { status, run, error };
  }
  if (!lives(run)) return { status: "dead", run, error: error ?? "its process is gone" };
  const sign = session.heartbeatAt ?? session.startedAt ?? run.startedAt;
  const silent = now.getTime() - Date.parse(sign) > IDLE_AFTER_MS;
  return { status: silent ? "idle" : "running", run, error };
}

/** The zag that runs it lives, or its agent does. */
function lives(run: ProcessRecord): boolean {
  const identities = [[run.ownerPid, run.ownerStart], [run.agentPid, run.agentStart]] as const;
  return identities.some(([pid, startTime]) =>
    pid !== null && startTime !== null && isAlive({ pid, startTime })
  );
}
