/** What a session can be found by: a name, and tags. */

/** Why a text cannot be shown in a line of a list; undefined when it can. */
export function wrongLine(text: string): string | undefined {
  return /[\p{Cc}\u2028\u2029]/u.test(text)
    ? "it must have no line breaks and no control characters"
    : undefined;
}

/** Why a text cannot be a name; undefined when it can. */
export function wrongName(text: string): string | undefined {
  return text.trim() === "" ? "a name must not be empty" : wrongLine(text);
}

/** Why a text cannot be a tag; undefined when it can. */
export function wrongTag(text: string): string | undefined {
  return text.trim() === "" ? "a tag must not be empty" : wrongLine(text);
}
