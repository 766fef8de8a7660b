/** Starts programs with `posix_spawn`, for what `Deno.Command` can't do: descriptors of their own. */
import { resolve } from "node:path";
import type { ProcessIdentity } from "./process_info.ts";
import { startTimeOf } from "./process_table.ts";
import {
  C,
  cString,
  cStrings,
  errorText,
  type Libc,
  memory,
  P_PID,
  PtyUnavailableError,
  SPAWN_SETSIGDEF,
  SPAWN_SETSIGMASK,
  WEXITED,
  WNOHANG,
  X_OK,
} from "./pty_libc.ts";
import { signalName, signalNumber } from "./signals.ts";
import { SpawnError, type SpawnErrorReason } from "./spawn_error.ts";
import type { SubprocessExit } from "./subprocess.ts";

/** What is started. Nothing is inherited but descriptors that came to us without close-on-exec. */
export interface SpawnProgram {
  /** A path, or a name that is looked up on the `PATH` of `env`. */
  readonly program: string;
  readonly args: readonly string[];
  /** The complete environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Absolute. */
  readonly cwd: string;
}

/** Around it. */
export interface SpawnSurroundings {
  /** The program leads a session of its own, without a controlling terminal yet. */
  readonly newSession: boolean;
  /** Whether every signal does what it does by default, or only SIGPIPE, which the runtime ignores. */
  readonly resetSignals: boolean;
  /** A terminal that becomes stdin, stdout and stderr. */
  readonly terminal: string;
}

/** A program that was started. */
export interface SpawnedProgram {
  readonly pid: number;
  readonly identity: ProcessIdentity;
  /**
   * Fulfilled when the program itself has ended; never rejects. The code is 1 where the system
   * does not tell, because whoever started us ignores SIGCHLD.
   */
  readonly exit: Promise<SubprocessExit>;
  /** Signals the program alone; nothing happens when it has ended. */
  kill(signal: Deno.Signal): void;
}

// More than any C library needs: glibc and musl have 336 and 80 bytes, macOS a pointer each.
const STRUCT_SIZE = 512;
const SIGSET_SIZE = 128;
const SIGINFO_SIZE = 128;

const ENOENT = 2;
const E2BIG = 7;
const ENOEXEC = 8;
const EACCES = 13;
const ENOTDIR = 20;

/**
 * Starts a program.
 *
 * @throws {SpawnError} When it can't be started.
 * @throws {PtyUnavailableError} When the C library is too old.
 */
export function spawnProgram(
  libc: Libc,
  what: SpawnProgram,
  around: SpawnSurroundings,
): SpawnedProgram {
  const path = locate(libc, what);
  const actions = memory(STRUCT_SIZE);
  const attributes = memory(STRUCT_SIZE);
  libc.posix_spawn_file_actions_init(actions);
  libc.posix_spawnattr_init(attributes);
  try {
    setActions(libc, actions, what.cwd, around.terminal);
    setAttributes(libc, attributes, around);
    const pid = memory(4);
    const args = cStrings([what.program, ...what.args]);
    const env = cStrings(Object.entries(what.env).map(([name, value]) => `${name}=${value}`));
    const errno = libc.posix_spawn(pid, cString(path), actions, attributes, args, env);
    if (errno !== 0) throw spawnError(libc, errno, path, what);
    return watch(libc, new Int32Array(pid.buffer)[0]!);
  } finally {
    libc.posix_spawn_file_actions_destroy(actions);
    libc.posix_spawnattr_destroy(attributes);
  }
}

/**
 * The absolute path of a program.
 *
 * @throws {SpawnError} When there is none.
 */
export function locate(libc: Libc, what: SpawnProgram): string {
  const { program, args, env, cwd } = what;
  const texts = [program, cwd, ...args, ...Object.entries(env).flat()];
  if (texts.some((text) => text.includes("\0"))) {
    throw new SpawnError(program, cwd, "invalid-argument");
  }
  if (program.includes("/")) return resolve(cwd, program);
  // An empty entry would stand for the current directory, which may belong to a stranger.
  const dirs = (env.PATH ?? "").split(":").filter((dir) => dir !== "" && program !== "");
  const found = dirs.map((dir) => resolve(cwd, dir, program))
    .find((path) => libc.access(cString(path), X_OK) === 0 && !isDirectory(libc, path));
  if (found === undefined) throw new SpawnError(program, cwd, missing(libc, cwd));
  return found;
}

