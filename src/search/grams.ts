/**
 * Signatures: which short pieces (n-grams) a part of a log holds, as one bit for each. A part can hold
 * a text only if all of its pieces are there. Bits may be set too often, pieces share them; never too
 * rarely.
 *
 * A table of bits has {@linkcode ROWS} rows, one for each hash of a piece, and {@linkcode COLUMNS}
 * columns, one for each part of a log. A search thus reads a few rows instead of all signatures.
 *
 * Pieces are of 3 and of 5 bytes, upper-case ASCII letters taken for lower-case ones: two characters
 * of a script without spaces are long enough to be looked for.
 *
 * @module
 */

/** Rows of a table of bits. */
export const ROWS = 32_768;

/** Columns of a table of bits: a row is one 32-bit number. */
export const COLUMNS = 32;

const SHIFT = 17;

/** More pieces of a text narrow nothing down any further. */
const MAX_GRAMS = 48;

/** A byte as it counts. */
const LOWER = Uint8Array.from(
  { length: 256 },
  (_, byte) => byte >= 65 && byte <= 90 ? byte + 32 : byte,
);

/** The bytes of `\u` and `\/`. */
const UNICODE_ESCAPE = 0x5c75;
const SLASH_ESCAPE = 0x5c2f;

/** One column, while it is being filled. */
export class Column {
  /** One byte for each row: finding the place of a bit would take longer than all the rest. */
  readonly #rows = new Uint8Array(ROWS);
  readonly #words = new Uint32Array(this.#rows.buffer);

  /**
   * Adds all pieces of some bytes. Returns whether there is more than plain ASCII among them, or an
   * escape that could stand for anything.
   */
  add(bytes: Uint8Array, start: number, end: number): boolean {
    const rows = this.#rows;
    // The last four bytes. What they are at the start adds a few pieces that are not there.
    let recent = 0;
    let all = 0;
    let escapes = false;
    for (let at = start; at < end; at++) {
      const first = recent >>> 24;
      const byte = LOWER[bytes[at]!]!;
      recent = (recent << 8) | byte;
      all |= byte;
      const two = recent & 0xffff;
      if (two === UNICODE_ESCAPE || two === SLASH_ESCAPE) escapes = true;
      rows[hash3(recent)] = 1;
      rows[hash5(first, recent)] = 1;
    }
    return escapes || all >= 0x80;
  }

  /** How many bits are set. */
  count(): number {
    let count = 0;
    // Each word counts four rows at once, until one of its four sums could overflow.
    for (let start = 0; start < this.#words.length; start += 128) {
      let sums = 0;
      for (let at = start; at < start + 128; at++) sums += this.#words[at]!;
      count += (sums & 0xff) + (sums >>> 8 & 0xff) + (sums >>> 16 & 0xff) + (sums >>> 24);
    }
    return count;
  }

  /** Sets the bits of a column of a table. */
  writeTo(table: Uint32Array, column: number): void {
    for (let row = 0; row < ROWS; row++) table[row] = table[row]! | this.#rows[row]! << column;
  }

  /** Takes the bits of a column of a table, and no others. */
  readFrom(table: Uint32Array, column: number): void {
    for (let row = 0; row < ROWS; row++) this.#rows[row] = table[row]! >>> column & 1;
  }

  /** Takes all bits out. */
  clear(): void {
    this.#rows.fill(0);
  }
}

/**
 * The rows in which a column must have its bit for its part of the log to hold these bytes. None when
 * they are too few to tell.
 */
export function gramsOf(bytes: Uint8Array): number[] {
  const recent = (end: number) => {
    let last = 0;
    for (let at = Math.max(0, end - 4); at < end; at++) last = (last << 8) | LOWER[bytes[at]!]!;
    return last;
  };
  const rows = new Set<number>();
  const { length } = bytes;
  if (length >= 5) {
    const step = Math.max(1, (length - 4) / MAX_GRAMS);
    for (let next = 5; next <= length; next += step) {
      const end = Math.floor(next);
      rows.add(hash5(LOWER[bytes[end - 5]!]!, recent(end)));
    }
  } else for (let end = 3; end <= length; end++) rows.add(hash3(recent(end)));
  return [...rows];
}

/** Of the last three bytes. */
function hash3(recent: number): number {
  return Math.imul(recent & 0xff_ffff, 0x9e37_79b1) >>> SHIFT;
}

/** Of the last four bytes, and of the one before them. */
function hash5(first: number, recent: number): number {
  return (Math.imul(recent, 0x2545_f491) + Math.imul(first, 0x6a09_e667)) >>> SHIFT;
}
