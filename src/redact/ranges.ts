/** Where something secret stands in a text. */

/** A part of a text, and what is said in its place. */
export interface Range {
  readonly at: number;
  readonly end: number;
  readonly name: string;
}

/**
 * What is covered, in its order: parts that overlap are one, with the name of the longest, of the first
 * one where several are that long. Those that only touch stay apart.
 */
export function merged(ranges: readonly Range[]): Range[] {
  if (ranges.length < 2) return [...ranges];
  const groups: { at: number; end: number; name: string; longest: number }[] = [];
  for (const { at, end, name } of ranges.toSorted((a, b) => a.at - b.at)) {
    const last = groups.at(-1);
    if (!last || at >= last.end) {
      groups.push({ at, end, name, longest: end - at });
      continue;
    }
    last.end = Math.max(last.end, end);
    if (end - at <= last.longest) continue;
    last.longest = end - at;
    last.name = name;
  }
  return groups;
}
