/** Tables for people: as wide as the terminal, or as wide as their contents where there is none. */
import { withoutControls } from "../events/render/text.ts";
import { unicodeWidth } from "../events/render/width.ts";

/** One column of a table. */
export interface Column<Row> {
  /** Heading, in upper case. */
  readonly title: string;
  /** What stands in a cell; controls are taken out. */
  readonly cell: (row: Row) => string;
  /** Drawn in front of the text, with its blanks: the branches of a tree. */
  readonly lead?: (row: Row) => string;
  /** Stands in all cells of the column once the whole ones do not fit beside the others. */
  readonly short?: (row: Row) => string;
  /** Numbers stand on the right. */
  readonly align?: "right";
  /** The narrowest that still says something, in terminal cells. @default as wide as it needs */
  readonly min?: number;
  /** Which part of a text that does not fit is cut off. @default "end" */
  readonly cut?: "start";
  /** The column may be left out when all others are at their narrowest; the greatest goes first. */
  readonly drop?: number;
  /** Colours what stands in a cell; must not change its width. */
  readonly paint?: (text: string, row: Row) => string;
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

/** A column with its cells made. */
interface Prepared<Row> {
  readonly column: Column<Row>;
  readonly cells: readonly string[];
  readonly width: number;
  readonly least: number;
}

/**
 * The lines of a table, each with its newline. At a terminal every row stays on one line: first cells
 * take their short form, then the widest end in `…`, then columns are left out.
 */
export function table<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  { width, paint = (text) => text }: TableOptions,
): string {
  const shown = fitted(columns.map((column) => prepare(rows, column, column.cell)), rows, width);
  const line = (texts: readonly string[], color: (text: string, index: number) => string) =>
    joined(texts, shown, width, color);
  const head = paint(line(shown.map(({ column }) => column.title), (text) => text), "title");
  const body = rows.map((row, index) =>
    line(shown.map(({ cells }) => cells[index]!), (text, at) => {
      const { column } = shown[at]!;
      return column.paint && text !== "" ? column.paint(text, row) : text;
    })
  );
  return [head, ...body].map((text) => text + "\n").join("");
}

/** At most so many terminal cells, the cut marked with `…`. */
export function clip(text: string, width: number): string {
  if (unicodeWidth(text) <= width) return text;
  if (width < 1) return "";
  let kept = "";
  let used = 0;
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    const cells = unicodeWidth(segment);
    if (used + cells > width - 1) break;
    kept += segment;
    used += cells;
  }
  return kept + "…";
}

/** As {@linkcode clip}, but it is the end that stays. */
export function clipStart(text: string, width: number): string {
  if (unicodeWidth(text) <= width) return text;
  if (width < 1) return "";
  let kept = "";
  let used = 0;
  for (const { segment } of [...new Intl.Segmenter().segment(text)].reverse()) {
    const cells = unicodeWidth(segment);
    if (used + cells > width - 1) break;
    kept = segment + kept;
    used += cells;
  }
  return "…" + kept;
}

function prepare<Row>(
  rows: readonly Row[],
  column: Column<Row>,
  cell: (row: Row) => string,
): Prepared<Row> {
  const cells = rows.map((row) => (column.lead?.(row) ?? "") + oneLine(cell(row)));
  const width = cells.reduce(
    (most, text) => Math.max(most, unicodeWidth(text)),
    unicodeWidth(column.title),
  );
  return { column, cells, width, least: Math.min(width, column.min ?? width) };
}

/** The columns that fit, with the widths that they get. */
function fitted<Row>(
  natural: readonly Prepared<Row>[],
  rows: readonly Row[],
  width: number | undefined,
): Prepared<Row>[] {
  let shown = [...natural];
  if (width === undefined) return shown;
  for (const [index, { column }] of natural.entries()) {
    if (total(shown) <= width) return shown;
    if (column.short) shown[index] = prepare(rows, column, column.short);
  }
  while (shown.length > 1 && total(shown, "least") > width) {
    const last = shown.reduce((a, b) => (b.column.drop ?? 0) > (a.column.drop ?? 0) ? b : a);
    if (last.column.drop === undefined) break;
    shown = shown.filter((each) => each !== last);
  }
  return narrowed(shown, total(shown) - width);
}

/** Takes the cells that are too many from whichever column is the widest at that moment. */
function narrowed<Row>(columns: readonly Prepared<Row>[], over: number): Prepared<Row>[] {
  const widths = columns.map(({ width }) => width);
  for (; over > 0; over--) {
    let widest = -1;
    for (const [index, { least }] of columns.entries()) {
      if (widths[index]! > least && (widest < 0 || widths[index]! > widths[widest]!)) {
        widest = index;
      }
    }
    if (widest < 0) break;
    widths[widest]!--;
  }
  return columns.map((column, index) => ({ ...column, width: widths[index]! }));
}

function total<Row>(columns: readonly Prepared<Row>[], of: "width" | "least" = "width"): number {
  return columns.reduce((sum, column) => sum + column[of], GAP * (columns.length - 1));
}

/** One line; where even the narrowest columns are too many, it ends at the terminal's edge. */
function joined<Row>(
  texts: readonly string[],
  columns: readonly Prepared<Row>[],
  lineWidth: number | undefined,
  color: (text: string, index: number) => string,
): string {
  let line = "";
  let end = 0;
  let start = 0;
  for (const [index, { column, width }] of columns.entries()) {
    const room = Math.min(width, (lineWidth ?? Infinity) - start);
    const text = column.cut === "start"
      ? clipStart(texts[index]!, room)
      : clip(texts[index]!, room);
    const cells = unicodeWidth(text);
    if (cells > 0) {
      const at = column.align === "right" ? start + room - cells : start;
      line += " ".repeat(at - end) + color(text, index);
      end = at + cells;
    }
    start += width + GAP;
  }
  return line;
}

function oneLine(text: string): string {
  return withoutControls(text.replace(/\s+/g, " ").trim());
}
