/** What a person is told about processes: since when they run, and their command lines. */
import { runHelper } from "./helper_program.ts";
import { hasAllPermissions } from "./permissions.ts";
import type { ProcessIdentity } from "./process_info.ts";

/** A process as it is shown. */
export interface ProcessDescription {
  readonly pid: number;
  /** When it started, RFC 3339; null when the system does not tell. */
  readonly startedAt: string | null;
  /** The program with its arguments, blanks between; null when it cannot be read. */
  readonly command: string | null;
}

/** Linux counts in this unit wherever programs can see it. */
const TICKS_PER_SECOND = 100;

/**
 * Describes processes, in their order.
 *
 * @throws {Deno.errors.NotCapable} When neither `/proc` nor `ps` may be used.
 */
export async function describeProcesses(
  processes: readonly ProcessIdentity[],
): Promise<ProcessDescription[]> {
  const commands = await commandLines(processes.map(({ pid }) => pid));
  return processes.map(({ pid, startTime }) => ({
    pid,
    startedAt: startedAt(startTime),
    command: commands.get(pid) || null,
  }));
}

async function commandLines(pids: readonly number[]): Promise<Map<number, string>> {
  if (pids.length === 0 || Deno.build.os === "windows") return new Map();
  if (Deno.build.os === "linux" && hasAllPermissions()) {
    return new Map(pids.map((pid) => [pid, procCommand(pid)]));
  }
  const { stdout } = await runHelper("ps", ["-ww", "-o", "pid=,args=", "-p", pids.join(",")]);
  return new Map(
    stdout.split("\n").flatMap((line) => {
      const row = /^\s*(\d+) (.*)$/.exec(line);
      return row ? [[Number(row[1]), row[2]!.trim()] as const] : [];
    }),
  );
}

function procCommand(pid: number): string {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/cmdline`).replaceAll("\0", " ").trim();
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return "";
  }
}

/** The time that a start time stands for; see `process_info.ts`. */
function startedAt(startTime: string): string | null {
  const [method, ...rest] = startTime.split(":");
  const value = Number(rest.at(-1));
  const ms = method === "ps"
    ? value * 1000
    : method === "win"
    ? value
    : method === "proc"
    ? procStart(value)
    : NaN;
  return Number.isFinite(ms) ? new Date(ms).toISOString() : null;
}

/** Milliseconds since 1970 of a process that started so many ticks after the boot. */
function procStart(ticks: number): number {
  // A zag that may do everything has recorded it.
  if (!hasAllPermissions()) return NaN;
  try {
    const boot = /^btime (\d+)$/m.exec(Deno.readTextFileSync("/proc/stat"))?.[1];
    return (Number(boot) + ticks / TICKS_PER_SECOND) * 1000;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return NaN;
  }
}
