/**
 * What signatures are made of: the JSON of a line as it stands, without the envelope and folded.
 * Parsing every line would take longer than all the rest. It holds all that is searched and a little
 * more, so a signature may promise too much, but never too little.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { Column } from "./grams.ts";
import { lines, type Piece } from "./scan.ts";
import { fold } from "./text.ts";

/** What every writer that is known puts first; nothing in it is searched. */
const ENVELOPE = new RegExp(
  String.raw`\{"seq":\d+,"ts":"[^"\\]*","provider":"[^"\\]*","wrapper_session_id":"[^"\\]*",` +
    String.raw`"provider_session_id":(?:null|"[^"\\]*"),"source_kind":"[a-z_]*",` +
    String.raw`"completeness":"[a-z_]*",`,
  "y",
);

/** Escapes that `JSON.stringify` does not use: such a line has to be brought to its spelling. */
const OTHER_SPELLING = /\\(?:u(?!00(?:0[0-7bef]|1[0-9a-f]))|\/)/;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * A text that is looked for, as it stands in what signatures are made of. Empty when it can stand
 * there in more than one way.
 */
export function signedText(text: string): Uint8Array {
  return encoder.encode(text.isWellFormed() ? fold(JSON.stringify(text).slice(1, -1)) : "");
}

/**
 * Goes through the lines of a piece, and calls back for each: `sign` puts it into a column, and
 * `start` and `end` say where it is in the piece, its newline included.
 */
export function eachLine(
  piece: Piece,
  visit: (sign: (column: Column) => void, start: number, end: number) => void,
): void {
  const { buffer, length } = piece;
  const text = Buffer.from(buffer.buffer).toString("latin1", 0, length);
  for (const [start, end] of lines(piece)) {
    const sign = (column: Column) => {
      ENVELOPE.lastIndex = start;
      const from = ENVELOPE.test(text) ? ENVELOPE.lastIndex : start;
      if (column.add(buffer, from, end)) addFolded(column, buffer.subarray(start, end));
    };
    visit(sign, start, Math.min(end + 1, length));
  }
}

/** Adds a line that is not ASCII, or whose characters are not all spelled in the usual way. */
function addFolded(column: Column, line: Uint8Array): void {
  const text = decoder.decode(line);
  const usual = OTHER_SPELLING.test(text) ? respelled(text) : text;
  const bytes = encoder.encode(fold(usual));
  column.add(bytes, 0, bytes.length);
}

/** What is no JSON holds nothing that is searched. */
function respelled(line: string): string {
  try {
    return JSON.stringify(JSON.parse(line));
  } catch {
    return "";
  }
}
