/** The processes of this machine, by whichever way the system and our permissions leave open. */
import { hasAllPermissions, isGranted } from "./permissions.ts";
import {
  hasEnded,
  type ProcessIdentity,
  type ProcessInfo,
  sameStart,
  UNKNOWN_START,
} from "./process_info.ts";
import { listProc, procHasEntry, procIsChanging, readProc } from "./proc_table.ts";
import { listPs, psPidsWithEntry, readPs, readPsSync } from "./ps_table.ts";
import { listWindows, listWindowsSync } from "./windows_table.ts";

export type { ProcessIdentity, ProcessInfo } from "./process_info.ts";

/** Whether the process that an identity names still runs; `unknown` when that can't be told. */
export type IdentityStatus = "alive" | "gone" | "unknown";

type Method = "proc" | "ps" | "win";

function currentMethod(): Method {
  if (Deno.build.os === "windows") return "win";
  return Deno.build.os === "linux" && hasAllPermissions() ? "proc" : "ps";
}

/**
 * Lists all processes, zombies included.
 *
 * @throws {Deno.errors.NotCapable} When neither `/proc` nor `ps` may be used.
 */
export async function listProcesses(): Promise<ProcessInfo[]> {
  const method = currentMethod();
  if (method === "proc") return listProc();
  return await (method === "ps" ? listPs() : listWindows());
}

/**
 * Reads those of the given processes that exist, by pid.
 *
 * @throws {Deno.errors.NotCapable} When neither `/proc` nor `ps` may be used.
 */
export async function readProcesses(pids: readonly number[]): Promise<Map<number, ProcessInfo>> {
  const method = currentMethod();
  let rows: ProcessInfo[];
  if (method === "proc") {
    rows = pids.map(readProc).filter((row) => row !== undefined);
  } else if (method === "ps") {
    rows = await readPs(pids);
  } else {
    rows = (await listWindows()).filter((row) => pids.includes(row.pid));
  }
  return new Map(rows.map((row) => [row.pid, row]));
}

/** Reads one process and holds up the program meanwhile: some milliseconds where `ps` must run. */
function readSync(method: Method, pid: number): ProcessInfo | undefined {
  if (method === "proc") return readProc(pid);
  if (method === "ps") return readPsSync(pid);
  return listWindowsSync().find((process) => process.pid === pid);
}

/** Like {@linkcode readSync}; `closed` when the method may not be used or its program is missing. */
function tryReadSync(method: Method, pid: number): ProcessInfo | "closed" | undefined {
  try {
    return readSync(method, pid);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable || error instanceof Deno.errors.NotFound) {
      return "closed";
    }
    throw error;
  }
}

/**
 * The start time of a process; undefined when there is no such process, `unknown` when it can't be
 * looked at. Without `/proc` this runs `ps` and holds up the program for some milliseconds.
 */
export function startTimeOf(pid: number): string | undefined {
  const row = tryReadSync(currentMethod(), pid);
  return row === "closed" ? UNKNOWN_START : row?.startTime;
}

/** This very program. */
export function selfIdentity(): ProcessIdentity {
  return { pid: Deno.pid, startTime: startTimeOf(Deno.pid) ?? UNKNOWN_START };
}

/**
 * The state of a process, as in {@linkcode ProcessInfo}; undefined when there is no such process, or
 * when it can't be looked at. It costs what {@linkcode startTimeOf} does.
 */
export function stateOf(pid: number): string | undefined {
  const row = tryReadSync(currentMethod(), pid);
  return row === "closed" ? undefined : row?.state;
}

/**
 * Tells whether the very process still runs. A zombie is gone. The start time is read again with
 * the method that its text names; when that method is not open to us, or the process belongs to
 * somebody else and is hidden, a living pid is `unknown`.
 */
export function identityStatus(identity: ProcessIdentity): IdentityStatus {
  const { pid, startTime } = identity;
  const current = currentMethod();
  const now = tryReadSync(current, pid);
  if (now === "closed") return "unknown";
  if (now === undefined) return mayBeHidden(pid) ? "unknown" : "gone";
  if (hasEnded(now.state)) return "gone";
  if (startTime === UNKNOWN_START) return "unknown";
  const method = startTime.slice(0, startTime.indexOf(":"));
  if (method === current) return sameStart(now.startTime, startTime) ? "alive" : "gone";
  if (method !== "ps") return "unknown";
  const again = tryReadSync("ps", pid);
  if (again === undefined || again === "closed") return "unknown";
  return sameStart(again.startTime, startTime) ? "alive" : "gone";
}

/** A table that hides the processes of others says nothing where the kernel says "not yours". */
function mayBeHidden(pid: number): boolean {
  if (!isGranted({ name: "run" })) return false;
  try {
    Deno.kill(pid, 0);
    return false;
  } catch (error) {
    return error instanceof Deno.errors.PermissionDenied;
  }
}

/**
 * Tells whether a process counts as running. Where it can't be told it does: nothing is declared
 * dead on a guess.
 */
export function isAlive(identity: ProcessIdentity): boolean {
  return identityStatus(identity) !== "gone";
}

/** So often a program is looked at that has no environment, a millisecond apart. */
const LOOKS = 20;
/** So often one that is known to be just starting: its process may have to wait for its turn. */
const MOST_LOOKS = 2000;

async function procWithEntry(pids: readonly number[], entry: string): Promise<Set<number>> {
  const found = new Set<number>();
  let unsure = pids;
  for (let look = 1; unsure.length > 0 && look <= MOST_LOOKS; look++) {
    if (look > 1) await new Promise((resolve) => setTimeout(resolve, 1));
    unsure = unsure.filter((pid) => {
      const has = procHasEntry(pid, entry);
      if (has) found.add(pid);
      return has === undefined && (look < LOOKS || procIsChanging(pid));
    });
  }
  return found;
}

/** Of the given processes, those that were started with this `NAME=VALUE` in their environment. */
export async function withEnvironmentEntry(
  pids: readonly number[],
  entry: string,
): Promise<Set<number>> {
  const method = currentMethod();
  if (method === "win") return new Set();
  if (method === "proc") return await procWithEntry(pids, entry);
  const holders = await psPidsWithEntry(entry);
  return new Set(pids.filter((pid) => holders.has(pid)));
}
