/**
 * Waits until a message can be sent to a session by going on with it: whoever came before has had
 * the answer, and no agent is at work.
 *
 * @module
 */
import type { ZagPaths } from "../config/paths.ts";
import { ZagError } from "../errors.ts";
import { LogsWatch } from "../sessions/follow/logs_watch.ts";
import type { ProcessRecord, SessionRecord } from "../sessions/records.ts";
import { sessionState } from "../sessions/session_status.ts";
import type { SessionStore } from "../sessions/store.ts";
import { isHeldUpBy, untilHeldUpBy } from "../sessions/waiting.ts";
import { Ticket } from "./turn_queue.ts";
import { waitForSessions } from "./wait_sessions.ts";

/** What waiting needs of the world. */
export interface TurnAccess {
  readonly store: SessionStore;
  readonly paths: ZagPaths;
  now(): Date;
}

/** How to wait. */
export interface TurnOptions {
  /** Id of the session whose agent sends the message; undefined for a person. */
  readonly from: string | undefined;
  /** Ends the waiting. */
  readonly signal: AbortSignal;
  /** The place in the queue, if it was taken before; it is given up with the turn. */
  readonly ticket?: Ticket | undefined;
  /**
   * Told once, when it has to be waited for.
   *
   * @param begun Whether its agent is at work; otherwise it waits for the sessions it depends on.
   */
  waiting?(begun: boolean): void;
  debug?(message: string): void;
}

/** The session waits, in the end, for the one that would wait for it here: neither could go on. */
export class TurnCycleError extends ZagError {
  /** Name of the class. */
  override name = "TurnCycleError";

  /** Makes the error. */
  constructor(readonly sessionId: string) {
    super(
      `Cannot wait for session "${sessionId}": it does not end its turn before this session does`,
    );
  }
}

/** The turn of this process with a session; disposing it lets the next one have theirs. */
export interface Turn extends Disposable {
  /** Waits once more: another program has begun to go on with the session. */
  again(signal: AbortSignal): Promise<void>;
}

/**
 * Waits for the turn of this process.
 *
 * @throws the reason of an abort
 * @throws {TurnCycleError} when waiting could never end
 * @throws {SessionRunningError} when an agent is left that cannot be ended
 * @throws {PrivateDirError} when the state directory cannot be written to
 */
export async function takeTurn(
  access: TurnAccess,
  session: SessionRecord,
  options: TurnOptions,
): Promise<Turn> {
  const { sessionId } = session;
  let told = false;
  const wait = async (signal: AbortSignal, waiting: (signal: AbortSignal) => Promise<void>) => {
    await unlessHeldUp(access.paths, sessionId, { ...options, signal }, async (either) => {
      if (!told) options.waiting?.(!isPending(access, session));
      told = true;
      await waiting(either);
    });
    signal.throwIfAborted();
  };
  const whenFree = async (signal: AbortSignal) => {
    // Others may begin in the moment in which it has ended.
    let last: ProcessRecord | undefined;
    for (let run = runOf(access.store, sessionId); run; run = runOf(access.store, sessionId)) {
      // Its end was seen and could not be recorded.
      if (run.id === last?.id) access.store.checkNotRunning(sessionId, "send to");
      last = run;
      await wait(signal, (either) => ended(access, session, { ...options, signal: either }));
    }
  };
  const ticket = options.ticket ?? await Ticket.take(access.paths, sessionId, options.from);
  try {
    const { signal } = options;
    signal.throwIfAborted();
    if (!ticket.isFirst()) {
      await wait(signal, (either) => first(ticket, { ...options, signal: either }));
    }
    await whenFree(signal);
    return { again: whenFree, [Symbol.dispose]: () => ticket[Symbol.dispose]() };
  } catch (error) {
    ticket[Symbol.dispose]();
    throw error;
  }
}

async function first(ticket: Ticket, { signal, debug }: TurnOptions): Promise<void> {
  using watch = new LogsWatch({
    polling: (reason) => debug?.(`the queue is polled: it cannot be watched: ${reason}`),
  });
  watch.addDirectory(ticket.directory);
  debug?.(
    "the queue of the session is watched; whether those who came before still live is polled " +
      "every 1000 ms",
  );
  while (!signal.aborted && !ticket.isFirst()) await watch.changed(signal);
}

async function ended(
  access: TurnAccess,
  session: SessionRecord,
  { signal, debug }: TurnOptions,
): Promise<void> {
  const waiting = waitForSessions(access, [session], {
    signal,
    debug: (message) => debug?.(message),
  });
  for await (const _ of waiting);
}

function runOf(store: SessionStore, sessionId: string): ProcessRecord | undefined {
  const [run] = store.processesOf(sessionId);
  return run?.status === "running" ? run : undefined;
}

/** Whether it is recorded, and begins when the sessions have completed that it depends on. */
function isPending({ store, now }: TurnAccess, { sessionId }: SessionRecord): boolean {
  const run = runOf(store, sessionId);
  if (!run || run.agentPid !== null) return false;
  const dependencies = store.getSession(sessionId)?.dependencies ?? [];
  return dependencies.some((id) => {
    const session = store.getSession(id);
    return session !== undefined && sessionState(store, session, now()).status !== "completed";
  });
}

/**
 * Waits, unless the session waits for the sender, now or later: then neither would ever go on.
 *
 * @throws {TurnCycleError}
 */
async function unlessHeldUp(
  paths: ZagPaths,
  sessionId: string,
  { from, signal, debug }: TurnOptions,
  waiting: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  if (from === undefined) return await waiting(signal);
  if (isHeldUpBy(paths, sessionId, from)) throw new TurnCycleError(sessionId);
  const over = new AbortController();
  const heldUp = new AbortController();
  const options = { signal: AbortSignal.any([signal, over.signal]), debug };
  const looking = untilHeldUpBy(paths, sessionId, from, options)
    .then((found) => void (found && heldUp.abort()));
  try {
    await waiting(AbortSignal.any([signal, heldUp.signal]));
  } finally {
    over.abort();
    await looking;
  }
  if (heldUp.signal.aborted) throw new TurnCycleError(sessionId);
}
