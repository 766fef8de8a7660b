/** The part of a text around a match, short enough to be read at a glance. */
import type { Hit } from "./query.ts";

/** A piece of a text with the match in it. */
export interface Snippet {
  /** What stands before the match. */
  readonly before: string;
  /** The match, or its beginning. */
  readonly match: string;
  /** What stands behind it. */
  readonly after: string;
}

/** Longest snippet, in UTF-16 units and without the marks of a cut; a cut character may be added. */
const LENGTH = 200;

/** Stands where something was left out. */
export const CUT = "[...]";

/** No character of a language is longer, in UTF-16 units. */
const MAX_CHARACTER = 64;

let graphemes: Intl.Segmenter | undefined;

/** The surroundings of a hit; cuts are between characters as people count them. */
export function snippetOf({ text, start, end }: Hit): Snippet {
  const matchEnd = Math.min(end, start + LENGTH);
  const context = LENGTH - (matchEnd - start);
  // What one side does not need goes to the other.
  const behind = Math.min(text.length - matchEnd, Math.max(context >> 1, context - start));
  const from = boundary(text, Math.max(0, start - (context - behind)));
  const to = boundary(text, Math.min(text.length, matchEnd + behind));
  const cutMatch = to < end;
  return {
    before: (from > 0 ? CUT : "") + text.slice(Math.min(from, start), start),
    match: text.slice(start, cutMatch ? to : end),
    after: text.slice(cutMatch ? to : end, to) + (to < text.length ? CUT : ""),
  };
}

/** The snippet as one text. */
export function snippetText({ before, match, after }: Snippet): string {
  return before + match + after;
}

/** The end of the character that this place is in. */
function boundary(text: string, at: number): number {
  if (at <= 0 || at >= text.length) return at;
  graphemes ??= new Intl.Segmenter();
  const start = Math.max(0, at - MAX_CHARACTER);
  const around = graphemes.segment(text.slice(start, at + MAX_CHARACTER)).containing(at - start);
  if (around === undefined || start + around.index === at) return at;
  return start + around.index + around.segment.length;
}
