/** Tables for people: as wide as the terminal, or as wide as their contents where there is none. */
import { withoutControls } from "../events/render/text.ts";
import { unicodeWidth } from "../events/render/width.ts";

/** One column of a table. */
export interface Column<Row> {
  /** Heading, in upper case. */
  readonly title: string;
  /** What stands in a cell; controls are taken out. */
  readonly cell: (row: Row) => string;
  /** Numbers stand on the right. */
  readonly align?: "right";
  /** The narrowest that still says something, in terminal cells. @default as wide as it needs */
  readonly min?: number;
}

/** How a table is shown. */
export interface TableOptions {
  /** Cells of the terminal's line; undefined for a pipe, where nothing is cut. */
  readonly width: number | undefined;
  /** Colours a part of the table. */
  readonly paint?: (text: string, part: "title") => string;
}

/** Spaces between two columns. */
const GAP = 2;

/** The lines of a table, each with its newline; cells that do not fit end in `…`. */
export function table<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  { width, paint = (text) => text }: TableOptions,
): string {
  const cells = rows.map((row) => columns.map(({ cell }) => oneLine(cell(row))));
  const titles = columns.map(({ title }) => title);
  const wanted = columns.map((_, index) =>
    Math.max(...[titles, ...cells].map((line) => unicodeWidth(line[index]!)))
  );
  const widths = fitted(wanted, columns, width);
  const line = (texts: readonly string[]) =>
    texts.map((text, index) => {
      const cut = clip(text, widths[index]!);
      const space = " ".repeat(widths[index]! - unicodeWidth(cut));
      return columns[index]!.align === "right" ? space + cut : cut + space;
    }).join(" ".repeat(GAP)).trimEnd();
  return [paint(line(titles), "title"), ...cells.map(line)].map((text) => text + "\n").join("");
}

/** At most so many terminal cells, the cut marked with `…`. */
export function clip(text: string, width: number): string {
  if (unicodeWidth(text) <= width) return text;
  let kept = "";
  let used = 0;
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    const cells = unicodeWidth(segment);
    if (used + cells > width - 1) break;
    kept += segment;
    used += cells;
  }
  return width < 1 ? "" : kept + "…";
}

/** The widths that fit: what a column may give up is taken where there is most of it. */
function fitted<Row>(
  wanted: readonly number[],
  columns: readonly Column<Row>[],
  width: number | undefined,
): number[] {
  const widths = [...wanted];
  if (width === undefined) return widths;
  const least = columns.map(({ min }, index) => Math.min(wanted[index]!, min ?? wanted[index]!));
  let over = widths.reduce((sum, each) => sum + each, GAP * (columns.length - 1)) - width;
  while (over > 0) {
    let widest = -1;
    for (const [index, each] of widths.entries()) {
      if (each > least[index]! && (widest < 0 || each > widths[widest]!)) widest = index;
    }
    if (widest < 0) break;
    widths[widest]!--;
    over--;
  }
  return widths;
}

function oneLine(text: string): string {
  return withoutControls(text.replace(/\s+/g, " ").trim());
}
