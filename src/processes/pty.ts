/**
 * Programs on a terminal although ours is none: on one that we make and nobody sees, and on the one
 * that a person sits at while our own stdin or stdout is a pipe.
 */
import { ZagError } from "../errors.ts";
import {
  isDirectory,
  locate,
  type SpawnedProgram,
  type SpawnProgram,
  spawnProgram,
} from "./posix_spawn.ts";
import { PtyChannel } from "./pty_channel.ts";
import {
  C,
  closeOnExec,
  cString,
  type Libc,
  libc,
  memory,
  O_RDWR,
  openTty,
  PtyUnavailableError,
  setWindowSize,
  textIn,
  X_OK,
} from "./pty_libc.ts";
import { SpawnError } from "./spawn_error.ts";

export { PtyUnavailableError } from "./pty_libc.ts";

/** More than the path of any terminal. */
const NAME_SIZE = 256;

/** How a program is started on a terminal of its own. */
export interface PtyOptions extends SpawnProgram {
  /** 1 to 65535. */
  readonly columns: number;
  /** 1 to 65535. */
  readonly rows: number;
  /**
   * Whether a shell claims the terminal and becomes the program then.
   *
   * @default true on macOS, whose `posix_spawn` may open files before it makes the session
   */
  readonly throughShell?: boolean;
}

/** A program on a terminal of its own, whose session it leads. */
export interface PtyProcess extends SpawnedProgram, Disposable {
  /**
   * What the program and its descendants print, in chunks, until none of them holds the terminal or
   * {@linkcode PtyProcess.closeOutput} is called. It has to be read: who prints into a full terminal
   * waits. One reader at a time; one that stops early may be followed by another.
   */
  read(): AsyncIterableIterator<Uint8Array<ArrayBuffer>>;
  /**
   * Types: all of it, after what was typed before. It waits while the terminal is full, and drops
   * the rest when nobody is left on the terminal. Never rejects.
   */
  write(data: Uint8Array | string): Promise<void>;
  /** Changes the size; programs in the foreground get SIGWINCH. */
  resize(columns: number, rows: number): void;
  /**
   * Hangs up: ends reading and writing, whoever still holds the terminal. The leader and the
   * foreground group get SIGHUP. What was not read is lost. Disposing does the same; so does the end
   * of reading.
   */
  closeOutput(): void;
}

/** There is no person at a terminal. */
export class NoTerminalError extends ZagError {
  override name = "NoTerminalError";

  constructor(program: string) {
    super(`Cannot start ${JSON.stringify(program)} on the terminal: there is none`, {
      hint: "Start it from a terminal, or let it have a private one",
    });
  }
}

/**
 * Starts a program on a new terminal of its own. Takes `--allow-ffi`.
 *
 * @throws {SpawnError} When it can't be started.
 * @throws {PtyUnavailableError} When there can't be a terminal on this system, or no more of them.
 * @throws {Deno.errors.NotCapable} Without the permission.
 */
export function startInPty(options: PtyOptions): PtyProcess {
  const lib = libc();
  const { channel, slave, path } = openTerminal(lib, options);
  try {
    const throughShell = options.throughShell ?? Deno.build.os === "darwin";
    const what = throughShell ? shellFor(lib, options, path) : options;
    const child = spawnProgram(lib, what, {
      newSession: true,
      resetSignals: true,
      terminal: path,
    });
    return inTerminal(lib, child, channel);
  } catch (error) {
    channel.close();
    if (!(error instanceof SpawnError)) throw error;
    // The shell is nobody's business.
    throw new SpawnError(options.program, options.cwd, error.reason, { cause: error.cause });
  } finally {
    lib.close(slave);
  }
}

/**
 * Starts a program whose stdin, stdout and stderr are the terminal that controls us, whatever ours
 * are. It stays in our process group, and so in the foreground. Takes `--allow-ffi`.
 *
 * @throws {NoTerminalError} When no terminal controls us.
 * @throws {SpawnError} When it can't be started.
 * @throws {PtyUnavailableError} On a system without such terminals.
 * @throws {Deno.errors.NotCapable} Without the permission.
 */
