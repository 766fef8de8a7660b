/**
 * Questions about many sessions that are answered at once, so that a long list stays cheap.
 *
 * @module
 */
import { endReasonIn } from "../events/end_reason.ts";
import type { SessionEndReason } from "../events/log_event.ts";
import { parse, PROCESS_COLUMNS } from "./columns.ts";
import type { Database } from "./database.ts";
import type { ProcessRecord } from "./records.ts";

/** The newest run of each of these sessions that has one, by the session's id. */
export function newestRuns(
  db: Database,
  sessionIds: readonly string[],
): Map<string, ProcessRecord> {
  const runs = new Map<string, ProcessRecord>();
  if (sessionIds.length === 0) return runs;
  const rows = db.all(
    `SELECT processes.* FROM json_each(?) AS wanted
     JOIN processes ON processes.session_id = wanted.value ORDER BY started_at, id`,
    JSON.stringify(sessionIds),
  );
  for (const row of rows) {
    const run = parse(PROCESS_COLUMNS, row);
    runs.set(run.sessionId!, run);
  }
  return runs;
}

/** A run, with what a list says of its session. */
export interface ListedRun {
  /** The run. */
  readonly run: ProcessRecord;
  /** The session's name. */
  readonly sessionName: string | null;
  /** How the session's newest run ended; null while it goes on, or when there is no session. */
  readonly outcome: string | null;
  /** When the session's newest run ended. */
  readonly endedAt: string | null;
  /** Why the run ended, where that is known and it did not just do its work or fail. */
  readonly endReason: SessionEndReason | null;
  /** Until when the session waits for the end of a usage limit; null when it does not, in this run. */
  readonly waitsUntil: string | null;
}

/** All runs, newest first; among equals the greatest id first. */
export function listRuns(db: Database): ListedRun[] {
  const rows = db.all(
    `SELECT processes.*, sessions.name AS session_name, sessions.outcome AS session_outcome,
       sessions.ended_at AS session_ended_at, resumes.wake_at AS wake_at,
       CASE WHEN processes.status <> 'running' AND processes.id = (
         SELECT id FROM processes AS newest WHERE newest.session_id = processes.session_id
         ORDER BY started_at DESC, id DESC LIMIT 1
       ) THEN sessions.end_reason END AS end_reason
     FROM processes LEFT JOIN sessions USING (session_id)
     LEFT JOIN resumes ON resumes.session_id = processes.session_id
       AND processes.status = 'running'
     ORDER BY processes.started_at DESC, processes.id DESC`,
  );
  return rows.map((row) => ({
    run: parse(PROCESS_COLUMNS, row),
    sessionName: textOf(row.session_name),
    outcome: textOf(row.session_outcome),
    endedAt: textOf(row.session_ended_at),
    endReason: endReasonIn(row.end_reason) ?? null,
    waitsUntil: textOf(row.wake_at),
  }));
}

/**
 * The shortest beginning of a session's id that means no other session.
 *
 * @param least At least so many characters.
 */
export function shortestPrefix(db: Database, id: string, least: number): string {
  const before = db.get("SELECT max(session_id) AS id FROM sessions WHERE session_id < ?", id)?.id;
  const after = db.get("SELECT min(session_id) AS id FROM sessions WHERE session_id > ?", id)?.id;
  const shared = Math.max(...[before, after].map((other) => sharedLength(id, String(other ?? ""))));
  return id.slice(0, Math.max(least, shared + 1));
}

/** The names of sessions, each once, those that come last in the alphabet left out beyond `limit`. */
export function sessionNames(db: Database, limit: number): string[] {
  return db.all(
    "SELECT DISTINCT name FROM sessions WHERE name IS NOT NULL ORDER BY name LIMIT ?",
    limit,
  )
    .map(({ name }) => String(name));
}

function sharedLength(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return length;
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
