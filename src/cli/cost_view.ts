/** What was used and spent, for programs and for people. */
import { paint } from "../events/render/text.ts";
import type { UsageGroup, UsageGrouping, UsageTotals } from "../sessions/cost.ts";
import { budgetJson, budgetLines, type BudgetReport } from "./budget_view.ts";
import { fill } from "./fill.ts";
import { withTilde } from "./session_text.ts";
import { type Column, table } from "./table.ts";

/** Sums, with what the reports without a cost come to at the configured prices. */
export type Estimated<T> = T & {
  /** US dollars; null when there is nothing to estimate, or no price for it. */
  readonly estimatedUsd: number | null;
  /** How many reports have neither a cost nor a price. */
  readonly reportsUnpriced: number;
};

type EstimatedGroup = Estimated<UsageGroup>;

/** A report. */
export interface CostReport {
  readonly by: UsageGrouping;
  readonly from: Date | undefined;
  readonly to: Date | undefined;
  /** The rows that are shown. */
  readonly rows: readonly EstimatedGroup[];
  /** How many rows are left out; the total is with them. */
  readonly hidden: number;
  readonly total: Estimated<UsageTotals>;
  /** The budgets of the session that the report is about; absent: it is not about one. */
  readonly budgets?: readonly BudgetReport[];
  /** How many sessions were cut off before they told what their last turn used. */
  readonly cutOff: number;
}

/** How a report is shown. */
export interface CostStyle {
  /** Cells of the terminal's line; undefined for a pipe. */
  readonly width: number | undefined;
  readonly color: boolean;
  /** Shown as `~`. */
  readonly userHome?: string | undefined;
}

/** The object that `--json` prints. */
export function costJson(
  { by, from, to, rows, total, cutOff, budgets }: CostReport,
): Record<string, unknown> {
  return {
    by,
    from: from?.toISOString() ?? null,
    to: to?.toISOString() ?? null,
    rows: rows.map((row) => ({
      key: row.key,
      ...(by === "session" ? { name: row.name ?? null } : {}),
      ...(by === "project" ? { path: row.path ?? null } : {}),
      ...sums(row),
    })),
    total: sums(total),
    reports_without_cost: total.reportsWithoutCost,
    reports_without_price: total.reportsUnpriced,
    sessions_cut_off: cutOff,
    ...(budgets && { budgets: budgets.map(budgetJson) }),
  };
}

/** A table with a row of totals, and what has to be known about it. */
export function costText(report: CostReport, style: CostStyle): string {
  const { by, rows, total } = report;
  const lines: TableRow[] = [
    ...rows.map((row) => ({ ...row, label: labelOf(row, by, style) })),
    { ...total, label: "TOTAL" },
  ];
  const text = table(lines, columns(by, rows), {
    width: style.width,
    paint: (title) => paint(title, "1", style.color),
  });
  const notes = costNotes(report, style);
  return notes === "" ? text : `${text}\n${notes}`;
}

/** Budgets, and what has to be known about the sums, a line or more each; empty when they are the whole. */
export function costNotes(report: CostReport, { width }: Pick<CostStyle, "width">): string {
  const budgets = (report.budgets ?? []).flatMap(budgetLines);
  return [...budgets, ...notesOf(report)].map((note) => fill("", note.split(" "), width) + "\n")
    .join("");
}

function labelOf({ key, path }: UsageGroup, by: UsageGrouping, { userHome }: CostStyle): string {
  return path == null ? key ?? UNKNOWN[by] : withTilde(path, userHome);
}

type TableRow = Estimated<UsageTotals> & {
  readonly label: string;
  readonly name?: string | null | undefined;
};

const UNKNOWN: Readonly<Record<UsageGrouping, string>> = {
  day: "-",
  provider: "-",
  model: "(unknown)",
  project: "(no project)",
  session: "-",
};

/** How far a key may be cut, so that it is still told from the others. */
const KEY_CUT: Readonly<Record<UsageGrouping, Pick<Column<TableRow>, "min" | "cut">>> = {
  day: {},
  provider: {},
  model: { min: 20 },
  // Paths differ at their ends.
  project: { min: 24, cut: "start" },
  // The beginning of an id is enough to find its session again.
  session: { min: 10 },
};

