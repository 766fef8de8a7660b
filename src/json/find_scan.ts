/** Reads one JSON value in a text by the grammar, without building it. */

/** What the grammar asks for at some place. */
export type Expected =
  | "value"
  | "element"
  | "member"
  | "key"
  | "colon"
  | "array comma"
  | "object comma"
  | "string";

/** How far a value reaches. */
export interface Scan {
  /** The index after the value, or that of the first character that does not fit. */
  end: number;
  /** What does not stand at `end`; undefined when the value is complete. */
  expected: Expected | undefined;
  /**
   * For a broken object or array: it got so far that it was meant to be JSON, and is not a bracket
   * in prose. A key with its colon, an element with its comma or an open child are enough.
   */
  meant: boolean;
}

const SCALAR = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

/**
 * Scans the value that begins at `start`, after any white space, and ends before `limit`. Takes one
 * pass and no recursion. Whatever is complete here is JSON to `JSON.parse`, and the reverse.
 */
export function scanValue(text: string, start: number, limit: number): Scan {
  /** The brackets that are open, from the outside to the inside. */
  const open: number[] = [];
  let expected: Expected = "value";
  let outermostGrew = false;
  const isMeant = () => open.length > 1 || outermostGrew;
  let at = start;
  for (;;) {
    at = pastSpace(text, at, limit);
    const code = at < limit ? text.charCodeAt(at) : END;
    const separator = separatorOf(expected);
    let complete = false;
    if (code === closerOf(expected)) {
      open.pop();
      complete = true;
      at++;
    } else if (separator !== undefined) {
      if (code !== separator) break;
      outermostGrew ||= open.length === 1;
      expected = expected === "object comma" ? "key" : "value";
      at++;
    } else if (code === QUOTE) {
      const end = stringEnd(text, at, limit);
      if (end < 0) return { end: -end, expected: "string", meant: isMeant() };
      at = end;
      if (expected === "member" || expected === "key") expected = "colon";
      else complete = true;
    } else if (expected === "member" || expected === "key") {
      break;
    } else if (code === OPEN_BRACE || code === OPEN_BRACKET) {
      open.push(code);
      expected = code === OPEN_BRACE ? "member" : "element";
      at++;
    } else {
      SCALAR.lastIndex = at;
      if (code === END || !SCALAR.test(text) || SCALAR.lastIndex > limit) break;
      at = SCALAR.lastIndex;
      complete = true;
    }
    if (!complete) continue;
    if (open.length === 0) return { end: at, expected: undefined, meant: false };
    expected = open[open.length - 1] === OPEN_BRACE ? "object comma" : "array comma";
  }
  return { end: at, expected, meant: isMeant() };
}

const END = -1;
const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const FIRST_ALLOWED = 0x20;

/** The bracket that may stand here and ends an object or array. */
function closerOf(expected: Expected): number | undefined {
  if (expected === "array comma" || expected === "element") return CLOSE_BRACKET;
  return expected === "object comma" || expected === "member" ? CLOSE_BRACE : undefined;
}

/** The sign that stands between two parts, where there must be one. */
function separatorOf(expected: Expected): number | undefined {
  if (expected === "array comma" || expected === "object comma") return COMMA;
  return expected === "colon" ? COLON : undefined;
}

function pastSpace(text: string, start: number, limit: number): number {
  let at = start;
  while (at < limit) {
    const code = text.charCodeAt(at);
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) break;
    at++;
  }
  return at;
}

const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/** The index after the string that opens at `start`; where it breaks, that index, negated. */
function stringEnd(text: string, start: number, limit: number): number {
  let at = start + 1;
  while (at < limit) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at + 1;
    if (code < FIRST_ALLOWED) return -at;
    if (code === BACKSLASH) {
      ESCAPE.lastIndex = at;
      if (!ESCAPE.test(text)) return -at;
      at = ESCAPE.lastIndex;
    } else at++;
  }
  return -limit;
}
