/**
 * Watches what happens in sessions from now on, and hands each event to somebody, one at a time.
 *
 * @module
 */
import type { LogEvent } from "../events/log_event.ts";
import { followLog, type SeenLog, type Writer } from "../sessions/follow/follow_log.ts";
import { closingLine, type LogLine, LogNotFoundError } from "../sessions/log_reader.ts";

/** A session that is watched. */
export interface WatchedSession {
  readonly sessionId: string;
  /** Of its log, which may not be there yet. */
  readonly logPath: string;
  /**
   * `over`: its newest run has ended, and nothing more is to come. `new`: it came after the watch began,
   * and all of it counts. `running` is everything else.
   */
  readonly stand: "over" | "running" | "new";
}

/** One event of a log, with the line as it stands there. */
export type EventLine = Extract<LogLine, { event: LogEvent }>;

/** What is watched, and what happens with it. */
export interface SessionWatchOptions {
  readonly sessions: readonly WatchedSession[];
  /**
   * All sessions that are meant by now, asked again and again while one is watched; those that are known
   * already do not matter.
   */
  later?(): readonly WatchedSession[];
  /** The end of a session counts also when it was there before the watch began. */
  readonly pastEnds: boolean;
  /** As in `followLog`. */
  writer(session: WatchedSession, seen: SeenLog): Promise<Writer>;
  /** Takes an event; the next one waits until it is done. True ends the watch. */
  take(session: WatchedSession, line: EventLine): Promise<boolean>;
  /** Called once: whatever is written from now on is seen. */
  ready?(): void;
  /** Ends the watch. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Watches until all sessions have ended, or `take` has seen enough. A session that goes on after its end
 * is not watched again.
 *
 * @returns whether `take` has seen enough
 * @throws what `take` and `writer` throw, and the reason of the signal
 */
export async function watchSessions(options: SessionWatchOptions): Promise<boolean> {
  const done = await new SessionWatch(options).run();
  if (!done) options.signal?.throwIfAborted();
  return done;
}

/** All who follow a session ask for others; so often is enough for all of them together. */
const LATER_MS = 1000;

class SessionWatch {
  readonly #options: SessionWatchOptions;
  readonly #known = new Set<string>();
  readonly #followed: Promise<void>[] = [];
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  /** Fulfilled when the event that was handed out last is done with. */
  #turn: Promise<unknown> = Promise.resolve();
  #done = false;
  #lookedAt = performance.now();

  constructor(options: SessionWatchOptions) {
    this.#options = options;
    const { signal } = options;
    this.#signal = signal ? AbortSignal.any([signal, this.#stop.signal]) : this.#stop.signal;
  }

  async run(): Promise<boolean> {
    const { sessions, ready } = this.#options;
    let starting = sessions.length;
    const started = () => {
      if (--starting === 0) ready?.();
    };
    for (const session of sessions) this.#add(session, started);
    // One that follows may find others, also as the last thing that it does.
    for (let count = 0; count < this.#followed.length;) {
      count = this.#followed.length;
      await Promise.allSettled(this.#followed);
      this.#addLater(0);
    }
    await Promise.all(this.#followed);
    return this.#done;
  }

  #addLater(sinceMs: number): void {
    const now = performance.now();
    if (this.#signal.aborted || now - this.#lookedAt < sinceMs) return;
    this.#lookedAt = now;
    for (const session of this.#options.later?.() ?? []) this.#add(session, () => {});
  }

  #add(session: WatchedSession, started: () => void): void {
    if (this.#known.has(session.sessionId)) return started();
    this.#known.add(session.sessionId);
    const followed = this.#follow(session, started);
    followed.catch(() => this.#stop.abort());
    this.#followed.push(followed);
  }

  async #follow(session: WatchedSession, started: () => void): Promise<void> {
    let waiting = true;
    const begun = () => {
      if (waiting) started();
      waiting = false;
    };
    try {
      if (session.stand !== "over") await this.#followToEnd(session, begun);
      if (this.#options.pastEnds && !this.#signal.aborted) {
        const event = await closingLine(session.logPath);
        if (event) await this.#take(session, { event, text: JSON.stringify(event) });
      }
    } catch (error) {
      // Of a session without a log there is nothing to see.
      if (!(error instanceof LogNotFoundError)) throw error;
    } finally {
      begun();
    }
  }

  async #followToEnd(session: WatchedSession, begun: () => void): Promise<void> {
    const lines = followLog({
      path: session.logPath,
      tail: session.stand === "new" ? undefined : { count: 0, counts: isRunMark },
      signal: this.#signal,
      writer: async (seen) => {
        begun();
        this.#addLater(LATER_MS);
        return await this.#options.writer(session, seen);
      },
    });
    for await (const batch of lines) {
      for (const line of batch) {
        if (this.#signal.aborted) return;
        if (line.event !== undefined) await this.#take(session, line);
      }
    }
  }

  /** Whoever comes first is served first. */
  async #take(session: WatchedSession, line: EventLine): Promise<void> {
    const taken = this.#turn.then(async () => {
      if (this.#signal.aborted || !await this.#options.take(session, line)) return;
      this.#done = true;
      this.#stop.abort();
    });
    // Before the next one gets its turn.
    this.#turn = taken.catch(() => this.#stop.abort());
    await taken;
  }
}

function isRunMark(type: string): boolean {
  return type === "session_started" || type === "session_ended";
}
