/** Finds the JSON in an agent's answer. */
import { describeSyntaxError } from "./find_error.ts";
import { scalarsIn } from "./find_scalars.ts";
import { containersIn, type Span } from "./find_spans.ts";
import { type Fence, fenceContent, fencesIn, innermostFences } from "./markdown_fences.ts";

/** JSON that was found in an answer. */
export interface JsonCandidate {
  /** What `JSON.parse` makes of the text. */
  value: unknown;
  /** As it stands in the answer, without fence, block quote and white space around it. */
  text: string;
  /**
   * Where it stands: it is all there is (`whole`), all of a code block (`fence`), an object or
   * array on lines of its own (`block`) or in the middle of other text (`prose`), or a number,
   * string, boolean or null that is all of a line or of a code span (`scalar`).
   */
  place: "whole" | "fence" | "block" | "prose" | "scalar";
}

/** What counts as JSON in an answer. */
export interface CandidateOptions {
  /**
   * After all others, numbers, strings, booleans and null that stand alone on a line or in a code
   * span. Default: false.
   */
  scalars?: boolean | undefined;
}

/** What was handed in as JSON, read; or one short line that says why it is none. */
export type SoleJson =
  | { ok: true; value: unknown; text: string }
  | { ok: false; reason: string };

/**
 * All JSON in an answer, the likeliest first: whoever has a schema takes the first that matches.
 *
 * The order is: the whole text; the content of code blocks, first of those that are labelled as
 * JSON; objects and arrays on lines of their own; objects and arrays in other text. Of one kind the
 * last comes first, as answers come to their result at their end. Numbers, strings, booleans and
 * null count as the whole text or in a block that is labelled as JSON, and in other places only with
 * `scalars`.
 *
 * No candidate lies in another one or in broken JSON, except for an object or array in a string that
 * `scalars` finds, and nothing is repaired. Takes time in proportion to the length of any text, and
 * does only the work for what is asked of it.
 */
export function* jsonCandidates(
  answer: string,
  { scalars = false }: CandidateOptions = {},
): Generator<JsonCandidate> {
  const whole = parsed(answer, "whole");
  if (whole) return yield whole;
  const taken: Span[] = [];
  for (const fence of rankedFences(answer)) {
    const found = parsed(fenceContent(answer, fence), "fence", !isLabelled(fence));
    if (!found) continue;
    taken.push({ start: fence.start, end: fence.end });
    yield found;
  }
  const { spans, broken } = containersIn(answer, taken.sort(byStart));
  for (const place of ["block", "prose"] as const) {
    for (let i = spans.length - 1; i >= 0; i--) {
      const span = spans[i]!;
      if (isBlock(answer, span) !== (place === "block")) continue;
      const found = parsed(answer.slice(span.start, span.end), place);
      if (found) yield found;
    }
  }
  if (!scalars) return;
  for (const { start, end } of scalarsIn(answer, [...taken, ...spans, ...broken].sort(byStart))) {
    const found = parsed(answer.slice(start, end), "scalar");
    if (found) yield found;
  }
}

/**
 * The likeliest JSON in an answer for whoever has no schema; undefined when there is none.
 *
 * That is the first of `jsonCandidates`, but in the middle of other text there are references (`[1]`)
 * and pieces of code (`arr[0]`, `{}`) too. There it counts only if it says something: an object with
 * a key, an array of several items, or of one that says something or is a string of more than three
 * characters. Of these the longest is taken, of equally long ones the last.
 */
export function firstJson(answer: string): JsonCandidate | undefined {
  let longest: JsonCandidate | undefined;
  for (const candidate of jsonCandidates(answer)) {
    if (candidate.place !== "prose") return candidate;
    const isLonger = longest === undefined || candidate.text.length > longest.text.length;
    if (isLonger && saysSomething(candidate.value)) longest = candidate;
  }
  return longest;
}

const SHORT_STRING = 3;

function saysSomething(value: unknown): boolean {
  let inner = value;
  while (Array.isArray(inner) && inner.length === 1) inner = inner[0];
  if (Array.isArray(inner)) return inner.length > 1;
  if (typeof inner === "string") return inner.length > SHORT_STRING;
  return typeof inner === "object" && inner !== null && Object.keys(inner).length > 0;
}

