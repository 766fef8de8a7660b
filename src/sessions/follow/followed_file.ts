/** A log file that is read while others append to it, cut it off or put another in its place. */
import { LineSplitter } from "../../processes/lines.ts";
import { type LogLine, parseLine } from "../log_reader.ts";

/** Makes a line of its text; undefined for one that nobody wants. */
export type ParseLine = (text: string) => LogLine | undefined;

/** How a {@linkcode FollowedFile} is read. */
export interface FollowedFileOptions {
  /** Where reading starts, in bytes; the beginning of a line. @default 0 */
  readonly offset?: number | undefined;
  /** @default every line is wanted */
  readonly parse?: ParseLine | undefined;
  /** Called when the file turns out to be another one, which is then read from its beginning. */
  readonly onRestart?: (() => void) | undefined;
}

const READ = 256 * 1024;
/** So many of the bytes read last tell whether the file is still the same. */
const GUARD = 64;

/** Lines of a growing file; whatever its size, memory holds one read and one line. */
export class FollowedFile implements Disposable {
  readonly #path: string;
  readonly #parse: ParseLine;
  readonly #onRestart: (() => void) | undefined;
  readonly #buffer = new Uint8Array(READ);
  #file: Deno.FsFile | undefined;
  #identity: string | undefined;
  #offset: number;
  /** The bytes before the offset. */
  #guard = new Uint8Array(0);
  #overlong: LogLine[] = [];
  #splitter = this.#newSplitter();

  /**
   * Reads nothing yet; the file need not be there.
   *
   * @param path of the log
   */
  constructor(path: string, options: FollowedFileOptions = {}) {
    this.#path = path;
    this.#offset = options.offset ?? 0;
    this.#parse = options.parse ?? parseLine;
    this.#onRestart = options.onRestart;
  }

  /** The file has been there at some time. */
  get found(): boolean {
    return this.#file !== undefined;
  }

  /** When the file was last written to; null when there is none, or it cannot be told. */
  async writtenAt(): Promise<Date | null> {
    return await this.#file?.stat().then(({ mtime }) => mtime) ?? null;
  }

  /**
   * What has been appended since the last call, to the end of the file as it is now. A line is given
   * when its newline is there; blank ones are left out. Nothing when there is no file.
   */
  async *read(): AsyncGenerator<LogLine[], void, undefined> {
    if (this.#file !== undefined) yield* this.#drain(this.#file);
    if (!await this.#reopen()) return;
    yield* this.#drain(this.#file!);
  }

  /** The last line, though its newline is missing; undefined when it is none that can be read. */
  rest(): LogLine | undefined {
    const text = this.#splitter.end();
    this.#splitter = this.#newSplitter();
    if (text === undefined || text.trim() === "") return undefined;
    const line = this.#parse(text);
    return line?.event === undefined ? undefined : line;
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.#file?.close();
    this.#file = undefined;
  }

  async *#drain(file: Deno.FsFile): AsyncGenerator<LogLine[], void, undefined> {
    // The bytes before the offset are read once more: cut off or overwritten, they differ.
    let known = this.#guard.length;
    await file.seek(this.#offset - known, Deno.SeekMode.Start);
    for (;;) {
      const count = await file.read(this.#buffer) ?? 0;
      if (known > 0 && !startsWith(this.#buffer.subarray(0, count), this.#guard)) {
        this.#restart();
        await file.seek(0, Deno.SeekMode.Start);
        known = 0;
        continue;
      }
      const bytes = this.#buffer.subarray(known, count);
      known = 0;
      if (bytes.length === 0) return;
      this.#offset += bytes.length;
      this.#remember(bytes);
      const lines = this.#lines(bytes);
      if (lines.length > 0) yield lines;
    }
  }

  #lines(bytes: Uint8Array): LogLine[] {
    const texts = this.#splitter.push(bytes);
    const lines = this.#overlong;
    this.#overlong = [];
    for (const text of texts) {
      if (text.trim() === "") continue;
      const line = this.#parse(text);
      if (line !== undefined) lines.push(line);
    }
    return lines;
  }

  /** Opens the file that goes by the path now. False when it is the open one, or there is none. */
  async #reopen(): Promise<boolean> {
    let identity: string;
    try {
      identity = identityOf(await Deno.stat(this.#path));
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
    if (identity === this.#identity) return false;
    let file: Deno.FsFile;
    try {
      file = await Deno.open(this.#path);
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
    const isFirst = this.#file === undefined;
    this.#file?.close();
    this.#file = file;
    this.#identity = identityOf(await file.stat());
    if (!isFirst) this.#restart();
    else if (this.#offset > 0) await this.#readGuard(file);
    return true;
  }

  async #readGuard(file: Deno.FsFile): Promise<void> {
    const guard = new Uint8Array(Math.min(GUARD, this.#offset));
    await file.seek(this.#offset - guard.length, Deno.SeekMode.Start);
    if (await file.read(guard) === guard.length) this.#guard = guard;
    else this.#restart();
  }

  #restart(): void {
    this.#offset = 0;
    this.#guard = new Uint8Array(0);
    this.#splitter = this.#newSplitter();
    this.#onRestart?.();
  }

  #remember(bytes: Uint8Array): void {
    if (bytes.length >= GUARD) {
      this.#guard = bytes.slice(-GUARD);
      return;
    }
    const kept = this.#guard.subarray(Math.max(0, this.#guard.length + bytes.length - GUARD));
    const guard = new Uint8Array(kept.length + bytes.length);
    guard.set(kept);
    guard.set(bytes, kept.length);
    this.#guard = guard;
  }

  #newSplitter(): LineSplitter {
    return new LineSplitter({
      onOverlong: ({ bytes, head }) =>
        this.#overlong.push({ text: head, bad: `the line is too long: ${bytes} bytes` }),
    });
  }
}

function startsWith(bytes: Uint8Array, start: Uint8Array): boolean {
  return bytes.length >= start.length && start.every((byte, index) => byte === bytes[index]);
}

/** Where the system does not number files, the time of birth has to do. */
function identityOf({ dev, ino, birthtime }: Deno.FileInfo): string {
  return ino === null ? `born ${birthtime?.getTime()}` : `${dev}:${ino}`;
}

function isMissing(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory;
}
