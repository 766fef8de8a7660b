/** The process table of Windows, which has neither groups nor sessions in the sense of POSIX. */
import { runHelper, runHelperSync } from "./helper_program.ts";
import type { ProcessInfo } from "./process_info.ts";

// The one way to a parent pid without native code. It gets a fixed text, never anything of ours.
const PROGRAM = "powershell.exe";
const ARGS = [
  "-NoProfile",
  "-NonInteractive",
  "-Command",
  "Get-CimInstance Win32_Process | ForEach-Object { if ($_.CreationDate) { '{0} {1} {2}' -f " +
  "$_.ProcessId, $_.ParentProcessId, " +
  "([DateTimeOffset]$_.CreationDate).ToUnixTimeMilliseconds() } }",
];

/** Reads all processes. */
export async function listWindows(): Promise<ProcessInfo[]> {
  return parseWindowsTable((await runHelper(PROGRAM, ARGS)).stdout);
}

/** Reads all processes and holds up the program meanwhile. */
export function listWindowsSync(): ProcessInfo[] {
  return parseWindowsTable(runHelperSync(PROGRAM, ARGS).stdout);
}

/** Reads lines of pid, parent pid and start in milliseconds since 1970. */
export function parseWindowsTable(text: string): ProcessInfo[] {
  const processes: ProcessInfo[] = [];
  for (const line of text.split(/\r?\n/)) {
    const row = /^(\d+) (\d+) (\d+)$/.exec(line.trim());
    if (row === null) continue;
    const [, pid, ppid, started] = row;
    processes.push({
      pid: Number(pid),
      ppid: Number(ppid),
      pgid: 0,
      sid: 0,
      state: "R",
      startTime: `win:${started}`,
    });
  }
  return processes;
}
