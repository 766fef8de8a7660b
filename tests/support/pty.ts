/** A real terminal for tests: a program in it believes that a person sits there. */
import type { Duplex } from "node:stream";
import { type IPty, spawn } from "@lydell/node-pty";
import { TerminalScreen } from "./terminal_screen.ts";

/** How a program is started in a terminal. */
export interface PtyOptions {
  cwd: string;
  /** The complete environment. */
  env: Record<string, string>;
  columns?: number;
  rows?: number;
}

/** How a program in a terminal ended. */
export interface PtyExit {
  code: number;
  /** Number of the signal; 0 when there was none. */
  signal: number;
}

// deno-lint-ignore no-control-regex
const CONTROLS = /\x1b\[[0-9;?<>=]*[A-Za-z]|\x1b\][^\x07\x1b]*(\x07|\x1b\\)|\x1b[=>()][0-9A-Z]?/g;

/** So often a terminal is looked at in vain before nothing more is expected of it. */
const LAST_LOOKS = 10;
const LOOK_MS = 20;

/**
 * Lets all be read that a program has written. 200 ms after its end node-pty destroys the stream that
 * reads the terminal, and when this process stands still meanwhile, what is in the terminal is lost.
 * So that waits until nothing has come while the stream could read.
 *
 * @returns what ends the wait
 */
function readToTheEnd(pty: IPty): () => void {
  const { _socket: stream } = pty as unknown as { _socket: Duplex };
  const destroy = stream.destroy.bind(stream);
  let left = LAST_LOOKS;
  let timer: ReturnType<typeof setTimeout> | undefined;
  stream.on("data", () => left = LAST_LOOKS);
  stream.destroy = (error?: Error) => {
    if (error || stream.readableEnded || left-- === 0) return destroy(error);
    timer = setTimeout(() => stream.destroy(), LOOK_MS);
    return stream;
  };
  return () => clearTimeout(timer);
}

/** A program in a terminal of its own; whatever is left of it is killed when it is disposed. */
export class Pty implements AsyncDisposable {
  readonly #pty: IPty;
  readonly exit: Promise<PtyExit>;
  /** What a person sees. Programs that draw can only be understood here, not in the text. */
  readonly screen: TerminalScreen;
  #raw = "";
  #ended = false;
  #wake = Promise.withResolvers<void>();

  constructor(program: string, args: readonly string[], options: PtyOptions) {
    const { columns = 80, rows = 24 } = options;
    this.screen = new TerminalScreen(columns, rows, {
      answer: (text) => void (this.#ended || this.#pty.write(text)),
    });
    this.#pty = spawn(program, [...args], {
      name: "xterm-256color",
      cols: columns,
      rows,
      cwd: options.cwd,
      env: options.env,
    });
    const stopReading = readToTheEnd(this.#pty);
    this.#pty.onData((data) => {
      this.#raw += data;
      this.screen.write(data);
      this.#notify();
    });
    const { promise, resolve } = Promise.withResolvers<PtyExit>();
    this.exit = promise;
    this.#pty.onExit(({ exitCode, signal }) => {
      this.#ended = true;
      stopReading();
      this.#notify();
      resolve({ code: exitCode, signal: signal ?? 0 });
    });
  }

  /** Everything that was written so far, as text: without control sequences and carriage returns. */
  get text(): string {
    return this.#raw.replace(CONTROLS, "").replaceAll("\r", "");
  }

  /** Everything that was written so far, as it came. */
  get raw(): string {
    return this.#raw;
  }

  /** Types: `\r` is Enter, `\x03` Ctrl-C, `\x1a` Ctrl-Z, `\x04` Ctrl-D. */
  type(keys: string): void {
    this.#pty.write(keys);
  }

  resize(columns: number, rows: number): void {
    this.screen.resize(columns, rows);
    this.#pty.resize(columns, rows);
  }

  /**
   * Waits until a text has been written behind a position, and returns the position behind it. A
   * screen is seen more than once: pass on what the last call returned.
   *
   * @throws {Error} with the screen's text when it does not come in time, or the program ends.
   */
  async waitFor(wanted: string | RegExp, from = 0, timeoutMs = 60_000): Promise<number> {
    const deadline = performance.now() + timeoutMs;
    while (true) {
      const text = this.text.slice(from);
      const found = typeof wanted === "string"
        ? { index: text.indexOf(wanted), length: wanted.length }
        : { index: text.search(wanted), length: text.match(wanted)?.[0].length ?? 0 };
      if (found.index >= 0) return from + found.index + found.length;
      const left = deadline - performance.now();
      if (left <= 0 || this.#ended) {
        const why = this.#ended ? "the program ended" : `${timeoutMs} ms went by`;
        throw new Error(`${why} before ${wanted} was seen; the screen says:\n${this.text}`);
      }
      await this.#changed(left);
    }
  }

  /**
   * Waits until the screen shows something.
   *
   * @throws {Error} with the screen when it does not in time, or the program ends.
   */
  async waitForScreen(wanted: string | RegExp, timeoutMs = 60_000): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    while (true) {
      const { text } = this.screen;
      if (typeof wanted === "string" ? text.includes(wanted) : wanted.test(text)) return;
      const left = deadline - performance.now();
      if (left <= 0 || this.#ended) {
        const why = this.#ended ? "the program ended" : `${timeoutMs} ms went by`;
        throw new Error(`${why} before ${wanted} was shown; the screen shows:\n${text}`);
      }
      await this.#changed(left);
    }
  }

  /** Waits for the program's end. */
  async waitForExit(timeoutMs = 60_000): Promise<PtyExit> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new Error(`No end within ${timeoutMs} ms; the screen says:\n${this.text}`)),
        timeoutMs,
      );
    });
    try {
      return await Promise.race([this.exit, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#ended) return;
    try {
      // The program leads a session: its group goes first, the hang-up reaches the rest.
      Deno.kill(-this.#pty.pid, "SIGKILL");
    } catch {
      // It has just ended by itself.
    }
    await this.exit;
  }

  #notify(): void {
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
  }

  async #changed(timeoutMs: number): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => timer = setTimeout(resolve, timeoutMs));
    await Promise.race([this.#wake.promise, late]);
    clearTimeout(timer);
  }
}
