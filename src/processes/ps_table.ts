/** The process table as the program `ps` prints it: macOS, and wherever `/proc` is out of reach. */
import { type HelperOutput, runHelper, runHelperSync } from "./helper_program.ts";
import type { ProcessInfo } from "./process_info.ts";

const COLUMNS = "pid=,ppid=,pgid=,sess=,lstart=,stat=";
const MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec";

/** Reads all processes. */
export async function listPs(): Promise<ProcessInfo[]> {
  const output = await runHelper("ps", ["-A", "-o", COLUMNS]);
  if (output.code !== 0) throw new Error(`Cannot list processes: "ps" failed (${output.code})`);
  return parsePs(output.stdout).filter((process) => process.pid !== output.pid);
}

/** Reads some processes; those that do not exist are missing in the answer. */
export async function readPs(pids: readonly number[]): Promise<ProcessInfo[]> {
  if (pids.length === 0) return [];
  return parsePs((await runHelper("ps", ["-o", COLUMNS, "-p", pids.join(",")])).stdout);
}

/** Reads one process and holds up the program meanwhile. */
export function readPsSync(pid: number): ProcessInfo | undefined {
  return parsePs(runHelperSync("ps", ["-o", COLUMNS, "-p", String(pid)]).stdout)[0];
}

/** Reads the columns that this file asks `ps` for, with dates in UTC and the C locale. */
export function parsePs(text: string, os: string = Deno.build.os): ProcessInfo[] {
  const processes: ProcessInfo[] = [];
  for (const line of text.split("\n")) {
    const row =
      /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+\w{3}\s+(\w{3})\s+(\d+)\s+(\d+):(\d+):(\d+)\s+(\d+)\s+(\S+)/
        .exec(line);
    if (row === null) continue;
    const [, pid, ppid, pgid, session, month, day, hours, minutes, seconds, year, state] = row;
    const started = Date.UTC(
      Number(year),
      MONTHS.indexOf(month!) / 3,
      Number(day),
      Number(hours),
      Number(minutes),
      Number(seconds),
    );
    processes.push({
      pid: Number(pid),
      ppid: Number(ppid),
      pgid: Number(pgid),
      // macOS prints the address of a kernel structure here.
      sid: os === "darwin" ? 0 : Number(session),
      state: state!,
      startTime: `ps:${started / 1000}`,
    });
  }
  return processes;
}

/** The pids of the processes that were started with this `NAME=VALUE` in their environment. */
export async function psPidsWithEntry(entry: string): Promise<Set<number>> {
  const environment = Deno.build.os === "darwin" ? ["-A", "-E", "-ww"] : ["-A", "e", "-ww"];
  const [bare, full] = await Promise.all([
    runHelper("ps", ["-A", "-ww", "-o", "pid=,args="]),
    runHelper("ps", [...environment, "-o", "pid=,args="]),
  ]);
  const commands = commandsByPid(bare);
  const pids = new Set<number>();
  for (const [pid, text] of commandsByPid(full)) {
    const command = commands.get(pid);
    // Without the command line: somebody may be searching for the entry with grep.
    if (command === undefined || !text.startsWith(command)) continue;
    if (`${text.slice(command.length)} `.includes(` ${entry} `)) pids.add(pid);
  }
  return pids;
}

function commandsByPid(output: HelperOutput): Map<number, string> {
  const commands = new Map<number, string>();
  for (const line of output.stdout.split("\n")) {
    const row = /^\s*(\d+) (.*)$/.exec(line);
    if (row !== null) commands.set(Number(row[1]), row[2]!);
  }
  return commands;
}
