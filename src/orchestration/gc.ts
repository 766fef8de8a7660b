/**
 * Removes what old sessions have left on the disk, and nothing that a session needs which goes on.
 *
 * @module
 */
import { type EnvReader, realHost } from "../host.ts";
import { lives } from "../sessions/session_status.ts";
import { StoreError } from "../sessions/store_errors.ts";
import {
  findCorruptStores,
  findDiagnosticLogs,
  findFifos,
  findMarkers,
  findShims,
  findSpawnLogs,
  findTempFiles,
} from "./gc_files.ts";
import {
  type Garbage,
  GARBAGE_KINDS,
  type GarbageKind,
  type GcFailure,
  type LeftAlone,
} from "./gc_kinds.ts";
import { findProcesses } from "./gc_processes.ts";
import { type GcOptions, GcScope } from "./gc_scope.ts";
import { findSessions } from "./gc_sessions.ts";
import { findWorktrees, removeWorktrees } from "./gc_worktrees.ts";

export { GARBAGE_KINDS } from "./gc_kinds.ts";
export type { GarbageKind, GcFailure, LeftAlone } from "./gc_kinds.ts";
export type { GcOptions } from "./gc_scope.ts";

/** Settings of {@linkcode collectGarbage}. */
export interface CollectOptions extends GcOptions {
  /** Directories, absolute, that belong to the project; only with one. */
  readonly roots?: readonly string[] | undefined;
  /** Path of the directory with the program `zag` that an agent of today gets. */
  readonly ownShim?: string | undefined;
  /** Where git is found. @default that of this process */
  readonly env?: EnvReader | undefined;
}

/** What was removed, or would be. */
export interface Collected {
  /** What it is. */
  readonly kind: GarbageKind;
  /** Absolute path of a file or directory; the id of a record. */
  readonly name: string;
  /** What it took on the disk; 0 for a record. */
  readonly bytes: number;
}

/** What a collection came to. */
export interface GcReport {
  /** In the order of {@linkcode GARBAGE_KINDS}. */
  readonly items: readonly Collected[];
  /** How many of each kind. */
  readonly counts: Readonly<Record<GarbageKind, number>>;
  /** How many records of sessions, with their logs or without. */
  readonly records: number;
  /** What all of it took on the disk; without what the index gave back. */
  readonly bytes: number;
  /** What the index gave back to the disk. */
  readonly databaseBytes: number;
  /** What was seen and left alone. */
  readonly leftAlone: readonly LeftAlone[];
  /** What could not be removed or looked at. */
  readonly failures: readonly GcFailure[];
}

/**
 * Finds what can go, and removes it if told to. Whatever has come to life since it was found stays;
 * what cannot be removed is reported, and the rest goes on.
 *
 * Call it after strays were ended, so that what looks alive is.
 *
 * @throws {StoreError} when the index cannot be read
 */
export async function collectGarbage(options: CollectOptions): Promise<GcReport> {
  const scope = new GcScope(options);
  const sessions = findSessions(scope, options);
  const { ends } = sessions;
  const found: Garbage[] = [
    // Sessions first: what belongs to them is old only if they are.
    ...sessions.garbage,
    ...findProcesses(scope, options.roots ?? [], sessions),
    ...findMarkers(scope, ends),
    ...findSpawnLogs(scope, ends),
    ...findFifos(scope, ends),
    ...await findTempFiles(scope),
  ];
  const leftAlone = [...sessions.leftAlone];
  if (scope.everything) {
    found.push(
      ...findDiagnosticLogs(scope),
      ...findShims(scope, options.ownShim),
      ...findCorruptStores(scope),
    );
  }
  const env = options.env ?? realHost().env;
  const { unused, leftAlone: worktrees } = await findWorktrees(scope, env);
  leftAlone.push(...worktrees);
  const garbage = options.force ? removeAll(scope, found) : found;
  const gone = options.force ? await removeWorktrees(scope, unused, env) : unused;
  return {
    ...summary([...garbage, ...gone]),
    databaseBytes: options.force ? compacted(scope) : 0,
    leftAlone,
    failures: scope.failures,
  };
}

/** So long other processes wait at most, in milliseconds, unless a single file takes longer. */
const PATIENCE_MS = 50;

/** Removes what there is, many at once: one change of the index at a time takes several times as long. */
function removeAll(scope: GcScope, found: readonly Garbage[]): Garbage[] {
  scope.lookAgain();
  const removed: Garbage[] = [];
  const removeSome = (from: number) => {
    const stop = performance.now() + PATIENCE_MS;
    let next = from;
    do {
      const each = found[next++]!;
      if (scope.attempt(each.name, () => each.remove())) removed.push(each);
    } while (next < found.length && performance.now() < stop);
    return next;
  };
  try {
    for (let next = 0; next < found.length;) next = scope.store.atOnce(() => removeSome(next));
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    scope.fail(scope.paths.database, error);
  }
  return removed;
}

/** While an agent is at work its zag must not have to wait for the index. */
function compacted(scope: GcScope): number {
  if (scope.store.runningProcesses().some(lives)) return 0;
  return scope.attempt(scope.paths.database, () => scope.store.compact()) ?? 0;
}

function summary(
  garbage: readonly Pick<Garbage, "kind" | "name" | "bytes" | "hasRecord">[],
): Pick<GcReport, "items" | "counts" | "records" | "bytes"> {
  const items = GARBAGE_KINDS.flatMap((wanted) =>
    garbage.filter(({ kind }) => kind === wanted)
      .map(({ kind, name, bytes }) => ({ kind, name, bytes }))
  );
  const counts = Object.fromEntries(GARBAGE_KINDS.map((kind) => [kind, 0])) as Record<
    GarbageKind,
    number
  >;
  for (const { kind } of items) counts[kind]++;
  const records = garbage.filter(({ hasRecord }) => hasRecord).length;
  return { items, counts, records, bytes: items.reduce((sum, { bytes }) => sum + bytes, 0) };
}
