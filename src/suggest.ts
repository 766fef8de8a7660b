/** Guesses what somebody meant who mistyped a name. */
// @ts-types="./std_text.d.ts"
import { levenshteinDistance } from "@std/text/levenshtein-distance";

/**
 * The candidates closest to a mistyped word; several only if they are equally close.
 *
 * @returns None if nothing is near. Two letters in the wrong order count as two mistakes, so two are
 * always forgiven; in longer words every second letter, up to four.
 */
export function suggest(word: string, candidates: Iterable<string>): string[] {
  const limit = Math.min(4, Math.max(2, Math.floor(word.length / 2)));
  return [...new Set(candidates)]
    .map((candidate) => ({ candidate, distance: levenshteinDistance(word, candidate) }))
    .filter(({ distance }) => distance <= limit)
    .sort((a, b) => a.distance - b.distance || (a.candidate < b.candidate ? -1 : 1))
    .filter(({ distance }, _, [best]) => distance === best?.distance)
    .slice(0, 3)
    .map(({ candidate }) => candidate);
}

/** A question to print after an error, or undefined if no candidate is near. */
export function didYouMean(word: string, candidates: Iterable<string>): string | undefined {
  const near = suggest(word, candidates).map((candidate) => `"${candidate}"`);
  return near.length === 0 ? undefined : `Did you mean ${near.join(" or ")}?`;
}
