/** Time limits that a test can run through in no time. */

/** The source of time for whatever waits. */
export interface Clock {
  /** Milliseconds that only ever grow; they say nothing about the calendar. */
  now(): number;
  /** Calls once after `ms` milliseconds, however many; disposing cancels. */
  setTimer(ms: number, call: () => void): Disposable;
}

// A longer delay makes the timer of the platform fire at once.
const LONGEST_TIMER = 2 ** 31 - 1;

/** The real time. A timer that is neither due nor disposed keeps the program alive. */
export const realClock: Clock = {
  now: () => performance.now(),
  setTimer(ms, call) {
    let left = Math.max(0, ms);
    let timer: ReturnType<typeof setTimeout>;
    const wait = () => {
      const part = Math.min(left, LONGEST_TIMER);
      left -= part;
      timer = setTimeout(() => left > 0 ? wait() : call(), part);
    };
    wait();
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  },
};

/**
 * A time limit that can start again from the beginning, which makes it an idle limit, and that can
 * stand still. It expires once a start.
 *
 * @example
 * ```ts
 * using idle = new Deadline(30_000, () => console.log("silent for 30 s"));
 * idle.start();
 * for await (const _chunk of ReadableStream.from(["a", "b"])) idle.touch();
 * ```
 */
export class Deadline implements Disposable {
  readonly #ms: number;
  readonly #expired: () => void;
  readonly #clock: Clock;
  #timer: Disposable | undefined;
  /** When it expires, on the clock; while it is paused, what is left of it. Undefined: stopped. */
  #due: number | undefined;
  #pauses = 0;

  /**
   * @param ms The limit in milliseconds.
   * @param expired Called when the limit is reached.
   * @param clock @default realClock
   */
  constructor(ms: number, expired: () => void, clock: Clock = realClock) {
    this.#ms = ms;
    this.#expired = expired;
    this.#clock = clock;
  }

  /** Starts from the beginning, also when it was running. A paused one starts when it resumes. */
  start(): void {
    this.stop();
    if (this.#pauses > 0) {
      this.#due = this.#ms;
      return;
    }
    this.#due = this.#clock.now() + this.#ms;
    this.#arm();
  }

  /** Starts a running one from the beginning; costs next to nothing. A stopped one stays stopped. */
  touch(): void {
    if (this.#due === undefined) return;
    // The timer stays as it is and looks at the new time when it fires.
    this.#due = this.#pauses > 0 ? this.#ms : this.#clock.now() + this.#ms;
  }

  /** It will not expire any more, unless started again. */
  stop(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    this.#due = undefined;
  }

  /** Stands still until {@linkcode resume} has been called as often as this. */
  pause(): void {
    if (this.#pauses++ > 0 || this.#due === undefined) return;
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    this.#due = Math.max(0, this.#due - this.#clock.now());
  }

  /** Takes back one {@linkcode pause}. */
  resume(): void {
    if (this.#pauses === 0 || --this.#pauses > 0 || this.#due === undefined) return;
    this.#due += this.#clock.now();
    this.#arm();
  }

  [Symbol.dispose](): void {
    this.stop();
  }

  #arm(): void {
    this.#timer = this.#clock.setTimer(this.#due! - this.#clock.now(), () => {
      if (this.#clock.now() < this.#due!) return this.#arm();
      this.stop();
      this.#expired();
    });
  }
}
