/** A clock that stands still until a test moves it. */
import type { Clock } from "../../src/processes/deadline.ts";

interface Timer {
  due: number;
  call: () => void;
}

/** Time for tests: nothing passes but what `advance` lets pass. */
export class FakeClock implements Clock {
  #now = 0;
  readonly #timers = new Set<Timer>();

  now(): number {
    return this.#now;
  }

  setTimer(ms: number, call: () => void): Disposable {
    const timer = { due: this.#now + Math.max(0, ms), call };
    this.#timers.add(timer);
    return { [Symbol.dispose]: () => void this.#timers.delete(timer) };
  }

  /** Timers that have not fired and were not cancelled. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Lets milliseconds pass in which the program does not run: what becomes due fires late. */
  sleep(ms: number): void {
    this.#now += ms;
  }

  /** Lets milliseconds pass and fires what becomes due, in order, also what that sets anew. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const next = [...this.#timers].sort((a, b) => a.due - b.due)[0];
      if (next === undefined || next.due > end) break;
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.due);
      next.call();
    }
    this.#now = end;
  }
}
