/**
 * Sessions that wait for the end of a usage limit, as somebody from outside sees them, ends their wait, and
 * has them go on.
 *
 * @module
 */
import { notifyWaiting } from "../agent/limit_path.ts";
import { endStray, type StrayPaths } from "../agent/strays.ts";
import { ZagError } from "../errors.ts";
import type { EnvReader } from "../host.ts";
import { appendTo, withOwnLog } from "../sessions/own_log.ts";
import type { PendingResume, ProcessRecord, SessionRecord } from "../sessions/records.ts";
import { resolveSession, type Scope } from "../sessions/resolve.ts";
import { ownerLives } from "../sessions/run_status.ts";
import type { SessionStore } from "../sessions/store.ts";
import { AmbiguousSessionError, SessionNotFoundError } from "../sessions/store_errors.ts";

/** What this needs of the world. */
export interface LimitWaitsAccess {
  /** The index. */
  readonly store: SessionStore;
  readonly paths: StrayPaths;
  /** Of a zag that is started to go on with a session. */
  readonly env: EnvReader;
  /** Told what was done, or why nothing was. */
  note(message: string): void;
}

/** A session that waits. */
export interface WaitingSession {
  readonly waits: PendingResume;
  readonly session: SessionRecord;
  /** Its newest run, if that goes on. */
  readonly run: ProcessRecord | undefined;
  /** The zag that looks after it lives. */
  readonly isOwned: boolean;
}

/** Nothing waits under what was asked for. */
export class NotWaitingError extends ZagError {
  /** Name of the class. */
  override name = "NotWaitingError";

  /**
   * Makes the error.
   *
   * @param reference What was asked for.
   * @param reason Why there is nothing.
   */
  constructor(
    readonly reference: string,
    reason: string = "no session waits for a usage limit under this name",
  ) {
    super(`Cannot find the wait ${JSON.stringify(reference)}: ${reason}`, {
      hint: 'All that wait are in "zag usage list"',
    });
  }
}

/** So many characters of an incident are enough. */
const MIN_PREFIX = 4;

/**
 * All sessions that wait, the next one first.
 *
 * @param project Only those of this one: a key, or null for what is in none. Default: all.
 */
export function waitingSessions(
  store: SessionStore,
  project?: string | null,
): WaitingSession[] {
  return store.resumes.list().flatMap((waits) => {
    const found = withSession(store, waits);
    return found && (project === undefined || found.session.project === project) ? [found] : [];
  });
}

/**
 * The one that is meant: by its incident, at least 4 characters with which that begins, or its session.
 *
 * @throws {NotWaitingError} when nothing waits under that
 * @throws {AmbiguousSessionError} when several ids start with it
 */
export function findWaiting(
  store: SessionStore,
  reference: string,
  scope: Scope,
): WaitingSession {
  const all = waitingSessions(store);
  const wanted = reference.toLowerCase();
  const found = all.filter(({ waits: { incidentId } }) =>
    incidentId === wanted || wanted.length >= MIN_PREFIX && incidentId.startsWith(wanted)
  );
  if (found.length === 1) return found[0]!;
  if (found.length > 1) {
    const ids = found.map(({ waits }) => waits.incidentId);
    throw new NotWaitingError(reference, `several begin like that: ${ids.join(", ")}`);
  }
  const session = sessionOf(store, reference, scope);
  const own = session && all.find(({ waits }) => waits.sessionId === session.sessionId);
  if (own) return own;
  // A name may be that of several sessions, of which a newer one has ended.
  const named = all.findLast(({ session: { name, project } }) =>
    name === reference && project === session?.project
  );
  if (named) return named;
  if (session) {
    throw new NotWaitingError(reference, `session ${session.sessionId} waits for nothing`);
  }
  const begins = wanted !== "" && wanted.length < MIN_PREFIX &&
    all.some(({ waits: { incidentId } }) => incidentId.startsWith(wanted));
  throw new NotWaitingError(
    reference,
    begins ? `of an id at least ${MIN_PREFIX} characters are needed` : undefined,
  );
}

function sessionOf(
  store: SessionStore,
  ref: string,
  scope: Scope,
): SessionRecord | undefined {
  try {
    return resolveSession(store, { ref }, scope);
  } catch (error) {
    if (error instanceof SessionNotFoundError) return undefined;
    if (error instanceof AmbiguousSessionError || !(error instanceof ZagError)) throw error;
    return undefined;
  }
}

function withSession(store: SessionStore, waits: PendingResume): WaitingSession | undefined {
  const session = store.getSession(waits.sessionId);
  if (!session) return undefined;
  const newest = store.processesOf(waits.sessionId)[0];
  const run = newest?.status === "running" ? newest : undefined;
  return { waits, session, run, isOwned: run !== undefined && ownerLives(run) };
}

/**
 * Ends the wait of a session, which then ends as failed, with what its agent said of the limit. One that
 * nobody looks after is closed here.
 *
 * @throws {NotWaitingError} when it has gone on, or was cancelled, meanwhile
 */
export async function cancelWaiting(
  { store, paths, note }: LimitWaitsAccess,
  { waits, session, run, isOwned }: WaitingSession,
  now: () => Date,
): Promise<void> {
  const { incidentId } = waits;
  if (!store.resumes.remove(incidentId)) {
    throw new NotWaitingError(incidentId, "it has gone on, or was cancelled, at this moment");
  }
  const { logPath } = withOwnLog(store, paths, session);
  if (logPath !== null) {
    const cancelled = { type: "usage_limit_cancelled", incident_id: incidentId } as const;
    appendTo(logPath, session, [cancelled], { now });
  }
  if (run && isOwned) notify(paths, run);
  else if (run) await endStray(run, store, paths, note, { error: CANCELLED, limited: true });
}

/** Why a session failed that nobody looked after when its wait was cancelled. */
const CANCELLED = "It hit a usage limit, and its wait for the end of that was cancelled";

/**
 * Has a session go on now. One that nobody looks after gets a zag that does.
 *
 * @throws {NotWaitingError} when it has gone on, or was cancelled, meanwhile
 */
export async function hurryWaiting(
  access: LimitWaitsAccess,
  waiting: WaitingSession,
  now: Date,
): Promise<void> {
  const { incidentId } = waiting.waits;
  if (!access.store.resumes.reschedule(incidentId, now.toISOString())) {
    throw new NotWaitingError(incidentId, "it has gone on, or was cancelled, at this moment");
  }
  if (waiting.run && waiting.isOwned) notify(access.paths, waiting.run);
  else await adoptWaiting(access, waiting);
}

/**
 * Starts a zag that looks after a session whose own one is gone.
 *
 * @returns Whether somebody looks after it now.
 */
export async function adoptWaiting(
  { store, paths, env, note }: LimitWaitsAccess,
  { waits, run }: WaitingSession,
): Promise<boolean> {
  if (run) await endStray(run, store, paths, note, { env });
  const now = store.resumes.get(waits.incidentId);
  return now !== undefined && withSession(store, now)?.isOwned === true;
}

/** Its zag looks at the index again. */
function notify(paths: Pick<StrayPaths, "launchFiles">, run: ProcessRecord): void {
  try {
    notifyWaiting(paths.launchFiles(run.id));
  } catch (error) {
    // It ends at this moment, and its directory has gone before it.
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
