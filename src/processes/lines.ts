/** Bytes to lines, fast enough that nothing upstream waits for it. */

/** A line that was longer than allowed; its content is dropped but for the beginning. */
export interface OverlongLine {
  /** Which line of the stream it is, counted from 0. */
  readonly index: number;
  /** Its length without the newline. */
  readonly bytes: number;
  /** The first characters, at most 1,024 bytes of them. */
  readonly head: string;
}

/** How lines are split. */
export interface LineSplitterOptions {
  /** The longest line in bytes; memory stays within twice of it. @default 64 MiB */
  readonly maxBytes?: number;
  /** Told about each longer line, in the place of that line. @default it vanishes */
  readonly onOverlong?: (line: OverlongLine) => void;
}

const DEFAULT_MAX_BYTES = 64 * 1024 * 1024;
const HEAD_BYTES = 1024;
/** A larger buffer is given back as soon as its line is complete. */
const KEPT_BUFFER = 1024 * 1024;
const NEWLINE = 10;
const RETURN = 13;

/**
 * Splits a byte stream at `\n` or `\r\n`, wherever its chunks are cut. Bytes that are not UTF-8
 * become U+FFFD. A byte order mark at the very beginning is dropped.
 *
 * @example
 * ```ts
 * const splitter = new LineSplitter();
 * const bytes = new TextEncoder().encode('{"a":1}\r\n{"b"');
 * splitter.push(bytes); // ['{"a":1}']
 * splitter.end(); // '{"b"'
 * ```
 */
export class LineSplitter {
  // Whole lines are decoded many at a time: three times as fast as each for itself, and as no
  // character reaches across a newline, the decoder need not remember anything between chunks.
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  readonly #max: number;
  readonly #onOverlong: ((line: OverlongLine) => void) | undefined;
  /** The beginning of a line that is not complete, in the first `#held` bytes. */
  #buffer = new Uint8Array(0);
  #held = 0;
  /** Length of an overlong line so far; its head is in the buffer. */
  #skipped: number | undefined;
  #index = 0;

  constructor(options: LineSplitterOptions = {}) {
    this.#max = options.maxBytes ?? DEFAULT_MAX_BYTES;
    this.#onOverlong = options.onOverlong;
  }

  /** Takes the next bytes and returns the lines that they complete, without their line ends. */
  push(chunk: Uint8Array): string[] {
    const lines: string[] = [];
    let rest = chunk;
    if (this.#skipped !== undefined) {
      const end = rest.indexOf(NEWLINE);
      this.#skip(end < 0 ? rest : rest.subarray(0, end));
      if (end < 0) return lines;
      this.#endOverlong();
      rest = rest.subarray(end + 1);
    }
    const last = rest.lastIndexOf(NEWLINE);
    if (last >= 0) {
      this.#complete(rest.subarray(0, last + 1), lines);
      rest = rest.subarray(last + 1);
    }
    this.#hold(rest);
    return lines;
  }

  /** The bytes are over: returns what came after the last line end, undefined when nothing did. */
  end(): string | undefined {
    if (this.#skipped !== undefined) {
      this.#endOverlong();
      return undefined;
    }
    if (this.#held === 0) return undefined;
    const bytes = this.#buffer.subarray(0, this.#held);
    this.#held = 0;
    return this.#decode(bytes.at(-1) === RETURN ? bytes.subarray(0, -1) : bytes);
  }

  /** Takes bytes that end with a newline. */
  #complete(bytes: Uint8Array, lines: string[]): void {
    let block = bytes;
    if (this.#held > 0) {
      this.#append(bytes);
      block = this.#buffer.subarray(0, this.#held);
    }
    if (block.length > this.#max) this.#splitChecked(block, lines);
    else this.#split(this.#decode(block), lines);
    this.#held = 0;
    if (this.#buffer.length > KEPT_BUFFER) this.#buffer = new Uint8Array(0);
  }

  #split(text: string, lines: string[]): void {
    let start = 0;
    for (;;) {
      const end = text.indexOf("\n", start);
      if (end < 0) return;
      lines.push(
        text.slice(start, end > start && text.charCodeAt(end - 1) === RETURN ? end - 1 : end),
      );
      this.#index++;
      start = end + 1;
    }
  }

  /** The same line by line, for a block in which one may be too long. */
  #splitChecked(block: Uint8Array, lines: string[]): void {
    let start = 0;
    while (start < block.length) {
      const end = block.indexOf(NEWLINE, start);
      if (end - start <= this.#max) {
        this.#split(this.#decode(block.subarray(start, end + 1)), lines);
      } else {
        this.#reportOverlong(end - start, block.subarray(start, Math.min(end, start + HEAD_BYTES)));
      }
      start = end + 1;
    }
  }

  /** Keeps the beginning of a line until the rest of it arrives. */
  #hold(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    if (this.#held + bytes.length <= this.#max) return this.#append(bytes);
    this.#skipped = this.#held;
    this.#held = Math.min(this.#held, HEAD_BYTES);
    this.#buffer = this.#buffer.slice(0, this.#held);
    this.#skip(bytes);
  }

  #skip(bytes: Uint8Array): void {
    this.#skipped! += bytes.length;
    const missing = HEAD_BYTES - this.#held;
    if (missing > 0) this.#append(bytes.subarray(0, missing));
  }

  #append(bytes: Uint8Array): void {
    const length = this.#held + bytes.length;
    if (length > this.#buffer.length) {
      // Doubling keeps the time for a line of any length linear.
      const larger = new Uint8Array(Math.max(length, this.#buffer.length * 2, 1024));
      larger.set(this.#buffer.subarray(0, this.#held));
      this.#buffer = larger;
    }
    this.#buffer.set(bytes, this.#held);
    this.#held = length;
  }

  #endOverlong(): void {
    this.#reportOverlong(this.#skipped!, this.#buffer.subarray(0, this.#held));
    this.#skipped = undefined;
    this.#held = 0;
  }

  #reportOverlong(bytes: number, head: Uint8Array): void {
    // A character cut in half at the end of the head is left out.
    const text = new TextDecoder().decode(head, { stream: true });
    this.#onOverlong?.({ index: this.#index++, bytes, head: text });
  }

  #decode(bytes: Uint8Array): string {
    const text = this.#decoder.decode(bytes);
    return this.#index === 0 && text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  }
}
