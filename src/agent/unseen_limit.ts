/** A usage limit in an interface that nobody sees: the agent would wait there for a person, for ever. */
import type { LogKind, LogType } from "../events/log_event.ts";
import { type Clock, Deadline, realClock } from "../processes/deadline.ts";
import type { LimitWatch } from "./limit_watch.ts";

/** An agent that adds nothing to its log for so long after a limit stands still at it, in milliseconds. */
export const STANDS_MS = 2000;

/** With one of these the agent goes on. */
export const GOES_ON: ReadonlySet<LogType> = new Set<LogType>([
  "user_message",
  "assistant_message",
  "reasoning",
  "tool_call",
  "session_cleared",
]);

/** Reads what an agent adds to its log, and tells when it stands still at a limit. */
export class UnseenLimit implements Disposable {
  readonly #watch: LimitWatch;
  readonly #still: Deadline;
  #stands = false;

  /**
   * Has read nothing yet.
   *
   * @param watch Completes what is to be logged of a limit.
   * @param end Called when the agent stands still at one.
   */
  constructor(watch: LimitWatch, end: () => void, clock: Clock = realClock) {
    this.#watch = watch;
    this.#still = new Deadline(STANDS_MS, end, clock);
  }

  /** The last that the agent has told is a limit. */
  get stands(): boolean {
    return this.#stands;
  }

  /** Reads entries; returns them as they are to be logged. */
  read(kinds: readonly LogKind[]): readonly LogKind[] {
    const completed = this.#watch.completed(kinds);
    for (const { type } of kinds) {
      if (type === "usage_limit_hit") this.#stands = true;
      // Nobody is there to type: a message can only be the first one, which is read late.
      else if (GOES_ON.has(type) && type !== "user_message") this.#stands = false;
    }
    if (this.#stands) this.#still.start();
    else {
      this.#still.stop();
      this.#watch.forget();
    }
    return completed;
  }

  [Symbol.dispose](): void {
    this.#still[Symbol.dispose]();
  }
}
