/** Messages between a program and the agent that they are for. */

/** So many bytes may wait before whoever sends has to. */
const WAITING_BYTES = 1024 * 1024;

/** Lines that wait to be read. */
export class MessageQueue {
  /** The lines, for a launch. */
  readonly input: ReadableStream<Uint8Array>;
  /** Fulfilled when somebody waits for a line for the first time. */
  readonly asked: Promise<void>;
  readonly #lines: ReadableStreamDefaultReader<Uint8Array>;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #encoder = new TextEncoder();

  /** Makes an empty queue. */
  constructor() {
    const asked = Promise.withResolvers<void>();
    this.asked = asked.promise;
    const size = new ByteLengthQueuingStrategy({ highWaterMark: WAITING_BYTES });
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>({}, size, {
      highWaterMark: 0,
    });
    this.#lines = readable.getReader();
    this.#writer = writable.getWriter();
    this.#writer.closed.catch(() => {});
    this.input = new ReadableStream({
      pull: async (controller) => {
        asked.resolve();
        const { done, value } = await this.#lines.read();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: (reason) => this.#lines.cancel(reason),
    }, { highWaterMark: 0 });
  }

  /**
   * Adds a line; fulfilled when there is room for more. The line is there at once: what closes the queue
   * in the meantime comes after it.
   *
   * @throws when nobody reads any more
   */
  async add(line: string): Promise<void> {
    this.#writer.write(this.#encoder.encode(line + "\n")).catch(() => {});
    await this.#writer.ready;
  }

  /** No line will follow. */
  close(): void {
    this.#writer.close().catch(() => {});
  }

  /** Nobody reads any more: whoever waits for room is told. */
  end(): void {
    this.#writer.abort().catch(() => {});
  }
}
