/**
 * Writes a session's log: append-only, one JSON object a line, shared with other processes.
 *
 * @module
 */
import { dirname } from "node:path";
import { ensurePrivateDir, PrivateDirError } from "../config/paths.ts";
import { ZagError } from "../errors.ts";
import type { Completeness, LogEvent, LogKind, SourceKind } from "../events/log_event.ts";
import { type KeepWhole, kindJson } from "./kind_json.ts";
import { processRedactor } from "../redact/redact.ts";
import { cleanLines } from "./clean_lines.ts";
import { readTail } from "./log_tail.ts";
import { keepOverflow } from "./overflow.ts";

/** Settings of {@linkcode LogAppender}. */
export interface LogAppenderOptions {
  /** Absolute path of the log file. */
  readonly path: string;
  /** Name of the provider. */
  readonly provider: string;
  /** zag's own id of the session. */
  readonly sessionId: string;
  /** The provider's id, as far as it is known. */
  readonly nativeId?: string | undefined;
  /** The clock. */
  readonly now?: (() => Date) | undefined;
  /** Called once, when the log cannot be written any longer. */
  readonly onFailure?: ((error: LogWriteError) => void) | undefined;
}

/** What lines got when they were appended: they share a time, and their numbers follow each other. */
export interface Appended {
  /** Number of the first line. */
  readonly seq: number;
  /** RFC 3339, UTC. */
  readonly ts: string;
}

/** There is a log already where a new one was to begin. */
export class LogExistsError extends ZagError {
  /** Name of the class. */
  override name = "LogExistsError";

  /**
   * Makes the error.
   *
   * @param path of the log
   */
  constructor(readonly path: string, options?: ErrorOptions) {
    super(`Cannot create the session log ${JSON.stringify(path)}: the file exists`, options);
  }
}

/** The log cannot be written, for example because the disk is full. */
export class LogWriteError extends ZagError {
  /** Name of the class. */
  override name = "LogWriteError";

  /**
   * Makes the error.
   *
   * @param path of the log
   */
  constructor(readonly path: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`Cannot write the session log ${JSON.stringify(path)}: ${reason}`, {
      cause,
      hint: "The session goes on, but its log ends here",
    });
  }
}

/** Lines up to about this many UTF-16 units share a write. */
const WRITE_LENGTH = 256 * 1024;

/** What an encoded UTF-16 unit takes at most, in bytes. */
const MAX_BYTES = 3;

/** Hears of entries that were appended, each as its line says it. */
export type LogListener = (event: LogEvent) => void;

const RANK: Readonly<Record<Completeness, number>> = { full: 0, partial: 1, metadata_only: 2 };

const encoder = new TextEncoder();

/** Shared by all logs, for writing is synchronous. Made when it is first needed. */
let scratch: Uint8Array<ArrayBuffer> | undefined;

/**
 * An open session log. Any number of processes may append to one log: each append holds a lock,
 * so lines are whole, and their numbers rise without a repetition.
 */
export class LogAppender implements Disposable {
  /** Absolute path of the log file. */
  readonly path: string;
  readonly #now: () => Date;
  readonly #onFailure: ((error: LogWriteError) => void) | undefined;
  /** The part of the envelope that never changes. */
  readonly #names: string;
  #nativeId: string | undefined;
  #file: Deno.FsFile | undefined;
  #closed = false;
  #failure: LogWriteError | undefined;
  #completeness: Completeness = "full";
  #seq = 0;
  /** How long the file is unless another process has appended. */
  #size = 0;
  readonly #listeners = new Set<LogListener>();
  /** Lines that are on disk and that the listeners have not heard yet; undefined while nobody hears. */
  #unheard: string[] | undefined;
  #telling = false;
  /** For the entry that is being written: its number is taken. */
  readonly #keep: KeepWhole = (field, json) => keepOverflow(this.path, this.#seq, field, json);

