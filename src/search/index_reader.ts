/** Asks the index where something may be found. */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { COLUMNS } from "./grams.ts";
import { CHUNK_ROWS, CHUNKS, execute, openForReading, PART_FIELDS, placeOf } from "./index_file.ts";
import type { IndexedLog } from "./coverage.ts";

/** Places in a log, in order: where each begins and ends, one behind the other. */
export type Ranges = number[];

/** One state of the index, whatever is written to it meanwhile. */
export interface Snapshot {
  /** The logs that it knows, by path. */
  readonly logs: ReadonlyMap<string, IndexedLog>;
  /** The places of each log, by its number, in which the text may be. */
  readonly places: ReadonlyMap<number, Ranges>;
}

/**
 * What the index knows about a text. Undefined when there is no index that can be used.
 *
 * @param grams see `CompiledQuery`
 */
export function readIndex(
  path: string,
  grams: readonly (readonly number[])[],
): Snapshot | undefined {
  const db = openForReading(path);
  if (db === undefined) return undefined;
  try {
    execute(db, "BEGIN");
    return { logs: indexedLogs(db), places: candidates(db, grams) };
  } catch {
    // A damaged index says nothing; the next indexing makes it anew.
    return undefined;
  } finally {
    db.close();
  }
}

/** All logs of an index. */
export function indexedLogs(db: DatabaseSync): Map<string, IndexedLog> {
  const rows = db.prepare("SELECT * FROM logs").all();
  return new Map(rows.map((row) => [String(row.path), row as unknown as IndexedLog]));
}

function candidates(
  db: DatabaseSync,
  grams: readonly (readonly number[])[],
): Map<number, Ranges> {
  const places = new Map<number, Ranges>();
  const state = db.prepare("SELECT column_number FROM state").get();
  const groups = placeOf(Number(state?.column_number)).group + 1;
  const parts = db.prepare("SELECT parts FROM groups WHERE id = ?");
  const rows = new BitRows(db);
  for (let group = 0; group < groups; group++) {
    let columns = 0;
    for (const list of grams) columns |= rows.common(group, list);
    if (columns === 0) continue;
    const blob = parts.get(group)?.parts;
    if (!(blob instanceof Uint8Array)) continue;
    const numbers = new Float64Array(blob.slice().buffer);
    for (let at = 0; at < numbers.length; at += PART_FIELDS) {
      if ((columns & (1 << numbers[at]!)) === 0) continue;
      add(places, numbers[at + 1]!, numbers[at + 2]!, numbers[at + 3]!);
    }
  }
  return places;
}

/** Parts come in the order of the log, so what follows directly becomes one place with it. */
function add(places: Map<number, Ranges>, log: number, start: number, end: number): void {
  const ranges = places.get(log);
  if (ranges === undefined) places.set(log, [start, end]);
  else if (ranges.at(-1) === start) ranges[ranges.length - 1] = end;
  else ranges.push(start, end);
}

/** Reads rows of the tables of bits. */
class BitRows {
  readonly #select: StatementSync;
  #group = -1;
  /** The chunks of the current group that were read. */
  readonly #chunks: (DataView | undefined)[] = [];

  constructor(db: DatabaseSync) {
    this.#select = db.prepare("SELECT rows FROM bits WHERE id = ?");
  }

  /** The columns of a group that have a bit in all of these rows. */
  common(group: number, rows: readonly number[]): number {
    if (group !== this.#group) {
      this.#group = group;
      this.#chunks.length = 0;
    }
    let columns = -1;
    for (let at = 0; at < rows.length && columns !== 0; at++) columns &= this.#row(rows[at]!);
    return columns;
  }

  #row(row: number): number {
    const number = Math.floor(row / CHUNK_ROWS);
    let chunk = this.#chunks[number];
    if (chunk === undefined) {
      const blob = this.#select.get(this.#group * CHUNKS + number)?.rows;
      // What is not there says nothing: everything may be.
      if (!(blob instanceof Uint8Array) || blob.length !== CHUNK_ROWS * COLUMNS / 8) return -1;
      chunk = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
      this.#chunks[number] = chunk;
    }
    return chunk.getInt32((row % CHUNK_ROWS) * 4, true);
  }
}
