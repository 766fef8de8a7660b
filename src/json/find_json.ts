/** Finds the JSON in an agent's answer. */
import { describeSyntaxError } from "./find_error.ts";
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
   * array on lines of its own (`block`) or in the middle of other text (`prose`).
   */
  place: "whole" | "fence" | "block" | "prose";
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
 * null count as the whole text or in a block that is labelled as JSON.
 *
 * No candidate lies in another one or in broken JSON, and nothing is repaired. Takes time in
 * proportion to the length of any text, and does only the work for what is asked of it.
 */
export function* jsonCandidates(answer: string): Generator<JsonCandidate> {
  const whole = parsed(answer, "whole");
  if (whole) return yield whole;
  const taken: Span[] = [];
  for (const fence of rankedFences(answer)) {
    const found = parsed(fenceContent(answer, fence), "fence", !isLabelled(fence));
    if (!found) continue;
    taken.push({ start: fence.start, end: fence.end });
    yield found;
  }
  const { spans } = containersIn(answer, taken.sort((a, b) => a.start - b.start));
  for (const place of ["block", "prose"] as const) {
    for (let i = spans.length - 1; i >= 0; i--) {
      const span = spans[i]!;
      if (isBlock(answer, span) !== (place === "block")) continue;
      const found = parsed(answer.slice(span.start, span.end), place);
      if (found) yield found;
    }
  }
}

/** The likeliest JSON in an answer, as `jsonCandidates` has it; undefined when there is none. */
export function firstJson(answer: string): JsonCandidate | undefined {
  return jsonCandidates(answer).next().value ?? undefined;
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
 * the first syntax error of what was most likely meant to be JSON. For answers in which
 * `jsonCandidates` finds nothing.
 */
export function syntaxErrorOf(answer: string): string {
  if (answer.trim() === "") return "it is empty";
  if (/^\s*[{["]/.test(answer)) return describeSyntaxError(answer);
  for (const fence of rankedFences(answer)) {
    const content = fenceContent(answer, fence);
    if (isLabelled(fence) || /^\s*[{[]/.test(content)) {
      return `in the code block, ${describeSyntaxError(content)}`;
    }
  }
  const { broken } = containersIn(answer, []);
  return broken === undefined
    ? "there is no object and no array in it"
    : describeSyntaxError(answer, broken);
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
