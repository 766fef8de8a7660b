/**
 * Waits for the ends of sessions that other programs run.
 *
 * The owner of a session leaves a marker once log and index say how it ended: that is watched, with
 * one watcher for all sessions. No event tells of the death of a process that is not our child, so
 * the owners of those that are waited for are looked at once a second.
 *
 * @module
 */
import { endStrays } from "../agent/strays.ts";
import type { ZagPaths } from "../config/paths.ts";
import { LogsWatch } from "../sessions/follow/logs_watch.ts";
import type { SessionRecord } from "../sessions/records.ts";
import { openIndexToRead } from "../sessions/recovery/open_index.ts";
import { ownerLives } from "../sessions/run_status.ts";
import { type SessionState, sessionState } from "../sessions/session_status.ts";
import type { SessionStore } from "../sessions/store.ts";
import { deletedState, endOfDead, neverBegan } from "./unseen_end.ts";

/** What waiting needs of the world. */
export interface WaitAccess {
  /** The index; it stays open, also when waiting goes on with a newer one. */
  readonly store: SessionStore;
  /** Where things lie. */
  readonly paths: ZagPaths;
  /** The clock. */
  now(): Date;
}

/** How to wait. */
export interface WaitOptions {
  /** Ends the waiting, without an error: the sessions that are left are not given. */
  readonly signal?: AbortSignal | undefined;
  /** Ends the waiting as well, but what has ended by then is given before. */
  readonly late?: AbortSignal | undefined;
  /** Told what helps to find a mistake: what is polled, and what was tidied up. */
  debug?(message: string): void;
  /** How often to look where no event can tell, in milliseconds. @default 1000 */
  readonly lookMs?: number | undefined;
}

/** A session that has ended. */
export interface EndedSession {
  /** As the index has it after the end. */
  readonly session: SessionRecord;
  /**
   * How it ended: `completed`, `failed`, `dead` (its zag was killed, or it never began), or `unknown`
   * (it was deleted, or nobody saw how it ended).
   */
  readonly state: SessionState;
}

/**
 * The sessions as they end, each once; first those whose newest run has ended before, in the order
 * of their ends. A session that was gone on with runs again until that run has ended. It counts as
 * ended when its owner has closed all books: it can be resumed then. A session that is recorded but
 * has not begun is waited for while it has sessions to wait for itself, and 30 seconds beyond that.
 *
 * When a session's zag was killed, what it left behind is ended first, as any command does at its
 * start.
 *
 * @example
 * ```ts
 * for await (const { session, state } of waitForSessions(access, sessions)) {
 *   console.log(session.sessionId, state.status);
 * }
 * ```
 * @throws {StoreError} when the index can no longer be read
 */
export async function* waitForSessions(
  access: WaitAccess,
  sessions: readonly SessionRecord[],
  options: WaitOptions = {},
): AsyncGenerator<EndedSession, void, undefined> {
  const { signal, late, debug, lookMs } = options;
  const { paths } = access;
  const open = new Map(sessions.map((session) => [session.sessionId, session]));
  const byMarker = new Map([...open.keys()].map((id) => [paths.ended(id), id]));
  await using books = new Books(access, options);
  using watch = new LogsWatch({
    lookMs,
    polling: (reason) => debug?.(`markers are polled: they cannot be watched: ${reason}`),
  });
  for (const marker of byMarker.keys()) watch.add(marker);
  const over = AbortSignal.any([signal, late].filter((each) => each !== undefined));
  let told = false;
  for (let last = false; open.size > 0 && !last && !signal?.aborted;) {
    const changed = await watch.changed(over);
    if (signal?.aborted) return;
    last = late?.aborted ?? false;
    const all = last || changed.size === 0;
    if (all) await books.renew();
    const ids = all ? [...open.keys()] : [...changed].map((path) => byMarker.get(path)!);
    const ended: EndedSession[] = [];
    for (const id of ids) {
      const found = open.has(id) ? await books.look(open.get(id)!) : undefined;
      if (found) ended.push(found);
    }
    for (const each of ended.sort(byEnd)) {
      open.delete(each.session.sessionId);
      yield each;
    }
    if (told || open.size === 0) continue;
    told = true;
    debug?.(
      "nothing tells when a process dies that another program has started: the processes of " +
        `${open.size} sessions are polled every ${lookMs ?? 1000} ms, markers of ends are watched`,
    );
  }
}

