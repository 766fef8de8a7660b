/** Says where a text stops to be JSON. */
import { type Expected, scanValue } from "./find_scan.ts";

const EXPECTATIONS: Record<Exclude<Expected, "string">, string> = {
  value: "a value",
  element: 'a value or "]"',
  member: 'a key in double quotes or "}"',
  key: "a key in double quotes",
  colon: '":"',
  "array comma": '"," or "]"',
  "object comma": '"," or "}"',
};

/**
 * Where the first syntax error of a text is, what was expected and what stands there, such as
 * `line 2, column 7: expected a key in double quotes, found "}"`. Lines and columns count from 1,
 * columns in characters. At most 20 characters of the text are shown, none of them a control.
 *
 * @param start Where in `text` the JSON should begin; with it, what follows the value is ignored.
 */
export function describeSyntaxError(text: string, start?: number): string {
  const from = start ?? (text.startsWith("\ufeff") ? 1 : 0);
  const { end, expected } = scanValue(text, from, text.length);
  if (!expected) {
    const rest = end + text.slice(end).search(/[^ \t\r\n]|$/);
    if (start !== undefined || rest === text.length) return "it is nested too deeply";
    return `${place(text, rest)}: expected the end, found ${foundAt(text, rest)}`;
  }
  if (expected === "string") return `${place(text, end)}: ${stringFault(text, end)}`;
  return `${place(text, end)}: expected ${EXPECTATIONS[expected]}, found ${foundAt(text, end)}`;
}

function stringFault(text: string, at: number): string {
  const character = text[at];
  if (character === undefined) return "the text ends inside of a string";
  if (character === "\\") {
    const escape = /\\(?:u[^\s"\\]{0,4}|[^\s\p{C}]?)/uy;
    escape.lastIndex = at;
    return `"${escape.exec(text)![0]}" is no escape of JSON`;
  }
  return character === "\n" || character === "\r"
    ? "a string goes over the end of the line: close it, or write the line break as \\n"
    : `a string holds the control character ${codePoint(character)}`;
}

function foundAt(text: string, at: number): string {
  if (at >= text.length) return "the end of the text";
  const shown = /[\p{L}\p{M}\p{N}_$.+-]{1,20}|[^\p{C}\p{Z}]/uy;
  shown.lastIndex = at;
  const found = shown.exec(text)?.[0];
  if (found === '"') return "a string";
  return found === undefined ? codePoint(text.slice(at)) : `"${found}"`;
}

function codePoint(text: string): string {
  return `U+${text.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}`;
}

function place(text: string, at: number): string {
  let line = 1;
  let lineStart = text.startsWith("\ufeff") ? 1 : 0;
  const lineBreak = /\r\n|\n|\r/g;
  for (let match = lineBreak.exec(text); match && match.index < at; match = lineBreak.exec(text)) {
    line++;
    lineStart = lineBreak.lastIndex;
  }
  let column = 1;
  // The second half of a surrogate pair is no character of its own.
  for (let i = lineStart; i < at; i++) {
    if ((text.charCodeAt(i) & 0xfc00) !== 0xdc00) column++;
  }
  return `line ${line}, column ${column}`;
}
