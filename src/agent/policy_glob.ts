/** Patterns in which `*` stands for any text. */

/**
 * Whether a text is what a pattern says, from its beginning to its end. It takes as long as the text is,
 * however many stars there are: agents write the texts.
 */
export function fitsGlob(pattern: string, text: string): boolean {
  const [first, ...others] = pattern.split("*");
  const last = others.pop();
  if (last === undefined) return text === pattern;
  if (!text.startsWith(first!)) return false;
  let at = first!.length;
  for (const part of others) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}
