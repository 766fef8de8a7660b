/** Text that is broken to fit the terminal. */
import { unicodeWidth } from "../events/render/width.ts";

/**
 * Items behind a title with a space between them, broken between items where a line is full; the
 * lines that follow stand below the first item. An item that is wider than a line keeps one to itself.
 *
 * @param width Cells of a line; undefined for a pipe, where no line is broken.
 */
export function fill(
  title: string,
  items: readonly string[],
  width: number | undefined,
): string {
  const indent = " ".repeat(unicodeWidth(title));
  const lines: string[] = [];
  let line = title;
  let used = 0;
  for (const item of items) {
    const wider = unicodeWidth(line) + 1 + unicodeWidth(item);
    if (used > 0 && width !== undefined && wider > width) {
      lines.push(line);
      line = indent;
      used = 0;
    }
    line += line === "" ? item : ` ${item}`;
    used++;
  }
  return [...lines, line].join("\n");
}
