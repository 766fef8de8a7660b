/** The entries of one call's log for a program that takes them one after the other. */
import type { LogEvent } from "../events/log_event.ts";

/** So many entries wait before the agent has to; those of the read that goes beyond wait as well. */
const LIMIT = 256;

/** The key under which settings carry the queues of the call that is made with them. */
export const ENTRIES: unique symbol = Symbol("entries");

/** Settings of a call whose entries somebody takes. */
export interface WithEntries {
  readonly [ENTRIES]?: readonly LogEntries[];
}

/** A queue between a call and whoever takes its entries. */
export class LogEntries implements AsyncIterableIterator<LogEvent, void> {
  #queue: LogEvent[] = [];
  #isOver = false;
  #taken = Promise.withResolvers<void>();
  #changed = Promise.withResolvers<void>();

  /** An entry was written. */
  push(event: LogEvent): void {
    if (this.#isOver) return;
    this.#queue.push(event);
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  /** Fulfilled when there is room for what the agent says next, or nobody takes it any more. */
  async room(): Promise<void> {
    while (this.#queue.length >= LIMIT && !this.#isOver) await this.#taken.promise;
  }

  /** The call is over; what waits can still be taken. */
  end(): void {
    this.#isOver = true;
    this.#changed.resolve();
    this.#taken.resolve();
  }

  /** The next entry, as soon as there is one. */
  async next(): Promise<IteratorResult<LogEvent, void>> {
    for (;;) {
      const value = this.#queue.shift();
      if (value !== undefined) {
        this.#taken.resolve();
        this.#taken = Promise.withResolvers();
        return { done: false, value };
      }
      if (this.#isOver) return { done: true, value: undefined };
      await this.#changed.promise;
    }
  }

  /** Takes no further entry; the call goes on. */
  return(): Promise<IteratorResult<LogEvent, void>> {
    this.#queue = [];
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  /** Itself: the entries can be taken once. */
  [Symbol.asyncIterator](): this {
    return this;
  }
}
