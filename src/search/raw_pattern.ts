/**
 * Finds the lines that may hold a text without parsing them: an expression over the bytes of a log,
 * each byte taken for one character. It may find too much; never too little.
 *
 * @module
 */
import { fold } from "./text.ts";

/**
 * Escapes that JSON does not need: what writers other than zag make of characters that could stand
 * for themselves. In such a line nothing can be found by its bytes.
 */
export const FOREIGN_ESCAPE = /\\u(?!00[01])/g;

/** A longer text would only make the expression slower. */
const MAX_LENGTH = 64;

/**
 * The source of an expression that finds a text in JSON.
 *
 * @param text to find; folded unless `caseSensitive`
 * @returns undefined when the text cannot be found that way
 */
export function rawPattern(text: string, caseSensitive: boolean): string | undefined {
  // The second is what bytes are read as that are no text.
  if (!text.isWellFormed() || text.includes("\ufffd")) return undefined;
  let pattern = "";
  for (const char of [...text.slice(0, MAX_LENGTH)]) {
    // Half of a character, where the text was cut.
    if (!char.isWellFormed()) break;
    pattern += caseSensitive ? spellings([char]) : anyCase(char);
  }
  return pattern;
}

/** The one character whose folded form is two: an i and a dot above. */
const DOTTED_I = "İ";
const DOT_ABOVE = "\u0307";

function anyCase(char: string): string {
  if (char === DOT_ABOVE) return `${spellings([char, DOTTED_I])}?`;
  if (char === "i") return spellings(["i", "I", DOTTED_I]);
  if (char === "k") return spellings(["k", "K", "\u212a"]);
  if (char === "s") return spellings(["s", "S", "ſ"]);
  if (char < "\x80") return spellings([...new Set([char, char.toUpperCase()])]);
  return spellings([...new Set([char, ...unfolded().get(char) ?? []])]);
}

let others: Map<string, string[]> | undefined;

/** The other characters beyond ASCII that fold into one; made when it is first needed. */
function unfolded(): Map<string, string[]> {
  if (others !== undefined) return others;
  others = new Map();
  for (let code = 0x80; code <= LAST_CASED; code++) {
    if (code === 0xd800) code = 0xe000;
    const char = String.fromCodePoint(code);
    const folded = fold(char);
    if (folded === char) continue;
    const list = others.get(folded);
    if (list) list.push(char);
    else others.set(folded, [char]);
  }
  return others;
}

/** Beyond it no script has two cases; the planes above hold no letters that do. */
const LAST_CASED = 0x1ffff;

/** All ways in which one of the characters can stand in JSON, but for {@linkcode FOREIGN_ESCAPE}. */
function spellings(chars: readonly string[]): string {
  const one = chars.filter((char) => char < "\x80" && !NEEDS_ESCAPE.test(char));
  const long = chars.filter((char) => !one.includes(char)).map(spelling);
  const ascii = one.map(quote).join("");
  if (long.length === 0) return one.length === 1 ? ascii : `[${ascii}]`;
  return `(?:${[...ascii === "" ? [] : [`[${ascii}]`], ...long].join("|")})`;
}

// deno-lint-ignore no-control-regex
const NEEDS_ESCAPE = /[\x00-\x1f"\\/]/;

const SHORT: Readonly<Record<string, string>> = {
  "\b": "b",
  "\t": "t",
  "\n": "n",
  "\f": "f",
  "\r": "r",
};

const encoder = new TextEncoder();

function spelling(char: string): string {
  if (char === "/") return "\\\\?/";
  if (char === '"') return '\\\\"';
  if (char === "\\") return "\\\\\\\\";
  const code = char.codePointAt(0)!;
  if (code < 0x20) {
    const hex = code.toString(16).padStart(4, "0");
    const escape = `\\\\u${hex.replace(/[a-f]/, (digit) => `[${digit}${digit.toUpperCase()}]`)}`;
    return SHORT[char] === undefined ? escape : `\\\\${SHORT[char]}|${escape}`;
  }
  return [...encoder.encode(char)].map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`)
    .join("");
}

/** Quoted for a class as well as outside of one. */
function quote(char: string): string {
  return /[A-Za-z0-9_ ]/.test(char)
    ? char
    : `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`;
}
