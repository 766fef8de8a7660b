/**
 * Makes the index again from what the logs say, and from what the original kept beside its own. Rows
 * that are there already stay as they are, so it may be interrupted and begun anew at any time.
 *
 * @module
 */
import type { ZagPaths } from "../../config/paths.ts";
import { logFiles } from "./log_files.ts";
import type { IndexObserver } from "./open_index.ts";
import { restoredFrom, tryRead } from "./record_of_log.ts";
import type { Restored } from "./restore.ts";
import type { SessionStore } from "../store.ts";
import { type OriginalLogRecord, takeOver } from "./take_over.ts";

/** After so long a person wants to know what takes its time. */
const PATIENCE_MS = 1000;

/** Others wait while rows are written; so many of them take a few milliseconds. */
const BATCH = 500;

/** So long nothing else of this process happens. */
const BREATH_MS = 50;

/**
 * Makes the index again.
 *
 * @throws {StoreError} when the index cannot be written
 */
export async function rebuild(
  store: SessionStore,
  paths: ZagPaths,
  observer: IndexObserver,
): Promise<void> {
  const batch = new Batch(store);
  const pace = new Pace(() => observer.warning?.("the session index is made again from the logs"));
  /** Sessions that our own logs tell all about, deleted ones too. */
  const told = new Set<string>();
  const originals = new Map<string, OriginalLogRecord>();
  for (const file of logFiles(paths)) {
    await pace.next();
    const record = tryRead(file.path, observer);
    if (!record) continue;
    if (record.ours) {
      told.add(record.sessionId);
      batch.add(restoredFrom(record));
    } else originals.set(record.sessionId, { record, file });
  }
  for await (const restored of takeOver(paths, originals, told, observer)) {
    await pace.next();
    batch.add(restored);
  }
  batch.flush();
}

/** Writes rows, many at once. */
class Batch {
  readonly #store: SessionStore;
  #waiting: Restored[] = [];

  constructor(store: SessionStore) {
    this.#store = store;
  }

  add(restored: Restored): void {
    this.#waiting.push(restored);
    if (this.#waiting.length >= BATCH) this.flush();
  }

  flush(): void {
    this.#store.restore(this.#waiting);
    this.#waiting = [];
  }
}

/** Lets the rest of the program breathe, and says once that it takes long. */
class Pace {
  readonly #long: () => void;
  readonly #started = performance.now();
  #breath = this.#started;
  #said = false;

  constructor(long: () => void) {
    this.#long = long;
  }

  async next(): Promise<void> {
    const now = performance.now();
    if (!this.#said && now - this.#started > PATIENCE_MS) {
      this.#said = true;
      this.#long();
    }
    if (now - this.#breath < BREATH_MS) return;
    await new Promise((resolve) => setTimeout(resolve));
    this.#breath = performance.now();
  }
}
