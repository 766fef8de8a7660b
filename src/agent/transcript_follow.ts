/**
 * Follows the file in which an agent's CLI keeps a session, while the agent has the terminal and
 * zag sees none of its output.
 */
import { dirname } from "node:path";
import type { LogKind } from "../events/log_event.ts";
import { LineSplitter } from "../processes/lines.ts";
import type { TranscriptParser } from "../providers/provider.ts";

/** What is followed, and where the entries go. */
export interface FollowRequest {
  path: string;
  parser: TranscriptParser;
  /** Bytes that an earlier invocation already put into the log. */
  offset: number;
  log(kinds: readonly LogKind[]): void;
  /** Called when the system cannot tell about changes and the file is looked at every second. */
  polling?(reason: string): void;
}

const POLL_MS = 1000;

/** A follower that was started; `stop` reads what is left. */
export interface TranscriptFollower {
  stop(): Promise<void>;
}

/** Starts to follow; a file that does not exist yet is waited for. */
export function followTranscript(request: FollowRequest): TranscriptFollower {
  const follower = new Follower(request);
  follower.start();
  return follower;
}

/** Reads what a transcript holds beyond an offset, once. */
export async function readTranscript(request: Omit<FollowRequest, "polling">): Promise<void> {
  const follower = new Follower(request);
  await follower.stop();
}

class Follower implements TranscriptFollower {
  readonly #request: FollowRequest;
  readonly #splitter = new LineSplitter();
  #offset: number;
  #watcher: Deno.FsWatcher | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #reading: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(request: FollowRequest) {
    this.#request = request;
    this.#offset = request.offset;
  }

  start(): void {
    this.#watch().catch((error) => {
      if (this.#stopped) return;
      this.#request.polling?.(error instanceof Error ? error.message : String(error));
      this.#timer = setInterval(() => this.#read(), POLL_MS);
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#watcher?.close();
    clearInterval(this.#timer);
    await this.#read();
    const last = this.#splitter.end();
    if (last !== undefined && last.trim() !== "") this.#parse([last]);
  }

  /** Watches the nearest directory that exists; the CLI creates the ones below it when it starts. */
  async #watch(): Promise<void> {
    const target = dirname(this.#request.path);
    while (!this.#stopped) {
      const directory = nearestDirectory(target);
      const watcher = Deno.watchFs(directory, { recursive: false });
      this.#watcher = watcher;
      await this.#read();
      // The directory may have come into being between the look and the watch.
      if (directory !== target && nearestDirectory(target) !== directory) {
        watcher.close();
        continue;
      }
      for await (const _ of watcher) {
        await this.#read();
        if (directory !== target && nearestDirectory(target) !== directory) break;
      }
    }
  }

  #read(): Promise<void> {
    return this.#reading = this.#reading.then(() => this.#readNew()).catch(() => {});
  }

  async #readNew(): Promise<void> {
    let file: Deno.FsFile;
    try {
      file = await Deno.open(this.#request.path);
    } catch {
      return;
    }
    try {
      await file.seek(this.#offset, Deno.SeekMode.Start);
      const buffer = new Uint8Array(64 * 1024);
      let count: number | null;
      while ((count = await file.read(buffer)) !== null && count > 0) {
        this.#offset += count;
        this.#parse(this.#splitter.push(buffer.slice(0, count)));
      }
    } finally {
      file.close();
    }
  }

  #parse(lines: readonly string[]): void {
    const kinds: LogKind[] = [];
    for (const line of lines) this.#request.parser.line(line, (kind) => kinds.push(kind));
    if (kinds.length > 0) this.#request.log(kinds);
  }
}

function nearestDirectory(path: string): string {
  let directory = path;
  while (true) {
    try {
      if (Deno.statSync(directory).isDirectory) return directory;
    } catch {
      // Not there yet: one further up.
    }
    const parent = dirname(directory);
    if (parent === directory) return directory;
    directory = parent;
  }
}
