/**
 * The database of the search index. It is a cache: whatever is wrong with it, it is removed and made
 * again from the logs.
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite";
import { dirname } from "node:path";
import { ensurePrivateDir } from "../config/paths.ts";
import { resultCode } from "../sessions/store_errors.ts";
import { COLUMNS, ROWS } from "./grams.ts";

/**
 * Shape of the tables, and what signatures are made of. An index of another version is of no use; an
 * older one is made again.
 */
export const INDEX_VERSION = 1;

/** Rows of a table of bits that are stored together. */
export const CHUNK_ROWS = 1024;

/** How many of these a table of bits has. */
export const CHUNKS = ROWS / CHUNK_ROWS;

const SCHEMA = [
  `CREATE TABLE logs (
    id INTEGER PRIMARY KEY,
    path TEXT NOT NULL UNIQUE,
    dev INTEGER NOT NULL,
    ino INTEGER NOT NULL,
    indexed INTEGER NOT NULL,
    size INTEGER NOT NULL,
    changed INTEGER,
    print INTEGER NOT NULL
  ) STRICT`,
  "CREATE TABLE groups (id INTEGER PRIMARY KEY, parts BLOB NOT NULL) STRICT",
  "CREATE TABLE bits (id INTEGER PRIMARY KEY, rows BLOB NOT NULL) STRICT",
  `CREATE TABLE state (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    next_log INTEGER NOT NULL,
    column_number INTEGER NOT NULL,
    column_bytes INTEGER NOT NULL,
    live_bytes INTEGER NOT NULL,
    dead_bytes INTEGER NOT NULL,
    serial INTEGER NOT NULL
  ) STRICT`,
  // A process that still has another state in memory must not take this one for it.
  "INSERT INTO state VALUES (1, 1, 0, 0, 0, 0, abs(random()) % 281474976710656)",
  `PRAGMA user_version = ${INDEX_VERSION}`,
];

/** Where a part of a log is: four numbers. The column of its group, its log, its first byte, its end. */
export const PART_FIELDS = 4;

/** Number of the group that holds a column, and its place there. */
export function placeOf(columnNumber: number): { group: number; column: number } {
  return { group: Math.floor(columnNumber / COLUMNS), column: columnNumber % COLUMNS };
}

/**
 * Opens an index to be read. Undefined when there is none, or none that can be used; whoever searches
 * reads the logs then.
 */
export function openForReading(path: string): DatabaseSync | undefined {
  try {
    Deno.statSync(path);
  } catch {
    return undefined;
  }
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(path, { readOnly: true, timeout: 1000 });
    if (version(db) === INDEX_VERSION) return db;
  } catch {
    // Damaged, locked, or not ours to read.
  }
  db?.close();
  return undefined;
}

/**
 * Opens an index to be written, mode 0600. One that is missing is made; one that is damaged or of an
 * older version is made anew.
 *
 * @returns undefined when a newer zag has made it
 * @throws {Error} when that is impossible, for example because the directory is read-only
 */
export function openForWriting(path: string): DatabaseSync | undefined {
  ensurePrivateDir(dirname(path));
  try {
    return open(path);
  } catch (error) {
    if (!isDamage(error)) throw error;
    removeIndex(path);
    return open(path);
  }
}

/**
 * Closes an index without waiting for the disk, which takes longer than anything else here. The last
 * one to close a database moves into it what lies beside it, and waits. One that can only read leaves
 * it as it is, for whoever opens the index next.
 */
export function closeUnsynced(path: string, db: DatabaseSync): void {
  let last: DatabaseSync | undefined;
  try {
    last = new DatabaseSync(path, { readOnly: true });
    // Not before it has read does it hold the database.
    version(last);
  } catch {
    // The index was removed, or there is no room for another open file.
  }
  db.close();
  last?.close();
}

/** Removes an index with its side files. Whoever has it open goes on with what they have. */
export function removeIndex(path: string): void {
  for (const ending of ["", "-wal", "-shm"]) {
    try {
      Deno.removeSync(path + ending);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}

/** Whether an error says that the file is no database, or that its contents make no sense. */
export function isDamage(error: unknown): boolean {
  return DAMAGE.has(resultCode(error) ?? 0);
}

/** Whether an error says that another process is writing. */
export function isBusy(error: unknown): boolean {
  return BUSY.has(resultCode(error) ?? 0);
}

/** SQLITE_ERROR (a table is missing), SQLITE_CORRUPT, SQLITE_NOTADB. */
const DAMAGE: ReadonlySet<number> = new Set([1, 11, 26]);

/** SQLITE_BUSY, SQLITE_LOCKED. */
const BUSY: ReadonlySet<number> = new Set([5, 6]);

/** Runs a statement. `exec` would do it too, but its errors do not carry SQLite's code. */
export function execute(db: DatabaseSync, sql: string): void {
  db.prepare(sql).run();
}

function open(path: string): DatabaseSync | undefined {
  try {
    // SQLite gives its side files the mode of this one.
    Deno.openSync(path, { createNew: true, write: true, mode: 0o600 }).close();
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  }
  const db = new DatabaseSync(path, { timeout: 1000 });
  try {
    if (version(db) > INDEX_VERSION) {
      db.close();
      return undefined;
    }
    if (db.prepare("PRAGMA journal_mode").get()?.journal_mode !== "wal") {
      db.prepare("PRAGMA journal_mode = WAL").get();
    }
    execute(db, "PRAGMA synchronous = NORMAL");
    const isOld = () => version(db) !== INDEX_VERSION;
    if (isOld()) make(db, isOld);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Makes an index anew while others may have it open. Nothing happens when one of them is writing. */
export function clearIndex(db: DatabaseSync): void {
  try {
    make(db, () => true);
  } catch (error) {
    if (!isBusy(error)) throw error;
  }
}

function make(db: DatabaseSync, isNeeded: () => boolean): void {
  execute(db, "BEGIN IMMEDIATE");
  try {
    // Another process may have made it while this one waited.
    if (isNeeded()) {
      const tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
      for (const { name } of tables) {
        execute(db, `DROP TABLE "${String(name).replaceAll('"', '""')}"`);
      }
      for (const statement of SCHEMA) execute(db, statement);
    }
    execute(db, "COMMIT");
  } catch (error) {
    if (db.isTransaction) execute(db, "ROLLBACK");
    throw error;
  }
}

function version(db: DatabaseSync): number {
  return Number(db.prepare("PRAGMA user_version").get()?.user_version);
}
