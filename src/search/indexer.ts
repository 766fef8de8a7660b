/**
 * Brings the index up to date. Any number of processes may try: one works, the others leave it alone.
 *
 * @module
 */
import { coveredBytes } from "./coverage.ts";
import { isDamage, removeIndex } from "./index_file.ts";
import { IndexWriter, type IndexWriterOptions } from "./index_writer.ts";

/** When the work has to stop for a while, or for good. */
export interface Pace {
  /** How long a slice of work may take, in milliseconds. */
  readonly sliceMs: number;
  /** Waits between two slices. False ends the work; what was done so far is kept. */
  rest(): Promise<boolean>;
}

/** Settings of {@linkcode indexLogs}. */
export interface IndexOptions extends IndexWriterOptions {
  /** The database of the index. */
  readonly index: string;
  /** Paths of logs, in pages of some hundred. */
  readonly logs: Iterable<readonly string[]>;
  /** How the work is spread over time. */
  readonly pace: Pace;
  /** With fewer new bytes than this, nothing is done. @default 1 */
  readonly worthBytes?: number | undefined;
  /** Told after each slice: bytes that are done, and bytes that were new at the start. */
  progress?(done: number, total: number): void;
}

/** What became of an attempt to index. */
export interface IndexOutcome {
  /** `busy`: another process is at it. `stopped`: the pace ended it. `unusable`: see the error. */
  readonly state: "done" | "busy" | "stopped" | "unusable";
  /** Bytes of logs that came into the index. */
  readonly bytes: number;
  /** Why the index cannot be written. */
  readonly error?: unknown;
}

/** So many bytes of logs become visible at once; a process that dies loses at most these. */
const COMMIT_BYTES = 8 * 1024 * 1024;

/** Up to here, searching without an index takes no time worth saving, in bytes. */
export const WORTH_INDEXING = 256 * 1024;

/**
 * Indexes what is new in these logs. What goes wrong with the index is no exception: it is only a
 * cache.
 */
export async function indexLogs(options: IndexOptions): Promise<IndexOutcome> {
  try {
    return await new Indexing(options).run();
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    if (isDamage(error)) {
      try {
        removeIndex(options.index);
      } catch {
        // The first error says more.
      }
    }
    return { state: "unusable", bytes: 0, error };
  }
}

interface Pending {
  readonly path: string;
  readonly bytes: number;
}

class Indexing {
  readonly #options: IndexOptions;
  #sliceEnd = 0;
  #done = 0;
  #sinceCommit = 0;

  constructor(options: IndexOptions) {
    this.#options = options;
  }

  async run(): Promise<IndexOutcome> {
    using writer = IndexWriter.open(this.#options.index, this.#options);
    if (writer === undefined) return { state: "unusable", bytes: 0 };
    this.#startSlice();
    const pending = await this.#listPending(writer);
    if (pending === undefined) return { state: "stopped", bytes: 0 };
    const total = pending.reduce((sum, { bytes }) => sum + bytes, 0);
    if (total < (this.#options.worthBytes ?? 1)) return { state: "done", bytes: 0 };
    if (!writer.begin()) return { state: "busy", bytes: 0 };
    for (const { path } of pending) {
      writer.openLog(path);
      for (let bytes; (bytes = writer.step()) !== undefined;) {
        this.#done += bytes;
        this.#sinceCommit += bytes;
        if (!this.#isSliceOver()) continue;
        this.#options.progress?.(this.#done, total);
        const state = await this.#pause(writer);
        if (state !== undefined) return { state, bytes: this.#done };
      }
    }
    const state = await this.#forgetMissing(writer);
    if (state !== undefined) return { state, bytes: this.#done };
    writer.commit();
    this.#options.progress?.(this.#done, total);
    return { state: "done", bytes: this.#done };
  }

  /** Takes out the logs that were deleted, whoever did it. */
  async #forgetMissing(writer: IndexWriter): Promise<"busy" | "stopped" | undefined> {
    for (const path of writer.paths()) {
      if (factsOf(path) === undefined) writer.forget(path);
      if (!this.#isSliceOver()) continue;
      const state = await this.#pause(writer);
      if (state !== undefined) return state;
    }
    return undefined;
  }

  /** The logs that have something new; undefined when the work is to end. */
  async #listPending(writer: IndexWriter): Promise<Pending[] | undefined> {
    const pending: Pending[] = [];
    for (const page of this.#options.logs) {
      for (const path of page) {
        const facts = factsOf(path);
        const known = writer.indexed(path);
        const bytes = facts ? facts.size - coveredBytes(path, facts, known) : 0;
        if (bytes > 0) pending.push({ path, bytes });
        if (this.#isSliceOver() && !await this.#rest()) return undefined;
      }
    }
    return pending;
  }

  /** Waits for the next slice; a state ends the work. */
  async #pause(writer: IndexWriter): Promise<"busy" | "stopped" | undefined> {
    const commits = this.#sinceCommit >= COMMIT_BYTES;
    if (commits) {
      this.#sinceCommit = 0;
      writer.commit();
    }
    const goesOn = await this.#rest();
    if (!goesOn) {
      if (!commits) writer.commit();
      return "stopped";
    }
    return commits && !writer.begin() ? "busy" : undefined;
  }

  async #rest(): Promise<boolean> {
    const goesOn = await this.#options.pace.rest();
    this.#startSlice();
    return goesOn;
  }

  #startSlice(): void {
    this.#sliceEnd = performance.now() + this.#options.pace.sliceMs;
  }

  #isSliceOver(): boolean {
    return performance.now() >= this.#sliceEnd;
  }
}

function factsOf(path: string): Deno.FileInfo | undefined {
  try {
    const facts = Deno.statSync(path);
    return facts.isFile ? facts : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return undefined;
  }
}
