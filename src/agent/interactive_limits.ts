/** The time limits of an interactive session. */
import { Deadline, realClock } from "../processes/deadline.ts";
import type { EndReason } from "./outcome.ts";

/** What is limited, and what happens then. */
export interface InteractiveLimits {
  /** The whole session, in milliseconds. */
  readonly timeoutMs: number | undefined;
  /** How long the agent may add nothing to its log; undefined where a person may be thinking. */
  readonly idleTimeoutMs: number | undefined;
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
  readonly #idle: Deadline | undefined;
  #heard = false;

  constructor({ timeoutMs, idleTimeoutMs, unseen, end, stuck }: InteractiveLimits) {
    if (timeoutMs !== undefined) {
      this.#add(timeoutMs, () => end({ kind: "timeout", durationMs: timeoutMs }));
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
    this.#add(BEGIN_MS, () => {
      if (!this.#heard) end({ kind: "idle", durationMs: BEGIN_MS, waitedFor: "it to begin" });
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
    const deadline = new Deadline(ms, fired, realClock);
    this.#deadlines.push(deadline);
    return deadline;
  }
}
