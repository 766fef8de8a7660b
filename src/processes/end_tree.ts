/** Ends a program and everything that it has started. */
import { delay } from "../delay.ts";
import { hasEnded, type ProcessIdentity, type ProcessInfo, sameStart } from "./process_info.ts";
import { readProcesses } from "./process_table.ts";
import { sendSignal } from "./send_signal.ts";
import { type TreeOptions, type TreeScan, TreeScanner } from "./tree.ts";

/** How a tree is ended. */
export interface EndTreeOptions extends TreeOptions {
  /**
   * The root was started in a session of its own, so that groups may be signalled as a whole. Else
   * the root shares a group with this program and its caller, and each process is signalled alone.
   */
  readonly detached: boolean;
  /** Time between the first signal and SIGKILL, in milliseconds. @default 5000 */
  readonly graceMs?: number | undefined;
  /** @default "SIGTERM" */
  readonly firstSignal?: "SIGTERM" | "SIGINT" | "SIGHUP" | "SIGQUIT" | undefined;
  /** Aborting ends the grace. */
  readonly signal?: AbortSignal | undefined;
}

/** What became of a tree. */
export interface EndedTree {
  /** Processes that lived and are gone. */
  readonly ended: number;
  /** Processes that even SIGKILL did not end: they hang in the kernel or belong to somebody else. */
  readonly survivors: readonly ProcessIdentity[];
}

const FIRST_PAUSE = 5;
const LONGEST_PAUSE = 100;
/** SIGKILL takes effect at once, except on a process that the kernel is holding. */
const KILL_WAIT_MS = 1000;
/** Each round kills what was started since the last; two are enough for anything but an attack. */
const KILL_ROUNDS = 20;

/**
 * Ends a tree: the first signal, time to comply, then SIGKILL for what is left, until a look at the
 * process table finds nothing. Before each signal pid and start time are compared. A stopped
 * process is continued so that it can comply.
 *
 * @throws {Deno.errors.NotCapable} When processes may not be seen or signalled.
 */
export async function endTree(
  root: ProcessIdentity,
  options: EndTreeOptions,
): Promise<EndedTree> {
  const scanner = new TreeScanner(root, options);
  const seen = new Map<string, ProcessIdentity>();
  const look = async () => {
    const scan = await scanner.scan();
    for (const info of scan.members) seen.set(`${info.pid} ${info.startTime}`, info);
    return scan;
  };
  let scan = await look();
  if (scan.members.length > 0 && !options.signal?.aborted) {
    await signalScan(scan, options.firstSignal ?? "SIGTERM", options.detached);
    await continueStopped(scan.members);
    await waitUntilGone(scan.members, options.graceMs ?? 5000, options.signal);
    scan = await look();
  }
  for (let round = 0; scan.members.length > 0 && round < KILL_ROUNDS; round++) {
    await signalScan(scan, "SIGKILL", options.detached);
    const left = await waitUntilGone(scan.members, KILL_WAIT_MS);
    scan = await look();
    // Nothing but what withstood the last SIGKILL: no further one will help.
    if (left.length > 0 && left.length === scan.members.length && round > 0) break;
  }
  const survivors = scan.members.map(({ pid, startTime }) => ({ pid, startTime }));
  return { ended: seen.size - survivors.length, survivors };
}

/** How a tree is signalled. */
export interface SignalTreeOptions extends TreeOptions {
  /** As in {@linkcode EndTreeOptions}. */
  readonly detached: boolean;
  /** How long to wait for the root's end, in milliseconds; 0 does not wait. */
  readonly waitMs: number;
}

/**
 * Sends one signal to a tree, and nothing more: what does not comply goes on. Before the signal pid and
 * start time are compared. A stopped process is continued so that it can comply.
 *
 * @returns Whether the root lives after the wait, and what lives of the tree.
 * @throws {Deno.errors.NotCapable} When processes may not be seen or signalled.
 */
export async function signalTree(
  root: ProcessIdentity,
  signal: Deno.Signal,
  options: SignalTreeOptions,
): Promise<{ readonly rootLives: boolean; readonly members: readonly ProcessIdentity[] }> {
  const scanner = new TreeScanner(root, options);
  const scan = await scanner.scan();
  await signalScan(scan, signal, options.detached);
  await continueStopped(scan.members);
  const isRoot = ({ pid }: ProcessIdentity) => pid === root.pid;
  await waitUntilGone(scan.members.filter(isRoot), options.waitMs);
  const { members } = await scanner.scan();
  return { rootLives: members.some(isRoot), members };
}

/** Each process once: a second SIGINT or SIGTERM means something else to many programs. */
async function signalScan(scan: TreeScan, signal: Deno.Signal, byGroup: boolean): Promise<void> {
  const targets = new Set<number>();
  for (const { pid, pgid } of await stillThere(scan.members)) {
    targets.add(byGroup && scan.groups.has(pgid) ? -pgid : pid);
  }
  await sendSignal([...targets], signal);
}

async function continueStopped(members: readonly ProcessInfo[]): Promise<void> {
  const stopped = (await stillThere(members)).filter((info) => info.state.startsWith("T"));
  await sendSignal(stopped.map((info) => info.pid), "SIGCONT");
}

/** Those of the processes that still are the same and have not ended, as they are now. */
async function stillThere(members: readonly ProcessInfo[]): Promise<ProcessInfo[]> {
  const table = await readProcesses(members.map((info) => info.pid));
  return members.flatMap(({ pid, startTime }) => {
    const now = table.get(pid);
    return now && !hasEnded(now.state) && sameStart(now.startTime, startTime) ? [now] : [];
  });
}

/**
 * Waits for processes to end, at most for a time. Most are no children of ours, whose end no system
 * call announces, so this looks again after growing pauses.
 *
 * @returns Those that are left.
 */
async function waitUntilGone(
  members: readonly ProcessInfo[],
  limitMs: number,
  signal?: AbortSignal,
): Promise<ProcessInfo[]> {
  const end = performance.now() + limitMs;
  let left: readonly ProcessInfo[] = members;
  for (let pause = FIRST_PAUSE;; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
    const rows = await stillThere(left);
    const rest = end - performance.now();
    if (rows.length === 0 || rest <= 0 || signal?.aborted) return rows;
    left = rows;
    await delay(Math.min(pause, rest), signal);
  }
}
