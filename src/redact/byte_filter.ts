/**
 * Tells in one pass over bytes whether any of many texts may be in them. It looks at pairs of bytes,
 * each by itself, which is many times as fast as a regular expression is.
 *
 * @module
 */
import { KEY_LITERAL, SHAPES, SHORTEST_USER } from "./shapes.ts";

/** Length of the part of each text that is looked for: wherever it stands, one pair of two is in it. */
const WINDOW = 3;

/** What a pair can be: the beginning of a window, or its end. */
const BEGINS = 1;
const ENDS = 2;

interface Candidate {
  readonly bytes: Uint8Array;
  /** Where the window begins in the bytes. */
  readonly at: number;
  /** What has to be there besides; absent: nothing. */
  readonly holds?: (bytes: Uint8Array, start: number, end: number, length: number) => boolean;
}

/** Finds texts of known shapes, and given ones. */
export class ByteFilter {
  /** By pair. */
  readonly #marks = new Uint8Array(0x10000);
  /** 1 for the hash of every window. */
  readonly #windows = new Uint8Array(0x10000);
  /** By window. */
  readonly #candidates = new Map<number, Candidate[]>();

  /**
   * Makes a filter for what looks like a secret and for some texts.
   *
   * @param texts of three bytes or more
   */
  constructor(texts: Iterable<string>) {
    const encoder = new TextEncoder();
    for (const { literals, follows } of SHAPES) {
      for (const literal of literals) {
        const holds: Candidate["holds"] = literal === "://"
          ? (bytes, _, end, length) => hasSecretUser(bytes, end, length)
          : (bytes, start, end, length) =>
            (literal !== "sk-" || !isInWord(bytes, start)) &&
            isFollowed(bytes, end, length, follows);
        this.#add(encoder.encode(literal), holds);
      }
    }
    this.#add(encoder.encode(KEY_LITERAL));
    for (const text of texts) this.#add(encoder.encode(text));
  }

  #add(bytes: Uint8Array, holds?: Candidate["holds"]): void {
    const at = this.#known(bytes) ?? rarest(bytes);
    const [a, b, c] = [bytes[at]!, bytes[at + 1]!, bytes[at + 2]!];
    this.#marks[a | b << 8]! |= BEGINS;
    this.#marks[b | c << 8]! |= ENDS;
    const window = a | b << 8 | c << 16;
    this.#windows[hash(window)] = 1;
    const candidates = this.#candidates.get(window) ?? [];
    candidates.push({ bytes, at, ...(holds && { holds }) });
    this.#candidates.set(window, candidates);
  }

  /** A window that is looked for already: each one more has the pass over the bytes stop more often. */
  #known(bytes: Uint8Array): number | undefined {
    for (let at = 0; at + WINDOW <= bytes.length; at++) {
      const window = bytes[at]! | bytes[at + 1]! << 8 | bytes[at + 2]! << 16;
      if (this.#candidates.has(window)) return at;
    }
    return undefined;
  }

  /** Whether a secret may be in these bytes; false when there is none for sure. */
  mayHold(bytes: Uint8Array): boolean {
    if (bytes.byteOffset % 4 !== 0) return this.mayHold(bytes.slice());
    const marks = this.#marks;
    const length = bytes.length >> 2;
    // Two pairs at a time.
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset, length);
    for (let index = 0; index < length; index++) {
      const word = words[index]!;
      const first = marks[word & 0xffff]!;
      const second = marks[word >>> 16]!;
      if ((first | second) === 0) continue;
      const at = index * 4;
      if (first !== 0 && this.#isNear(bytes, at, first)) return true;
      if (second !== 0 && this.#isNear(bytes, at + 2, second)) return true;
    }
    for (let at = length * 4; at + 1 < bytes.length; at += 2) {
      const mark = marks[bytes[at]! | bytes[at + 1]! << 8]!;
      if (mark !== 0 && this.#isNear(bytes, at, mark)) return true;
    }
    return false;
  }

  /** Whether a text is there whose window begins or ends with the pair at this place. */
  #isNear(bytes: Uint8Array, at: number, mark: number): boolean {
    return (mark & BEGINS) !== 0 && this.#isAt(bytes, at) ||
      (mark & ENDS) !== 0 && at > 0 && this.#isAt(bytes, at - 1);
  }

  #isAt(bytes: Uint8Array, at: number): boolean {
    const window = bytes[at]! | bytes[at + 1]! << 8 | bytes[at + 2]! << 16;
    if (this.#windows[hash(window)] === 0) return false;
    for (const { bytes: text, at: before, holds } of this.#candidates.get(window) ?? []) {
      const start = at - before;
      const end = start + text.length;
      if (start < 0 || end > bytes.length) continue;
      let index = 0;
      while (index < text.length && bytes[start + index] === text[index]) index++;
      if (index === text.length && (!holds || holds(bytes, start, end, bytes.length))) return true;
    }
    return false;
  }
}

