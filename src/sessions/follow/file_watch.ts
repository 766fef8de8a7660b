/** Tells when a file changes, whether it exists yet or not. */
import { basename, dirname } from "node:path";

/** Watchers can lose events, so one that is silent is not believed for longer than this. */
const LOOK_MS = 1000;
/** How often to look where the system cannot tell. */
const POLL_MS = 200;

/** Watches one file by its directory, or by the nearest directory that exists. */
export class FileWatch implements Disposable {
  readonly #directory: string;
  readonly #name: string;
  #watcher: Deno.FsWatcher | undefined;
  /** What is watched; undefined where nothing can be. */
  #watched: string | undefined;
  #changed = false;
  #closed = false;
  #wake: (() => void) | undefined;

  readonly #lookMs: number;

  /**
   * Starts to watch.
   *
   * @param path of the file
   * @param lookMs How long a watcher that is silent is believed.
   */
  constructor(path: string, lookMs = LOOK_MS) {
    this.#lookMs = lookMs;
    this.#directory = dirname(path);
    this.#name = basename(path);
    this.#watch();
  }

  /** Resolves when it is time to look at the file: at a change, or after a while without one. */
  async changed(signal?: AbortSignal): Promise<void> {
    if (!this.#changed && !signal?.aborted) {
      await new Promise<void>((resolve) => {
        const done = () => {
          clearTimeout(timer);
          signal?.removeEventListener("abort", done);
          this.#wake = undefined;
          resolve();
        };
        const timer = setTimeout(done, this.#watched === undefined ? POLL_MS : this.#lookMs);
        signal?.addEventListener("abort", done);
        this.#wake = done;
      });
    }
    this.#changed = false;
    if (this.#watched !== undefined && this.#watched !== this.#directory) this.#watch();
  }

  /** Stops watching. */
  [Symbol.dispose](): void {
    this.#closed = true;
    this.#close();
  }

  #watch(): void {
    this.#close();
    for (let directory = this.#directory;; directory = dirname(directory)) {
      try {
        this.#watcher = Deno.watchFs(directory, { recursive: false });
      } catch (error) {
        if (error instanceof Deno.errors.NotFound && directory !== dirname(directory)) continue;
        this.#watched = undefined;
        return;
      }
      this.#watched = directory;
      this.#listen(this.#watcher, directory);
      return;
    }
  }

  async #listen(watcher: Deno.FsWatcher, directory: string): Promise<void> {
    try {
      for await (const { paths, flag } of watcher) {
        // A directory on the way to the file may have come into being.
        const matters = directory !== this.#directory || Boolean(flag) ||
          paths.length === 0 || paths.some((path) => basename(path) === this.#name);
        if (matters) this.#notify();
      }
    } catch {
      // From now on it is looked at again and again.
    }
    if (this.#closed || this.#watcher !== watcher) return;
    this.#watched = undefined;
    this.#notify();
  }

  #notify(): void {
    this.#changed = true;
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