export function startOnTerminal(options: SpawnProgram): SpawnedProgram {
  const lib = libc();
  const terminal = controllingTerminal(lib);
  if (terminal === undefined) throw new NoTerminalError(options.program);
  return spawnProgram(lib, options, { newSession: false, resetSignals: false, terminal });
}

/**
 * The path of our controlling terminal. Its own name is better than `/dev/tty`, on which macOS gives
 * no events, but may be out of reach, as after `su`.
 */
function controllingTerminal(lib: Libc): string | undefined {
  const names = [0, 1, 2].map((fd) => {
    const name = memory(NAME_SIZE);
    // It fails for a terminal that is not the controlling one.
    const named = lib.tcgetpgrp(fd) >= 0 && lib.ttyname_r(fd, name, BigInt(NAME_SIZE)) === 0;
    return named ? textIn(name) : "";
  });
  const own = names.filter((name) => name !== "");
  return [...own, "/dev/tty"].find((name) => {
    const fd = openTty(lib, name);
    if (fd >= 0) lib.close(fd);
    return fd >= 0;
  });
}

/** Both ends; a terminal with nobody on the other end looks hung up, and macOS gives it no size. */
function openTerminal(
  lib: Libc,
  { columns, rows }: PtyOptions,
): { channel: PtyChannel; slave: number; path: string } {
  // Without O_NOCTTY it could become our own controlling terminal.
  const master = lib.posix_openpt(O_RDWR | C.O_NOCTTY);
  if (master < 0) throw new PtyUnavailableError("the system gives no more terminals");
  closeOnExec(lib, master);
  const name = memory(NAME_SIZE);
  const failed = lib.grantpt(master) !== 0 || lib.unlockpt(master) !== 0 ||
    lib.ptsname_r(master, name, BigInt(NAME_SIZE)) !== 0;
  const path = textIn(name);
  const slave = failed ? -1 : openTty(lib, path);
  if (slave < 0) {
    lib.close(master);
    throw new PtyUnavailableError("the system does not let us use it");
  }
  setWindowSize(lib, slave, columns, rows);
  try {
    return { channel: new PtyChannel(lib, master), slave, path };
  } catch (error) {
    lib.close(slave);
    throw new PtyUnavailableError("there are too many open files", { cause: error });
  }
}

function inTerminal(lib: Libc, child: SpawnedProgram, channel: PtyChannel): PtyProcess {
  const encoder = new TextEncoder();
  return {
    ...child,
    async *read() {
      for (let chunk; (chunk = await channel.read()) !== undefined;) yield chunk;
    },
    write: (data) => channel.write(typeof data === "string" ? encoder.encode(data) : data),
    resize: (columns, rows) => channel.use((fd) => setWindowSize(lib, fd, columns, rows)),
    closeOutput: () => channel.close(),
    [Symbol.dispose]: () => channel.close(),
  };
}

// `env -i` because shells add variables of their own.
const CLAIM = 'exec <>"$0" >&0 2>&0; exec /usr/bin/env -i "$@"';

/**
 * A shell that opens the terminal as the leader of its session, which makes it the controlling one,
 * and becomes the program. What the shell could not report is looked for beforehand.
 */
function shellFor(lib: Libc, what: SpawnProgram, terminal: string): SpawnProgram {
  const { program, cwd } = what;
  const path = locate(lib, what);
  const missing = lib.access(cString(path), 0) !== 0;
  if (!isDirectory(lib, cwd)) throw new SpawnError(program, cwd, "cwd-missing");
  if (missing) throw new SpawnError(program, cwd, "not-found");
  if (isDirectory(lib, path) || lib.access(cString(path), X_OK) !== 0) {
    throw new SpawnError(program, cwd, "not-executable");
  }
  const env = Object.entries(what.env).map(([name, value]) => `${name}=${value}`);
  return {
    program: "/bin/sh",
    args: ["-c", CLAIM, terminal, ...env, path, ...what.args],
    env: {},
    cwd,
  };
}
