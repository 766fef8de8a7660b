/**
 * Searches logs: what the index knows through the index, all else by reading it. Both go through the
 * same lines in the same order, so the index changes how long it takes and nothing else.
 *
 * @module
 */
import { coveredBytes } from "./coverage.ts";
import { type Ranges, readIndex, type Snapshot } from "./index_reader.ts";
import type { CompiledQuery } from "./query.ts";
import { findInPiece, type Found, PieceReader } from "./scan.ts";

/** What was found in one piece of one log; never empty. */
export interface Batch<Log> {
  /** The log, as it was given. */
  readonly log: Log;
  /** In the order of the log. */
  readonly found: readonly Found[];
}

/** What a search has done so far. */
export interface SearchTotals {
  /** Logs that were searched. */
  logs: number;
  /** Logs that are not there, or that cannot be read. */
  missing: number;
  /** Sessions that have run and keep no log. */
  unlogged: number;
  /** Bytes of the logs that were searched. */
  bytes: number;
  /** Bytes of these that had to be read. */
  read: number;
  /** Bytes of these that the index does not know. */
  unindexed: number;
}

/** Settings of {@linkcode searchLogs}. */
export interface SearchOptions {
  /** The database of the index; without it everything is read. */
  readonly index?: string | undefined;
  /** Kept up to date while the search runs. */
  readonly totals?: SearchTotals | undefined;
}

/** Totals of a search that has not begun. */
export function noTotals(): SearchTotals {
  return { logs: 0, missing: 0, unlogged: 0, bytes: 0, read: 0, unindexed: 0 };
}

/**
 * Finds the events that match, log by log in the given order. Memory does not depend on the logs.
 *
 * @param logs with the absolute path of each
 */
export function* searchLogs<Log extends { readonly path: string }>(
  logs: Iterable<Log>,
  query: CompiledQuery,
  { index, totals = noTotals() }: SearchOptions = {},
): Generator<Batch<Log>, void, undefined> {
  const snapshot = index === undefined ? undefined : readIndex(index, query.grams ?? []);
  const reader = new PieceReader();
  for (const log of logs) {
    using file = openOrMissing(log.path);
    const facts = file?.statSync();
    if (file === undefined || !facts?.isFile) {
      totals.missing++;
      continue;
    }
    totals.logs++;
    totals.bytes += facts.size;
    const ranges = whereToLook(log.path, facts, snapshot, query, totals);
    for (let at = 0; at < ranges.length; at += 2) {
      const start = ranges[at]!;
      const end = ranges[at + 1]!;
      totals.read += end - start;
      for (const piece of reader.pieces(file, start, end)) {
        const found = [...findInPiece(piece, query)];
        if (found.length > 0) yield { log, found };
      }
    }
  }
}

function whereToLook(
  path: string,
  facts: Deno.FileInfo,
  snapshot: Snapshot | undefined,
  query: CompiledQuery,
  totals: SearchTotals,
): Ranges {
  const known = snapshot?.logs.get(path);
  const covered = coveredBytes(path, facts, known);
  totals.unindexed += facts.size - covered;
  if (known === undefined || query.grams === undefined || covered === 0) return [0, facts.size];
  const ranges = [...snapshot?.places.get(known.id) ?? []];
  if (covered < facts.size) {
    if (ranges.at(-1) === covered) ranges[ranges.length - 1] = facts.size;
    else ranges.push(covered, facts.size);
  }
  return ranges;
}

function openOrMissing(path: string): Deno.FsFile | undefined {
  try {
    return Deno.openSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return undefined;
  }
}
