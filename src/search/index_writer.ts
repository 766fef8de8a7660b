/** Writes signatures of logs into the index. */
import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import { coveredBytes, fingerprint, type IndexedLog, settledChange } from "./coverage.ts";
import { Column, COLUMNS, ROWS } from "./grams.ts";
import {
  CHUNK_ROWS,
  CHUNKS,
  clearIndex,
  closeUnsynced,
  execute,
  isBusy,
  openForWriting,
  PART_FIELDS,
  placeOf,
} from "./index_file.ts";
import { type Piece, PieceReader } from "./scan.ts";
import { eachLine } from "./signed_text.ts";

/** Bits of a column at which the next one begins: above, too much would be found that is not there. */
const FULL_BITS = Math.floor(ROWS * 0.28);

/** How often the bits of a column are counted, in bytes of logs. */
const COUNT_BYTES = 6 * 1024;

/** Bytes of logs at which the next column begins, so that no place is long to read. */
const FULL_BYTES = 256 * 1024;

/** An index of which more than this is about logs that are gone is made anew, in bytes of logs. */
const DEAD_WORTH = 64 * 1024 * 1024;

/** Pages that wait for their place in the database when that is deferred: 32 MB. */
const DEFERRED_PAGES = 8192;

/** Settings of {@linkcode IndexWriter.open}. */
export interface IndexWriterOptions {
  /** Bytes of logs at which a column is full, whatever its signature is. @default 256 KiB */
  readonly columnBytes?: number | undefined;
  /**
   * Does not wait for the disk, which takes longer than anything else here: what was committed stays
   * beside the database until it is much, or until somebody closes it who waits. @default false
   */
  readonly defersSync?: boolean | undefined;
}

/** A log on its way into the index. */
interface OpenLog {
  readonly file: Deno.FsFile;
  readonly pieces: Generator<Piece, void, undefined>;
  readonly path: string;
  readonly facts: Deno.FileInfo;
  /** When that was told, in milliseconds since 1970. */
  readonly lookedAt: number;
  /** Number in the index. */
  readonly id: number;
  /** Bytes that are in the index. */
  indexed: number;
}

/** Row of the table `state`. */
interface State {
  next_log: number;
  column_number: number;
  column_bytes: number;
  live_bytes: number;
  dead_bytes: number;
  serial: number;
}

/**
 * The index, to be written. Between `begin` and `commit` it is this process's alone; a process that
 * dies in between has changed nothing.
 */
export class IndexWriter implements Disposable {
  readonly #path: string;
  readonly #db: DatabaseSync;
  readonly #columnBytes: number;
  readonly #defersSync: boolean;
  readonly #reader = new PieceReader();
  readonly #selectLog: StatementSync;
  #state: State | undefined;
  /** The table of bits and the parts of the group that is being filled. */
  readonly #rows = new Uint32Array(ROWS);
  #parts: number[] = [];
  readonly #column = new Column();
  /** Bytes that came into the column since its bits were counted. */
  #uncounted = 0;
  #log: OpenLog | undefined;

  private constructor(path: string, db: DatabaseSync, options: IndexWriterOptions) {
    this.#path = path;
    this.#db = db;
    this.#columnBytes = options.columnBytes ?? FULL_BYTES;
    this.#defersSync = options.defersSync ?? false;
    this.#selectLog = db.prepare("SELECT * FROM logs WHERE path = ?");
  }

  /**
   * Opens the index, and makes it when it is missing, damaged or mostly about logs that are gone.
   *
   * @returns undefined when a newer zag has made it
   * @throws {Error} when it cannot be written
   */
  static open(path: string, options: IndexWriterOptions = {}): IndexWriter | undefined {
    const db = openForWriting(path);
    if (db === undefined) return undefined;
    try {
      const { live_bytes, dead_bytes } = readState(db);
      if (dead_bytes > live_bytes && dead_bytes > DEAD_WORTH) clearIndex(db);
      if (options.defersSync) execute(db, `PRAGMA wal_autocheckpoint = ${DEFERRED_PAGES}`);
      return new IndexWriter(path, db, options);
    } catch (error) {
      db.close();
      throw error;
    }
  }

  /** What the index knows of a log. */
  indexed(path: string): IndexedLog | undefined {
    return this.#selectLog.get(path) as IndexedLog | undefined;
  }

