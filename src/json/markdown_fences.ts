/** Finds fenced code blocks in Markdown by the rules of CommonMark, with a few liberties. */

/** A fenced code block. Indexes are in UTF-16 units of the text it was found in. */
export interface Fence {
  /** What follows the opening fence on its line, trimmed: `json`. */
  info: string;
  /** Where the line of the opening fence begins. */
  from: number;
  /** Where the content begins: the line after the opening fence. */
  start: number;
  /** Where the content ends: the line of the closing fence. */
  end: number;
  /** The index after the closing fence's line, or the end of what was looked at. */
  to: number;
  /** How many block quotes the fence stands in: each line of the content has as many `>`. */
  quotes: number;
}

/**
 * The fenced code blocks of a text, in order.
 *
 * Known are backticks and tildes, fences in list items and block quotes, and blocks that nothing
 * closes. A block in a list item goes on where CommonMark would end it, at a line that is indented
 * less than the item: agents often indent the fences alone.
 *
 * @param part The part to look at, whole lines; `quotes` is the number of `>` to skip on each.
 */
export function fencesIn(
  text: string,
  part: { start: number; end: number; quotes: number } = wholeOf(text),
): Fence[] {
  if (!text.includes("```") && !text.includes("~~~")) return [];
  const lines = lineReader(text, part.end);
  const fences: Fence[] = [];
  const list = { column: 0, quotes: 0 };
  let at = part.start;
  while (at < part.end) {
    const next = lines(at);
    const opening = openingFence(text, pastQuotes(text, at, next, part.quotes) ?? at, next, list);
    if (!opening) {
      at = next;
      continue;
    }
    const quotes = part.quotes + opening.quotes;
    const fence = { info: opening.info, from: at, start: next, quotes };
    let end = next;
    let to = next;
    while (end < part.end) {
      to = lines(end);
      const inside = pastQuotes(text, end, to, quotes);
      if (inside === undefined) to = end;
      if (inside === undefined || closes(text, inside, to, opening)) break;
      end = to;
    }
    fences.push({ ...fence, end, to });
    at = to;
  }
  return fences;
}

const MAX_DEPTH = 6;

/**
 * The innermost code blocks of a text, in order: a block that shows Markdown with blocks in it
 * stands for these. Looks six levels deep.
 */
export function innermostFences(text: string, part = wholeOf(text), depth = 1): Fence[] {
  return fencesIn(text, part).flatMap((fence) => {
    const inner = depth < MAX_DEPTH ? innermostFences(text, fence, depth + 1) : [];
    return inner.length > 0 ? inner : [fence];
  });
}

/** What stands in a fence, without the signs of the block quotes around it. */
export function fenceContent(text: string, { start, end, quotes }: Fence): string {
  if (quotes === 0) return text.slice(start, end);
  const lines = lineReader(text, end);
  const content: string[] = [];
  for (let at = start; at < end; at = lines(at)) {
    content.push(text.slice(pastQuotes(text, at, lines(at), quotes) ?? at, lines(at)));
  }
  return content.join("");
}

function wholeOf(text: string) {
  return { start: text.startsWith("\ufeff") ? 1 : 0, end: text.length, quotes: 0 };
}

/** Gives the index after the line that begins at an index. */
function lineReader(text: string, limit: number): (at: number) => number {
  const lineEnd = text.includes("\n") ? "\n" : "\r";
  return (at) => {
    const end = text.indexOf(lineEnd, at);
    return end === -1 || end >= limit ? limit : end + 1;
  };
}

interface Opening {
  /** The fence's character, three times or more. */
  marks: string;
  /** How far it is indented inside of its block quotes. */
  column: number;
  quotes: number;
  info: string;
}

const FENCE = /(`{3,}|~{3,})([^\r\n]*)/y;
const LIST_MARKER = /(?:[-+*]|\d{1,9}[.)])(?=\s)/y;
/** A fence that is indented further than this is no fence but an indented code block. */
const MAX_INDENT = 3;

/** @param list Where the text of the current list item begins; brought up to date with the line. */
function openingFence(
  text: string,
  start: number,
  end: number,
  list: { column: number; quotes: number },
): Opening | undefined {
  let { at, column } = pastIndent(text, start, end, 0);
  let quotes = 0;
  let itemColumn = list.column;
  let isItem = false;
  while (at < end) {
    if (text[at] === ">") {
      at = pastQuotes(text, at, end, 1)!;
      quotes++;
      column = 0;
      itemColumn = quotes === list.quotes ? list.column : 0;
    } else {
      LIST_MARKER.lastIndex = at;
      if (!LIST_MARKER.test(text)) break;
      column += LIST_MARKER.lastIndex - at;
      at = LIST_MARKER.lastIndex;
      isItem = true;
    }
    ({ at, column } = pastIndent(text, at, end, column));
    if (isItem) itemColumn = column;
  }
  if (at >= end || text[at] === "\r" || text[at] === "\n") return undefined;
  list.column = Math.min(itemColumn, column);
  list.quotes = quotes;
  FENCE.lastIndex = at;
  const [, marks, rest] = FENCE.exec(text) ?? [];
  if (marks === undefined || rest === undefined || column > itemColumn + MAX_INDENT) {
    return undefined;
  }
  if (marks.startsWith("`") && rest.includes("`")) return undefined;
  return { marks, column, quotes, info: rest.trim() };
}

function closes(text: string, start: number, end: number, opening: Opening): boolean {
  const { at, column } = pastIndent(text, start, end, 0);
  if (text[at] !== opening.marks[0] || column > opening.column + MAX_INDENT) return false;
  const line = text.slice(at, end).trimEnd();
  return line.length >= opening.marks.length && line === opening.marks[0]!.repeat(line.length);
}

/** The index after `count` signs of block quotes; undefined when there are fewer. */
function pastQuotes(text: string, start: number, end: number, count: number): number | undefined {
  let at = start;
  for (let i = 0; i < count; i++) {
    at = pastIndent(text, at, end, 0).at;
    if (at >= end || text[at] !== ">") return undefined;
    at++;
    if (at < end && text[at] === " ") at++;
  }
  return at;
}

/** A tab goes to the next column that is a multiple of four. */
function pastIndent(text: string, start: number, end: number, column: number) {
  let at = start;
  for (; at < end; at++) {
    if (text[at] === " ") column++;
    else if (text[at] === "\t") column += 4 - column % 4;
    else break;
  }
  return { at, column };
}
