/**
 * Opens the index of sessions, whatever became of it: one that is new, lost or damaged is made again
 * from the logs, once, by whichever process comes first.
 *
 * @module
 */
import { ensurePrivateDir, type ZagPaths } from "../../config/paths.ts";
import { forgetDamage, forgetGap, hasGap, isNoted, noteGap, putAside } from "./damage.ts";
import { exclusively } from "../exclusive.ts";
import { SessionStore } from "../store.ts";
import {
  StoreBusyError,
  StoreCorruptError,
  StoreError,
  StoreTooNewError,
} from "../store_errors.ts";

/** Who is told what happens to the index. */
export interface IndexObserver {
  /** What a person should know. */
  warning?(message: string): void;
  /** What helps to find a mistake. */
  debug?(message: string): void;
}

/**
 * Opens the index for reading and writing.
 *
 * @throws {StoreTooNewError} when a newer zag has written it
 * @throws {StoreBusyError} when another process keeps it locked
 * @throws {StoreError} when it cannot be written, or cannot be made again
 * @throws {PrivateDirError} when the state directory cannot be made
 */
export async function openIndex(paths: ZagPaths, observer: IndexObserver): Promise<SessionStore> {
  const store = openComplete(paths);
  if (store) return store;
  ensurePrivateDir(paths.home);
  const waiting = () => {
    // Many that start at once on a new home stand in line for an index that is there by now.
    if (!isReady(paths)) observer.warning?.("waiting for another zag that rebuilds the index");
  };
  try {
    return await exclusively(`${paths.database}.lock`, waiting, () => rebuilt(paths, observer));
  } catch (error) {
    if (error instanceof StoreError || !isSystemError(error)) throw error;
    throw new StoreError(paths.database, (error as Error).message, {
      cause: error,
      hint: "Make room on the disk and its directory writable, or set ZAG_HOME to another place",
    });
  }
}

/**
 * Opens the index for a command that mostly reads: where it cannot be written, what it holds is
 * better than nothing, and the observer is warned.
 *
 * @throws as {@linkcode openIndex}, where it cannot even be read
 */
export async function openIndexToRead(
  paths: ZagPaths,
  observer: IndexObserver,
): Promise<SessionStore> {
  try {
    return await openIndex(paths, observer);
  } catch (error) {
    if (!(error instanceof StoreError) || REFUSALS.some((kind) => error instanceof kind)) {
      throw error;
    }
    const store = readOnly(paths.database);
    if (!store) throw error;
    observer.warning?.(`what is shown may be out of date: ${error.message}`);
    return store;
  }
}

/** Nothing can be read either where one of these was the answer. */
const REFUSALS = [StoreTooNewError, StoreBusyError, StoreCorruptError];

/**
 * The store, when nothing has to be done to it. Another zag may put the file aside in the middle of
 * this, which then fails in one of many ways: whoever waits for that zag will see what it has made.
 */
function openComplete(paths: ZagPaths): SessionStore | undefined {
  const before = fileOf(paths.database);
  let store: SessionStore | undefined;
  try {
    store = openAsIs(paths);
    if (store && isComplete(store, paths)) return store;
  } catch (error) {
    if (!(error instanceof StoreError) || fileOf(paths.database) === before) {
      store?.close();
      throw error;
    }
  }
  store?.close();
  return undefined;
}

/** The store, when there is one that nobody has found damaged. */
function openAsIs({ database }: ZagPaths): SessionStore | undefined {
  if (sizeOf(database) === 0 || isNoted(database)) return undefined;
  try {
    return SessionStore.open(database);
  } catch (error) {
    if (error instanceof StoreCorruptError) return undefined;
    throw error;
  }
}

/** Opens and completes the index while nobody else does. */
async function rebuilt(paths: ZagPaths, observer: IndexObserver): Promise<SessionStore> {
  // Whoever held the lock before may have done all of it.
  const found = openAsIs(paths);
  if (found) {
    try {
      return await completed(found, paths, observer);
    } catch (error) {
      if (!(error instanceof StoreCorruptError)) throw error;
    }
  }
  return await completed(replaced(paths, observer), paths, observer);
}

async function completed(
  store: SessionStore,
  paths: ZagPaths,
  observer: IndexObserver,
): Promise<SessionStore> {
  try {
    if (!isComplete(store, paths)) {
      const { rebuild } = await import("./rebuild.ts");
      // Before the logs are read, so that word of another gap meanwhile is not lost.
      forgetGap(paths.database);
      try {
        await rebuild(store, paths, observer);
      } catch (error) {
        noteGap(paths.database);
        throw error;
      }
      for (const name of factsOf(paths)) store.setFact(name, new Date().toISOString());
    }
    return store;
  } catch (error) {
    store.close();
    throw error;
  }
}

/** A new database in the place of one that is damaged, empty or gone. */
function replaced({ database }: ZagPaths, observer: IndexObserver): SessionStore {
  if (isNoted(database) && isSound(database)) {
    forgetDamage(database);
    return SessionStore.open(database);
  }
  let aside: string | undefined;
  try {
    // What is left of a database that was removed would mix with the new one.
    aside = putAside(database, new Date());
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    throw new StoreCorruptError(database, error);
  }
  if (aside !== undefined) {
    observer.warning?.(
      `the session index was damaged and is made again from the logs; the old one is ${aside}`,
    );
  }
  return SessionStore.open(database);
}

function isSound(database: string): boolean {
  try {
    using store = SessionStore.open(database);
    return store.isSound();
  } catch (error) {
    if (error instanceof StoreCorruptError) return false;
    throw error;
  }
}

/** The store without any attempt to change it; undefined where not even that works. */
function readOnly(database: string): SessionStore | undefined {
  // Without its newest pages it would show a state that never was.
  const frozen = sizeOf(`${database}-wal`) === 0;
  for (const options of frozen ? [{}, { frozen }] : [{}]) {
    if (sizeOf(database) === 0) return undefined;
    try {
      return SessionStore.open(database, options);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
    }
  }
  return undefined;
}

/** Whether somebody has made the index meanwhile. */
function isReady(paths: ZagPaths): boolean {
  try {
    using store = openAsIs(paths);
    return store !== undefined && isComplete(store, paths);
  } catch {
    // Whoever waits will see for itself.
    return false;
  }
}

/** Whether everything that logs tell is in there. */
function isComplete(store: SessionStore, paths: ZagPaths): boolean {
  try {
    return !hasGap(paths.database) &&
      factsOf(paths).every((name) => store.fact(name) !== undefined);
  } catch (error) {
    if (error instanceof StoreCorruptError) return false;
    throw error;
  }
}

/** What is known of a database that is complete: `ZAG_USER_LOG_DIR` is not the same for all. */
function factsOf({ userLogs }: ZagPaths): string[] {
  return ["rebuilt", ...(userLogs === undefined ? [] : [`rebuilt ${userLogs}`])];
}

/** What tells a file from one that takes its place; undefined when there is none. */
function fileOf(path: string): number | null | undefined {
  try {
    return Deno.statSync(path).ino;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return undefined;
  }
}

/** In bytes; 0 when there is no such file. */
function sizeOf(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return 0;
  }
}

/** Whether the system refused something; a lacking permission of ours is another matter. */
function isSystemError(error: unknown): boolean {
  return error instanceof Error && "code" in error && !(error instanceof Deno.errors.NotCapable);
}
