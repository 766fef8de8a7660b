/** A mock agent that a test talks to while it runs. */
import { LineSplitter } from "../../src/processes/lines.ts";
import { type RunOptions, startAgent } from "./run_agent.ts";

/** An agent that waits longer than this for anything has failed its test. */
const WATCHDOG_MS = 120_000;

/** A running agent; it is ended with the block that declares it. */
export class RunningAgent implements AsyncDisposable {
  readonly pid: number;
  readonly status: Promise<Deno.CommandStatus>;
  /** Everything on stderr, once that has ended. */
  readonly stderr: Promise<string>;
  readonly #child: Deno.ChildProcess;
  readonly #stdin: WritableStreamDefaultWriter<Uint8Array>;
  readonly #stdout: ReadableStreamDefaultReader<Uint8Array>;
  readonly #splitter = new LineSplitter();
  readonly #watchdog: ReturnType<typeof setTimeout>;
  #lines: string[] = [];

  constructor(options: RunOptions) {
    this.#child = startAgent(options);
    this.pid = this.#child.pid;
    this.status = this.#child.status;
    this.stderr = new Response(this.#child.stderr).text();
    this.#stdin = this.#child.stdin.getWriter();
    this.#stdout = this.#child.stdout.getReader();
    this.#watchdog = setTimeout(() => this.kill("SIGKILL"), WATCHDOG_MS);
  }

  /** Writes a line to stdin. */
  async send(line: string): Promise<void> {
    await this.#stdin.write(new TextEncoder().encode(`${line}\n`));
  }

  async closeStdin(): Promise<void> {
    await this.#stdin.close();
  }

  /** Reads stdout until a line contains the text, and returns that line. */
  async until(text: string): Promise<string> {
    while (true) {
      const line = this.#lines.shift();
      if (line?.includes(text)) return line;
      if (line !== undefined) continue;
      const { done, value } = await this.#stdout.read();
      if (done) throw new Error(`stdout ended before ${text}`);
      this.#lines = this.#splitter.push(value);
    }
  }

  /** Reads stdout to its end, and returns the lines that are left. */
  async rest(): Promise<string[]> {
    while (true) {
      const { done, value } = await this.#stdout.read();
      if (done) break;
      this.#lines.push(...this.#splitter.push(value));
    }
    const last = this.#splitter.end();
    return last === undefined ? this.#lines : [...this.#lines, last];
  }

  kill(signal: Deno.Signal): void {
    try {
      this.#child.kill(signal);
    } catch {
      // It has ended.
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#watchdog);
    this.kill("SIGKILL");
    await this.status;
    await this.#stdin.abort().catch(() => {});
    await this.#stdout.cancel();
    await this.stderr;
  }
}
