/** How long a session has been at it, without the time for which it, or this program, stood still. */
import { type Clock, Deadline } from "../processes/deadline.ts";
import { RunningClock } from "../processes/running_clock.ts";
import type { LaunchObserver } from "./launch_request.ts";

/** A timer has to be set for a pause to be noticed; this one is never due. */
const EVER_MS = 2 ** 31 - 1;

/**
 * The time that counts for `--timeout`, in milliseconds from its making. Left out is what a session waits
 * for the end of a limit, and in what this program does not run: its machine sleeps, or somebody has
 * stopped it.
 */
export class AwakeTime implements Disposable {
  readonly #clock: RunningClock;
  readonly #since: number;
  readonly #isLimited: boolean;
  #watch: Disposable | undefined;
  #asleepSince: number | undefined;
  #asleep = 0;

  /**
   * Begins to count.
   *
   * @param timeoutMs What it is counted for. Undefined: nothing, and a pause is not looked for, which
   * would need a timer.
   * @param spentMs So much is over already.
   * @param clock What tells the time. @default realClock
   */
  constructor(timeoutMs: number | undefined, spentMs = 0, clock?: Clock) {
    this.#clock = new RunningClock(clock);
    this.#since = this.#clock.now() - spentMs;
    this.#isLimited = timeoutMs !== undefined;
    this.#look();
  }

  /** What was counted so far. */
  get ms(): number {
    return (this.#asleepSince ?? this.#clock.now()) - this.#since - this.#asleep;
  }

  /** A limit on the same clock, which stands still with this program. */
  deadline(ms: number, expired: () => void): Deadline {
    return new Deadline(ms, expired, this.#clock);
  }

  /** The same observer, through which this clock learns when the session waits. */
  through(observer: LaunchObserver): LaunchObserver {
    return {
      ...observer,
      waiting: (wait) => {
        this.#asleepSince ??= this.#clock.now();
        this[Symbol.dispose]();
        observer.waiting?.(wait);
      },
      waited: () => {
        if (this.#asleepSince !== undefined) {
          this.#asleep += this.#clock.now() - this.#asleepSince;
          this.#asleepSince = undefined;
          this.#look();
        }
        observer.waited?.();
      },
    };
  }

  /** From here on a pause may count. */
  [Symbol.dispose](): void {
    this.#watch?.[Symbol.dispose]();
    this.#watch = undefined;
  }

  #look(): void {
    if (!this.#isLimited) return;
    this.#watch?.[Symbol.dispose]();
    this.#watch = this.#clock.setTimer(EVER_MS, () => this.#look());
  }
}
