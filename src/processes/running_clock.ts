/**
 * Time that stands still while this program does: while the machine sleeps, a container is frozen, or
 * somebody has stopped the process. A deadline must not run out in the moment in which all goes on.
 */
import { type Clock, realClock } from "./deadline.ts";

/** So exactly is known when the program was stopped: it looks at the time this often, in milliseconds. */
const LOOK_MS = 5000;
/** With a timer that is due soon it looks more often, or a pause could use up all of a short time. */
const SHORTEST_LOOK_MS = 250;
/** So many times before the timer that is due first. */
const LOOKS = 8;
/** A timer that is later than this was not merely delayed by other work. */
const LATE_MS = 1000;

/**
 * A clock that counts the time in which this program runs. It notices a pause by timers that come too
 * late, so it looks at the time while a timer is set, and otherwise never.
 */
export class RunningClock implements Clock {
  readonly #base: Clock;
  readonly #resumed: () => void;
  /** When each timer is due that is set, on the clock below. */
  readonly #due = new Set<{ at: number }>();
  #look: Disposable | undefined;
  #lookAt = Infinity;
  #lost = 0;
  #last = -Infinity;

  /**
   * Starts to count with the first timer.
   *
   * @param base What tells the time. @default realClock
   * @param resumed Called when the program goes on after a pause, before any timer is.
   */
  constructor(base: Clock = realClock, resumed: () => void = () => {}) {
    this.#base = base;
    this.#resumed = resumed;
  }

  now(): number {
    const now = this.#base.now();
    const expected = Math.min(this.#lookAt, ...[...this.#due].map(({ at }) => at));
    const late = now - Math.max(expected, this.#last);
    this.#last = now;
    if (now - expected > LATE_MS) {
      this.#lost += late;
      // What is overdue says nothing new any more.
      for (const entry of this.#due) if (entry.at <= now) entry.at = Infinity;
      if (this.#look) this.#lookLater();
      this.#resumed();
    }
    return now - this.#lost;
  }

  setTimer(ms: number, call: () => void): Disposable {
    this.now();
    const entry = { at: this.#base.now() + Math.max(0, ms) };
    this.#due.add(entry);
    const timer = this.#base.setTimer(ms, () => {
      // The pause is noticed as long as the timer counts among those that should have fired.
      this.now();
      this.#remove(entry);
      call();
    });
    if (this.#lookAt - this.#base.now() > this.#lookMs()) this.#lookLater();
    return {
      [Symbol.dispose]: () => {
        timer[Symbol.dispose]();
        this.#remove(entry);
      },
    };
  }

  #remove(entry: { at: number }): void {
    this.#due.delete(entry);
    if (this.#due.size > 0) return;
    this.#look?.[Symbol.dispose]();
    this.#look = undefined;
    this.#lookAt = Infinity;
  }

  #lookMs(): number {
    const left = Math.min(...[...this.#due].map(({ at }) => at)) - this.#base.now();
    return Math.max(SHORTEST_LOOK_MS, Math.min(LOOK_MS, left / LOOKS));
  }

  #lookLater(): void {
    this.#look?.[Symbol.dispose]();
    const ms = this.#lookMs();
    this.#lookAt = this.#base.now() + ms;
    this.#look = this.#base.setTimer(ms, () => {
      this.now();
      if (this.#due.size > 0) this.#lookLater();
    });
  }
}
