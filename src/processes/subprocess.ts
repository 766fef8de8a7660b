/** Starts a program and hands out its streams, its identity and its end. */
import type { ProcessIdentity } from "./process_info.ts";
import { startTimeOf } from "./process_table.ts";
import { toSpawnError } from "./spawn_error.ts";
import { type StdinWriter, stdinWriter } from "./stdin_writer.ts";
import { windowsProgram } from "./windows_program.ts";

export { SpawnError, type SpawnErrorReason } from "./spawn_error.ts";
export type { StdinWriter } from "./stdin_writer.ts";

/** How a program is started. Nothing is inherited but what is named. */
export interface SubprocessOptions {
  /** A path, or a name that is looked up on the `PATH` of `env`. */
  readonly program: string;
  readonly args: readonly string[];
  /** The complete environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Absolute. */
  readonly cwd: string;
  /** In a session of its own, without a controlling terminal: pid = group = session. */
  readonly detached: boolean;
  readonly stdin: "null" | "pipe" | "inherit";
  readonly stdout: "pipe" | "inherit" | "null";
  readonly stderr: "pipe" | "inherit" | "null";
}

/** How a program ended. */
export interface SubprocessExit {
  /** 128 plus the signal's number when a signal ended it. */
  readonly code: number;
  /** For example `SIGTERM`; a signal without a name is `SIG` and its number. */
  readonly signal: string | null;
}

/** A program that was started. */
export interface Subprocess {
  readonly pid: number;
  /** Pid and start time, for everything that outlives this object. */
  readonly identity: ProcessIdentity;
  /** Undefined unless it is a pipe. */
  readonly stdin: StdinWriter | undefined;
  /**
   * Undefined unless it is a pipe, which then must be read or cancelled: a full pipe stops the
   * program. It may stay open after the exit, in the hands of a child of the program.
   */
  readonly stdout: ReadableStream<Uint8Array> | undefined;
  /** Like `stdout`. */
  readonly stderr: ReadableStream<Uint8Array> | undefined;
  /** Fulfilled when the program itself has ended; never rejects. */
  readonly exit: Promise<SubprocessExit>;
  /** Signals the program alone. Needs no permission beyond the one to start it. */
  kill(signal: Deno.Signal): void;
  /** Ends `stdout` and `stderr` for whoever reads them, whoever still holds the other end. */
  closeOutput(): void;
  /** Lets this program end while the other one runs. */
  unref(): void;
}

/**
 * Starts a program.
 *
 * @throws {SpawnError} When it can't be started.
 * @throws {Deno.errors.NotCapable} When it may not be started.
 */
export function startSubprocess(options: SubprocessOptions): Subprocess {
  let child: Deno.ChildProcess;
  try {
    const { program, args } = Deno.build.os === "windows"
      ? windowsProgram(options.program)
      : { program: options.program, args: [] };
    child = new Deno.Command(program, {
      args: [...args, ...options.args],
      env: { ...options.env },
      clearEnv: true,
      cwd: options.cwd,
      detached: options.detached,
      stdin: options.stdin === "pipe" ? "piped" : options.stdin,
      stdout: options.stdout === "pipe" ? "piped" : options.stdout,
      stderr: options.stderr === "pipe" ? "piped" : options.stderr,
    }).spawn();
  } catch (error) {
    throw toSpawnError(error, options.program, options.cwd);
  }
  const stdout = options.stdout === "pipe" ? closable(child.stdout) : undefined;
  const stderr = options.stderr === "pipe" ? closable(child.stderr) : undefined;
  return {
    pid: child.pid,
    // Nothing is awaited between spawn and here, so the child can't have been reaped.
    identity: { pid: child.pid, startTime: startTimeOf(child.pid) ?? "unknown" },
    stdin: options.stdin === "pipe" ? stdinWriter(child.stdin) : undefined,
    stdout: stdout?.stream,
    stderr: stderr?.stream,
    exit: exitOf(child),
    kill: (signal) => killChild(child, signal),
    closeOutput() {
      stdout?.close();
      stderr?.close();
    },
    unref: () => child.unref(),
  };
}

async function exitOf(child: Deno.ChildProcess): Promise<SubprocessExit> {
  try {
    const { code, signal } = await child.status;
    return { code, signal };
  } catch (error) {
    // Deno throws for signals that it has no name for, such as the real-time ones.
    const number = Number(/Invalid signal: (\d+)/.exec(String(error))?.[1] ?? 0);
    return { code: 128 + number, signal: `SIG${number}` };
  }
}

function killChild(child: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    child.kill(signal);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    // It has ended already.
  }
}

/** A stream that can be ended while somebody reads it, which `cancel` refuses. */
function closable(source: ReadableStream<Uint8Array>): {
  stream: ReadableStream<Uint8Array>;
  close(): void;
} {
  const reader = source.getReader();
  let controller!: ReadableStreamDefaultController<Uint8Array>;
  let open = true;
  const close = () => {
    if (!open) return;
    open = false;
    controller.close();
    reader.cancel().catch(() => {});
  };
  const stream = new ReadableStream<Uint8Array>({
    start(given) {
      controller = given;
    },
    async pull() {
      const { done, value } = await reader.read();
      if (done) close();
      else if (open) controller.enqueue(value);
    },
    async cancel(reason) {
      open = false;
      await reader.cancel(reason);
    },
  }, { highWaterMark: 0 });
  return { stream, close };
}
