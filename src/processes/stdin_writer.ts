/** Writes to the stdin of a program that may stop reading at any moment. */

/** The stdin of a subprocess. None of its methods ever rejects. */
export interface StdinWriter {
  /** True once the program has closed its end, or has ended. */
  readonly broken: boolean;
  /**
   * Writes, and waits while the pipe is full.
   *
   * @returns False when the program no longer reads: what it had not read by then is lost.
   */
  write(data: Uint8Array | string): Promise<boolean>;
  /**
   * Lets the program see the end of its input, after what was written.
   *
   * @returns False when it did not read everything.
   */
  close(): Promise<boolean>;
}

/** Wraps the stdin of a child process. */
export function stdinWriter(stream: WritableStream<Uint8Array>): StdinWriter {
  return new PipeWriter(stream);
}

class PipeWriter implements StdinWriter {
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #encoder = new TextEncoder();
  #closing: Promise<boolean> | undefined;
  #broken = false;

  constructor(stream: WritableStream<Uint8Array>) {
    this.#writer = stream.getWriter();
    // The same failure is reported by the write that met it.
    this.#writer.closed.catch(() => {});
  }

  get broken(): boolean {
    return this.#broken;
  }

  async write(data: Uint8Array | string): Promise<boolean> {
    if (this.#broken || this.#closing !== undefined) return false;
    const bytes = typeof data === "string" ? this.#encoder.encode(data) : data;
    return await this.#settle(this.#writer.write(bytes));
  }

  close(): Promise<boolean> {
    return this.#closing ??= this.#settle(this.#writer.close());
  }

  async #settle(action: Promise<void>): Promise<boolean> {
    try {
      await action;
      return !this.#broken;
    } catch {
      // EPIPE, or the end of the program: there is nobody left to tell.
      this.#broken = true;
      return false;
    }
  }
}
