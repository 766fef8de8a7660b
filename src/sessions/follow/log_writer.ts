/** Whether anybody will go on writing the log of a session, as far as the index can tell. */
import type { SeenLog, Writer } from "./follow_log.ts";
import { sessionState } from "../session_status.ts";
import type { SessionStore } from "../store.ts";

/** A run that the index does not know is believed to live for so long after its last sign. */
const SILENT_MS = 30_000;

/** Looks it up, given what the log says. Call it after strays were ended. */
export function logWriter(
  store: SessionStore,
  sessionId: string,
  seen: SeenLog,
  now: Date,
): Writer {
  const session = store.getSession(sessionId);
  if (session === undefined) return seen.endedAt === undefined ? "deleted" : "ended";
  switch (sessionState(store, session, now).status) {
    case "completed":
    case "failed":
      return "ended";
    case "dead":
      return "dead";
    case "running":
    case "idle":
      return seen.endedAt === undefined || startsAfter(session.startedAt, seen.endedAt)
        ? "working"
        : "ended";
    case "unknown": {
      if (seen.endedAt !== undefined) return "ended";
      // In the background, a session may have been recorded long before it starts.
      if (!seen.found) return "working";
      const sign = Math.max(
        timeOf(session.heartbeatAt),
        timeOf(session.startedAt),
        seen.writtenAt?.getTime() ?? -Infinity,
      );
      return now.getTime() - sign > SILENT_MS ? "dead" : "working";
    }
  }
}

/** A run that goes on with a session is recorded before its first line is written. */
function startsAfter(startedAt: string | null, endedAt: string): boolean {
  return timeOf(startedAt) > timeOf(endedAt);
}

function timeOf(rfc3339: string | null): number {
  const time = rfc3339 === null ? NaN : Date.parse(rfc3339);
  return Number.isNaN(time) ? -Infinity : time;
}
