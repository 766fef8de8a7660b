/**
 * Questions about many sessions that are answered at once, so that a long list stays cheap.
 *
 * @module
 */
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
