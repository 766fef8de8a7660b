/**
 * What a command sees of the world: its streams, environment, directory and clock. Commands get it
 * handed in, so that a test needs neither a terminal nor a process.
 *
 * @module
 */

/** Where text goes. */
export interface OutputStream {
  /**
   * Writes all of it; writes made without waiting keep their order.
   *
   * @throws {StdoutClosedError} If this is stdout and its reader is gone.
   */
  write(text: string | Uint8Array): Promise<void>;
  readonly isTerminal: boolean;
  /** Width of the terminal, 80 where there is none. */
  readonly columns: number;
}

/** Where input comes from. */
export interface InputStream {
  readonly isTerminal: boolean;
  /** The bytes; stdin is not touched before this is first read. */
  readonly readable: ReadableStream<Uint8Array>;
}

/** Environment variables. */
export interface Environment {
  get(name: string): string | undefined;
  toObject(): Record<string, string>;
}

/** Everything that a command may use of its surroundings. */
export interface CliContext {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly stdin: InputStream;
  readonly env: Environment;
  /** Absolute path. */
  readonly cwd: string;
  /** URL of the module that starts this program again; undefined in a test without a process. */
  readonly entry?: string;
  now(): Date;
  /** Whether to colour what goes to a stream: a terminal that knows it, no `NO_COLOR`, not `--quiet`. */
  color(stream: "stdout" | "stderr"): boolean;
}

/** The reader of stdout is gone: nothing that is left to print has a purpose. */
export class StdoutClosedError extends Error {
  override name = "StdoutClosedError";

  constructor(options?: ErrorOptions) {
    super("Cannot write to stdout: it was closed", options);
  }
}

/** What was to be printed cannot be written, for example because a disk is full. */
export class StdoutError extends Error {
  override name = "StdoutError";

  constructor(cause: unknown) {
    super(`Cannot write to stdout: ${cause instanceof Error ? cause.message : cause}`);
  }
}

/** Writes some of the bytes and tells how many, as `Deno.stdout.write` does. */
export type WriteSome = (bytes: Uint8Array) => Promise<number>;

/** How long to wait before trying a full pipe again, in milliseconds. */
const FULL_PIPE_DELAY = 5;

/**
 * Builds the `write` of a stream from a function that may write less than it was given.
 *
 * @param whenClosed What happens once nothing can be written any more: `throw`, or `discard` what is
 * left.
 */
export function createWriter(
  writeSome: WriteSome,
  whenClosed: "throw" | "discard",
): OutputStream["write"] {
  const encoder = new TextEncoder();
  let last: Promise<void> = Promise.resolve();

  async function writeAll(bytes: Uint8Array): Promise<void> {
    let rest = bytes;
    while (rest.length > 0) {
      try {
        rest = rest.subarray(await writeSome(rest));
      } catch (error) {
        if (error instanceof Deno.errors.BrokenPipe) {
          if (whenClosed === "throw") throw new StdoutClosedError({ cause: error });
          return;
        }
        // A pipe shared with a program that made it non-blocking fails instead of waiting.
        if (!(error instanceof Deno.errors.WouldBlock)) {
          if (whenClosed === "throw") throw new StdoutError(error);
          return;
        }
        await new Promise((resolve) => setTimeout(resolve, FULL_PIPE_DELAY));
      }
    }
  }

  return (text) => {
    const bytes = typeof text === "string" ? encoder.encode(text) : text;
    const written = last.then(() => writeAll(bytes));
    last = written.catch(() => {});
    return written;
  };
}

/** A context in which nothing is coloured, for `--quiet`. */
export function withoutColor(ctx: CliContext): CliContext {
  // Derived, not copied: a copy would read every lazy property at once.
  return Object.create(ctx, { color: { value: () => false } });
}

/** The context of this process. Nothing is opened, read or asked for before it is used. */
export function realContext(): CliContext {
  let stdinIsTerminal: boolean | undefined;
  const outputs = {
    stdout: realOutput(Deno.stdout, "throw"),
    stderr: realOutput(Deno.stderr, "discard"),
  };
  return {
    ...outputs,
    stdin: {
      get isTerminal() {
        return stdinIsTerminal ??= Deno.stdin.isTerminal();
      },
      get readable() {
        return Deno.stdin.readable;
      },
    },
    env: {
      get: (name) => Deno.env.get(name),
      toObject: () => Deno.env.toObject(),
    },
    get cwd() {
      return Deno.cwd();
    },
    get entry() {
      return Deno.mainModule;
    },
    now: () => new Date(),
    // Deno.noColor needs no permission, reading the variable does.
    color: (stream) => outputs[stream].isTerminal && !Deno.noColor && !isDumb(),
  };
}

/** Whether the terminal says that it knows no escape sequences. */
function isDumb(): boolean {
  // Colour is not worth a question to the person who runs zag.
  const { state } = Deno.permissions.querySync({ name: "env", variable: "TERM" });
  return state === "granted" && Deno.env.get("TERM") === "dumb";
}

function realOutput(
  stream: typeof Deno.stdout,
  whenClosed: "throw" | "discard",
): OutputStream {
  // It is asked for with every line.
  let isTerminal: boolean | undefined;
  return {
    write: createWriter((bytes) => stream.write(bytes), whenClosed),
    get isTerminal() {
      return isTerminal ??= stream.isTerminal();
    },
    get columns() {
      try {
        return Deno.consoleSize().columns || 80;
      } catch {
        return 80;
      }
    },
  };
}
