/** Ends sessions, starts them again, and removes what old ones have left. */
import type { Duration } from "../agent/agent_options.ts";
import {
  checkArguments,
  DURATION,
  FLAG,
  FUNCTION,
  NUMBER,
  parts,
  TEXT,
  TEXTS,
} from "../agent/argument_check.ts";
import type { ZagError } from "../errors.ts";
import type { Cancelling, CancelResult } from "../orchestration/cancel_session.ts";
import type { GcReport } from "../orchestration/gc.ts";
import type { SpawnRequest } from "../orchestration/spawn_session.ts";
import type { SessionRecord } from "../sessions/records.ts";
import { findSessions, openRecords, SCOPE_PARTS, type SessionScope } from "./records.ts";
import { hostWithZag } from "./zag_program.ts";

/** So many are ended at the same time. */
const AT_ONCE = 8;

/** Which sessions are cancelled besides. */
export interface CancelOptions extends SessionScope {
  /** Also all that their agents have started, and so on; those first. Default: false. */
  readonly tree?: boolean | undefined;
}

/** How sessions are started again. */
export interface RetryOptions extends SessionScope {
  /** Of the sessions, only those that failed or are dead. Default: false. */
  readonly failed?: boolean | undefined;
  /** Another model than before: a size or a name. */
  readonly model?: string | undefined;
  /** The program zag that looks after the new sessions, as for `spawnSession`. */
  readonly zag?: string | undefined;
  /** Hears what is not as it was. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/** A session that was to be started again. */
export interface RetriedSession {
  /** Id of the earlier session. */
  readonly sessionId: string;
  /** Id of the new one; undefined when there is none. */
  readonly newSessionId: string | undefined;
  /** Why there is none. */
  readonly error: ZagError | undefined;
}

/** What is removed. */
export interface GcOptions {
  /** Nothing is changed, only told. Default: true. */
  readonly dryRun?: boolean | undefined;
  /** Only what ended longer ago than this. Default: `7d`. */
  readonly olderThan?: Duration | undefined;
  /** Keep at most so many bytes of ended sessions' logs, the newest. Default: no limit. */
  readonly maxLogBytes?: number | undefined;
  /** Logs and records of sessions stay. Default: false. */
  readonly keepLogs?: boolean | undefined;
  /** Only what belongs to the project of this directory. Default: all projects. */
  readonly root?: string | undefined;
}

const CANCEL = parts<CancelOptions>({ ...SCOPE_PARTS, tree: FLAG });
const RETRY = parts<RetryOptions>({
  ...SCOPE_PARTS,
  failed: FLAG,
  model: TEXT,
  zag: TEXT,
  onWarning: FUNCTION,
});
const GC = parts<GcOptions>({
  dryRun: FLAG,
  olderThan: DURATION,
  maxLogBytes: NUMBER,
  keepLogs: FLAG,
  root: TEXT,
});

/**
 * Ends sessions that run, with everything that their agents have started; their logs say that they were
 * cancelled, and why. What has ended before stays as it is. The session that this program itself is a
 * part of comes last.
 *
 * @param sessions Ids, beginnings of ids, or names; a name means a session of the project.
 * @param reason In a few words. Default: `cancelled by user`.
 * @returns What became of each, in the given order, then of those below them; failures are among them.
 * @throws {SessionNotFoundError} when there is no such session; none is cancelled then
 */
export async function cancelSessions(
  sessions: readonly string[],
  reason = "cancelled by user",
  options: CancelOptions = {},
): Promise<CancelResult[]> {
  checkArguments(
    "cancelSessions()",
    [sessions, "sessions", TEXTS],
    [reason, "reason", TEXT],
    [options, "options", CANCEL],
  );
  const [{ cancelSession }, { sessionsBelow }] = await Promise.all([
    import("../orchestration/cancel_session.ts"),
    import("../orchestration/session_tree.ts"),
  ]);
  const { tree = false } = options;
  // What a killed zag has left behind is to be cancelled, and whoever asks may be a part of it.
  using records = await openRecords(options, true);
  const { store, paths, host } = records;
  const self = host.env.get("ZAG_PROCESS_ID") || undefined;
  const found = await findSessions(records, sessions, true);
  const inside: Cancelling[] = [];
  const results = new Map<string, CancelResult | undefined>(
    found.map(({ sessionId }) => [sessionId, undefined]),
  );
  const finish = async (each: Cancelling) => {
    const result = await each.finish();
    results.set(result.sessionId, result);
  };
  const seen = new Set<string>();
  const cancelAll = async (some: readonly SessionRecord[]) => {
    const fresh = some.filter(({ sessionId }) => !seen.has(sessionId) && seen.add(sessionId));
    const queue = fresh.values();
    const worker = async () => {
      for (const session of queue) {
        const cancelling = await cancelSession(store, paths, session, { reason, self });
        if (cancelling.inside) inside.push(cancelling);
        else await finish(cancelling);
      }
    };
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, fresh.length) }, worker));
    return fresh.length;
  };
  const cancelBelow = async () => {
    let count = 0;
    for (const level of sessionsBelow(store, found).reverse()) {
      count += await cancelAll(level.filter(({ outcome }) => outcome === null));
    }
    return count;
  };
  if (tree) await cancelBelow();
  await cancelAll(found);
  // Until they had ended, they could start something.
  while (tree && await cancelBelow() > 0);
  for (const each of inside) await finish(each);
  return [...results.values()].filter((result) => result !== undefined);
}

