/**
 * Puts back into the index what logs and older stores tell. What is there already stays: a session
 * that is being started at the same moment knows better.
 *
 * @module
 */
import {
  completeProcess,
  completeSession,
  PROCESS_COLUMNS,
  RESUME_COLUMNS,
  serialize,
  SESSION_COLUMNS,
  USAGE_COLUMNS,
} from "../columns.ts";
import type { Database } from "../database.ts";
import type { NewProcess, NewSession, PendingResume, UsageRecord } from "../records.ts";

/** What is to be put back of one session. */
export interface Restored {
  /** The session; absent when it was deleted, or is known. */
  readonly session?: NewSession | undefined;
  /** What its turns have used. */
  readonly usage: readonly UsageRecord[];
  /** Its runs. */
  readonly processes: readonly NewProcess[];
  /** What it waits for. */
  readonly resume?: PendingResume | undefined;
}

/**
 * Puts back what is missing, all of it at once.
 *
 * @returns how many sessions were added
 */
export function restore(db: Database, all: readonly Restored[]): number {
  return db.transaction(() => {
    let added = 0;
    for (const { session, usage, processes, resume } of all) {
      if (session) {
        added += insert(db, "sessions", serialize(SESSION_COLUMNS, completeSession(session)));
      }
      for (const process of processes) {
        insert(db, "processes", serialize(PROCESS_COLUMNS, completeProcess(process)));
      }
      if (resume) insert(db, "resumes", serialize(RESUME_COLUMNS, resume));
      addUsage(db, usage);
    }
    return added;
  });
}

/** Adds rows of usage, each once, and brings the totals of their sessions up to date. */
export function addUsage(db: Database, rows: readonly UsageRecord[]): void {
  const changed = new Set<string>();
  for (const row of rows) {
    if (insert(db, "usage", serialize(USAGE_COLUMNS, row)) > 0) changed.add(row.sessionId);
  }
  for (const sessionId of changed) {
    db.run(
      `UPDATE sessions SET (input_tokens, output_tokens, cache_read_tokens,
         cache_creation_tokens, cost_usd) =
         (SELECT sum(input_tokens), sum(output_tokens), sum(cache_read_tokens),
           sum(cache_creation_tokens),
           -- What nobody knows is not nothing.
           CASE WHEN sum(cost_usd) = 0 AND total(input_tokens + output_tokens)
             FILTER (WHERE cost_usd IS NULL) > 0 THEN NULL ELSE sum(cost_usd) END FROM usage WHERE usage.session_id = ?1)
       WHERE session_id = ?1`,
      sessionId,
    );
  }
}

function insert(db: Database, table: string, row: ReturnType<typeof serialize>): number {
  const { names, values } = row;
  const places = names.map(() => "?").join(", ");
  return db.run(
    `INSERT INTO ${table} (${names.join(", ")}) VALUES (${places}) ON CONFLICT DO NOTHING`,
    ...values,
  );
}
