/** The time limits of an interactive session. */
import { Deadline } from "../processes/deadline.ts";
import { RunningClock } from "../processes/running_clock.ts";
import type { EndReason } from "./outcome.ts";

/** What is limited, and what happens then. */
export interface InteractiveLimits {
  /** The whole session, in milliseconds. */
  readonly timeoutMs: number | undefined;
  /** So much of that is over already, in milliseconds. @default 0 */
  readonly spentMs?: number | undefined;
  /** How long the agent may add nothing to its log; undefined where a person may be thinking. */
  readonly idleTimeoutMs: number | undefined;
  /** How long one that nobody sees may take to begin; 0: as long as it likes. @default 120000 */
  readonly firstByteTimeoutMs?: number | undefined;
  /** Nobody sees a question that the agent may ask before it begins. */
  readonly unseen: boolean;
  /** Ends the agent. */
  readonly end: (reason: EndReason) => void;
  /** Called when an agent that nobody sees has not begun after so many milliseconds. */
  readonly stuck: (ms: number) => void;
}

/** An agent that nobody sees may be asking something that nobody answers: then it is shown, */
const SHOW_MS = 30_000;
/** and at last the agent is ended. */
const BEGIN_MS = 120_000;

/** Runs from {@linkcode LimitedTime.start} until it is disposed. */
export class LimitedTime implements Disposable {
  readonly #deadlines: Deadline[] = [];
  // An agent that stood still along with this program gets all its time again.
  readonly #clock = new RunningClock(undefined, () => this.#idle?.touch());
  readonly #idle: Deadline | undefined;
  #heard = false;

  constructor(limits: InteractiveLimits) {
    const { timeoutMs, spentMs = 0, firstByteTimeoutMs, idleTimeoutMs, unseen, end, stuck } =
      limits;
    if (timeoutMs !== undefined) {
      this.#add(
        Math.max(0, timeoutMs - spentMs),
        () => end({ kind: "timeout", durationMs: timeoutMs }),
      );
    }
    if (idleTimeoutMs !== undefined) {
      const waitedFor = "something new in its log";
      const reason: EndReason = { kind: "idle", durationMs: idleTimeoutMs, waitedFor };
      this.#idle = this.#add(idleTimeoutMs, () => end(reason));
    }
    if (!unseen) return;
    this.#add(SHOW_MS, () => {
      if (!this.#heard) stuck(SHOW_MS);
    });
    const beginMs = firstByteTimeoutMs ?? BEGIN_MS;
    if (beginMs === 0) return;
    this.#add(beginMs, () => {
      const waitedFor = "it to begin";
      if (!this.#heard) end({ kind: "first-byte", durationMs: beginMs, waitedFor });
    });
  }

  /** The agent runs. */
  start(): void {
    for (const deadline of this.#deadlines) deadline.start();
  }

  /** The agent has added something to its log. */
  heard(): void {
    this.#heard = true;
    this.#idle?.touch();
  }

  [Symbol.dispose](): void {
    for (const deadline of this.#deadlines) deadline[Symbol.dispose]();
  }

  #add(ms: number, fired: () => void): Deadline {
    const deadline = new Deadline(ms, fired, this.#clock);
    this.#deadlines.push(deadline);
    return deadline;
  }
}
