/**
 * Finds the few lines of a log that the index is made of. All others are passed over without being
 * decoded, so that a log of a gigabyte takes about a second, and little memory.
 *
 * @module
 */
import type { LogEvent } from "../events/log_event.ts";
import { parseLine } from "./log_reader.ts";
import { readTail } from "./log_tail.ts";

/** The ends of a log; both are the same line in a log of one. */
export interface LogEnds {
  /** The first line that can be read; one of a megabyte that does not matter is no candidate. */
  readonly first: LogEvent;
  /** The last line that can be read. */
  readonly last: LogEvent;
}

const READ = 1024 * 1024;

/** The type stands right behind the envelope, which is shorter than this. */
const HEAD = 1024;

/** A line that matters and is longer than this is passed over all the same. */
const LONGEST = 64 * 1024 * 1024;

const NEWLINE = 0x0a;
const QUOTE = 0x22;
const COMMA = 0x2c;
const KEY = new TextEncoder().encode('"type":"');
/** The last one of the envelope. */
const LAST_KEY = new TextEncoder().encode('"completeness":"');
const LETTER_S = 0x73;
const LETTER_U = 0x75;
const KINDS = ["session_", 'usage"', "usage_limit_"].map((text) => new TextEncoder().encode(text));

const decoder = new TextDecoder();

/** One for all logs, for scanning is synchronous. Made when it is first needed. */
let shared: Uint8Array<ArrayBuffer> | undefined;

/**
 * Visits the lines about the session as a whole (`session_started`, `session_meta` and so on) and
 * those about its usage and its limits, in order. A line that cannot be read is passed over.
 *
 * @param visit returns false to see no more
 * @returns undefined when no line of the log can be read
 */
export function scanLog(
  path: string,
  visit: (event: LogEvent) => boolean | void,
): LogEnds | undefined {
  using file = Deno.openSync(path);
  const lines = new Lines(file);
  let first: LogEvent | undefined;
  let hint = 0;
  for (let line; (line = lines.next());) {
    const { bytes, start, end } = line;
    first ??= parse(bytes, start, end);
    const at = typeAt(bytes, start, end, hint);
    if (at < 0) continue;
    hint = at - start;
    if (!isWanted(bytes, at)) continue;
    const event = parse(bytes, start, end);
    if (event && visit(event) === false) break;
  }
  if (!first) return undefined;
  return { first, last: lines.lastReadable(parse) ?? lastOf(file) ?? first };
}

/** Whether this zag has written to the log: the original knows no such lines. */
export function logIsOurs(path: string): boolean {
  let ours = false;
  try {
    scanLog(path, (event) => {
      ours = isOurs(event);
      return !ours;
    });
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return false;
  }
  return ours;
}

/** Whether only this zag writes such a line. */
export function isOurs(event: LogEvent): boolean {
  return event.type === "session_meta" || event.type === "session_deleted";
}

/** Where the value of the key `type` begins; below 0 when the head of the line has none. */
function typeAt(bytes: Uint8Array, start: number, end: number, hint: number): number {
  // The numbers in front of it are all that changes from line to line.
  for (let at = start + hint - 2; at <= start + hint + 2; at++) {
    // The key can stand deeper in a line as well, but not behind the end of an envelope.
    if (endsWith(bytes, start, at, KEY) && endsEnvelope(bytes, start, at - KEY.length)) return at;
  }
  const stop = Math.min(end, start + HEAD);
  for (let at = start + KEY.length; at < stop; at++) {
    if (endsWith(bytes, start, at, KEY)) return at;
  }
  return -1;
}

/** Whether `"completeness":"full",` or another value of it ends there. */
function endsEnvelope(bytes: Uint8Array, start: number, end: number): boolean {
  let at = end - 2;
  if (at < start || bytes[at] !== QUOTE || bytes[at + 1] !== COMMA) return false;
  while (at > start && bytes[at - 1] !== QUOTE) at--;
  return endsWith(bytes, start, at, LAST_KEY);
}

