/**
 * The named pipe through which a session in the background takes messages, and its protocol: a line is
 * a message, either as it is or as JSON.
 *
 * @module
 */
import { UnsupportedOptionError } from "../agent/errors.ts";
import { closeSync, constants, fstatSync, openSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { ensurePrivateDir } from "../config/paths.ts";
import { ZagError } from "../errors.ts";
import { LineSplitter } from "../processes/lines.ts";
import { removePipe } from "../processes/named_pipe.ts";
import type { ProcessIdentity } from "../processes/process_info.ts";
import { runHelper } from "../processes/helper_program.ts";
import type { Provider } from "../providers/provider.ts";
import { isMessageId } from "./message_file.ts";

/** A line that zag writes has at most so many bytes: the system writes these without a break. */
export const MAX_LINE_BYTES = 4096;
/** The longest line that is read; whoever writes more than 4,096 bytes has to be the only one. */
const LONGEST_LINE = 1024 * 1024;
const CHUNK_BYTES = 64 * 1024;

/** There is no pipe, and none can be made. */
export class PipeError extends ZagError {
  /** Name of the class. */
  override name = "PipeError";
}

/** What a line of the pipe says. */
export type PipeLine =
  | { readonly kind: "text"; readonly text: string }
  /** The message lies in a file of its own. */
  | {
    readonly kind: "file";
    readonly id: string;
    /** Whoever sent it waits for the answer. */
    readonly wantsAnswer: boolean;
    /** Who sent it; undefined when the line does not say so. */
    readonly from: ProcessIdentity | undefined;
  }
  /** The session is to end when it has answered all that came before. */
  | {
    readonly kind: "close";
    /** Names what its sender waits for to be gone; undefined when the line does not say. */
    readonly id: string | undefined;
  }
  /** It is no message, and this is why. */
  | { readonly kind: "refused"; readonly reason: string };

/** The line that names the file of a message, with its end; it is short enough to stay in one piece. */
export function fileLine(id: string, wantsAnswer: boolean, from: ProcessIdentity): string {
  return line({ type: "user_message", message_id: id, answer: wantsAnswer, from });
}

/** The line that asks a session to end when it has answered all that came before. */
export function closeLine(id: string): string {
  return line({ type: CLOSE, message_id: id });
}

const CLOSE = "close";

function line(object: Readonly<Record<string, unknown>>): string {
  // Something that was written before without an end of its line shall not get into this one.
  return `\n${JSON.stringify(object)}\n`;
}

/**
 * Refuses what cannot go on with a session, message by message.
 *
 * @param os The system; another one is for tests.
 * @throws {UnsupportedOptionError} when the provider cannot resume
 * @throws {PipeError} where there are no named pipes
 */
export function checkTakesMessages(
  { name, displayName, capabilities }: Pick<Provider, "name" | "displayName" | "capabilities">,
  os: typeof Deno.build.os = Deno.build.os,
): void {
  if (os === "windows") {
    throw new PipeError("Cannot use --interactive on Windows: it has no named pipes", {
      hint: 'Use "zag spawn", and "zag exec --resume" for each message',
    });
  }
  if (capabilities.resume || capabilities.streamInput) return;
  throw new UnsupportedOptionError(
    "--interactive",
    name,
    `Cannot use --interactive with ${displayName}: it cannot go on with a session`,
    "Choose another provider with -p",
  );
}

/** Reads a line; undefined for an empty one, which says nothing. */
export function parsePipeLine(line: string): PipeLine | undefined {
  if (line === "") return undefined;
  const object = jsonObject(line);
  if (!object) return textLine(line);
  if (typeof object.content === "string") return textLine(object.content);
  const { type, message_id, answer, from } = object;
  const id = typeof message_id === "string" && isMessageId(message_id) ? message_id : undefined;
  if (type === CLOSE) return { kind: "close", id };
  if (id !== undefined) {
    return { kind: "file", id, wantsAnswer: answer === true, from: identity(from) };
  }
  return { kind: "refused", reason: 'the object has no "content" that is a text' };
}

/** Why a text cannot be a message; undefined when it can. */
export function whyNoMessage(text: string): string | undefined {
  if (text.trim() === "") return "it is empty";
  return text.includes("\0") ? "it holds a NUL, which no agent takes" : undefined;
}

function textLine(text: string): PipeLine {
  const reason = whyNoMessage(text);
  return reason === undefined ? { kind: "text", text } : { kind: "refused", reason };
}

function jsonObject(line: string): Record<string, unknown> | undefined {
  if (!line.trimStart().startsWith("{")) return undefined;
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function identity(value: unknown): ProcessIdentity | undefined {
  const { pid, startTime } = (value ?? {}) as Partial<Record<keyof ProcessIdentity, unknown>>;
  return typeof pid === "number" && Number.isSafeInteger(pid) && typeof startTime === "string"
    ? { pid, startTime }
    : undefined;
}

/**
 * Makes the pipe, for its owner alone. One that was left behind is replaced.
 *
 * @throws {PipeError} when that is impossible
 */
export async function makePipe(path: string): Promise<void> {
  const refuse = (reason: string, hint?: string) =>
    new PipeError(`Cannot make the pipe ${JSON.stringify(path)}: ${reason}`, { hint });
  ensurePrivateDir(dirname(path));
  removePipe(path);
  let code: number;
  try {
    ({ code } = await runHelper("mkfifo", ["-m", "600", path]));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw refuse("there is no program mkfifo", "Install it; it belongs to every POSIX system");
  }
  if (code !== 0) throw refuse(`mkfifo failed with exit code ${code}`);
}

/**
 * Opens a pipe for reading and writing: so it neither waits for others, nor fails without them. What is
 * written is kept for a reader that comes later, as long as the descriptor is open.
 *
 * @throws {PipeError} when something else is there; nothing of it was changed
 */
function openPipe(path: string): number {
  const refuse = (cause?: unknown) =>
    new PipeError(`Cannot open ${JSON.stringify(path)}: it is no pipe`, { cause });
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  } catch (error) {
    const { code } = error as { code?: unknown };
    throw code === "ELOOP" || code === "EMLINK" || code === "EISDIR" ? refuse(error) : error;
  }
  if (fstatSync(fd).isFIFO()) return fd;
  closeSync(fd);
  throw refuse();
}

/** An end of a pipe, to write lines into it. */
export class PipeWriter implements Disposable {
  readonly #fd: number;

  /**
   * Opens the pipe. What is written is kept for a reader that comes later, as long as this is open.
   *
   * @throws {PipeError} when something else is there
   * @throws when there is nothing
   */
  constructor(path: string) {
    this.#fd = openPipe(path);
  }

  /** Whether this is an end of that pipe. */
  isOf(file: Deno.FsFile): boolean {
    const own = fstatSync(this.#fd);
    const { ino, dev } = file.statSync();
    return own.ino === ino && own.dev === dev;
  }

  /** Writes a line of at most {@linkcode MAX_LINE_BYTES} as a whole; false when there is no room now. */
  write(line: string): boolean {
    const bytes = new TextEncoder().encode(line);
    if (bytes.length > MAX_LINE_BYTES) throw new RangeError("The line is too long for a pipe");
    try {
      return writeSync(this.#fd, bytes) === bytes.length;
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "EAGAIN") return false;
      throw error;
    }
  }

  /** Closes this end. */
  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }
}

/** Reads messages from a pipe until it is closed here, whoever comes and goes at its other end. */
export class PipeReader {
  readonly #path: string;
  readonly #file: Deno.FsFile;
  /** Wakes a read that waits; also there is always a writer, so that the pipe never ends. */
  readonly #waker: PipeWriter;
  #closed = false;
  #reading: Promise<unknown> = Promise.resolve();

  private constructor(path: string, file: Deno.FsFile, waker: PipeWriter) {
    this.#path = path;
    this.#file = file;
    this.#waker = waker;
  }

  /**
   * Opens the pipe.
   *
   * @throws {PipeError} when there is none
   */
  static async open(path: string): Promise<PipeReader> {
    const refuse = (cause?: unknown) =>
      new PipeError(`Cannot read ${JSON.stringify(path)}: it is no pipe`, { cause });
    let waker: PipeWriter;
    try {
      waker = new PipeWriter(path);
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) throw error;
      throw refuse(error);
    }
    // Writing as well: somebody may have put another pipe in its place, and opening must not wait.
    const file = await Deno.open(path, { read: true, write: true }).catch(() => undefined);
    if (file && waker.isOf(file)) return new PipeReader(path, file, waker);
    file?.close();
    waker[Symbol.dispose]();
    throw refuse();
  }

  /** What the lines say, in their order; it ends when the pipe is closed. */
  async *lines(): AsyncGenerator<PipeLine> {
    const refused: PipeLine[] = [];
    const splitter = new LineSplitter({
      maxBytes: LONGEST_LINE,
      onOverlong: ({ bytes }) =>
        refused.push({ kind: "refused", reason: `the line has ${bytes} bytes` }),
    });
    const chunk = new Uint8Array(CHUNK_BYTES);
    while (!this.#closed) {
      const reading = this.#file.read(chunk).catch(() => null);
      this.#reading = reading;
      const count = await reading;
      if (this.#closed || count === null) return;
      for (const line of splitter.push(chunk.subarray(0, count))) {
        const said = parsePipeLine(line);
        if (said) yield said;
      }
      yield* refused.splice(0);
    }
  }

  /** Removes the pipe and ends {@linkcode lines}. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    removePipe(this.#path);
    // A read that waits is ended by something to read. One that finds no room for it does not wait.
    this.#waker.write("\n");
    await this.#reading;
    this.#file.close();
    this.#waker[Symbol.dispose]();
  }
}
