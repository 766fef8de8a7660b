/**
 * Opens the SQLite file that all zag processes share, and brings it to today's schema.
 *
 * @module
 */
import {
  DatabaseSync,
  type SQLInputValue,
  type SQLOutputValue,
  type StatementSync,
} from "node:sqlite";
import { dirname } from "node:path";
import { pathToFileURL } from "node:url";
import { ensurePrivateDir } from "../config/paths.ts";
import { noteDamage } from "./recovery/damage.ts";
import { type Migration, MIGRATIONS } from "./schema.ts";
import {
  asStoreError,
  StoreBusyError,
  StoreCorruptError,
  StoreError,
  StoreTooNewError,
} from "./store_errors.ts";

/** Settings of {@linkcode Database}. */
export interface DatabaseOptions {
  /** How long a statement waits for other processes, in milliseconds. Default 10,000. */
  readonly busyTimeoutMs?: number | undefined;
  /** Default: all. */
  readonly migrations?: readonly Migration[] | undefined;
  /** Nobody can write to the file, not even its side files: read what it holds. */
  readonly frozen?: boolean | undefined;
}

/** Between two attempts to switch to WAL, in milliseconds. */
const SWITCH_PAUSE_MS = 10;

/** A connection whose errors are classes of the store. */
export class Database {
  readonly #path: string;
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  /** The file that was opened, whatever has its name today. */
  readonly #file: FileId | undefined;
  #open = false;