/**
 * Reads what was handed in as JSON on purpose: the whole text, or the one code block that is all
 * there is. Nothing is dug out of prose.
 */
export function soleJson(text: string): SoleJson {
  if (text.trim() === "") return { ok: false, reason: "it is empty" };
  const whole = parsed(text, "whole");
  if (whole) return { ok: true, value: whole.value, text: whole.text };
  const fences = fencesIn(text);
  const fence = fences[0];
  if (!fence) return { ok: false, reason: `it is no JSON: ${describeSyntaxError(text)}` };
  if (fences.length > 1 || (text.slice(0, fence.from) + text.slice(fence.to)).trim() !== "") {
    return { ok: false, reason: "there is more in it than one code block with JSON" };
  }
  const content = fenceContent(text, fence);
  if (content.trim() === "") return { ok: false, reason: "the code block is empty" };
  const found = parsed(content, "fence");
  if (found) return { ok: true, value: found.value, text: found.text };
  return { ok: false, reason: `the code block is no JSON: ${describeSyntaxError(content)}` };
}

/**
 * Why an answer holds no JSON, in one short line that goes on after "the answer holds no JSON: ":
 * the first syntax error of what was most likely meant to be JSON. For answers in which `firstJson`
 * or `jsonCandidates` finds nothing.
 *
 * @param scalar What is wanted where that is no object and no array: `an integer`. It is named, and
 * what is wrong with objects and arrays is not.
 */
export function syntaxErrorOf(answer: string, scalar?: string): string {
  if (answer.trim() === "") return "it is empty";
  const opening = scalar === undefined ? /^\s*[{["]/ : /^\s*"/;
  const wanted = scalar === undefined ? "" : `; expected is ${scalar} alone`;
  if (opening.test(answer)) return describeSyntaxError(answer) + wanted;
  for (const fence of rankedFences(answer)) {
    const content = fenceContent(answer, fence);
    if (opening.test(content) || (scalar === undefined && isLabelled(fence))) {
      return `in the code block, ${describeSyntaxError(content)}${wanted}`;
    }
  }
  return scalar === undefined ? containerErrorOf(answer) : `expected is ${scalar} alone`;
}

function containerErrorOf(answer: string): string {
  const { spans, broken } = containersIn(answer, []);
  const last = broken.at(-1);
  if (last) return describeSyntaxError(answer, last.start);
  return spans.length === 0
    ? "there is no object and no array in it"
    : "what looks like it in the middle of the text says too little to be the answer";
}

function byStart(a: Span, b: Span): number {
  return a.start - b.start;
}

/** The innermost code blocks, in the order in which they are tried. */
function* rankedFences(answer: string): Generator<Fence> {
  const fences = innermostFences(answer).reverse();
  yield* fences.filter(isLabelled);
  yield* fences.filter((fence) => !isLabelled(fence));
}

/** Not `json-schema`: who shows the schema has not answered. */
function isLabelled({ info }: Fence): boolean {
  return /^json(?:c|5|l)?(?![\w-])/i.test(info);
}

function isBlock(text: string, { start, end }: Span): boolean {
  let before = start - 1;
  while (before >= 0 && isBlank(text[before]!)) before--;
  let after = end;
  while (after < text.length && isBlank(text[after]!)) after++;
  return (before < 0 || isLineBreak(text[before]!)) &&
    (after >= text.length || isLineBreak(text[after]!));
}

function isBlank(character: string): boolean {
  return character === " " || character === "\t" || character === "\ufeff";
}

function isLineBreak(character: string): boolean {
  return character === "\n" || character === "\r";
}

/** @param containersOnly Whether a number, string, boolean or null does not count. */
function parsed(
  given: string,
  place: JsonCandidate["place"],
  containersOnly = false,
): JsonCandidate | undefined {
  const text = given.trim();
  // An exception costs much more than this look, and most of what is tried begins with a word.
  if (!(containersOnly ? /^[{[]/ : /^[-\d"tfn{[]/).test(text)) return undefined;
  try {
    return { value: JSON.parse(text), text, place };
  } catch (error) {
    // JSON that is nested too deeply for the parser is none that could be used.
    if (error instanceof SyntaxError || error instanceof RangeError) return undefined;
    throw error;
  }
}