  /** Begins to write. False when another process is writing. */
  begin(): boolean {
    try {
      execute(this.#db, "PRAGMA busy_timeout = 0");
      execute(this.#db, "BEGIN IMMEDIATE");
    } catch (error) {
      if (isBusy(error)) return false;
      throw error;
    }
    const state = readState(this.#db);
    if (state.serial !== this.#state?.serial) this.#load(state);
    return true;
  }

  /** Writes what was gathered, and lets others write. */
  commit(): void {
    this.#noteLog();
    this.#flush();
    this.#state!.serial++;
    this.#writeState();
    execute(this.#db, "COMMIT");
  }

  /**
   * Turns to a log, from where the index knows it. Returns how many bytes are new; 0 also when it
   * cannot be read.
   */
  openLog(path: string): number {
    this.closeLog();
    let file: Deno.FsFile | undefined;
    try {
      file = Deno.openSync(path);
      const lookedAt = Date.now();
      const facts = file.statSync();
      const known = this.indexed(path);
      const covered = coveredBytes(path, facts, known);
      if (known !== undefined && covered === 0) this.#forget(path, known);
      const id = known === undefined || covered === 0 ? this.#state!.next_log++ : known.id;
      const pieces = this.#reader.pieces(file, covered, facts.size);
      this.#log = { file, pieces, path, facts, lookedAt, id, indexed: covered };
      return facts.size - covered;
    } catch (error) {
      file?.close();
      if (error instanceof Deno.errors.NotCapable) throw error;
      if (isFileError(error)) return 0;
      throw error;
    }
  }

  /**
   * Takes the next piece of the log. Returns how many bytes it had; undefined at the end. A last line
   * that is not whole is left for another time.
   */
  step(): number | undefined {
    const log = this.#log;
    if (log === undefined) return undefined;
    const { value: piece } = log.pieces.next();
    if (piece === undefined || piece.torn) {
      this.closeLog();
      return undefined;
    }
    eachLine(piece, (sign, start, end) => {
      sign(this.#column);
      this.#add(log.id, piece.offset + start, piece.offset + end);
    });
    const before = log.indexed;
    log.indexed = piece.offset + piece.length;
    return log.indexed - before;
  }

  /** Notes how far the log has come, and leaves it. */
  closeLog(): void {
    this.#noteLog();
    this.#log?.file.close();
    this.#log = undefined;
  }

  /** Paths of all logs that the index knows. */
  paths(): string[] {
    return this.#db.prepare("SELECT path FROM logs").all().map(({ path }) => String(path));
  }

  /** Forgets a log that is gone. */
  forget(path: string): void {
    const known = this.indexed(path);
    if (known) this.#forget(path, known);
  }

  /** Closes the index; what was not committed is lost. */
  close(): void {
    this.#log?.file.close();
    this.#log = undefined;
    if (!this.#db.isOpen) return;
    if (this.#db.isTransaction) execute(this.#db, "ROLLBACK");
    if (this.#defersSync) closeUnsynced(this.#path, this.#db);
    else this.#db.close();
  }

  /** The same as {@linkcode close}. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Notes where a line is that was added to the column; begins the next column when it is full. */
  #add(log: number, start: number, end: number): void {
    const state = this.#state!;
    const { column } = placeOf(state.column_number);
    const parts = this.#parts;
    const last = parts.length - PART_FIELDS;
    if (
      last >= 0 && parts[last] === column && parts[last + 1] === log && parts[last + 3] === start
    ) {
      parts[last + 3] = end;
    } else parts.push(column, log, start, end);
    const bytes = end - start;
    state.column_bytes += bytes;
    state.live_bytes += bytes;
    this.#uncounted += bytes;
    if (!this.#isFull(state.column_bytes)) return;
    if (column === COLUMNS - 1) {
      this.#flush();
      this.#rows.fill(0);
      this.#parts = [];
    } else this.#column.writeTo(this.#rows, column);
    this.#column.clear();
    state.column_number++;
    state.column_bytes = 0;
  }

  /** Whether the column takes no more. Counting its bits takes time, so that is not done for each line. */
  #isFull(bytes: number): boolean {
    if (bytes >= this.#columnBytes) return true;
    if (this.#uncounted < COUNT_BYTES) return false;
    this.#uncounted = 0;
    return this.#column.count() >= FULL_BITS;
  }

  #flush(): void {
    const { group, column } = placeOf(this.#state!.column_number);
    this.#column.writeTo(this.#rows, column);
    this.#run("INSERT OR REPLACE INTO groups VALUES (?, ?)", group, bytesOf(this.#parts));
    const insert = this.#db.prepare("INSERT OR REPLACE INTO bits VALUES (?, ?)");
    const view = new DataView(new ArrayBuffer(CHUNK_ROWS * 4));
    for (let chunk = 0; chunk < CHUNKS; chunk++) {
      for (let row = 0; row < CHUNK_ROWS; row++) {
        view.setUint32(row * 4, this.#rows[chunk * CHUNK_ROWS + row]!, true);
      }
      insert.run(group * CHUNKS + chunk, new Uint8Array(view.buffer));
    }
  }

  /** Goes on where the index has come to, whoever wrote it. */
  #load(state: State): void {
    this.#state = state;
    const { group, column } = placeOf(state.column_number);
    const blob = this.#db.prepare("SELECT parts FROM groups WHERE id = ?").get(group)?.parts;
    this.#parts = blob instanceof Uint8Array ? [...new Float64Array(blob.slice().buffer)] : [];
    const select = this.#db.prepare("SELECT rows FROM bits WHERE id = ?");
    for (let chunk = 0; chunk < CHUNKS; chunk++) {
      const stored = select.get(group * CHUNKS + chunk)?.rows;
      const view = stored instanceof Uint8Array && stored.length === CHUNK_ROWS * 4
        ? new DataView(stored.buffer, stored.byteOffset, stored.byteLength)
        : undefined;
      for (let row = 0; row < CHUNK_ROWS; row++) {
        // Of a group that has begun, bits that are lost count as set.
        const lost = this.#parts.length > 0 ? 0xffff_ffff : 0;
        this.#rows[chunk * CHUNK_ROWS + row] = view ? view.getUint32(row * 4, true) : lost;
      }
    }
    this.#column.readFrom(this.#rows, column);
  }

  #noteLog(): void {
    const log = this.#log;
    if (log === undefined) return;
    this.#run(
      `INSERT INTO logs VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (path) DO UPDATE
         SET id = ?1, dev = ?3, ino = ?4, indexed = ?5, size = ?6, changed = ?7, print = ?8`,
      log.id,
      log.path,
      log.facts.dev,
      log.facts.ino ?? 0,
      log.indexed,
      log.facts.size,
      settledChange(log.facts, log.lookedAt),
      // Reading moves the file's position, which the reader of the pieces relies on.
      keepingPosition(log.file, () => fingerprint(log.file, log.indexed)),
    );
  }

  #forget(path: string, { indexed }: IndexedLog): void {
    this.#run("DELETE FROM logs WHERE path = ?", path);
    this.#state!.live_bytes -= indexed;
    this.#state!.dead_bytes += indexed;
  }

  #writeState(): void {
    const { next_log, column_number, column_bytes, live_bytes, dead_bytes, serial } = this.#state!;
    this.#run(
      "INSERT OR REPLACE INTO state VALUES (1, ?, ?, ?, ?, ?, ?)",
      next_log,
      column_number,
      column_bytes,
      live_bytes,
      dead_bytes,
      serial,
    );
  }

  #run(sql: string, ...values: SQLInputValue[]): void {
    this.#db.prepare(sql).run(...values);
  }
}

function readState(db: DatabaseSync): State {
  return { ...db.prepare("SELECT * FROM state").get() } as unknown as State;
}

function bytesOf(numbers: readonly number[]): Uint8Array {
  return new Uint8Array(Float64Array.from(numbers).buffer);
}

function keepingPosition<T>(file: Deno.FsFile, read: () => T): T {
  const position = file.seekSync(0, Deno.SeekMode.Current);
  try {
    return read();
  } finally {
    file.seekSync(position, Deno.SeekMode.Start);
  }
}

function isFileError(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound || error instanceof Deno.errors.PermissionDenied ||
    error instanceof Deno.errors.IsADirectory || error instanceof Deno.errors.NotADirectory;
}