  private constructor(options: LogAppenderOptions) {
    this.path = options.path;
    this.#now = options.now ?? (() => new Date());
    this.#onFailure = options.onFailure;
    this.#nativeId = options.nativeId;
    this.#names = `"provider":${JSON.stringify(options.provider)},` +
      `"wrapper_session_id":${JSON.stringify(options.sessionId)}`;
  }

  /**
   * Begins a new log, mode 0600. If the file cannot be made, the log is one that has already
   * failed: it takes entries and drops them.
   *
   * @throws {LogExistsError} when there is a log at this path
   */
  static create(options: LogAppenderOptions): LogAppender {
    const log = new LogAppender(options);
    log.#open({ createNew: true });
    return log;
  }

  /**
   * Goes on with a log, and makes it when it is missing. Numbers, completeness and, unless the
   * options name one, the provider's id continue from its last line. If the file cannot be opened,
   * the log is one that has already failed.
   */
  static reopen(options: LogAppenderOptions): LogAppender {
    const log = new LogAppender(options);
    log.#open({ create: true });
    log.#locked((file) => {
      log.#size = file.seekSync(0, Deno.SeekMode.End);
      const tail = readTail(file, log.#size);
      log.#seq = tail.seq;
      log.#nativeId ??= tail.providerSessionId;
      if (tail.completeness !== undefined) log.degrade(tail.completeness);
      // A size that cannot be makes the first append look at the end again, and mend it.
      if (tail.torn) log.#size = -1;
    });
    return log;
  }

  /** How much of the session the log holds. */
  get completeness(): Completeness {
    return this.#completeness;
  }

  /** The newest number that this log has given or seen. */
  get seq(): number {
    return this.#seq;
  }

  /** The provider's id that lines carry. */
  get nativeId(): string | undefined {
    return this.#nativeId;
  }

  /** Why the log could not be written any longer; the first reason. */
  get failure(): LogWriteError | undefined {
    return this.#failure;
  }

  /**
   * Appends entries as whole lines without secrets, and has handed them to the system when it returns. A failure
   * to write is no exception: it is kept in {@linkcode failure}, the log becomes partial, and
   * whatever is appended from then on is dropped.
   *
   * @param source who says so, or what it was read from
   * @returns undefined when nothing was to be written, or not all of it could be
   */
  append(kinds: readonly LogKind[], source: SourceKind = "wrapper"): Appended | undefined {
    if (this.#closed) throw new TypeError("Cannot append to a log that is closed");
    if (kinds.length === 0) return undefined;
    let appended: Appended | undefined;
    this.#locked((file) => {
      const size = file.seekSync(0, Deno.SeekMode.End);
      let text = size === this.#size ? "" : this.#catchUp(file, size);
      const ts = this.#now().toISOString();
      const envelope = this.#envelope(source, ts);
      const seq = this.#seq + 1;
      const hears = this.#listeners.size > 0;
      const write = () => {
        const written = this.#write(file, text);
        text = "";
        if (hears) {
          (this.#unheard ??= []).push(...written.split("\n").filter((line) => line !== ""));
        }
      };
      for (const kind of kinds) {
        text += `{"seq":${++this.#seq}${envelope}${kindJson(kind, this.#keep).slice(1)}\n`;
        if (text.length > WRITE_LENGTH) write();
      }
      write();
      appended = { seq, ts };
    });
    if (this.#unheard) this.#tell();
    return appended;
  }

  /**
   * Has a listener hear of every entry that is appended through this object from now on, in their
   * order, when its line is on disk and the lock is free again. What it throws is lost.
   *
   * @returns What ends it.
   */
  listen(listener: LogListener): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** Lowers the completeness; it never rises again. */
  degrade(to: Completeness): void {
    if (RANK[to] > RANK[this.#completeness]) this.#completeness = to;
  }

  /** Sets the provider's id for the lines to come. */
  setNativeId(id: string): void {
    this.#nativeId = id;
  }

  /** Closes the file; closing twice is allowed. */
  close(): void {
    this.#closed = true;
    this.#file?.close();
    this.#file = undefined;
  }

  /** The same as {@linkcode close}. */
  [Symbol.dispose](): void {
    this.close();
  }

  #open(how: Deno.OpenOptions): void {
    try {
      ensurePrivateDir(dirname(this.path));
      this.#file = Deno.openSync(this.path, { ...how, read: true, append: true, mode: 0o600 });
    } catch (error) {
      if (error instanceof Deno.errors.AlreadyExists) {
        throw new LogExistsError(this.path, { cause: error });
      }
      if (error instanceof Deno.errors.NotCapable) throw error;
      this.#fail(error instanceof PrivateDirError ? error.cause : error);
    }
  }

  /** Runs with the lock held, unless the log has failed. */
  #locked(work: (file: Deno.FsFile) => void): void {
    const file = this.#file;
    if (file === undefined) return;
    try {
      const locked = lock(file);
      try {
        work(file);
      } finally {
        if (locked) file.unlockSync();
      }
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) throw error;
      file.close();
      this.#file = undefined;
      this.#fail(error);
    }
  }

  /** A listener that appends to this log hears of that after what it hears of now. */
  #tell(): void {
    if (this.#telling) return;
    this.#telling = true;
    try {
      for (let lines = this.#unheard; lines; lines = this.#unheard) {
        this.#unheard = undefined;
        for (const line of lines) {
          const event: LogEvent = JSON.parse(line);
          for (const listener of [...this.#listeners]) attempt(() => listener(event));
        }
      }
    } finally {
      this.#telling = false;
    }
  }

  /** Takes note of what others wrote; returns what has to precede the next line. */
  #catchUp(file: Deno.FsFile, size: number): string {
    const tail = readTail(file, size);
    this.#seq = Math.max(this.#seq, tail.seq);
    this.#size = size;
    return tail.torn ? "\n" : "";
  }

  #envelope(source: SourceKind, ts: string): string {
    const nativeId = JSON.stringify(this.#nativeId ?? null);
    return `,"ts":"${ts}",${this.#names},` +
      `"provider_session_id":${nativeId},"source_kind":"${source}",` +
      `"completeness":"${this.#completeness}",`;
  }

  /** Writes lines without their secrets, and returns them. */
  #write(file: Deno.FsFile, lines: string): string {
    let text = lines;
    let bytes = encode(text);
    if (processRedactor().mayHold(bytes)) {
      text = cleanLines(text);
      bytes = encode(text);
    }
    let written = 0;
    try {
      while (written < bytes.length) written += file.writeSync(bytes.subarray(written));
    } catch (error) {
      const whole = bytes.lastIndexOf(0x0a, written - 1) + 1;
      if (written > 0 && whole !== written) truncateQuietly(file, this.#size + whole);
      throw error;
    }
    this.#size += written;
    return text;
  }

  #fail(cause: unknown): void {
    this.degrade("partial");
    this.#failure = new LogWriteError(this.path, cause);
    this.#onFailure?.(this.#failure);
  }
}

/** What the logs that programs have begun are written with; nothing else of them is known here. */
export const appenders: WeakMap<object, LogAppender> = new WeakMap();

function attempt(action: () => void): void {
  try {
    action();
  } catch {
    // Whoever listens has nothing to say about what is written.
  }
}

function encode(text: string): Uint8Array {
  scratch ??= new Uint8Array(WRITE_LENGTH * MAX_BYTES * 2);
  if (text.length * MAX_BYTES > scratch.length) return encoder.encode(text);
  return scratch.subarray(0, encoder.encodeInto(text, scratch).written);
}

/** False on a file system without locks. Lines are then whole all the same, being appended. */
function lock(file: Deno.FsFile): boolean {
  for (;;) {
    try {
      file.lockSync(true);
      return true;
    } catch (error) {
      if (!(error instanceof Deno.errors.Interrupted)) return false;
    }
  }
}

/** A line that did not fit whole must not stay in part; where that cannot be helped, readers skip it. */
function truncateQuietly(file: Deno.FsFile, size: number): void {
  try {
    file.truncateSync(size);
  } catch {
    // The failure that led here is the one that is reported.
  }
}
