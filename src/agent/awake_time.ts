/** How long a session has been at it, without the time for which it waited. */
import type { LaunchObserver } from "./launch_request.ts";

/** Counts the time since it was made, in milliseconds; what a session waits for the end of a limit is left out. */
export class AwakeTime {
  readonly #since: number;
  readonly #now: () => number;
  #asleepSince: number | undefined;
  #asleep = 0;

  /**
   * Begins to count.
   *
   * @param spentMs So much is over already.
   * @param now Milliseconds of a clock that nobody sets.
   */
  constructor(spentMs = 0, now: () => number = () => performance.now()) {
    this.#now = now;
    this.#since = now() - spentMs;
  }

  /** What was counted so far. */
  get ms(): number {
    return (this.#asleepSince ?? this.#now()) - this.#since - this.#asleep;
  }

  /** The same observer, through which this clock learns when the session waits. */
  through(observer: LaunchObserver): LaunchObserver {
    return {
      ...observer,
      waiting: (wait) => {
        this.#asleepSince ??= this.#now();
        observer.waiting?.(wait);
      },
      waited: () => {
        if (this.#asleepSince !== undefined) this.#asleep += this.#now() - this.#asleepSince;
        this.#asleepSince = undefined;
        observer.waited?.();
      },
    };
  }
}
