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
  parse,
  PROCESS_COLUMNS,
  serialize,
  SESSION_COLUMNS,
} from "./columns.ts";
import { Database, type DatabaseOptions } from "./database.ts";
import type {
  AgentIdentity,
  NewProcess,
  NewSession,
  ProcessRecord,
  ProcessStatus,
  SessionCommand,
  SessionPatch,
  SessionRecord,
} from "./records.ts";
import {
  AmbiguousSessionError,
  CONSTRAINT,
  resultCode,
  SessionExistsError,
  SessionNotFoundError,
  SessionRunningError,
} from "./store_errors.ts";

/** Settings of {@linkcode SessionStore.open}. */
export interface SessionStoreOptions extends DatabaseOptions {
  /** The clock. */
  readonly now?: (() => Date) | undefined;
}

/** Which sessions {@linkcode SessionStore.latestSession} looks at. */
export interface LatestSessionOptions {
  /** A project key; null for sessions outside of any project; absent for all. */
  readonly project?: string | null | undefined;
  /** Only sessions whose agent was started there, absolute. */
  readonly cwd?: string | undefined;
  /** Only sessions of this command. */
  readonly command?: SessionCommand | undefined;
  /** Only sessions of this provider. */
  readonly provider?: string | undefined;
  /** Only sessions whose native id is known: no other can go on. */
  readonly resumable?: boolean | undefined;
  /** Only sessions that do not have this tag. */
  readonly withoutTag?: string | undefined;
}

/** How a process ended. */
export interface ProcessEnd {
  /** Whether it ended by itself. */
  readonly status: Exclude<ProcessStatus, "running">;
  /** Of the agent; null when it is unknown. */
  readonly exitCode: number | null;
}

const NEWEST_FIRST = "ORDER BY created_at DESC, session_id DESC";
const MIN_PREFIX = 4;
const MAX_CANDIDATES = 20;

/**
 * Sessions and processes. Every change is one transaction and waits its turn among the changes of
 * other processes; any method throws a `StoreError` when the database fails.
 */
export class SessionStore implements Disposable {
  readonly #db: Database;
  readonly #now: () => Date;

  private constructor(db: Database, now: () => Date) {
    this.#db = db;
    this.#now = now;
  }

  /**
   * Opens the store, and makes it when it is missing.
   *
   * @throws {StoreTooNewError} when a newer zag has written it
   * @throws {StoreCorruptError} when it is damaged; the file stays untouched
   */
  static open(path: string, options: SessionStoreOptions = {}): SessionStore {
    return new SessionStore(new Database(path, options), options.now ?? (() => new Date()));
  }

  /**
   * Adds a session.
   *
   * @throws {SessionExistsError} when there is one with this id
   * @throws {InvalidIdError} when the id cannot become a file name
   */
  addSession(session: NewSession): void {
    checkId(session.sessionId);
    const { names, values } = serialize(SESSION_COLUMNS, completeSession(session));
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
    const { names, values } = serialize(SESSION_COLUMNS, { ...patch, sessionId: id });
    const changes = names.map((name) => `${name} = ?`).join(", ");
    return this.#db.run(`UPDATE sessions SET ${changes} WHERE session_id = ?`, ...values, id) > 0;
  }

  /** Notes that the process which runs the session is alive. */
  touchHeartbeat(id: string): void {
    this.#db.run("UPDATE sessions SET heartbeat_at = ? WHERE session_id = ?", this.#time(), id);
  }

  /** The session with exactly this id. */
  getSession(id: string): SessionRecord | undefined {
    return this.#sessions("WHERE session_id = ?", id)[0];
  }

  /** The newest session with this id of the provider's. */
  findByNativeId(nativeId: string): SessionRecord | undefined {
    return this.#sessions(`WHERE provider_session_id = ? ${NEWEST_FIRST} LIMIT 1`, nativeId)[0];
  }

