/** The process table as Linux shows it in `/proc`. Deno wants every permission for that. */
import type { ProcessInfo } from "./process_info.ts";

let bootPrefix: string | undefined;

/** Start times of the running boot begin with this. */
function readBootPrefix(): string {
  const read = () => Deno.readTextFileSync("/proc/sys/kernel/random/boot_id").slice(0, 8);
  return bootPrefix ??= `proc:${read()}:`;
}

/** Reads one process; undefined when there is none, or none that we may see. */
export function readProc(pid: number): ProcessInfo | undefined {
  let text: string;
  try {
    text = Deno.readTextFileSync(`/proc/${pid}/stat`);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    // NotFound, or ESRCH when it ended between open and read.
    return undefined;
  }
  return parseProcStat(text, readBootPrefix());
}

/** Reads all processes. */
export function listProc(): ProcessInfo[] {
  const processes: ProcessInfo[] = [];
  for (const entry of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(entry.name)) continue;
    const info = readProc(Number(entry.name));
    if (info !== undefined) processes.push(info);
  }
  return processes;
}

/**
 * Reads the text of `/proc/PID/stat`.
 *
 * @param prefix What the start time shall begin with.
 */
export function parseProcStat(text: string, prefix: string): ProcessInfo | undefined {
  // The name is in parentheses and may itself hold spaces and parentheses.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [state, ppid, pgid, sid] = fields;
  const ticks = fields[19];
  const pid = Number.parseInt(text);
  if (state === undefined || ticks === undefined || Number.isNaN(pid)) return undefined;
  return {
    pid,
    ppid: Number(ppid),
    pgid: Number(pgid),
    sid: Number(sid),
    state,
    startTime: prefix + ticks,
  };
}

/** Tells whether a process was started with exactly this `NAME=VALUE` in its environment. */
export function procHasEntry(pid: number, entry: string): boolean {
  try {
    const text = Deno.readTextFileSync(`/proc/${pid}/environ`);
    return text.includes(entry) && text.split("\0").includes(entry);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return false;
  }
}
