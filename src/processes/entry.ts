/** Which module starts this program again. It loads nothing, so that the program can name it at once. */

let entry: (() => string | undefined) | undefined;

/**
 * Names the module that starts the program; the program's entry calls this, a library need not.
 *
 * @param url Its URL, or what tells it when it is asked for.
 */
export function setEntry(url: string | (() => string | undefined)): void {
  entry = typeof url === "string" ? () => url : url;
}

/** The URL of that module; undefined when nobody has named it. */
export function entryUrl(): string | undefined {
  return entry?.();
}
