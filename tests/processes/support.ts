/** Runs the programs of tests/fixtures/programs and makes sure that nothing of them is left. */
import { fileURLToPath } from "node:url";
import {
  identityStatus,
  listProcesses,
  type ProcessIdentity,
  startTimeOf,
  withEnvironmentEntry,
} from "../../src/processes/process_table.ts";
import { startSubprocess, type Subprocess } from "../../src/processes/subprocess.ts";
import { assertEquals } from "../support/assert.ts";

/** The directory of the child programs. */
export const PROGRAMS = fileURLToPath(new URL("../fixtures/programs/", import.meta.url));

const RUNNERS: Readonly<Record<string, readonly string[]>> = {
  ".sh": ["/bin/sh"],
  // The one shell that puts jobs into groups without a terminal.
  ".bash": ["/bin/bash"],
  ".ts": [Deno.execPath(), "run", "--quiet", "--allow-all"],
};

/** Tells whether there is something that runs the fixture; tests that lack it show as ignored. */
export function canRun(file: string): boolean {
  try {
    return Deno.statSync(RUNNERS[file.slice(file.lastIndexOf("."))]![0]!).isFile;
  } catch {
    return false;
  }
}

/** A fixture program that has said `ready`. */
export interface RunningProgram {
  readonly child: Subprocess;
  /** Stands in the environment of all its processes. */
  readonly marker: string;
  /** The processes that it named, and itself as `root`. */
  readonly processes: Readonly<Record<string, ProcessIdentity>>;
  /** Its stdout so far, and then until the end. */
  readonly output: () => string;
  readonly outputEnd: Promise<void>;
}

/** How a fixture program is started. */
export interface ProgramOptions {
  readonly detached?: boolean;
  readonly args?: readonly string[];
  /** Written to its stdin before it gets ready. */
  readonly prompt?: string;
}

/** Starts a program, waits for `ready`, runs the test, and fails if anything is alive after it. */
export async function withProgram(
  file: string,
  options: ProgramOptions,
  test: (program: RunningProgram) => Promise<void>,
): Promise<void> {
  const marker = `ZAG_TEST_MARK=${crypto.randomUUID()}`;
  const child = startFixture(file, marker, options);
  const processes: Record<string, ProcessIdentity> = { root: child.identity };
  let text = "";
  const ready = Promise.withResolvers<void>();
  const outputEnd = (async () => {
    const decoder = new TextDecoder();
    for await (const chunk of child.stdout!) {
      text += decoder.decode(chunk, { stream: true });
      if (/^ready$/m.test(text)) ready.resolve();
    }
    ready.reject(new Error(`"${file}" never got ready: ${text}`));
  })();
  // The test may never ask for it.
  ready.promise.catch(() => {});
  try {
    if (options.prompt !== undefined) await child.stdin!.write(options.prompt);
    await ready.promise;
    for (const [, name, pid] of text.matchAll(/^(\w+) (\d+)$/gm)) {
      processes[name!] = { pid: Number(pid), startTime: startTimeOf(Number(pid)) ?? "unknown" };
    }
    await test({ child, marker, processes, output: () => text, outputEnd });
  } finally {
    const left = await livingOf(marker, Object.values(processes));
    for (const { pid } of left) killIfThere(pid);
    child.closeOutput();
    await child.stdin?.close();
    await child.exit;
    await outputEnd;
    assertEquals(left, [], `processes of "${file}" are alive after the test`);
  }
}

/** Starts a fixture program with a marker in an otherwise nearly empty environment. */
export function startFixture(
  file: string,
  marker: string,
  options: ProgramOptions = {},
): Subprocess {
  const [name, value] = marker.split("=") as [string, string];
  const runner = RUNNERS[file.slice(file.lastIndexOf("."))]!;
  return startSubprocess({
    program: runner[0]!,
    args: [...runner.slice(1), PROGRAMS + file, ...options.args ?? []],
    env: { ...keptEnvironment(), [name]: value },
    cwd: PROGRAMS,
    detached: options.detached ?? true,
    stdin: "pipe",
    stdout: "pipe",
    stderr: "null",
  });
}

/** Where programs and downloaded modules are. */
export function keptEnvironment(): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of ["PATH", "HOME", "DENO_DIR", "DENO_CERT", "DENO_TLS_CA_STORE"]) {
    const value = Deno.env.get(name);
    if (value !== undefined) kept[name] = value;
  }
  return kept;
}

/** A process that has just been ended by a test may take a moment, on a machine with much to do. */
const ENDING_MS = 20_000;

/** Kills a process that may have ended by itself meanwhile. */
function killIfThere(pid: number): void {
  try {
    Deno.kill(pid, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Those that live of the given processes and of all that carry the marker. */
async function livingOf(
  marker: string,
  identities: readonly ProcessIdentity[],
): Promise<ProcessIdentity[]> {
  const end = performance.now() + ENDING_MS;
  while (true) {
    const table = (await listProcesses()).filter(({ state }) => !state.startsWith("Z"));
    const marked = await withEnvironmentEntry(table.map(({ pid }) => pid), marker);
    const left = table.filter(({ pid }) =>
      marked.has(pid) || identities.some((one) => one.pid === pid && isStillAlive(one))
    );
    if (left.length === 0 || performance.now() > end) return left;
    await pause(25);
  }
}

/** True only for a process that was looked at and is the same. */
export function isStillAlive(identity: ProcessIdentity): boolean {
  return identityStatus(identity) === "alive";
}

/** Waits until something holds, for at most a minute; for what no event announces. */
export async function eventually(holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 60_000;
  while (performance.now() < end) {
    if (await holds()) return;
    await pause(25);
  }
  throw new Error("It never came to hold");
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
