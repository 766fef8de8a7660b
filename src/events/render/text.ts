/** Small text rules that every view shares. */

/**
 * Text on one line, cut to `limit` characters as a person counts them: an emoji is never cut in half.
 * A newline shows as `\n` and counts as two.
 */
export function oneLine(text: string, limit: number): string {
  return cut(text, limit, limit, (character) => /^\r?\n$/.test(character) ? "\\n" : character);
}

/** Text of at most `limit` characters as it is, a longer one as its first `kept` and `...`. */
export function shorten(text: string, limit: number, kept: number): string {
  return cut(text, limit, kept, (character) => character);
}

let graphemes: Intl.Segmenter | undefined;

function cut(
  text: string,
  limit: number,
  kept: number,
  show: (character: string) => string,
): string {
  graphemes ??= new Intl.Segmenter();
  // Segmenting copies the whole text, and tools are called with megabytes.
  const start = text.slice(0, (limit + 1) * 32);
  let shown = "";
  let shownShort = "";
  let width = 0;
  for (const { segment, index } of graphemes.segment(start)) {
    const character = show(segment);
    // A newline takes two columns, an emoji of many units one.
    width += character === segment ? 1 : character.length;
    const torn = start.length < text.length && index + segment.length === start.length;
    if (width > limit || torn) return `${shownShort}...`;
    shown += character;
    if (width <= kept) shownShort = shown;
  }
  return shown;
}

/** Every line of a text behind an indentation, without a newline at the end. */
export function indent(text: string, prefix: string): string {
  return text.trimEnd().split("\n").map((line) => `${prefix}${line}`).join("\n");
}

/** Wraps text in an SGR code such as `31` or `38;5;208`, where colour is wanted. */
export function paint(text: string, code: string, color: boolean): string {
  return color ? `\x1b[${code}m${text}\x1b[0m` : text;
}

/**
 * Text without the characters that would let an agent's output drive the terminal, or show text in
 * another order than it is in: control characters but newlines and tabs, and overrides and isolates
 * of the writing direction.
 */
export function withoutControls(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g, "");
}

/**
 * A line of JSON with everything escaped that {@linkcode withoutControls} would take away: the same
 * value, which a terminal can show.
 */
export function jsonForTerminal(line: string): string {
  return line.replace(
    // deno-lint-ignore no-control-regex
    /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]|\r(?!$)/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