function hash(window: number): number {
  return Math.imul(window, 0x9e3779b1) >>> 16;
}

/** Where the window begins that ordinary text has least. */
function rarest(bytes: Uint8Array): number {
  let best = 0;
  let least = Infinity;
  for (let at = 0; at + WINDOW <= bytes.length; at++) {
    const score = commonness(bytes[at]!, bytes[at + 1]!) +
      commonness(bytes[at + 1]!, bytes[at + 2]!);
    if (score < least) {
      least = score;
      best = at;
    }
  }
  return best;
}

const [LOWER, UPPER, DIGIT, SPACE, OTHER] = [0, 1, 2, 3, 4] as const;

function commonness(a: number, b: number): number {
  const first = kindOf(a);
  const second = kindOf(b);
  if (first === LOWER && second === LOWER) return 5 + frequency(a) + frequency(b);
  if (first === second && first !== OTHER) return first === DIGIT ? 6 : 4;
  if (first === SPACE || second === SPACE) return 7;
  // A capital at the beginning of a word, a number behind one, punctuation.
  if (first === UPPER && second === LOWER) return 4;
  if (first === OTHER || second === OTHER) return 3;
  return 1;
}

const FREQUENT = new Set(Array.from("etaoinsr", (letter) => letter.charCodeAt(0)));
const USUAL = new Set(Array.from("hldcump", (letter) => letter.charCodeAt(0)));

function frequency(letter: number): number {
  return FREQUENT.has(letter) ? 2 : USUAL.has(letter) ? 1 : 0;
}

function kindOf(byte: number): number {
  if (byte >= 0x61 && byte <= 0x7a) return LOWER;
  if (byte >= 0x41 && byte <= 0x5a) return UPPER;
  if (byte >= 0x30 && byte <= 0x39) return DIGIT;
  return byte === 0x20 ? SPACE : OTHER;
}

/** As in `task-`. An escape that was not read may end in a letter, and so may a colour. */
function isInWord(bytes: Uint8Array, start: number): boolean {
  const before = bytes[start - 1];
  if (before === undefined || kindOf(before) !== LOWER || before === 0x6d) return false;
  const earlier = bytes[start - 2];
  return earlier !== 0x5c && earlier !== 0x25 && bytes[start - 3] !== 0x25;
}

/** Words, dashes and base64. */
function isFollowed(bytes: Uint8Array, end: number, length: number, count: number): boolean {
  if (end + count > length) return false;
  let at = end;
  // There may be several behind the name of a scheme.
  while (bytes[at] === 0x20 && at < end + 4) at++;
  for (let index = 0; index < count; index++) {
    const byte = bytes[at + index]!;
    if (kindOf(byte) <= DIGIT) continue;
    if (
      byte !== 0x2d && byte !== 0x5f && byte !== 0x2e && byte !== 0x7e && byte !== 0x2b &&
      byte !== 0x2f && byte !== 0x3d
    ) return false;
  }
  return true;
}

/** Whether `NAME:PASSWORD@` stands here, or something as long as a token, and an `@`. */
function hasSecretUser(bytes: Uint8Array, from: number, length: number): boolean {
  const last = Math.min(length, from + 1700);
  let named = false;
  for (let at = from; at < last; at++) {
    const byte = bytes[at]!;
    if (byte === 0x40) return named || at - from >= SHORTEST_USER;
    if (byte === 0x3a) named = true;
    if (byte <= 0x20 || byte === 0x22 || byte === 0x27 || byte === 0x2f || byte === 0x5c) {
      return false;
    }
  }
  return false;
}
