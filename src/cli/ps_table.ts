/** The tables of `zag ps list`. */
import { paint } from "../events/render/text.ts";
import { localTime } from "../events/render/local_time.ts";
import type { ProcessInfo, RunInfo } from "./ps_info.ts";
import { type Branch, treeOf } from "./ps_tree.ts";
import { questionsText } from "./question_info.ts";
import { type Column, table } from "./table.ts";

/** How lists are shown. */
export interface RunTableOptions {
  /** Cells of the terminal's line; undefined for a pipe. */
  readonly width: number | undefined;
  readonly color: boolean;
  /** The beginning of an id that is enough to name its run. */
  readonly shorten: (id: string) => string;
}

/** SGR codes of what a run does. */
const STATUS_COLORS: Readonly<Record<string, string>> = {
  running: "36",
  exited: "32",
  killed: "33",
  dead: "31",
};

/** The word for what a run does, coloured where colour is wanted. */
export function runStatusText(status: string, color: boolean): string {
  return paint(status, STATUS_COLORS[status] ?? "2", color);
}

/** The lines of the list, each with its newline. */
export function runTable(
  runs: readonly RunInfo[],
  { width, color, shorten }: RunTableOptions,
): string {
  type Row = Branch<RunInfo>;
  const columns: Column<Row>[] = [
    {
      title: "ID",
      lead: ({ lead }) => lead,
      cell: ({ run }) => run.id,
      short: ({ run }) => shorten(run.id),
    },
    { title: "PID", cell: ({ run }) => String(run.pid), align: "right", drop: 2 },
    {
      title: "STATUS",
      cell: ({ run }) => run.live_status,
      paint: (_, { run }) => runStatusText(run.live_status, color),
      drop: 1,
    },
    { title: "PROVIDER", cell: ({ run }) => run.provider, drop: 5 },
    { title: "MODEL", cell: ({ run }) => run.model || "-", min: 8, drop: 7 },
    { title: "CMD", cell: ({ run }) => run.command, drop: 6 },
    { title: "STARTED", cell: ({ run }) => localTime(run.started_at), drop: 4 },
    { title: "PROMPT", cell: ({ run }) => run.prompt || "-", min: 12, drop: 3 },
  ];
  if (runs.some(({ session_name }) => session_name)) {
    columns.splice(6, 0, {
      title: "NAME",
      cell: ({ run }) => run.session_name || "-",
      min: 6,
      drop: 8,
    });
  }
  if (runs.some(({ waits_until }) => waits_until)) {
    columns.splice(3, 0, {
      title: "WAITS UNTIL",
      cell: ({ run }) => run.waits_until ? localTime(run.waits_until) : "-",
      drop: 3,
    });
  }
  if (runs.some(({ questions }) => questions)) {
    columns.splice(3, 0, {
      title: "WAITS FOR",
      cell: ({ run }) => run.questions ? questionsText(run.questions) : "-",
      min: 12,
      drop: 3,
    });
  }
  return table(treeOf(runs), columns, { width, paint: (text) => paint(text, "1", color) });
}

/** A process that lives on without the zag of its run. */
export interface OrphanProcess extends ProcessInfo {
  /** Id of the run. */
  readonly run: string;
}

/** The lines of a list of processes, each with its newline. */
export function processTable(
  processes: readonly OrphanProcess[],
  { width, color, shorten }: RunTableOptions,
): string {
  return table(processes, [
    { title: "PROCESS", cell: ({ pid }) => String(pid), align: "right" },
    { title: "OF", cell: ({ run }) => run, short: ({ run }) => shorten(run) },
    {
      title: "STARTED",
      cell: ({ started_at }) => started_at === null ? "-" : localTime(started_at),
      drop: 1,
    },
    { title: "COMMAND", cell: ({ command }) => command ?? "-", min: 12 },
  ], { width, paint: (text) => paint(text, "1", color) });
}

/** Shortens ids to what no other of them begins with, and to no less than 8 characters. */
export function idShortener(ids: readonly string[]): (id: string) => string {
  const sorted = [...ids].sort();
  const short = new Map(sorted.map((id, index) => {
    const shared = [sorted[index - 1], sorted[index + 1]].map((other) => sharedLength(id, other));
    return [id, id.slice(0, Math.max(8, ...shared.map((length) => length + 1)))];
  }));
  return (id) => short.get(id) ?? id;
}

function sharedLength(a: string, b: string | undefined): number {
  let length = 0;
  while (b !== undefined && length < a.length && a[length] === b[length]) length++;
  return length;
}
