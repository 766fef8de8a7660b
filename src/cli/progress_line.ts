/** One line on stderr that says how far a long work is; in pipes there is none. */
import { withoutControls } from "../events/render/text.ts";
import type { CliContext } from "./context.ts";
import { clip } from "./table.ts";

/** Work that is over before that needs no line. */
const FIRST_MS = 500;
const EVERY_MS = 100;

/** A line that is written over and over again, and taken away at the end. */
export class ProgressLine {
  readonly #ctx: CliContext;
  readonly #enabled: boolean;
  #next: number;
  #shown = false;

  /**
   * Makes a line that is not there yet.
   *
   * @param quiet Show nothing.
   * @param firstMs What is shown earlier than so many milliseconds from now is left out.
   */
  constructor(ctx: CliContext, quiet: boolean, firstMs: number = FIRST_MS) {
    this.#ctx = ctx;
    this.#enabled = !quiet && ctx.stderr.isTerminal;
    this.#next = ctx.now().getTime() + firstMs;
  }

  /** Shows a text, unless the last one is too new. */
  show(text: () => string): void {
    if (!this.#enabled) return;
    const now = this.#ctx.now().getTime();
    if (now < this.#next) return;
    this.#next = now + EVERY_MS;
    this.#shown = true;
    const { stderr } = this.#ctx;
    stderr.write(`\r${clip(withoutControls(text()), stderr.columns - 1)}\x1b[K`);
  }

  /** Takes the line away, for other text or for good. */
  clear(): void {
    if (this.#shown) this.#ctx.stderr.write("\r\x1b[K");
    this.#shown = false;
  }
}
