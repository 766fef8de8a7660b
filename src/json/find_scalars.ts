/** Finds the numbers, strings, booleans and nulls that stand by themselves in a text. */
import { scanValue } from "./find_scan.ts";
import type { Span } from "./find_spans.ts";

/**
 * The scalars in a text, outside of the parts that are `taken` (in order, none over another): first
 * those that are all of a line, then those that are all of a code span, of each kind the last first.
 *
 * Beside one on its line there may be the signs of a block quote, a list or bold text, a code span's
 * and a label that ends in a colon: `- **Answer:** 5`. One in a sentence is none.
 */
export function* scalarsIn(text: string, taken: readonly Span[]): Generator<Span> {
  for (const find of [aloneOnLine, inCodeSpans]) {
    for (const line of linesFromEnd(text)) {
      for (const span of find(text, line)) {
        if (!isInside(taken, span.start)) yield span;
      }
    }
  }
}

function* linesFromEnd(text: string): Generator<Span> {
  let end = text.length;
  for (let at = end - 1; at >= 0; at--) {
    const character = text[at];
    if (character !== "\n" && character !== "\r") continue;
    yield { start: at + 1, end };
    end = at;
  }
  yield { start: 0, end };
}

/** Block quotes, one sign of a list, and the start of bold text. */
const BEFORE = /(?:[^\S\r\n]|>)*(?:(?:[-+*]|\d{1,9}[.)])[^\S\r\n]+)?\**/y;
/** A label is a few words, without what ends or divides a sentence. */
const LABEL = /\p{L}[^\r\n:;,.!?"`*()[\]{}]{0,39}\**:\**[^\S\r\n]*\**/uy;
const CODE_MARKS = /`*/y;
const AFTER = /(?:[`*]|[^\S\r\n])*/y;

function aloneOnLine(text: string, { start, end }: Span): Span[] {
  const inside = past(CODE_MARKS, text, past(LABEL, text, past(BEFORE, text, start)));
  const scalar = scalarAt(text, inside, end);
  return scalar !== undefined && past(AFTER, text, scalar.end) === end ? [scalar] : [];
}

const CODE_SPAN = /(?<!`)(`+)(?!`)(\s*)([^`]+)\1(?!`)/g;

/** The last first. One that goes on in the next line is left out, as one that is all of its line. */
function inCodeSpans(text: string, line: Span): Span[] {
  if (aloneOnLine(text, line).length > 0) return [];
  const found: Span[] = [];
  for (const match of text.slice(line.start, line.end).matchAll(CODE_SPAN)) {
    const [, marks = "", space = "", content = ""] = match;
    const start = line.start + match.index + marks.length + space.length;
    const end = start + content.trimEnd().length;
    if (scalarAt(text, start, end)?.end === end) found.push({ start, end });
  }
  return found.reverse();
}

function scalarAt(text: string, start: number, limit: number): Span | undefined {
  if (start >= limit || !/[-\d"tfn]/.test(text[start]!)) return undefined;
  const { end, expected } = scanValue(text, start, limit);
  return expected === undefined ? { start, end } : undefined;
}

/** The index after what a sticky pattern matches at `start`. */
function past(pattern: RegExp, text: string, start: number): number {
  pattern.lastIndex = start;
  return pattern.test(text) ? pattern.lastIndex : start;
}

/** Looks by halving: there may be as many parts as lines. */
function isInside(parts: readonly Span[], at: number): boolean {
  let low = 0;
  let high = parts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (parts[middle]!.end <= at) low = middle + 1;
    else high = middle;
  }
  return low < parts.length && parts[low]!.start <= at;
}
