/**
 * The index of sessions and processes, shared by all zag processes of a user. The session logs
 * are the truth; this is what makes them quick to find.
 *
 * @module
 */
import type { SQLInputValue } from "node:sqlite";
import { checkId } from "../config/paths.ts";
import {
  completeProcess,
  completeSession,
  IMPORT_COLUMNS,
  parse,
  PROCESS_COLUMNS,
  serialize,
  SESSION_COLUMNS,
  USAGE_COLUMNS,
} from "./columns.ts";
import {
  cutOffSessions,
  unpricedUsage,
  type UsageFilter,
  type UsageGroup,
  type UsageGrouping,
  usageGroups,
  type UsageTotals,
  usageTotals,
} from "./cost.ts";
import { compact } from "./compact.ts";
import { Database, type DatabaseOptions } from "./database.ts";
import { LogPaths } from "./log_paths.ts";
import { PendingResumes } from "./pending_resumes.ts";
import { type ListedRun, listRuns, newestRuns, sessionNames, shortestPrefix } from "./lookups.ts";
import type {
  AgentIdentity,
  ImportedFile,
  NewProcess,
  NewSession,
  ProcessRecord,
  ProcessStatus,
  SessionPatch,
  SessionRecord,
  UsageRecord,
} from "./records.ts";
import { addUsage, restore, type Restored } from "./recovery/restore.ts";
import { filterClause, NEWEST_FIRST, type SessionFilter } from "./session_filter.ts";
import { type ModelUsage, type SpentRequest, usageBelow } from "./spent.ts";
import { CONSTRAINT, resultCode, SessionExistsError, SessionRunningError } from "./store_errors.ts";
import { folded } from "./tags.ts";

export type { SessionFilter } from "./session_filter.ts";

/** Settings of {@linkcode SessionStore.open}. */
export interface SessionStoreOptions extends DatabaseOptions {
  /** The clock. */
  readonly now?: (() => Date) | undefined;
}

/** How a process ended. */
export interface ProcessEnd {
  /** Whether it ended by itself. */
  readonly status: Exclude<ProcessStatus, "running">;
  /** Of the agent; null when it is unknown. */
  readonly exitCode: number | null;
  /** When, RFC 3339. Default: now. */
  readonly at?: string | undefined;
}

const MAX_CANDIDATES = 20;

/**
 * Sessions and processes. Every change is one transaction and waits its turn among the changes of
 * other processes; any method throws a `StoreError` when the database fails.
 */
export class SessionStore implements Disposable {
  readonly #db: Database;
  readonly #now: () => Date;
  readonly #logPaths: LogPaths;
  /** The sessions that wait for the end of a usage limit. */
  readonly resumes: PendingResumes;
  #folds = false;

  private constructor(db: Database, now: () => Date, logPaths: LogPaths) {
    this.#db = db;
    this.#now = now;
    this.#logPaths = logPaths;
    this.resumes = new PendingResumes(db);
  }

  /**
   * Opens the store, and makes it when it is missing.
   *
   * @throws {StoreTooNewError} when a newer zag has written it
   * @throws {StoreCorruptError} when it is damaged; the file stays untouched
   */
  static open(path: string, options: SessionStoreOptions = {}): SessionStore {
    const db = new Database(path, options);
    return new SessionStore(db, options.now ?? (() => new Date()), new LogPaths(path));
  }

  /**
   * Adds a session.
   *
   * @throws {SessionExistsError} when there is one with this id
   * @throws {InvalidIdError} when the id cannot become a file name
   */
  addSession(session: NewSession): void {
    checkId(session.sessionId);
    const row = this.#logPaths.toRow(completeSession(session));
    const { names, values } = serialize(SESSION_COLUMNS, row);
    try {
      this.#insert("sessions", names, values);
    } catch (error) {
      if (error instanceof Error && resultCode(error.cause) === CONSTRAINT) {
        throw new SessionExistsError(session.sessionId, { cause: error });
      }
      throw error;
    }
  }

  /** Changes the fields that the patch names and no others. False when there is no such session. */
  updateSession(id: string, patch: SessionPatch): boolean {
    const row = this.#logPaths.toRow({ ...patch, sessionId: id });
    const { names, values } = serialize(SESSION_COLUMNS, row);
    const changes = names.map((name) => `${name} = ?`).join(", ");
    return this.#db.run(`UPDATE sessions SET ${changes} WHERE session_id = ?`, ...values, id) > 0;
  }

