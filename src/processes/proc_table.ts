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
  let at = text.lastIndexOf(")") + 2;
  // Not split: of more than fifty fields six are wanted, and every end of an agent reads all processes.
  const next = (): string => {
    const end = text.indexOf(" ", at);
    const field = end < 0 ? text.slice(at) : text.slice(at, end);
    at = end < 0 ? text.length : end + 1;
    return field;
  };
  const pid = Number.parseInt(text);
  const state = next();
  const [ppid, pgid, sid] = [Number(next()), Number(next()), Number(next())];
  for (let field = FIELD_AFTER_SID; field < START_FIELD && at > 0; field++) {
    at = text.indexOf(" ", at) + 1;
  }
  const ticks = at > 0 ? next() : "";
  if (state === "" || ticks === "" || Number.isNaN(pid)) return undefined;
  return { pid, ppid, pgid, sid, state, startTime: prefix + ticks };
}

/** Numbers of fields as the manual of `/proc` counts them. */
const FIELD_AFTER_SID = 7;
const START_FIELD = 22;
const ENVIRONMENT_END_FIELD = 51;

/**
 * Tells whether a process was started with exactly this `NAME=VALUE` in its environment; undefined when
 * a program has none, or only a part of one: most likely its process changes to another one at this
 * moment.
 */
export function procHasEntry(pid: number, entry: string): boolean | undefined {
  try {
    const text = Deno.readTextFileSync(`/proc/${pid}/environ`);
    // Neither a zombie nor a process of the system's own has a program.
    if (text === "" && Deno.readLinkSync(`/proc/${pid}/exe`) !== "") return undefined;
    if (text.includes(entry) && text.split("\0").includes(entry)) return true;
    return text === "" || text.endsWith("\0") ? false : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return false;
  }
}

/** Tells whether a process is changing to a program whose environment is not in its place yet. */
export function procIsChanging(pid: number): boolean {
  try {
    const text = Deno.readTextFileSync(`/proc/${pid}/stat`);
    return text.slice(text.lastIndexOf(")") + 2).split(" ")[ENVIRONMENT_END_FIELD - 3] === "0";
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return false;
  }
}