function columns(by: UsageGrouping, rows: readonly UsageGroup[]): Column<TableRow>[] {
  const number = (
    title: string,
    of: (row: TableRow) => number | null,
    drop?: number,
  ): Column<TableRow> => ({
    title,
    align: "right",
    cell: (row) => grouped(of(row)),
    short: (row) => compact(of(row)),
    ...(drop === undefined ? {} : { drop }),
  });
  const named = rows.some(({ name }) => name != null);
  return [
    { title: by.toUpperCase(), cell: ({ label }) => label, ...KEY_CUT[by] },
    ...(named
      ? [{ title: "NAME", cell: ({ name }: TableRow) => name ?? "", min: 12, drop: 1 }]
      : []),
    number("REPORTS", ({ reports }) => reports, 2),
    ...(by === "session" ? [] : [number("SESSIONS", ({ sessions }) => sessions, 3)]),
    number("IN", ({ inputTokens }) => inputTokens),
    number("OUT", ({ outputTokens }) => outputTokens),
    number("CACHE READ", ({ cacheReadTokens }) => cacheReadTokens, 4),
    number("CACHE WRITTEN", ({ cacheCreationTokens }) => cacheCreationTokens, 5),
    { title: "COST USD", align: "right", cell: costCell },
  ];
}

/** `≥` where a part of it is not known, `~` where a part of it is reckoned with prices. */
function costCell({ costUsd, estimatedUsd, reportsUnpriced }: TableRow): string {
  if (costUsd === null && estimatedUsd === null) return "-";
  const sign = (reportsUnpriced > 0 ? "≥" : "") + (estimatedUsd === null ? "" : "~");
  return `${sign}${((costUsd ?? 0) + (estimatedUsd ?? 0)).toFixed(4)}`;
}

function notesOf({ total, rows, hidden, cutOff }: CostReport): string[] {
  const notes: string[] = [];
  if (hidden > 0) {
    notes.push(`${hidden} of ${rows.length + hidden} rows are not shown; the total has them.`);
  }
  const { reports, reportsUnpriced, reportsWithoutCost, costUsd, estimatedUsd } = total;
  const ofAll = `of ${reports} report${reports === 1 ? "" : "s"}`;
  if (reportsUnpriced > 0) {
    const without = costUsd === null && estimatedUsd === null ? "." : ": the sum is without them.";
    notes.push(`The cost of ${reportsUnpriced} ${ofAll} is not known${without}`);
  }
  if (estimatedUsd !== null) {
    const count = reportsWithoutCost - reportsUnpriced;
    notes.push(
      `The cost of ${count} ${ofAll} was not told: ~${estimatedUsd.toFixed(4)} is reckoned with ` +
        "the prices of the configuration as they are now.",
    );
  }
  if (cutOff > 0) {
    notes.push(
      cutOff === 1
        ? "1 session was cut off; what its last turn used is not known."
        : `${cutOff} sessions were cut off; what their last turn used is not known.`,
    );
  }
  return notes;
}

function sums(totals: Estimated<UsageTotals>): Record<string, unknown> {
  return {
    reports: totals.reports,
    sessions: totals.sessions,
    input_tokens: totals.inputTokens,
    output_tokens: totals.outputTokens,
    cache_read_tokens: totals.cacheReadTokens,
    cache_creation_tokens: totals.cacheCreationTokens,
    cost_usd: totals.costUsd,
    estimated_cost_usd: totals.estimatedUsd,
    reports_without_cost: totals.reportsWithoutCost,
  };
}

/** `1,234,567`; the same in every locale, as the rest of the program is. */
export function grouped(count: number | null): string {
  return count === null ? "-" : String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** `1.2M`: three digits at most, for lines that have no room. */
export function compact(count: number | null): string {
  if (count === null) return "-";
  const units = ["", "k", "M", "G", "T", "P"];
  let value = count;
  let unit = 0;
  while (Math.round(value) >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return unit > 0 && value < 9.95
    ? `${value.toFixed(1)}${units[unit]}`
    : `${Math.round(value)}${units[unit]}`;
}