function endsWith(bytes: Uint8Array, start: number, end: number, text: Uint8Array): boolean {
  const from = end - text.length;
  if (from < start) return false;
  for (let index = text.length - 1; index >= 0; index--) {
    if (bytes[from + index] !== text[index]) return false;
  }
  return true;
}

function isWanted(bytes: Uint8Array, at: number): boolean {
  const letter = bytes[at];
  if (letter !== LETTER_S && letter !== LETTER_U) return false;
  return KINDS.some((kind) => kind.every((byte, index) => bytes[at + index] === byte));
}

function parse(bytes: Uint8Array, start: number, end: number): LogEvent | undefined {
  return parseLine(decoder.decode(bytes.subarray(start, end))).event;
}

function lastOf(file: Deno.FsFile): LogEvent | undefined {
  const { line } = readTail(file, file.seekSync(0, Deno.SeekMode.End));
  return line === undefined ? undefined : parse(line, 0, line.length);
}

interface Line {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/** The lines of a file, in a buffer that holds as many of them as there is room for. */
class Lines {
  readonly #file: Deno.FsFile;
  #bytes: Uint8Array<ArrayBuffer>;
  #start = 0;
  #end = 0;
  #done = false;
  /** Not all of the newest line is in the buffer. */
  #cut = false;

  constructor(file: Deno.FsFile) {
    this.#file = file;
    this.#bytes = shared ??= new Uint8Array(READ);
  }

  /** The next line without its newline; it is valid until the next call. */
  next(): Line | undefined {
    for (;;) {
      const start = this.#start;
      const newline = this.#bytes.subarray(0, this.#end).indexOf(NEWLINE, start);
      if (newline >= 0) {
        this.#start = newline + 1;
        this.#cut &&= start === 0;
        if (newline > start) return { bytes: this.#bytes, start, end: newline };
        continue;
      }
      if (this.#done) {
        this.#start = this.#end;
        return start < this.#end ? { bytes: this.#bytes, start, end: this.#end } : undefined;
      }
      this.#fill();
    }
  }

  /** The last line of those in the buffer that can be read. */
  lastReadable<T>(read: (bytes: Uint8Array, start: number, end: number) => T | undefined) {
    if (!this.#done || this.#cut) return undefined;
    for (let end = this.#end; end > 0;) {
      const newline = this.#bytes.lastIndexOf(NEWLINE, end - 1);
      const found = newline + 1 < end ? read(this.#bytes, newline + 1, end) : undefined;
      if (found !== undefined) return found;
      end = newline;
    }
    return undefined;
  }

  /** Reads on behind what is left of the last line. */
  #fill(): void {
    // As long as there is room, the lines that were read stay: the last of them may be wanted again.
    if (this.#end === this.#bytes.length) {
      const rest = this.#bytes.subarray(this.#start, this.#end);
      if (this.#start === 0) this.#makeRoom(rest);
      else this.#keep(rest);
    }
    const count = this.#file.readSync(this.#bytes.subarray(this.#end));
    if (count === null) this.#done = true;
    else this.#end += count;
  }

  #keep(rest: Uint8Array): void {
    this.#bytes.copyWithin(0, this.#start, this.#end);
    this.#start = 0;
    this.#end = rest.length;
  }

  /** A line is longer than the buffer: room for it if it matters, else away with its middle. */
  #makeRoom(rest: Uint8Array): void {
    const at = typeAt(rest, 0, rest.length, 0);
    if (at >= 0 && isWanted(rest, at) && rest.length < LONGEST) {
      const larger = new Uint8Array(rest.length * 2);
      larger.set(rest);
      this.#bytes = larger;
      return;
    }
    // Its head tells what it is. With that byte in it nobody takes it for a line that was read.
    this.#bytes[HEAD - 1] = 0;
    this.#end = HEAD;
    this.#cut = true;
  }
}