  /** Notes that the process which runs the session is alive. */
  touchHeartbeat(id: string): void {
    this.#db.run("UPDATE sessions SET heartbeat_at = ? WHERE session_id = ?", this.#time(), id);
  }

  /**
   * Paths of the logs of at most `limit` sessions whose id is greater, in the order of the ids: for
   * whoever goes through all logs in small steps. Begin with `""`.
   */
  logPaths(after: string, limit: number): { sessionId: string; logPath: string }[] {
    const rows = this.#db.all(
      `SELECT session_id AS sessionId, log_path AS logPath FROM sessions
         WHERE session_id > ? AND log_path IS NOT NULL ORDER BY session_id LIMIT ?`,
      after,
      limit,
    ) as { sessionId: string; logPath: string }[];
    return rows.map((row) => this.#logPaths.fromRow(row));
  }

  /** The session with exactly this id. */
  getSession(id: string): SessionRecord | undefined {
    return this.#sessions("WHERE session_id = ?", id)[0];
  }

  /** The newest session with this id of the provider's. */
  findByNativeId(nativeId: string): SessionRecord | undefined {
    return this.#sessions(`WHERE provider_session_id = ? ${NEWEST_FIRST} LIMIT 1`, nativeId)[0];
  }

  /** The first of {@linkcode listSessions}. */
  latestSession(filter: Omit<SessionFilter, "limit"> = {}): SessionRecord | undefined {
    return this.listSessions({ ...filter, limit: 1 })[0];
  }

  /** Sessions that satisfy all conditions, newest first; among equals the greatest id first. */
  listSessions(filter: SessionFilter = {}): SessionRecord[] {
    const { sql, values, folds } = filterClause(filter);
    if (folds) this.#defineFolded();
    return this.#sessions(sql, ...values);
  }

