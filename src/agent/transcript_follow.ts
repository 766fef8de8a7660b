/**
 * Follows the file in which an agent's CLI keeps a session, while the agent has the terminal and
 * zag sees none of its output.
 */
import { dirname } from "node:path";
import type { LogKind } from "../events/log_event.ts";
import { LineSplitter } from "../processes/lines.ts";
import type { TranscriptParser } from "../providers/transcript.ts";

/** What is followed, and where the entries go. */
export interface FollowRequest {
  /** Undefined while it is unknown which file it will be. */
  path: string | undefined;
  /** Looks for the file, once a second until it is there; needed where `path` is unknown. */
  find?(): Promise<string | undefined>;
  parser: TranscriptParser;
  /** Bytes that an earlier invocation already put into the log. */
  offset: number;
  /** Let the parser see those bytes all the same, without logging them. */
  rereads?: boolean | undefined;
  log(kinds: readonly LogKind[]): void;
  /** Whether the session goes on in another file, asked whenever something has changed. */
  next?(): Promise<NextFile | undefined>;
  /** Called when the system cannot tell about changes and the file is looked at every second. */
  polling?(reason: string): void;
}

/** Another file with which a session goes on. */
export interface NextFile {
  readonly path: string;
  readonly parser: TranscriptParser;
  /** Says so in the log, between what the two files tell. */
  readonly entry: LogKind;
}

const POLL_MS = 1000;

/** A follower that was started; `stop` reads what is left, once. */
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
  #splitter = new LineSplitter();
  #parser: TranscriptParser;
  #path: string | undefined;
  #offset: number;
  /** Up to here the file was known before. */
  #known: number;
  #watcher: Deno.FsWatcher | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #reading: Promise<void> = Promise.resolve();
  #stopped = false;
  #ending: Promise<void> | undefined;

  constructor(request: FollowRequest) {
    this.#request = request;
    this.#parser = request.parser;
    this.#path = request.path;
    this.#offset = request.rereads ? 0 : request.offset;
    this.#known = request.offset;
  }

  start(): void {
    if (this.#path === undefined) this.#search();
    else this.#follow(this.#path);
  }

  #search(): void {
    let looking = false;
    const look = async () => {
      if (looking || this.#stopped) return;
      looking = true;
      const path = await this.#request.find?.().catch(() => undefined);
      looking = false;
      if (path === undefined || this.#stopped) return;
      clearInterval(this.#timer);
      this.#path = path;
      this.#follow(path);
    };
    this.#timer = setInterval(look, POLL_MS);
    look();
  }

  #follow(path: string): void {
    this.#watch(dirname(path)).catch((error) => {
      if (this.#stopped) return;
      this.#request.polling?.(error instanceof Error ? error.message : String(error));
      this.#timer = setInterval(() => this.#read(), POLL_MS);
    });
  }

  stop(): Promise<void> {
    return this.#ending ??= this.#stop();
  }

  async #stop(): Promise<void> {
    this.#stopped = true;
    this.#watcher?.close();
    clearInterval(this.#timer);
    this.#path ??= await this.#request.find?.().catch(() => undefined);
    await this.#read();
    this.#endFile();
  }

  #endFile(): void {
    const last = this.#splitter.end();
    if (last !== undefined && last.trim() !== "") this.#parse([last], true);
    const kinds: LogKind[] = [];
    this.#parser.end?.((kind) => kinds.push(kind));
    if (kinds.length > 0) this.#request.log(kinds);
  }

  /** Leaves the file for the one with which the session goes on, if there is one. */
  async #goOn(): Promise<void> {
    const next = await this.#request.next?.();
    if (!next) return;
    // What was added between the last look and the change.
    await this.#readNew();
    this.#endFile();
    this.#splitter = new LineSplitter();
    this.#parser = next.parser;
    this.#path = next.path;
    this.#offset = this.#known = 0;
    this.#request.log([next.entry]);
    await this.#readNew();
  }

  /** Watches the nearest directory that exists; the CLI creates the ones below it when it starts. */
  async #watch(target: string): Promise<void> {
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
    return this.#reading = this.#reading.then(() => this.#readNew()).then(() => this.#goOn())
      .catch(() => {});
  }

  async #readNew(): Promise<void> {
    let file: Deno.FsFile;
    if (this.#path === undefined) return;
    try {
      file = await Deno.open(this.#path);
    } catch {
      return;
    }
    try {
      await file.seek(this.#offset, Deno.SeekMode.Start);
      const buffer = new Uint8Array(64 * 1024);
      while (true) {
        // What was there before ends in a piece of its own.
        const known = this.#known - this.#offset;
        const room = known > 0 ? Math.min(known, buffer.length) : buffer.length;
        const count = await file.read(buffer.subarray(0, room)) ?? 0;
        if (count === 0) break;
        this.#offset += count;
        this.#parse(this.#splitter.push(buffer.slice(0, count)), known <= 0);
      }
    } finally {
      file.close();
    }
  }

  #parse(lines: readonly string[], isNew: boolean): void {
    const kinds: LogKind[] = [];
    const take = isNew ? (kind: LogKind) => void kinds.push(kind) : () => {};
    for (const line of lines) this.#parser.line(line, take);
    // What was said before is no answer of this run.
    if (!isNew) Object.assign(this.#parser.state, { answer: undefined, finished: false });
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