  /**
   * Opens the file, which is made with mode 0600 when it is missing.
   *
   * @throws {StoreTooNewError} when a newer zag has written it
   * @throws {StoreCorruptError} when it is damaged; the file stays untouched
   * @throws {StoreBusyError} when another process keeps it locked
   * @throws {StoreError} when it cannot be used for another reason
   */
  constructor(path: string, options: DatabaseOptions = {}) {
    const { busyTimeoutMs = 10_000, migrations = MIGRATIONS } = options;
    this.#path = path;
    if (options.frozen) {
      const { href } = pathToFileURL(path);
      this.#db = this.#guard(() => new DatabaseSync(`${href}?immutable=1`, { readOnly: true }));
      this.#closeOnError(() => this.#refuseOther(migrations.length));
      return;
    }
    createPrivateFile(path);
    // Before it is opened: should it be replaced in between, it counts as replaced.
    this.#file = fileId(path);
    // The timeout is an option of the constructor because it must hold before any statement runs:
    // two processes that open a new file at once already meet at the switch to WAL.
    this.#db = this.#guard(() => new DatabaseSync(path, { timeout: busyTimeoutMs }));
    this.#closeOnError(() => {
      this.#switchToWal(busyTimeoutMs);
      this.run("PRAGMA foreign_keys = ON");
      this.run("PRAGMA synchronous = NORMAL");
      this.#migrate(migrations);
    });
    this.#open = true;
  }

  /**
   * SQLite does not wait for others here: where two processes switch at once, one of them would
   * wait for a lock that it holds itself, and is refused at once.
   */
  #switchToWal(patienceMs: number): void {
    const end = performance.now() + patienceMs;
    for (;;) {
      try {
        if (this.get("PRAGMA journal_mode")?.journal_mode === "wal") return;
        this.get("PRAGMA journal_mode = WAL");
        return;
      } catch (error) {
        if (!(error instanceof StoreBusyError) || performance.now() > end) throw error;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, SWITCH_PAUSE_MS);
      }
    }
  }

  /** Runs a statement and returns how many rows it changed. */
  run(sql: string, ...values: SQLInputValue[]): number {
    return this.#guard(() => Number(this.#prepare(sql).run(...values).changes));
  }

  /** The first row of a query. */
  get(sql: string, ...values: SQLInputValue[]): Record<string, SQLOutputValue> | undefined {
    return this.#guard(() => this.#prepare(sql).get(...values));
  }

  /** All rows of a query. */
  all(sql: string, ...values: SQLInputValue[]): Record<string, SQLOutputValue>[] {
    return this.#guard(() => this.#prepare(sql).all(...values));
  }

  /** Lets statements of this connection call a function of one value. */
  define(name: string, call: (value: SQLOutputValue) => SQLInputValue): void {
    this.#guard(() => this.#db.function(name, { deterministic: true }, call));
  }

  /** Runs several changes as one: all of them happen, or none. Inside of another it is part of that. */
  transaction<T>(changes: () => T): T {
    if (this.#db.isTransaction) return changes();
    // IMMEDIATE, because a transaction that reads first and then wants to write is refused at
    // once, without any waiting, when another process wrote in between.
    this.run("BEGIN IMMEDIATE");
    try {
      const result = changes();
      this.run("COMMIT");
      return result;
    } catch (error) {
      if (this.#db.isTransaction) this.run("ROLLBACK");
      throw error;
    }
  }

  /** False once the file was removed, moved away or replaced. */
  isCurrent(): boolean {
    const now = fileId(this.#path);
    return now?.dev === this.#file?.dev && now?.ino === this.#file?.ino;
  }

  /** Whether no damage can be found; reads the whole file. */
  isSound(): boolean {
    return this.get("PRAGMA integrity_check(1)")?.integrity_check === "ok";
  }

  close(): void {
    this.#statements.clear();
    this.#db.close();
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #guard<T>(call: () => T): T {
    try {
      return call();
    } catch (error) {
      const known = asStoreError(this.#path, error);
      // Damage that shows while the file is being opened shows to everybody.
      if (this.#open && known instanceof StoreCorruptError) noteDamage(this.#path, this.#file?.ino);
      throw known;
    }
  }

  #closeOnError(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#db.close();
      throw error;
    }
  }

  #version(): number {
    return Number(this.get("PRAGMA user_version")?.user_version);
  }

  #migrate(migrations: readonly Migration[]): void {
    this.#refuseNewer(migrations.length);
    if (this.#version() === migrations.length) return;
    this.transaction(() => {
      // Another process may have migrated while this one waited for the lock.
      this.#refuseNewer(migrations.length);
      this.#guard(() =>
        this.#db.exec(
          "CREATE TABLE IF NOT EXISTS migrations " +
            "(name TEXT NOT NULL PRIMARY KEY, applied_at TEXT NOT NULL) STRICT",
        )
      );
      for (const { name, sql } of migrations.slice(this.#version())) {
        this.#guard(() => this.#db.exec(sql));
        this.run(
          "INSERT INTO migrations VALUES (?, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))",
          name,
        );
      }
      this.run(`PRAGMA user_version = ${migrations.length}`);
    });
  }

  #refuseOther(known: number): void {
    this.#refuseNewer(known);
    const found = this.#version();
    if (found === known) return;
    throw new StoreError(this.#path, `it has version ${found}, and cannot be brought up to date`, {
      hint: "Make the file and its directory writable",
    });
  }

  #refuseNewer(known: number): void {
    const found = this.#version();
    if (found > known) throw new StoreTooNewError(this.#path, found, known);
  }
}

interface FileId {
  readonly dev: number;
  readonly ino: number | null;
}

function fileId(path: string): FileId | undefined {
  try {
    const { dev, ino } = Deno.statSync(path);
    return { dev, ino };
  } catch {
    return undefined;
  }
}

/**
 * SQLite gives its side files the mode of the database, so that one is made by us. An existing
 * file must not be opened here: closing it again would drop the locks that this process holds on
 * it through another connection.
 */
function createPrivateFile(path: string): void {
  ensurePrivateDir(dirname(path));
  try {
    Deno.openSync(path, { createNew: true, write: true, mode: 0o600 }).close();
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return;
    if (error instanceof Deno.errors.NotCapable || !(error instanceof Error)) throw error;
    throw new StoreError(path, error.message, {
      cause: error,
      hint: "Make room on the disk and its directory writable, or set ZAG_HOME to another place",
    });
  }
}
