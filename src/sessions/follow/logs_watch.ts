/**
 * Tells which of many files have changed, with one watcher for all of them: the system gives out few.
 *
 * @module
 */
import { dirname, join } from "node:path";

/** Watchers can lose events, so one that is silent is not believed for longer than this. */
const LOOK_MS = 1000;
/** How often to look where the system cannot tell. */
const POLL_MS = 200;

/** How the files are watched. */
export interface LogsWatchOptions {
  /** How long a watcher that is silent is believed, in milliseconds. @default 1000 */
  readonly lookMs?: number | undefined;
  /** Called once when the system cannot tell about changes and the files are looked at instead. */
  polling?(reason: string): void;
}

/** Watches files by their directories, whether they exist or not. */
export class LogsWatch implements Disposable {
  readonly #options: LogsWatchOptions;
  /** The files by their directories; an empty set stands for everything in a directory. */
  readonly #files = new Map<string, Set<string>>();
  readonly #changed = new Set<string>();
  /** What the watcher watches. */
  #watched: ReadonlySet<string> = new Set();
  #watcher: Deno.FsWatcher | undefined;
  /** The watcher does not know of all directories yet. */
  #stale = false;
  /** Something may have changed, and nobody knows what. */
  #unsure = false;
  #polls = false;
  #closed = false;
  #wake: (() => void) | undefined;

  /** Watches nothing yet. */
  constructor(options: LogsWatchOptions = {}) {
    this.#options = options;
  }

  /** Watches one file, absolute. */
  add(path: string): void {
    const directory = dirname(path);
    const known = this.#files.get(directory);
    // A directory that is watched as a whole needs no names.
    if (known?.size === 0) return;
    if (known) known.add(path);
    else this.#files.set(directory, new Set([path]));
    this.#stale ||= !known;
  }

  /** Watches all that is or comes into a directory, absolute; not what is below its directories. */
  addDirectory(directory: string): void {
    this.#stale ||= !this.#files.has(directory);
    this.#files.set(directory, new Set());
  }

  /**
   * The files that have changed since the last call, once there are any: absolute paths. An empty
   * set means that it is time to look at all of them: something was added, the watcher was silent
   * for a while, or there is none.
   */
  async changed(signal?: AbortSignal): Promise<ReadonlySet<string>> {
    if (this.#stale) {
      this.#watch();
      // Whatever happened before the watcher was there has to be looked for.
      return new Set();
    }
    const known = this.#changed.size > 0 || this.#unsure;
    if (!known && !signal?.aborted && !this.#closed) await this.#wait(signal);
    const changed = new Set(this.#unsure ? [] : this.#changed);
    this.#unsure = false;
    this.#changed.clear();
    return changed;
  }

  /** Stops watching; whoever waits is told to look once more. */
  [Symbol.dispose](): void {
    this.#closed = true;
    this.#close();
    this.#wake?.();
  }

  async #wait(signal: AbortSignal | undefined): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const done = () => resolve();
    const timer = setTimeout(done, this.#polls ? POLL_MS : this.#options.lookMs ?? LOOK_MS);
    signal?.addEventListener("abort", done);
    this.#wake = done;
    await promise;
    clearTimeout(timer);
    signal?.removeEventListener("abort", done);
    this.#wake = undefined;
    if (!this.#closed) this.#stale ||= this.#hasMoved();
  }

  /** A directory has come into being, or is gone, since the watcher was made. */
  #hasMoved(): boolean {
    return [...this.#files.keys()].some((directory) => !this.#watched.has(nearest(directory)));
  }

  /** A new watcher for all directories; where one is missing, for the nearest one above it. */
  #watch(): void {
    this.#close();
    this.#stale = false;
    this.#watched = new Set([...this.#files.keys()].map(nearest));
    if (this.#watched.size === 0) return;
    try {
      this.#watcher = Deno.watchFs([...this.#watched], { recursive: false });
      this.#polls = false;
      void this.#listen(this.#watcher);
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) throw error;
      this.#poll(error);
    }
  }

  async #listen(watcher: Deno.FsWatcher): Promise<void> {
    try {
      for await (const { kind, paths, flag } of watcher) {
        // Whoever looks at a file does not change it.
        if (kind === "access") continue;
        if (flag || paths.length === 0) {
          this.#unsure = true;
          this.#wake?.();
        }
        for (const path of paths) this.#note(path);
      }
    } catch (error) {
      if (this.#watcher === watcher) this.#poll(error);
    }
  }

  #note(path: string): void {
    const files = this.#files.get(dirname(path));
    // It stands on the way to a file, or is a directory that was watched and is another one now.
    if (files === undefined) {
      if (!this.#watched.has(path) && !this.#hasMoved()) return;
      this.#stale = true;
    } else if (files.size > 0 && !files.has(path)) return;
    else this.#changed.add(path);
    this.#wake?.();
  }

  #poll(error: unknown): void {
    if (!this.#polls) {
      this.#options.polling?.(error instanceof Error ? error.message : String(error));
    }
    this.#polls = true;
    this.#wake?.();
  }

  #close(): void {
    const watcher = this.#watcher;
    this.#watcher = undefined;
    try {
      watcher?.close();
    } catch {
      // It has ended by itself.
    }
  }
}

function nearest(directory: string): string {
  for (let path = directory;; path = dirname(path)) {
    if (isDirectory(path) || path === dirname(path)) return path;
  }
}

function isDirectory(path: string): boolean {
  try {
    return Deno.statSync(join(path, ".")).isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return false;
  }
}
