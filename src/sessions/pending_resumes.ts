/**
 * Sessions that wait for the end of a usage limit. Each is one row; whoever looks after it holds it under
 * a lease, which is worth nothing once its process is gone. What has become of those that are over is
 * in the logs of their sessions.
 *
 * @module
 */
import type { ProcessIdentity } from "../processes/process_info.ts";
import { isAlive } from "../processes/process_table.ts";
import { parse, RESUME_COLUMNS, serialize } from "./columns.ts";
import type { Database } from "./database.ts";
import type { PendingResume } from "./records.ts";

/** The sessions of one index that wait. */
export class PendingResumes {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Notes that a session waits, in place of what it waited for before. */
  add(resume: PendingResume): void {
    const { names, values } = serialize(RESUME_COLUMNS, resume);
    const places = names.map(() => "?").join(", ");
    this.#db.transaction(() => {
      this.#db.run("DELETE FROM resumes WHERE session_id = ?", resume.sessionId);
      this.#db.run(`INSERT INTO resumes (${names.join(", ")}) VALUES (${places})`, ...values);
    });
  }

  /** All that wait, the next one first. */
  list(): PendingResume[] {
    return this.#db.all("SELECT * FROM resumes ORDER BY wake_at, incident_id").map((row) =>
      parse(RESUME_COLUMNS, row)
    );
  }

  /** What a session waits for; undefined when it does not. */
  ofSession(sessionId: string): PendingResume | undefined {
    const row = this.#db.get("SELECT * FROM resumes WHERE session_id = ?", sessionId);
    return row && parse(RESUME_COLUMNS, row);
  }

  /** The one of this id; undefined when nothing waits under it. */
  get(incidentId: string): PendingResume | undefined {
    const row = this.#db.get("SELECT * FROM resumes WHERE incident_id = ?", incidentId);
    return row && parse(RESUME_COLUMNS, row);
  }

  /**
   * Makes a process the one that looks after it.
   *
   * @param lives Tells whether the one that has done so still does.
   * @returns False when another process does, or nothing waits any more.
   */
  claim(
    incidentId: string,
    { pid, startTime }: ProcessIdentity,
    lives: (owner: ProcessIdentity) => boolean = isAlive,
  ): boolean {
    return this.#db.transaction(() => {
      const resume = this.get(incidentId);
      if (!resume) return false;
      const { ownerPid, ownerStart } = resume;
      const isMine = ownerPid === pid && ownerStart === startTime;
      const owner = ownerPid === null || ownerStart === null
        ? undefined
        : { pid: ownerPid, startTime: ownerStart };
      if (!isMine && owner && lives(owner)) return false;
      return this.#db.run(
        "UPDATE resumes SET owner_pid = ?, owner_start = ? WHERE incident_id = ?",
        pid,
        startTime,
        incidentId,
      ) > 0;
    });
  }

  /**
   * Changes the time at which a session goes on.
   *
   * @param wakeAt RFC 3339, UTC.
   * @returns False when nothing waits under this id.
   */
  reschedule(incidentId: string, wakeAt: string): boolean {
    return this.#db.run(
      "UPDATE resumes SET wake_at = ? WHERE incident_id = ?",
      wakeAt,
      incidentId,
    ) > 0;
  }

  /**
   * Notes that nothing waits any more: the session goes on, or never will.
   *
   * @returns False when somebody else has done so.
   */
  remove(incidentId: string): boolean {
    return this.#db.run("DELETE FROM resumes WHERE incident_id = ?", incidentId) > 0;
  }
}
