/**
 * Waits until a message can be sent to a session by going on with it: whoever came before has had
 * the answer, and no agent is at work.
 *
 * @module
 */
import type { ZagPaths } from "../config/paths.ts";
import { ZagError } from "../errors.ts";
import { listProcesses } from "../processes/process_table.ts";
import { LogsWatch } from "../sessions/follow/logs_watch.ts";
import type { ProcessRecord, SessionRecord } from "../sessions/records.ts";
import type { SessionStore } from "../sessions/store.ts";
import { Ticket, waitsFor } from "./turn_queue.ts";
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
  /** Told once, when it has to be waited for. */
  waiting?(): void;
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
  const { from } = options;
  let told = false;
  const wait = async (signal: AbortSignal, waiting: () => Promise<void>) => {
    if (from !== undefined && await neverEnds(access, sessionId, from)) {
      throw new TurnCycleError(sessionId);
    }
    if (!told) options.waiting?.();
    told = true;
    await waiting();
    signal.throwIfAborted();
  };
  const whenFree = async (signal: AbortSignal) => {
    // Others may begin in the moment in which it has ended.
    let last: ProcessRecord | undefined;
    for (let run = runOf(access.store, sessionId); run; run = runOf(access.store, sessionId)) {
      // Its end was seen and could not be recorded.
      if (run.id === last?.id) access.store.checkNotRunning(sessionId, "send to");
      last = run;
      await wait(signal, () => ended(access, session, { ...options, signal }));
    }
  };
  const ticket = await Ticket.take(access.paths, sessionId, from);
  try {
    const { signal } = options;
    signal.throwIfAborted();
    if (!ticket.isFirst()) await wait(signal, () => first(ticket, options));
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

/**
 * Whether the session at work waits for the one that is to wait for it: its agent sends to it, or this
 * program is something that its agent has started, and ends with it.
 */
async function neverEnds(
  { store, paths }: TurnAccess,
  sessionId: string,
  from: string,
): Promise<boolean> {
  if (waitsFor(paths, sessionId, from)) return true;
  const run = runOf(store, sessionId);
  return run !== undefined && await standsAbove(run);
}

/** Whether this program would end with the run. */
async function standsAbove({ ownerPid, agentPid }: ProcessRecord): Promise<boolean> {
  const parents = new Map((await listProcesses()).map(({ pid, ppid }) => [pid, ppid]));
  const passed = new Set<number>();
  for (let pid = parents.get(Deno.pid) ?? 0; pid > 1 && !passed.has(pid);) {
    // Their start times need no look: ancestors live, and so does whoever the run names.
    if (pid === ownerPid || pid === agentPid) return true;
    passed.add(pid);
    pid = parents.get(pid) ?? 0;
  }
  return false;
}
