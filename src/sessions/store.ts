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
  USAGE_COLUMNS,
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
  UsageRecord,
} from "./records.ts";
import { CONSTRAINT, resultCode, SessionExistsError, SessionRunningError } from "./store_errors.ts";

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

/** Which sessions {@linkcode SessionStore.listSessions} gives. */
export interface SessionFilter {
  /** A project key; null for sessions outside of any project; absent for all. */
  readonly project?: string | null | undefined;
  /** Name of the provider, in lower case. */
  readonly provider?: string | undefined;
  /** The whole name, exactly. */
  readonly name?: string | undefined;
  /** Part of the name, in any case. */
  readonly nameContains?: string | undefined;
  /** One of the tags, in any case. */
  readonly tag?: string | undefined;
  /** Id of the session or process whose agent started it. */
  readonly parent?: string | undefined;
  /** Only sessions whose newest run has not been seen to end. */
  readonly unended?: boolean | undefined;
  /** At most so many, after all else. */
  readonly limit?: number | undefined;
}

/** How a process ended. */
export interface ProcessEnd {
  /** Whether it ended by itself. */
  readonly status: Exclude<ProcessStatus, "running">;
  /** Of the agent; null when it is unknown. */
  readonly exitCode: number | null;
}

const NEWEST_FIRST = "ORDER BY created_at DESC, session_id DESC";
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

  /** Sessions that satisfy all conditions, newest first. */
  listSessions(filter: SessionFilter = {}): SessionRecord[] {
    const conditions = ["TRUE"];
    const values: SQLInputValue[] = [];
    const where = (condition: string, ...given: SQLInputValue[]) => {
      conditions.push(condition);
      values.push(...given);
    };
    const { project, provider, name, nameContains, tag, parent, limit } = filter;
    if (project !== undefined) where("project IS ?", project);
    if (provider !== undefined) where("provider = ?", provider);
    if (name !== undefined) where("name = ?", name);
    if (nameContains !== undefined) {
      where("name IS NOT NULL AND instr(lower(name), lower(?)) > 0", nameContains);
    }
    if (tag !== undefined) {
      where("EXISTS (SELECT 1 FROM json_each(tags) WHERE value = ? COLLATE NOCASE)", tag);
    }
    if (parent !== undefined) {
      where("(parent_session_id = ? OR parent_process_id = ?)", parent, parent);
    }
    if (filter.unended) where("outcome IS NULL");
    const most = limit === undefined ? "" : `LIMIT ${Math.max(0, Math.trunc(limit))}`;
    return this.#sessions(`WHERE ${conditions.join(" AND ")} ${NEWEST_FIRST} ${most}`, ...values);
  }

  /** Removes the record of a session; its usage stays. False when there is none. */
  deleteSession(id: string): boolean {
    return this.#db.run("DELETE FROM sessions WHERE session_id = ?", id) > 0;
  }

  /** Notes what a turn has used, once: the same line again changes nothing. */
  addUsage(usage: UsageRecord): void {
    const { names, values } = serialize(USAGE_COLUMNS, usage);
    const places = names.map(() => "?").join(", ");
    this.#db.transaction(() => {
      const added = this.#db.run(
        `INSERT INTO usage (${names.join(", ")}) VALUES (${places}) ON CONFLICT DO NOTHING`,
        ...values,
      );
      if (added === 0) return;
      this.#db.run(
        `UPDATE sessions SET (input_tokens, output_tokens, cache_read_tokens,
           cache_creation_tokens, cost_usd) =
           (SELECT sum(input_tokens), sum(output_tokens), sum(cache_read_tokens),
             sum(cache_creation_tokens), sum(cost_usd) FROM usage WHERE usage.session_id = ?1)
         WHERE session_id = ?1`,
        usage.sessionId,
      );
    });
  }

  /** What the turns of a session have used, in their order. */
  usageOf(sessionId: string): UsageRecord[] {
    return this.#db.all("SELECT * FROM usage WHERE session_id = ? ORDER BY at, seq", sessionId)
      .map((row) => parse(USAGE_COLUMNS, row));
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

  /** The runs of a session, newest first. */
  processesOf(sessionId: string): ProcessRecord[] {
    return this.#processes("WHERE session_id = ? ORDER BY started_at DESC, id DESC", sessionId);
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
