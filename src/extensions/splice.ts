/** Changes of a text that can be taken back to the byte, whatever else changes around them. */

/** A part of a text that was put in the place of another one. */
export interface Splice {
  /** What stands there now. */
  readonly inserted: string;
  /** What stood there before. */
  readonly replaced: string;
}

/** A text after a change, and the change. */
export interface Spliced {
  readonly text: string;
  readonly splice: Splice;
}

/** Replaces so many characters at an offset. */
export function spliceText(
  text: string,
  offset: number,
  length: number,
  inserted: string,
): Spliced {
  const end = offset + length;
  return {
    text: text.slice(0, offset) + inserted + text.slice(end),
    splice: { inserted, replaced: text.slice(offset, end) },
  };
}

/** Whether a change is still there as it was made, and only once. */
export function isThere(text: string, { inserted }: Splice): boolean {
  const at = text.indexOf(inserted);
  return at >= 0 && text.indexOf(inserted, at + 1) < 0;
}

/** The text without a change; undefined where it is no longer as it was made. */
export function undoSplice(text: string, splice: Splice): string | undefined {
  if (!isThere(text, splice)) return undefined;
  const at = text.indexOf(splice.inserted);
  return text.slice(0, at) + splice.replaced + text.slice(at + splice.inserted.length);
}

/** The line ends of a text: those of its first line. */
export function lineEnd(text: string): string {
  return /\r?\n/.exec(text)?.[0] ?? "\n";
}