  /** The session that was created last; among equals the one with the greatest id. */
  latestSession(options: LatestSessionOptions = {}): SessionRecord | undefined {
    const conditions = ["TRUE"];
    const values: SQLInputValue[] = [];
    if (options.project !== undefined) {
      conditions.push("project IS ?");
      values.push(options.project);
    }
    if (options.cwd !== undefined) {
      conditions.push("cwd = ?");
      values.push(options.cwd);
    }
    if (options.command !== undefined) {
      conditions.push("command = ?");
      values.push(options.command);
    }
    if (options.provider !== undefined) {
      conditions.push("provider = ?");
      values.push(options.provider);
    }
    if (options.resumable) conditions.push("provider_session_id IS NOT NULL");
    if (options.withoutTag !== undefined) {
      conditions.push("NOT EXISTS (SELECT 1 FROM json_each(tags) WHERE value = ?)");
      values.push(options.withoutTag);
    }
    const where = `WHERE ${conditions.join(" AND ")} ${NEWEST_FIRST} LIMIT 1`;
    return this.#sessions(where, ...values)[0];
  }

  /**
   * Finds a session by its id, by the provider's id, or by a prefix of its id of at least 4
   * characters. A prefix is looked for in the given project first, then everywhere.
   *
   * @throws {SessionNotFoundError} when nothing matches
   * @throws {AmbiguousSessionError} when several ids start with the prefix
   */
  resolve(
    reference: string,
    options: { readonly project?: string | null | undefined } = {},
  ): SessionRecord {
    const exact = this.getSession(reference) ?? this.findByNativeId(reference);
    if (exact !== undefined) return exact;
    if (reference.length < MIN_PREFIX) throw new SessionNotFoundError(reference);
    const { project } = options;
    let found = project === undefined ? [] : this.#startingWith(reference, project);
    if (found.length === 0) found = this.#startingWith(reference);
    const [first, second] = found;
    if (first === undefined) throw new SessionNotFoundError(reference);
    if (second !== undefined) throw new AmbiguousSessionError(reference, found);
    return first;
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

  /** @throws {SessionRunningError} when a process runs the session */
  checkNotRunning(sessionId: string | null): void {
    const where = "WHERE session_id = ? AND status = 'running' LIMIT 1";
    const [run] = sessionId === null ? [] : this.#processes(where, sessionId);
    if (run) throw new SessionRunningError(sessionId!, run.agentPid ?? run.ownerPid);
  }

  /** Notes the agent that a process has started. False when there is no such process. */
  setProcessAgent(id: string, agent: AgentIdentity): boolean {
    return this.#updateProcess(id, {
      agentPid: agent.pid,
      agentStart: agent.start,
      agentDetached: agent.detached,
    });
  }

  /** Notes that a process has ended, now. False when no such process was running, for anybody. */
  endProcess(id: string, end: ProcessEnd): boolean {
    return this.#updateProcess(id, {
      status: end.status,
      exitCode: end.exitCode,
      exitedAt: this.#time(),
    }, "AND status = 'running'");
  }

  /** The process with exactly this id. */
  getProcess(id: string): ProcessRecord | undefined {
    return this.#processes("WHERE id = ?", id)[0];
  }

  /** The processes that nobody has seen end, oldest first. Whether they live is not checked. */
  runningProcesses(): ProcessRecord[] {
    return this.#processes("WHERE status = 'running' ORDER BY started_at, id");
  }

  /** Closes the database. */
  close(): void {
    this.#db.close();
  }

  /** The same as {@linkcode close}. */
  [Symbol.dispose](): void {
    this.close();
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

  #startingWith(prefix: string, project?: string | null): SessionRecord[] {
    // A range instead of LIKE: it uses the index, and no character in it is special.
    const end = prefix + String.fromCodePoint(0x10ffff);
    const inProject = project === undefined ? "" : "AND project IS ?";
    return this.#sessions(
      `WHERE session_id > ? AND session_id < ? ${inProject} ${NEWEST_FIRST} LIMIT ${MAX_CANDIDATES}`,
      ...[prefix, end],
      ...(project === undefined ? [] : [project]),
    );
  }

  #sessions(where: string, ...values: SQLInputValue[]): SessionRecord[] {
    return this.#db.all(`SELECT * FROM sessions ${where}`, ...values)
      .map((row) => parse(SESSION_COLUMNS, row));
  }

  #processes(where: string, ...values: SQLInputValue[]): ProcessRecord[] {
    return this.#db.all(`SELECT * FROM processes ${where}`, ...values)
      .map((row) => parse(PROCESS_COLUMNS, row));
  }

  #time(): string {
    return this.#now().toISOString();
  }
}
