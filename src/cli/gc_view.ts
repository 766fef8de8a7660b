/** How a collection of garbage is told. */
import { withoutControls } from "../events/render/text.ts";
import {
  type Collected,
  GARBAGE_KINDS,
  type GarbageKind,
  type GcReport,
  type LeftAlone,
} from "../orchestration/gc.ts";
import { formatSize } from "./sizes.ts";

/** How much is told. */
export interface GcView {
  readonly dryRun: boolean;
  /** With the name of every single thing. */
  readonly verbose: boolean;
}

const NAMES: Readonly<Record<GarbageKind, readonly [one: string, many: string]>> = {
  process_entries: ["process entry", "process entries"],
  lifecycle_markers: ["lifecycle marker", "lifecycle markers"],
  spawn_logs: ["spawn log", "spawn logs"],
  session_logs: ["session with its log", "sessions with their logs"],
  session_records: ["record of a session without a log", "records of sessions without a log"],
  diagnostic_logs: ["diagnostic log", "diagnostic logs"],
  fifos: ["unused pipe", "unused pipes"],
  temp_files: ["temporary file", "temporary files"],
  shims: ["unused shim", "unused shims"],
  corrupt_stores: ["damaged index", "damaged indexes"],
  worktrees: ["unused worktree", "unused worktrees"],
};

const LEFT_ALONE: Readonly<Record<LeftAlone["kind"], readonly [one: string, many: string]>> = {
  original_logs: ["log of the older zag", "logs of the older zag"],
  worktrees: ["worktree that no session names", "worktrees that no session names"],
};

/** The report for people. */
export function gcText(report: GcReport, { dryRun, verbose }: GcView): string {
  const verb = dryRun ? "Would remove" : "Removed";
  const lines: string[] = [];
  for (const kind of GARBAGE_KINDS) {
    const items = report.items.filter((item) => item.kind === kind);
    if (items.length === 0) continue;
    lines.push(`${verb} ${count(items, NAMES[kind])}${sizeOf(items)}`);
    if (verbose) lines.push(...items.map(detail));
  }
  const kinds = lines.length;
  if (kinds === 0) lines.push("Nothing to clean up.");
  else if (report.bytes > 0) {
    lines.push(`${dryRun ? "In all" : "Freed"}: ${formatSize(report.bytes)}`);
  }
  if (report.databaseBytes > 0) {
    lines.push(`The index is ${formatSize(report.databaseBytes)} smaller`);
  }
  for (const kind of ["original_logs", "worktrees"] as const) {
    const items = report.leftAlone.filter((item) => item.kind === kind);
    if (items.length === 0) continue;
    lines.push(`Left alone: ${count(items, LEFT_ALONE[kind])}${sizeOf(items)}`);
    if (verbose) lines.push(...items.map(({ path, ...more }) => detail({ name: path, ...more })));
  }
  return lines.map((line) => line + "\n").join("");
}

/** The report for programs, indented. */
export function gcJson(report: GcReport, { dryRun, verbose }: GcView): string {
  const { counts, leftAlone } = report;
  const json = {
    process_entries_removed: counts.process_entries,
    lifecycle_markers_removed: counts.lifecycle_markers,
    spawn_logs_removed: counts.spawn_logs,
    session_logs_removed: counts.session_logs,
    dry_run: dryRun,
    bytes: report.bytes,
    session_records_removed: report.records,
    diagnostic_logs_removed: counts.diagnostic_logs,
    fifos_removed: counts.fifos,
    temp_files_removed: counts.temp_files,
    shims_removed: counts.shims,
    corrupt_stores_removed: counts.corrupt_stores,
    worktrees_removed: counts.worktrees,
    database_bytes: report.databaseBytes,
    original_logs_left: leftAlone.filter(({ kind }) => kind === "original_logs").length,
    worktrees_left: leftAlone.filter(({ kind }) => kind === "worktrees").length,
    failed: report.failures,
    ...(verbose ? { items: report.items, left_alone: leftAlone } : {}),
  };
  return JSON.stringify(json, null, 2) + "\n";
}

function count(items: readonly unknown[], [one, many]: readonly [string, string]): string {
  return items.length === 1 ? `1 ${one}` : `${items.length} ${many}`;
}

function sizeOf(items: readonly { readonly bytes: number | null }[]): string {
  const bytes = items.reduce((sum, each) => sum + (each.bytes ?? 0), 0);
  return bytes > 0 ? ` (${formatSize(bytes)})` : "";
}

function detail(
  { name, bytes, reason }: Pick<Collected, "name"> & {
    readonly bytes: number | null;
    readonly reason?: string;
  },
): string {
  const size = bytes ? `  ${formatSize(bytes)}` : "";
  return `  ${withoutControls(name).replaceAll("\n", "?")}${size}${reason ? `  (${reason})` : ""}`;
}