/**
 * Starts sessions again in the background, with the settings that they had; those that others depend on
 * come first.
 *
 * @param sessions Ids, beginnings of ids, or names; a name means a session of the project.
 * @returns What became of each, in the order in which they were started.
 * @throws {SessionNotFoundError} when there is no such session; none is started then
 */
export async function retrySessions(
  sessions: readonly string[],
  options: RetryOptions = {},
): Promise<RetriedSession[]> {
  checkArguments("retrySessions()", [sessions, "sessions", TEXTS], [options, "options", RETRY]);
  const { hearsSetterNames, inLibrary } = await import("../agent/setter_names.ts");
  const onWarning = hearsSetterNames(options.onWarning);
  return await inLibrary(() => retry(sessions, { ...options, onWarning }));
}

async function retry(
  sessions: readonly string[],
  options: RetryOptions,
): Promise<RetriedSession[]> {
  const [{ failedSessions, retrySessions }, { spawnSession }] = await Promise.all([
    import("../orchestration/retry_session.ts"),
    import("../orchestration/spawn_session.ts"),
  ]);
  const host = await hostWithZag(options.zag);
  using records = await openRecords(options);
  const { store } = records;
  const found = await findSessions(records, sessions, true);
  const wanted = options.failed ? failedSessions(store, found, host.now()) : found;
  const warning = (message: string) => options.onWarning?.(message);
  const spawn = (request: SpawnRequest, where: typeof host) =>
    spawnSession(store, request, where, { warning });
  const { model } = options;
  const retried: RetriedSession[] = [];
  for await (const each of retrySessions({ store, host, spawn, warning }, wanted, { model })) {
    const { session: { sessionId }, newId: newSessionId, error } = each;
    retried.push({ sessionId, newSessionId, error });
  }
  return retried;
}

/**
 * Finds what old sessions have left on the disk, and removes it if told to. What belongs to a session
 * that goes on is never touched.
 *
 * @throws {ZagError} when the index cannot be used
 */
export async function gcCollect(options: GcOptions = {}): Promise<GcReport> {
  checkArguments("gcCollect()", [options, "options", GC]);
  const { dryRun = true, olderThan = "7d", maxLogBytes, keepLogs = false, root } = options;
  const [{ collectGarbage }, { milliseconds }, { ownShim }] = await Promise.all([
    import("../orchestration/gc.ts"),
    import("../agent/length_of_time.ts"),
    import("../orchestration/own_shim.ts"),
  ]);
  using records = await openRecords({ root });
  const { store, paths, project, host } = records;
  const roots = [project.workspace, project.checkout, project.repoRoot];
  return await collectGarbage({
    store,
    paths,
    now: host.now(),
    olderThanMs: milliseconds(olderThan, "olderThan"),
    maxLogBytes,
    keepLogs,
    project: root === undefined ? undefined : project.key ?? null,
    roots: roots.filter((path) => path !== undefined),
    ownShim: await ownShim(host, paths.shims),
    env: host.env,
    force: !dryRun,
  });
}