  /** Removes the record of a session; its usage stays. False when there is none. */
  deleteSession(id: string): boolean {
    return this.#db.transaction(() => {
      this.#db.run("DELETE FROM resumes WHERE session_id = ?", id);
      return this.#db.run("DELETE FROM sessions WHERE session_id = ?", id) > 0;
    });
  }

  /** Notes what a turn has used, once: the same line again changes nothing. */
  addUsage(usage: UsageRecord): void {
    this.#db.transaction(() => addUsage(this.#db, [usage]));
  }

  /** What the turns of a session have used, in their order. */
  usageOf(sessionId: string): UsageRecord[] {
    return this.#db.all("SELECT * FROM usage WHERE session_id = ? ORDER BY at, seq", sessionId)
      .map((row) => parse(USAGE_COLUMNS, row));
  }

  /**
   * Puts back what logs tell of sessions; what is known already stays as it is.
   *
   * @returns how many sessions were added
   */
  restore(all: readonly Restored[]): number {
    return restore(
      this.#db,
      all.map(({ session, ...others }) => ({
        session: session && this.#logPaths.toRow(session),
        ...others,
      })),
    );
  }

  /** How far a file of an agent's CLI has been imported; undefined when it has not been. */
  importedFile(source: string): ImportedFile | undefined {
    const row = this.#db.get("SELECT * FROM imports WHERE source = ?", source);
    return row && parse(IMPORT_COLUMNS, row);
  }

  /** Notes how far a file of an agent's CLI has been imported. */
  noteImport(file: ImportedFile): void {
    const { names, values } = serialize(IMPORT_COLUMNS, file);
    const places = names.map(() => "?").join(", ");
    this.#db.run(
      `INSERT OR REPLACE INTO imports (${names.join(", ")}) VALUES (${places})`,
      ...values,
    );
  }

  /** What is known of the database itself under this name. */
  fact(name: string): string | undefined {
    return this.#db.get("SELECT value FROM facts WHERE name = ?", name)?.value?.toString();
  }

  /** Keeps what is known of the database itself. */
  setFact(name: string, value: string): void {
    this.#db.run("INSERT OR REPLACE INTO facts VALUES (?, ?)", name, value);
  }

  /** False once the file was removed, moved away or replaced: what is written goes nowhere then. */
  isCurrent(): boolean {
    return this.#db.isCurrent();
  }

  /** Whether no damage can be found; reads the whole file. */
  isSound(): boolean {
    return this.#db.isSound();
  }

  /** What a session and all that its agents have started have used, model by model. */
  usageBelow(request: SpentRequest): ModelUsage[] {
    return usageBelow(this.#db, request);
  }

  /** What was used in all. */
  usageTotals(filter: UsageFilter = {}): UsageTotals {
    return usageTotals(this.#db, filter);
  }

  /** What was used, group by group: days from the first to the last, all else from the dearest. */
  usageGroups(by: UsageGrouping, filter: UsageFilter = {}): UsageGroup[] {
    return usageGroups(this.#db, by, filter);
  }

  /** What was used without a cost being told, for each model of a group. */
  unpricedUsage(
    by: UsageGrouping,
    filter: UsageFilter = {},
  ): { readonly key: string | null; readonly used: ModelUsage }[] {
    return unpricedUsage(this.#db, by, filter);
  }

  /** How many sessions were cut off in the period: what their last turn used is in no sum. */
  cutOffSessions(filter: UsageFilter = {}): number {
    return cutOffSessions(this.#db, filter);
  }

  /** Up to 20 sessions whose id starts with the text and goes on behind it, newest first. */
  startingWith(prefix: string, project?: string | null): SessionRecord[] {
    // A range instead of LIKE: it uses the index, and no character in it is special.
    const end = prefix + String.fromCodePoint(0x10ffff);
    const inProject = project === undefined ? "" : "AND project IS ?";
    return this.#sessions(
      `WHERE session_id > ? AND session_id < ? ${inProject} ${NEWEST_FIRST} LIMIT ${MAX_CANDIDATES}`,
      ...[prefix, end],
      ...(project === undefined ? [] : [project]),
    );
  }

  /** The shortest beginning of an id, of at least so many characters, that means no other session. */
  shortestPrefix(id: string, least: number): string {
    return shortestPrefix(this.#db, id, least);
  }

  /** At most so many names of sessions, each once. */
  sessionNames(limit: number): string[] {
    return sessionNames(this.#db, limit);
  }

  /**
   * Adds a process. Only the first 100 characters of its prompt are kept.
   *
   * @throws {SessionRunningError} when another process runs the same session
   */
  addProcess(process: NewProcess): void {
    const { names, values } = serialize(PROCESS_COLUMNS, completeProcess(process));
    this.#db.transaction(() => {
      this.checkNotRunning(process.sessionId ?? null);
      this.#insert("processes", names, values);
    });
  }

  /**
   * Makes several changes at once: all of them happen, or none, also when this process is killed.
   *
   * @throws whatever the changes throw
   */
  atOnce<T>(changes: () => T): T {
    return this.#db.transaction(changes);
  }

  /**
   * @param what is to be done, for the message
   * @throws {SessionRunningError} when a process runs the session
   */
  checkNotRunning(sessionId: string | null, what = "resume"): void {
    const where = "WHERE session_id = ? AND status = 'running' LIMIT 1";
    const [run] = sessionId === null ? [] : this.#processes(where, sessionId);
    if (!run) return;
    const until = this.resumes.ofSession(sessionId!)?.wakeAt;
    throw new SessionRunningError(sessionId!, run.agentPid ?? run.ownerPid, what, until);
  }

  /**
   * Notes the agent that a process has started, or that it has none for now. False when there is no
   * such process.
   */
  setProcessAgent(id: string, agent: AgentIdentity | undefined): boolean {
    return this.#updateProcess(id, {
      agentPid: agent?.pid ?? null,
      agentStart: agent?.start ?? null,
      agentDetached: agent?.detached ?? false,
    });
  }

  /** Notes which zag looks after a process from now on. False when there is no such process. */
  setProcessOwner(id: string, pid: number, start: string | null): boolean {
    return this.#updateProcess(id, { ownerPid: pid, ownerStart: start });
  }

  /** Replaces what is known of a process except when it began. False when there is no such process. */
  updateProcess(id: string, process: NewProcess): boolean {
    const { startedAt: _, ...known } = completeProcess(process);
    return this.#updateProcess(id, known);
  }

  /** Notes that a process has ended. False when no such process was running, for anybody. */
  endProcess(id: string, end: ProcessEnd): boolean {
    return this.#updateProcess(id, {
      status: end.status,
      exitCode: end.exitCode,
      exitedAt: end.at ?? this.#time(),
    }, "AND status = 'running'");
  }

  /** The process with exactly this id. */
  getProcess(id: string): ProcessRecord | undefined {
    return this.#processes("WHERE id = ?", id)[0];
  }

  /** The runs of a session, newest first. */
  processesOf(sessionId: string): ProcessRecord[] {
    return this.#processes("WHERE session_id = ? ORDER BY started_at DESC, id DESC", sessionId);
  }

  /** The newest run of each of these sessions that has one, by the session's id. */
  newestRuns(sessionIds: readonly string[]): Map<string, ProcessRecord> {
    return newestRuns(this.#db, sessionIds);
  }

  /** The newest run whose id is or starts with this text. */
  findProcess(prefix: string): ProcessRecord | undefined {
    const end = prefix + String.fromCodePoint(0x10ffff);
    return this.getProcess(prefix) ??
      this.#processes("WHERE id > ? AND id < ? ORDER BY started_at DESC LIMIT 1", prefix, end)[0];
  }

  /** The newest run whose agent or zag has, or had, this process number. */
  findProcessByPid(pid: number): ProcessRecord | undefined {
    const where = "WHERE agent_pid = ?1 OR owner_pid = ?1 ORDER BY started_at DESC LIMIT 1";
    return this.#processes(where, pid)[0];
  }

  /** Runs whose agent or zag has, or had, this process number, newest first. */
  processesByPid(pid: number): ProcessRecord[] {
    const where = "WHERE agent_pid = ?1 OR owner_pid = ?1 ORDER BY started_at DESC, id DESC";
    return this.#processes(where, pid);
  }

  /** Up to 20 runs whose id starts with the text and goes on behind it, newest first. */
  processesStartingWith(prefix: string): ProcessRecord[] {
    const end = prefix + String.fromCodePoint(0x10ffff);
    const where = `WHERE id > ? AND id < ? ORDER BY started_at DESC LIMIT ${MAX_CANDIDATES}`;
    return this.#processes(where, prefix, end);
  }

  /** All runs, newest first, with what lists say of their sessions. */
  listRuns(): ListedRun[] {
    return listRuns(this.#db);
  }

  /** The processes that nobody has seen end, oldest first. Whether they live is not checked. */
  runningProcesses(): ProcessRecord[] {
    return this.#processes("WHERE status = 'running' ORDER BY started_at, id");
  }

  /** The processes that ended, or were recorded, before a time; oldest first. */
  processesBefore(time: Date): ProcessRecord[] {
    const where = "WHERE status <> 'running' AND coalesce(exited_at, started_at) < ? " +
      "ORDER BY started_at, id";
    return this.#processes(where, time.toISOString());
  }

  /** Removes the record of a process that has ended. False when there is none. */
  deleteProcess(id: string): boolean {
    return this.#db.run("DELETE FROM processes WHERE id = ? AND status <> 'running'", id) > 0;
  }

  /** Gives the space of what was removed back to the disk; returns how much, in bytes. */
  compact(): number {
    return compact(this.#db);
  }

  /** Closes the database. */
  close(): void {
    this.#db.close();
  }

  /** The same as {@linkcode close}. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** SQLite itself knows the two cases of ASCII letters only. */
  #defineFolded(): void {
    if (this.#folds) return;
    this.#db.define("folded", (text) => folded(String(text)));
    this.#folds = true;
  }

  #insert(table: string, names: readonly string[], values: readonly SQLInputValue[]): void {
    const places = names.map(() => "?").join(", ");
    this.#db.run(`INSERT INTO ${table} (${names.join(", ")}) VALUES (${places})`, ...values);
  }

  #updateProcess(id: string, patch: Partial<ProcessRecord>, condition = ""): boolean {
    const { names, values } = serialize(PROCESS_COLUMNS, patch);
    const changes = names.map((name) => `${name} = ?`).join(", ");
    const sql = `UPDATE processes SET ${changes} WHERE id = ? ${condition}`;
    return this.#db.run(sql, ...values, id) > 0;
  }

  #sessions(where: string, ...values: SQLInputValue[]): SessionRecord[] {
    return this.#db.all(`SELECT * FROM sessions ${where}`, ...values)
      .map((row) => this.#logPaths.fromRow(parse(SESSION_COLUMNS, row)));
  }

  #processes(where: string, ...values: SQLInputValue[]): ProcessRecord[] {
    return this.#db.all(`SELECT * FROM processes ${where}`, ...values)
      .map((row) => parse(PROCESS_COLUMNS, row));
  }

  #time(): string {
    return this.#now().toISOString();
  }
}
