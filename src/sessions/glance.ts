/**
 * A quick look at the index, for suggestions: it changes nothing, waits for nobody, and finds nothing
 * where the index cannot be read.
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite";

/** What is known of a session at a glance. */
export interface GlancedSession {
  readonly sessionId: string;
  readonly name: string | null;
  readonly tags: readonly string[];
  readonly provider: string;
  /** RFC 3339. */
  readonly createdAt: string;
  /** How the newest run ended; null while it goes on. */
  readonly outcome: string | null;
}

/** What is known of a run that goes on. */
export interface GlancedRun {
  readonly id: string;
  readonly agentPid: number | null;
  readonly provider: string;
  readonly sessionName: string | null;
}

/** Which sessions are looked at. */
export interface Glance {
  /** The database. */
  readonly path: string;
  /** Key of a project, null for what is in none; undefined for everything. */
  readonly project: string | null | undefined;
  /** At most so many, the newest. */
  readonly limit: number;
}

/** Sessions, newest first. */
export function glanceAtSessions({ path, project, limit }: Glance): GlancedSession[] {
  const where = project === undefined ? "" : "WHERE project IS ?";
  const rows = look(
    path,
    `SELECT session_id, name, tags, provider, created_at, outcome FROM sessions ${where}
     ORDER BY created_at DESC, session_id DESC LIMIT ?`,
    ...project === undefined ? [] : [project],
    limit,
  );
  return rows.map((row) => ({
    sessionId: String(row.session_id),
    name: row.name === null ? null : String(row.name),
    tags: tagsOf(row.tags),
    provider: String(row.provider),
    createdAt: String(row.created_at),
    outcome: row.outcome === null ? null : String(row.outcome),
  }));
}

/** Runs that have not ended, newest first. */
export function glanceAtRuns({ path, limit }: Omit<Glance, "project">): GlancedRun[] {
  const rows = look(
    path,
    `SELECT processes.id, processes.agent_pid, processes.provider, sessions.name
     FROM processes LEFT JOIN sessions USING (session_id)
     WHERE processes.status = 'running' ORDER BY processes.started_at DESC LIMIT ?`,
    limit,
  );
  return rows.map((row) => ({
    id: String(row.id),
    agentPid: row.agent_pid === null ? null : Number(row.agent_pid),
    provider: String(row.provider),
    sessionName: row.name === null ? null : String(row.name),
  }));
}

/** What is known of a session that waits for the end of a usage limit. */
export interface GlancedWait {
  readonly incidentId: string;
  readonly sessionId: string;
  readonly sessionName: string | null;
  /** RFC 3339. */
  readonly wakeAt: string;
}

/** Sessions that wait, the next one first. */
export function glanceAtWaits({ path, limit }: Omit<Glance, "project">): GlancedWait[] {
  const rows = look(
    path,
    `SELECT incident_id, session_id, wake_at, sessions.name
     FROM resumes LEFT JOIN sessions USING (session_id) ORDER BY wake_at LIMIT ?`,
    limit,
  );
  return rows.map((row) => ({
    incidentId: String(row.incident_id),
    sessionId: String(row.session_id),
    sessionName: row.name === null ? null : String(row.name),
    wakeAt: String(row.wake_at),
  }));
}

function look(path: string, sql: string, ...values: (string | number | null)[]) {
  try {
    const db = new DatabaseSync(path, { readOnly: true });
    try {
      return db.prepare(sql).all(...values);
    } finally {
      db.close();
    }
  } catch {
    // Missing, locked, damaged, of another version: whoever asks can do without.
    return [];
  }
}

function tagsOf(text: unknown): string[] {
  try {
    const tags: unknown = JSON.parse(String(text));
    return Array.isArray(tags) ? tags.map(String) : [];
  } catch {
    return [];
  }
}
