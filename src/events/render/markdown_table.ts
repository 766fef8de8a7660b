/** Tables of Markdown, fitted to the terminal. */
import type { Tokens } from "marked";
import { inlineSpans } from "./markdown_inline.ts";
import { paint } from "./text.ts";
import { unicodeWidth } from "./width.ts";
import { type Line, type Span, wrap } from "./wrap.ts";

const SEPARATOR = " │ ";
/** A narrower column is hard to read. */
const NARROWEST = 6;

/** The lines of a table; where its columns have no room side by side, a list of its rows. */
export function tableLines(table: Tokens.Table, width: number, color: boolean): string[] {
  const spansOf = (cell: Tokens.TableCell, style: string) => inlineSpans(cell.tokens, color, style);
  const header = table.header.map((cell) => spansOf(cell, "1"));
  const rows = table.rows.map((row) => row.map((cell) => spansOf(cell, "")));
  const widths = fittedWidths([header, ...rows], width);
  if (widths === undefined) return records(header, rows, width, color);
  const rule = paint(widths.map((cells) => "─".repeat(cells)).join("─┼─"), "2", color);
  const separator = paint(SEPARATOR, "2", color);
  const shown = rows.map((row) => rowLines(row, widths, table.align, separator, color));
  // Rows of several lines would run into each other.
  const ruled = shown.some((lines) => lines.length > 1);
  const lines = rowLines(header, widths, table.align, separator, color);
  for (const [index, row] of shown.entries()) {
    if (index === 0 || ruled) lines.push(rule);
    lines.push(...row);
  }
  return lines;
}

type Row = readonly (readonly Span[])[];

function rowLines(
  row: Row,
  widths: readonly number[],
  align: Tokens.Table["align"],
  separator: string,
  color: boolean,
): string[] {
  const cells = widths.map((width, index) => wrap(row[index] ?? [], width, color));
  const height = Math.max(...cells.map((lines) => lines.length));
  return Array.from(
    { length: height },
    (_, at) =>
      widths.map((width, index) =>
        padded(cells[index]![at], width, align[index], index === widths.length - 1)
      ).join(separator),
  );
}

function padded(
  line: Line | undefined,
  width: number,
  align: Tokens.Table["align"][number] | undefined,
  isLast: boolean,
): string {
  const { text, width: used } = line ?? { text: "", width: 0 };
  if (used === 0 && isLast) return "";
  const space = Math.max(0, width - used);
  const before = align === "right" ? space : align === "center" ? Math.floor(space / 2) : 0;
  return " ".repeat(before) + text + (isLast ? "" : " ".repeat(space - before));
}

/** Undefined when the columns would become too narrow. */
function fittedWidths(rows: readonly Row[], width: number): number[] | undefined {
  const count = rows[0]!.length;
  const wanted = Array.from(
    { length: count },
    (_, index) =>
      Math.max(
        1,
        ...rows.map((row) =>
          (row[index] ?? []).reduce((sum, { text }) => sum + unicodeWidth(text), 0)
        ),
      ),
  );
  const room = width - SEPARATOR.length * (count - 1);
  const taken = (most: number) => wanted.reduce((sum, each) => sum + Math.min(each, most), 0);
  if (taken(NARROWEST) > room) return undefined;
  // What the narrow columns leave is shared by the wide ones.
  let most = NARROWEST;
  while (most < room && taken(most + 1) <= room) most++;
  let spare = room - taken(most);
  return wanted.map((each) => each > most && spare-- > 0 ? most + 1 : Math.min(each, most));
}

function records(header: Row, rows: readonly Row[], width: number, color: boolean): string[] {
  const lines: string[] = [];
  for (const [index, row] of rows.entries()) {
    if (index > 0) lines.push("");
    for (const [column, title] of header.entries()) {
      const value = row[column] ?? [];
      const spans = [...title, { text: ": ", style: "1" }, ...value];
      lines.push(...wrap(spans, width, color).map(({ text }) => text));
    }
  }
  return lines;
}
