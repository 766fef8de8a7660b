/**
 * Which run of an agent is meant.
 *
 * @module
 */
import { ZagError } from "../errors.ts";
import { identityStatus } from "../processes/process_table.ts";
import { foldId } from "./fold_id.ts";
import type { ProcessRecord } from "./records.ts";
import { resolveSession, type Scope } from "./resolve.ts";
import { agentOf, ownerOf } from "./run_status.ts";
import type { SessionStore } from "./store.ts";
import { SessionNotFoundError } from "./store_errors.ts";

/** No run goes by what was asked for. */
export class NoSuchRunError extends ZagError {
  /** Name of the class. */
  override name = "NoSuchRunError";

  /**
   * Makes the error.
   *
   * @param reference What was asked for.
   */
  constructor(readonly reference: string, reason = "zag has started no such process") {
    super(`Cannot find the process ${JSON.stringify(reference)}: ${reason}`, {
      hint:
        "Give a process number, a run's id or at least 4 characters of it, or a session; \"zag " +
        'ps list" shows them',
    });
  }
}

/** Several runs start with what was asked for. */
export class AmbiguousRunError extends ZagError {
  /** Name of the class. */
  override name = "AmbiguousRunError";

  /**
   * Makes the error.
   *
   * @param candidates Ids of runs, and of a session.
   */
  constructor(readonly reference: string, readonly candidates: readonly string[]) {
    super(
      `Cannot choose a process for ${JSON.stringify(reference)}: ` +
        `${candidates.slice(0, 5).join(", ")}${candidates.length > 5 ? ", ..." : ""} start with it`,
      { hint: "Give more characters of the id" },
    );
  }
}

const MIN_PREFIX = 4;

/**
 * The run that is meant: by the number of the agent's or of zag's process, by its id, by a session,
 * whose newest run it is then, or by at least 4 characters with which one of the ids starts. All
 * digits are a process number first; of several runs that had it, the one that has it now.
 *
 * @throws {NoSuchRunError} when there is none
 * @throws {AmbiguousRunError} when several runs, or a run and a session, start with the reference
 * @throws {AmbiguousSessionError} when several sessions start with it
 */
export function resolveRun(store: SessionStore, reference: string, scope: Scope): ProcessRecord {
  const exact = byNumber(store, reference) ?? store.getProcess(foldId(reference));
  if (exact) return exact;
  const session = sessionOf(store, reference, scope);
  const { sessionId, providerSessionId, name } = session ?? {};
  const isExact = [sessionId, providerSessionId, name].includes(reference) ||
    sessionId === foldId(reference);
  const starting = isExact || reference.length < MIN_PREFIX
    ? []
    : store.processesStartingWith(foldId(reference));
  if (starting.length + (session ? 1 : 0) > 1) {
    const ids = starting.map(({ id }) => id);
    throw new AmbiguousRunError(reference, session ? [...ids, session.sessionId] : ids);
  }
  if (starting[0]) return starting[0];
  if (!session) throw new NoSuchRunError(reference);
  const run = store.processesOf(session.sessionId)[0];
  if (!run) throw new NoSuchRunError(reference, "no run of that session is recorded");
  return run;
}

/** Whether the text is the number of a process, rather than anything else. */
export function isPid(reference: string): boolean {
  return /^\d{1,10}$/.test(reference);
}

function byNumber(store: SessionStore, reference: string): ProcessRecord | undefined {
  if (!isPid(reference)) return undefined;
  const pid = Number(reference);
  const runs = store.processesByPid(pid);
  return runs.find((run) => hasNow(run, pid)) ?? runs[0];
}

/** Whether the process that has the number now is one of the run's. */
export function hasNow(run: ProcessRecord, pid: number): boolean {
  return [agentOf(run), ownerOf(run)].some((identity) =>
    identity?.pid === pid && identityStatus(identity) !== "gone"
  );
}

function sessionOf(store: SessionStore, ref: string, scope: Scope) {
  try {
    return resolveSession(store, { ref }, scope);
  } catch (error) {
    if (error instanceof SessionNotFoundError) return undefined;
    throw error;
  }
}
