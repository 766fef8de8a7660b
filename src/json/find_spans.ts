/** Finds the objects and arrays that stand somewhere in a text. */
import { scanValue } from "./find_scan.ts";

/** A part of a text, in UTF-16 units. */
export interface Span {
  /** The index of its first unit. */
  start: number;
  /** The index after its last unit. */
  end: number;
}

/** What a text was found to hold. */
export interface Containers {
  /** Objects and arrays that are JSON, the outermost alone, in the order of the text. */
  spans: Span[];
  /** What was meant to be JSON and is not, as far as it is left out, in the order of the text. */
  broken: Span[];
}

/** What people and models write for an object when they do not keep to JSON. */
const NEARLY_OBJECT = /\{\s*(?:'|\/[/*]|[\w$]+\s*:)/y;

/**
 * The objects and arrays in a text, outside of the parts that are `taken` (in order, none over
 * another).
 *
 * What is inside of a broken object or array, such as one with a trailing comma, is a piece of that
 * and no answer: it is left out, up to the bracket that closes the broken one. A text without such
 * a bracket was cut off, and is left out up to where it breaks.
 *
 * Each character is looked at a few times at most, whatever the text: a bracket is tried again
 * only when the one before it fell at its first item, and the search for closing brackets has a
 * budget for the whole text.
 */
export function containersIn(text: string, taken: readonly Span[]): Containers {
  const spans: Span[] = [];
  const broken: Span[] = [];
  const closing = closingFinder(text);
  const bracket = /[{[]/g;
  let next = 0;
  for (let match = bracket.exec(text); match; match = bracket.exec(text)) {
    const start = match.index;
    while (next < taken.length && taken[next]!.end <= start) next++;
    const hurdle = taken[next];
    if (hurdle && hurdle.start <= start) {
      bracket.lastIndex = hurdle.end;
      continue;
    }
    const limit = hurdle?.start ?? text.length;
    const { end, expected, meant } = scanValue(text, start, limit);
    if (!expected) {
      spans.push({ start, end });
      bracket.lastIndex = end;
      continue;
    }
    NEARLY_OBJECT.lastIndex = start;
    if (meant || NEARLY_OBJECT.test(text)) {
      bracket.lastIndex = closing(start, limit) ?? end;
      broken.push({ start, end: bracket.lastIndex });
    }
  }
  return { spans, broken };
}

const BUDGET = 4;

/** Finds the index after the bracket that closes one which is not valid JSON inside. */
function closingFinder(text: string): (start: number, limit: number) => number | undefined {
  let budget = BUDGET * text.length;
  return (start, limit) => {
    const token = /["\n[\]{}\\]/g;
    token.lastIndex = start;
    let depth = 0;
    let quoted = false;
    let from = start;
    for (let match = token.exec(text); match && match.index < limit; match = token.exec(text)) {
      budget -= match.index + 1 - from;
      from = match.index + 1;
      if (budget < 0) return undefined;
      const character = match[0];
      if (character === "\\") token.lastIndex++;
      else if (character === "\n") quoted = false;
      else if (character === '"') quoted = !quoted;
      else if (quoted) continue;
      else if (character === "{" || character === "[") depth++;
      else if (--depth === 0) return token.lastIndex;
    }
    budget -= limit - from;
    return undefined;
  };
}