function byEnd({ session: a }: EndedSession, { session: b }: EndedSession): number {
  return timeOf(a.endedAt) - timeOf(b.endedAt);
}

/** A session that nobody saw end comes last. */
function timeOf(rfc3339: string | null): number {
  const time = rfc3339 === null ? NaN : Date.parse(rfc3339);
  return Number.isNaN(time) ? Number.MAX_VALUE : time;
}

/** Looks up how sessions stand, and closes the books of those whose zag was killed. */
class Books implements AsyncDisposable {
  readonly #access: WaitAccess;
  readonly #options: WaitOptions;
  #store: SessionStore;
  /** Ids of runs without an owner; those of `#swept` were there when a sweep began that is over. */
  readonly #ownerless = new Set<string>();
  readonly #swept = new Set<string>();
  #sweep: Promise<void> | undefined;

  constructor(access: WaitAccess, options: WaitOptions) {
    this.#access = access;
    this.#options = options;
    this.#store = access.store;
  }

  /** Another zag may have put a new index in the place of the one that is open. */
  async renew(): Promise<void> {
    if (this.#store.isCurrent()) return;
    await this.#sweep;
    const store = await openIndexToRead(this.#access.paths, {
      debug: (message) => this.#options.debug?.(message),
    });
    this.#close();
    this.#store = store;
  }

  /** The session, if it has ended. */
  async look(known: SessionRecord): Promise<EndedSession | undefined> {
    const { now } = this.#access;
    const session = this.#store.getSession(known.sessionId);
    if (!session) return { session: known, state: deletedState() };
    const state = sessionState(this.#store, session, now());
    const { run } = state;
    // The row of the run is closed last: before that, nobody can go on with the session.
    if (run?.status === "running") return await this.#lookAtOwner(session, state, run.id);
    if (session.outcome !== null) return { session, state };
    if (run === undefined) {
      const dead = await neverBegan(this.#store, session, now());
      return dead && { session, state: dead };
    }
    // It may have ended between the two questions.
    const again = this.#store.getSession(known.sessionId) ?? session;
    return { session: again, state: sessionState(this.#store, again, now()) };
  }

  /** Waits for a sweep that goes on, and closes what was opened here. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sweep;
    this.#close();
  }

  async #lookAtOwner(
    session: SessionRecord,
    state: SessionState,
    runId: string,
  ): Promise<EndedSession | undefined> {
    const run = state.run!;
    // One whose start is not known may live.
    if (run.ownerStart !== null && ownerLives(run)) return undefined;
    if (run.ownerStart === null && state.status !== "dead") return undefined;
    if (!this.#swept.has(runId)) {
      this.#ownerless.add(runId);
      this.#startSweep();
      return undefined;
    }
    // What even SIGKILL did not end still works.
    if (state.status !== "dead" && session.outcome === null) {
      this.#swept.delete(runId);
      return undefined;
    }
    // The index cannot be written, then.
    return { session, state: await endOfDead(session, state) };
  }

  #startSweep(): void {
    const { paths } = this.#access;
    const runs = [...this.#ownerless];
    this.#sweep ??= endStrays(this.#store, paths, (message) => this.#options.debug?.(message))
      .finally(() => {
        for (const run of runs) this.#swept.add(run);
        this.#sweep = undefined;
      });
  }

  #close(): void {
    if (this.#store !== this.#access.store) this.#store.close();
  }
}
