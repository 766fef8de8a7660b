/** The result of a benchmark: a table for people, JSON for programs. */
import type { Spread } from "./statistics.ts";

/** One line of the result. */
export interface Row {
  readonly what: string;
  /** The measurement; null when it could not be taken. */
  readonly value: Spread | null;
  readonly unit: "ms" | "events/s" | "MB/s" | "MiB";
  /** How many times the baseline it is. */
  readonly ratio?: Spread;
  /** What the ratio compares with. */
  readonly baseline?: string;
  readonly aim?: Aim;
  /** Further figures, or why there is no value. */
  readonly note?: string;
}

/** What a row should reach. */
export interface Aim {
  readonly text: string;
  readonly met: boolean;
}

/** The rows as a table. */
export function renderRows(rows: readonly Row[]): string {
  const cells = [
    ["what", "value", "ratio", "aim", "met"],
    ...rows.map((row) => [row.what, valueText(row), ratioText(row), ...aimText(row)]),
  ];
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  const lines = cells.map((row) =>
    row.map((cell, column) => cell.padEnd(widths[column]!)).join("  ").trimEnd()
  );
  const notes = rows.filter((row) => row.note !== undefined)
    .map((row) => `${row.what.trim()}: ${row.note}`);
  return [...lines, ...(notes.length === 0 ? [] : ["", ...notes]), ""].join("\n");
}

function valueText({ value, unit }: Row): string {
  if (value === null) return "n/a";
  const { median, min, max } = value;
  return `${number(median)} ${unit} (${number(min)} to ${number(max)})`;
}

function ratioText({ ratio, baseline }: Row): string {
  if (ratio === undefined) return "";
  const { median, min, max } = ratio;
  const range = `${median.toFixed(2)} (${min.toFixed(2)} to ${max.toFixed(2)})`;
  return baseline === undefined ? range : `${range} × ${baseline}`;
}

function aimText({ value, aim }: Row): [string, string] {
  if (aim === undefined) return ["", ""];
  return [aim.text, value === null ? "not measured" : aim.met ? "yes" : "no"];
}

function number(value: number): string {
  return value.toLocaleString("en", {
    maximumFractionDigits: Math.abs(value) < 100 ? 1 : 0,
    signDisplay: "negative",
  });
}
