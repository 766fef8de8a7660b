/** Events between an agent and the program that reads them. */
import type { Event } from "../events/event.ts";

/**
 * Holds what was read of the agent at once, and makes it wait until that was taken: memory stays flat
 * however slow the reader is.
 */
export class EventBuffer {
  #waiting: readonly Event[] = [];
  #at = 0;
  #taken: (() => void) | undefined;
  /** Somebody who waits for the next event; one at most. */
  #reader: (() => void) | undefined;
  #end: { readonly failure: { readonly error: unknown } | undefined } | undefined;
  #isUnread: (() => boolean) | undefined;

  /** Hands over events; fulfilled when they are taken or dropped. Call it when the last ones are. */
  put(events: readonly Event[]): Promise<void> {
    if (events.length === 0 || this.#drops()) return Promise.resolve();
    this.#waiting = events;
    this.#at = 0;
    const taken = Promise.withResolvers<void>();
    this.#taken = taken.resolve;
    this.#wake();
    return taken.promise;
  }

  /**
   * The next event; null when there will be none.
   *
   * @throws the error of {@linkcode end}
   */
  async next(): Promise<Event | null> {
    for (;;) {
      const event = this.#waiting[this.#at];
      if (event !== undefined) {
        this.#at++;
        if (this.#at === this.#waiting.length) this.#done();
        return event;
      }
      if (this.#end?.failure) throw this.#end.failure.error;
      if (this.#end) return null;
      await new Promise<void>((resolve) => this.#reader = resolve);
    }
  }

  /** No more will come; what waits can still be taken. */
  end(failure: { readonly error: unknown } | undefined): void {
    this.#end = { failure };
    this.#wake();
  }

  /** From now on what nobody reads is dropped. */
  dropUnread(isUnread: () => boolean): void {
    this.#isUnread = isUnread;
    this.dropAgain();
  }

  /** Looks again whether somebody reads. */
  dropAgain(): void {
    if (this.#drops()) this.#done();
  }

  #drops(): boolean {
    return this.#isUnread?.() === true;
  }

  #done(): void {
    this.#waiting = [];
    this.#at = 0;
    this.#taken?.();
    this.#taken = undefined;
  }

  #wake(): void {
    this.#reader?.();
    this.#reader = undefined;
  }
}
