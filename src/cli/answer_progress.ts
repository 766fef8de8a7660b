/** What is shown at a terminal while an answer is awaited. */
import { formatDuration } from "../agent/outcome.ts";
import type { CliContext, OutputStream } from "./context.ts";
import { ProgressLine } from "./progress_line.ts";

/** How often the time in the line goes on, in milliseconds. */
const TICK_MS = 250;

/** One line on stderr with the time that has passed; it gives way to all that is printed. */
export class AnswerProgress implements Disposable {
  readonly #ctx: CliContext;
  readonly #text: string;
  readonly #line: ProgressLine;
  readonly #since: number;
  #timer: ReturnType<typeof setInterval> | undefined;
  /** The context to print with: before anything else is written, the line is taken away. */
  readonly ctx: CliContext;

  /**
   * Begins to wait.
   *
   * @param text What is awaited.
   */
  constructor(ctx: CliContext, quiet: boolean, text: string) {
    this.#ctx = ctx;
    this.#text = text;
    this.#line = new ProgressLine(ctx, quiet);
    this.#since = ctx.now().getTime();
    const shown = !quiet && ctx.stderr.isTerminal;
    if (shown) this.#timer = setInterval(() => this.#show(), TICK_MS);
    // Derived, not copied: a copy would read every lazy property at once.
    this.ctx = shown
      ? Object.create(ctx, {
        stdout: { value: this.#before(ctx.stdout, () => true) },
        // Below a whole line there is room for this one; beside the beginning of one there is not.
        stderr: { value: this.#before(ctx.stderr, (text) => !endsLine(text)) },
      })
      : ctx;
  }

  /** Takes the line away for good. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#line.clear();
  }

  #show(): void {
    const elapsed = Math.ceil((this.#ctx.now().getTime() - this.#since) / 1000);
    this.#line.show(() => `${this.#text} (${formatDuration(elapsed * 1000)})`);
  }

  /** @param isLast Whether the line is not shown again after this text. */
  #before(stream: OutputStream, isLast: (text: string | Uint8Array) => boolean): OutputStream {
    const write = (text: string | Uint8Array) => {
      if (text.length > 0) {
        if (isLast(text)) this[Symbol.dispose]();
        else this.#line.clear();
      }
      return stream.write(text);
    };
    return Object.create(stream, { write: { value: write } });
  }
}

function endsLine(text: string | Uint8Array): boolean {
  return typeof text === "string" ? text.endsWith("\n") : text.at(-1) === 0x0a;
}
