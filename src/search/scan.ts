/**
 * Looks through the lines of a log. It holds one piece of the file and one line, however long the
 * file is.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { LogEvent } from "../events/log_event.ts";
import { parseLine } from "../sessions/log_reader.ts";
import type { CompiledQuery, Hit } from "./query.ts";
import { FOREIGN_ESCAPE } from "./raw_pattern.ts";

/** An event that matches. */
export interface Found {
  /** The whole line. */
  readonly event: LogEvent;
  /** Where in it the match is. */
  readonly hit: Hit;
}

const READ = 256 * 1024;

/** Longer lines are passed over, by the index as well: no session has them, and memory ends. */
export const MAX_LINE = 64 * 1024 * 1024;

const NEWLINE = 0x0a;

const decoder = new TextDecoder();

/** Some whole lines of a file: bytes that stay valid until the next piece is asked for. */
export interface Piece {
  /** Holds the lines in its first `length` bytes. */
  readonly buffer: Uint8Array<ArrayBuffer>;
  /** Up to behind the newline of the last line. */
  readonly length: number;
  /** Where the piece begins in the file. */
  readonly offset: number;
  /** The last line has no newline: the file, or the range, ends there. */
  readonly torn: boolean;
}

/** Reads pieces of files; its memory serves one file after the other. */
export class PieceReader {
  #buffer = new Uint8Array(READ);

  /**
   * The lines between two places of a file, in order. A line of more than {@linkcode MAX_LINE} bytes
   * is left out.
   *
   * @param start where a line begins
   */
  *pieces(file: Deno.FsFile, start: number, end: number): Generator<Piece, void, undefined> {
    file.seekSync(start, Deno.SeekMode.Start);
    let offset = start;
    let filled = 0;
    let skipping = false;
    for (;;) {
      const room = Math.min(this.#buffer.length - filled, end - offset - filled);
      const count = room <= 0 ? null : file.readSync(this.#buffer.subarray(filled, filled + room));
      if (count === null || count === 0) {
        if (filled > 0 && !skipping) {
          yield { buffer: this.#buffer, length: filled, offset, torn: true };
        }
        return;
      }
      const from = filled;
      filled += count;
      if (skipping) {
        const newline = this.#buffer.subarray(0, filled).indexOf(NEWLINE);
        skipping = newline < 0;
        const drop = skipping ? filled : newline + 1;
        this.#buffer.copyWithin(0, drop, filled);
        offset += drop;
        filled -= drop;
        if (filled === 0) continue;
      }
      const whole = this.#buffer.subarray(0, filled).lastIndexOf(NEWLINE) + 1;
      if (whole > 0) {
        yield { buffer: this.#buffer, length: whole, offset, torn: false };
        this.#buffer.copyWithin(0, whole, filled);
        offset += whole;
        filled -= whole;
        if (this.#buffer.length > READ && filled < READ) {
          this.#buffer = this.#buffer.slice(0, READ);
        }
      } else if (filled === this.#buffer.length) {
        if (filled >= MAX_LINE) {
          skipping = true;
          offset += filled;
          filled = 0;
        } else {
          const larger = new Uint8Array(filled * 2);
          larger.set(this.#buffer.subarray(0, filled));
          this.#buffer = larger;
        }
      } else if (from === filled) return;
    }
  }
}

/** The events of a piece that match, in order. */
export function* findInPiece(piece: Piece, query: CompiledQuery): Generator<Found> {
  const { buffer, length } = piece;
  const find = (start: number, end: number): Found | undefined => {
    if (start === end) return undefined;
    const { event } = parseLine(decoder.decode(buffer.subarray(start, end)));
    const hit = event && query.find(event);
    return hit && { event, hit };
  };
  for (const [start, end] of query.pattern ? likelyLines(piece, query.pattern) : lines(piece)) {
    const found = find(start, Math.min(end, length));
    if (found) yield found;
  }
}

/** Where the lines of a piece begin and end, without their newlines. */
export function* lines({ buffer, length }: Piece): Generator<[start: number, end: number]> {
  for (let start = 0; start < length;) {
    const newline = buffer.indexOf(NEWLINE, start);
    const end = newline < 0 || newline >= length ? length : newline;
    yield [start, end];
    start = end + 1;
  }
}

/** The lines in which a pattern occurs, or in which it could be written in another way. */
function* likelyLines(
  { buffer, length }: Piece,
  pattern: RegExp,
): Generator<[start: number, end: number]> {
  const text = Buffer.from(buffer.buffer).toString("latin1", 0, length);
  const next = (regex: RegExp, from: number) => {
    regex.lastIndex = from;
    return regex.exec(text)?.index ?? Infinity;
  };
  let wanted = next(pattern, 0);
  let foreign = next(FOREIGN_ESCAPE, 0);
  for (;;) {
    const at = Math.min(wanted, foreign);
    if (at === Infinity) return;
    const start = text.lastIndexOf("\n", at) + 1;
    const newline = text.indexOf("\n", at);
    const end = newline < 0 ? length : newline;
    yield [start, end];
    if (wanted <= end) wanted = next(pattern, end + 1);
    if (foreign <= end) foreign = next(FOREIGN_ESCAPE, end + 1);
  }
}