/** Tells whether a path is a directory, without the permission that `Deno.stat` wants. */
export function isDirectory(libc: Libc, path: string): boolean {
  return libc.access(cString(`${path}/.`), 0) === 0;
}

function missing(libc: Libc, cwd: string): SpawnErrorReason {
  return isDirectory(libc, cwd) ? "not-found" : "cwd-missing";
}

function setActions(libc: Libc, actions: Uint8Array<ArrayBuffer>, cwd: string, tty: string): void {
  const changeDirectory = libc.posix_spawn_file_actions_addchdir_np;
  if (changeDirectory === null) {
    throw new PtyUnavailableError("the C library is too old to set a working directory");
  }
  changeDirectory(actions, cString(cwd));
  // The leader of a session that opens a terminal is controlled by it from then on.
  libc.posix_spawn_file_actions_addopen(actions, 0, cString(tty), 2, 0);
  libc.posix_spawn_file_actions_adddup2(actions, 0, 1);
  libc.posix_spawn_file_actions_adddup2(actions, 0, 2);
}

function setAttributes(
  libc: Libc,
  attributes: Uint8Array<ArrayBuffer>,
  { newSession, resetSignals }: SpawnSurroundings,
): void {
  const signals = memory(SIGSET_SIZE);
  libc.sigemptyset(signals);
  libc.posix_spawnattr_setsigmask(attributes, signals);
  // By hand, because glibc's sigfillset leaves out two signals and they would come out ignored.
  if (resetSignals) signals.fill(0xff);
  else libc.sigaddset(signals, signalNumber("SIGPIPE"));
  libc.posix_spawnattr_setsigdefault(attributes, signals);
  const session = newSession ? C.SPAWN_SETSID : 0;
  libc.posix_spawnattr_setflags(attributes, SPAWN_SETSIGDEF | SPAWN_SETSIGMASK | session);
}

function spawnError(libc: Libc, errno: number, path: string, what: SpawnProgram): SpawnError {
  const cause = new Error(errorText(libc, errno));
  return new SpawnError(what.program, what.cwd, reasonOf(libc, errno, path, what.cwd), { cause });
}

function reasonOf(libc: Libc, errno: number, path: string, cwd: string): SpawnErrorReason {
  if (errno === E2BIG) return "arguments-too-long";
  if (errno === EACCES || errno === ENOEXEC) return "not-executable";
  if (errno !== ENOENT && errno !== ENOTDIR) return "other";
  // The same number stands for three things: no directory, no program, no interpreter of a script.
  const reason = missing(libc, cwd);
  const exists = libc.access(cString(path), 0) === 0;
  return reason === "not-found" && exists ? "not-executable" : reason;
}

function watch(libc: Libc, pid: number): SpawnedProgram {
  // It can't have been reaped: that happens in a later turn of the event loop.
  const identity = { pid, startTime: startTimeOf(pid) ?? "unknown" };
  let reaped = false;
  const exit = waitFor(libc, pid).finally(() => reaped = true);
  return {
    pid,
    identity,
    exit,
    kill(signal) {
      if (!reaped) libc.kill(pid, signalNumber(signal));
    },
  };
}

async function waitFor(libc: Libc, pid: number): Promise<SubprocessExit> {
  const status = memory(4);
  while (true) {
    // It leaves the zombie, so that the pid stays taken until this very thread reaps it: no signal
    // of ours can reach a stranger.
    await libc.waitid(P_PID, pid, memory(SIGINFO_SIZE), WEXITED | C.WNOWAIT);
    const reaped = libc.waitpid(pid, status, WNOHANG);
    if (reaped < 0) return { code: 1, signal: null };
    if (reaped === pid) return toExit(new Int32Array(status.buffer)[0]!);
  }
}

function toExit(status: number): SubprocessExit {
  const signal = status & 0x7f;
  if (signal === 0) return { code: (status >> 8) & 0xff, signal: null };
  return { code: 128 + signal, signal: signalName(signal) };
}
