/** A context for tests: what is written is captured, everything else is what the test says. */

import {
  type CliContext,
  type InputStream,
  type OutputStream,
  StdoutClosedError,
} from "../../src/cli/context.ts";

/** What the surroundings of a command are to be; nothing of the real process gets in. */
export interface FakeContextOptions {
  env?: Record<string, string>;
  /** What stdin holds; empty by default. */
  stdin?: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array<ArrayBuffer>>;
  stdinTty?: boolean;
  stdoutTty?: boolean;
  stderrTty?: boolean;
  /** Whether the reader of stdout is gone from the start. */
  stdoutClosed?: boolean;
  columns?: number;
  now?: Date | (() => Date);
  cwd?: string;
}

/** A context that remembers what was written. */
export interface FakeContext extends CliContext {
  /** What went to stdout so far. */
  readonly out: string;
  /** What went to stderr so far. */
  readonly err: string;
}

/** Builds a context with captured output. */
export function fakeContext(options: FakeContextOptions = {}): FakeContext {
  const env = new Map(Object.entries(options.env ?? {}));
  const columns = options.columns ?? 80;
  const stdout = new CapturedStream(options.stdoutTty ?? false, columns, options.stdoutClosed);
  const stderr = new CapturedStream(options.stderrTty ?? false, columns);
  const { now = new Date("2026-01-02T03:04:05.678Z") } = options;
  return {
    stdout,
    stderr,
    stdin: fakeInput(options),
    env: { get: (name) => env.get(name), toObject: () => Object.fromEntries(env) },
    cwd: options.cwd ?? "/work",
    now: () => new Date(typeof now === "function" ? now() : now),
    color: (stream) => (stream === "stdout" ? stdout : stderr).isTerminal && !env.get("NO_COLOR"),
    get out() {
      return stdout.text;
    },
    get err() {
      return stderr.text;
    },
  };
}

function fakeInput({ stdin = "", stdinTty = false }: FakeContextOptions): InputStream {
  let readable: ReadableStream<Uint8Array> | undefined;
  return {
    isTerminal: stdinTty,
    get readable() {
      readable ??= stdin instanceof ReadableStream ? stdin : ReadableStream.from([
        typeof stdin === "string" ? new TextEncoder().encode(stdin) : stdin,
      ]);
      return readable;
    },
  };
}

class CapturedStream implements OutputStream {
  readonly isTerminal: boolean;
  readonly columns: number;
  readonly #closed: boolean;
  readonly #parts: Uint8Array[] = [];

  constructor(isTerminal: boolean, columns: number, closed = false) {
    this.isTerminal = isTerminal;
    this.columns = columns;
    this.#closed = closed;
  }

  write(text: string | Uint8Array): Promise<void> {
    if (this.#closed) return Promise.reject(new StdoutClosedError());
    this.#parts.push(typeof text === "string" ? new TextEncoder().encode(text) : text.slice());
    return Promise.resolve();
  }

  get text(): string {
    const decoder = new TextDecoder();
    return this.#parts.map((part) => decoder.decode(part, { stream: true })).join("") +
      decoder.decode();
  }
}
