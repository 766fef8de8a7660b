/**
 * Makes records of the original's sessions: of its logs, and of what it kept beside them.
 *
 * @module
 */
import { isAbsolute } from "node:path";
import { checkId, InvalidIdError, originalKey, type ZagPaths } from "../../config/paths.ts";
import { projectKey, resolveProject, RootNotFoundError } from "../../config/project.ts";
import { startTimeOf } from "../../processes/process_table.ts";
import type { LogRecord } from "./log_record.ts";
import type { IndexObserver } from "./open_index.ts";
import {
  type OriginalLog,
  type OriginalProcess,
  type OriginalSession,
  type OriginalStore,
  readOriginalStore,
} from "./original_store.ts";
import type { LogFile } from "./log_files.ts";
import { deadSince, sessionFrom, tryRead } from "./record_of_log.ts";
import type { NewSession } from "../records.ts";
import type { Restored } from "./restore.ts";
import { isFile } from "../../is_file.ts";

/** A log of the original, and where it was found. */
export interface OriginalLogRecord {
  readonly record: LogRecord;
  readonly file: LogFile;
}

/** Everything that is known of one session of the original. */
interface Known {
  readonly sessionId: string;
  readonly session: OriginalSession | undefined;
  readonly log: OriginalLog | undefined;
  readonly record: LogRecord | undefined;
  /** Its runs. */
  readonly runs: readonly OriginalProcess[];
  readonly dirKey: string | undefined;
}

/**
 * Gives the sessions of the original that zag has no log of its own of, and what all of them have used.
 *
 * @param found the logs of the original that lie where logs lie
 * @param told ids of the sessions that our own logs tell about
 */
export async function* takeOver(
  paths: ZagPaths,
  found: ReadonlyMap<string, OriginalLogRecord>,
  told: ReadonlySet<string>,
  observer: IndexObserver,
): AsyncGenerator<Restored, void> {
  const original = readOriginalStore(paths, (message) => observer.warning?.(message));
  const runs = Map.groupBy(original.processes, ({ row }) => row.sessionId ?? "");
  const ended = original.processes.filter(({ running }) => !running).map(({ row }) => row);
  if (ended.length > 0) yield { usage: [], processes: ended };
  const ids = new Set([...found.keys(), ...original.sessions.keys(), ...original.logs.keys()]);
  const all = [...ids].filter((id) => isUsable(id, observer))
    .map((id) => gather(id, original, found, runs.get(id) ?? [], observer))
    .filter((known) => known !== undefined);
  const projects = await Projects.of(all);
  for (const known of all) {
    const { session, usage } = restoredFrom(known, await projects.of(known));
    // A session that was deleted has used what it has used.
    yield { session: told.has(known.sessionId) ? undefined : session, usage, processes: [] };
  }
}

function isUsable(sessionId: string, observer: IndexObserver): boolean {
  try {
    checkId(sessionId);
    return true;
  } catch (error) {
    if (!(error instanceof InvalidIdError)) throw error;
    observer.debug?.(`passed over a session: ${error.message}`);
    return false;
  }
}

/** What is known of a session; undefined when it comes down to a line in an index. */
function gather(
  sessionId: string,
  original: OriginalStore,
  found: ReadonlyMap<string, OriginalLogRecord>,
  runs: readonly OriginalProcess[],
  observer: IndexObserver,
): Known | undefined {
  const session = original.sessions.get(sessionId);
  const log = original.logs.get(sessionId);
  const here = found.get(sessionId);
  const path = session?.logPath ?? log?.logPath;
  // A log can lie anywhere: the index of all projects says where.
  const record = here?.record ??
    (path !== undefined && isFile(path) ? tryRead(path, observer) : undefined);
  if (!session && !record) return undefined;
  const dirKey = session?.dirKey ?? here?.file.dirKey ?? log?.dirKey;
  return { sessionId, session, log, record, runs, dirKey };
}

function restoredFrom(known: Known, project: string | null): Restored {
  const { record, runs } = known;
  const session: NewSession = { ...fieldsOf(known), project };
  const usage = (record?.usage ?? []).map((row) => ({ ...row, project }));
  const dead = record?.open && !runs.some(isAtWork);
  return { session: dead ? { ...session, ...deadSince(record) } : session, usage, processes: [] };
}

/** The original kept no start times: any process with this number will do. */
function isAtWork({ row, running }: OriginalProcess): boolean {
  return running && startTimeOf(row.ownerPid) !== undefined;
}

function fieldsOf(known: Known): NewSession {
  const { sessionId, session, log, record } = known;
  const told: Partial<NewSession> = record ? sessionFrom(record) : {};
  const [run] = [...known.runs].sort((a, b) => a.row.startedAt < b.row.startedAt ? -1 : 1);
  const workspacePath = workspaceOf(known) ?? "";
  return {
    ...told,
    sessionId,
    provider: session?.provider ?? record?.provider ?? log?.provider ?? "",
    providerSessionId: told.providerSessionId ?? session?.providerSessionId ??
      log?.providerSessionId ?? null,
    model: told.model ?? session?.model ?? run?.row.model ?? null,
    command: record?.fields.command ?? log?.command ?? run?.row.command ?? "run",
    workspacePath,
    cwd: told.cwd ?? workspacePath,
    name: session?.name ?? null,
    description: session?.description ?? null,
    tags: session?.tags ?? [],
    dependencies: session?.dependencies ?? [],
    retriedFrom: session?.retriedFrom ?? null,
    parentSessionId: run?.row.parentSessionId ?? null,
    parentProcessId: run?.row.parentProcessId ?? null,
    interactive: session?.interactive ?? false,
    isWorktree: session?.isWorktree ?? false,
    worktreeName: session?.worktreeName ?? null,
    sandboxName: session?.sandboxName ?? null,
    discovered: session?.discovered ?? false,
    discoverySource: session?.discoverySource ?? null,
    logPath: record?.path ?? null,
    logCompleteness: told.logCompleteness ?? log?.completeness ?? session?.logCompleteness ??
      "partial",
    exit: session?.exit ?? null,
    createdAt: session?.createdAt ?? told.createdAt ?? log?.startedAt ?? new Date(0).toISOString(),
  };
}

function workspaceOf({ session, log, record, runs }: Known): string | undefined {
  return session?.workspacePath ?? log?.workspacePath ?? (record?.fields.cwd || undefined) ??
    (runs.find(({ row }) => row.root)?.row.root || undefined);
}

/** The projects that zag itself would file sessions under. */
class Projects {
  readonly #byPath = new Map<string, string | null>();
  readonly #byDirKey = new Map<string, string | null>();

  /** Finds out about the directories that are still there. */
  static async of(all: readonly Known[]): Promise<Projects> {
    const projects = new Projects();
    for (const known of all) {
      const path = workspaceOf(known);
      if (path === undefined || projects.#byPath.has(path)) continue;
      const key = await keyOfDirectory(path);
      if (key === undefined) continue;
      projects.#byPath.set(path, key);
      if (known.dirKey !== undefined && known.dirKey === originalKey(path)) {
        projects.#byDirKey.set(known.dirKey, key);
      }
    }
    return projects;
  }

  /** Null outside of any project. */
  async of({ dirKey, ...known }: Known): Promise<string | null> {
    const path = workspaceOf({ dirKey, ...known });
    const key = path === undefined ? undefined : this.#byPath.get(path);
    if (key !== undefined) return key;
    if (dirKey === undefined) return null;
    // The directory is gone. A worktree that is gone belonged to what else lay in the same place.
    const neighbour = this.#byDirKey.get(dirKey);
    if (neighbour !== undefined) return neighbour;
    return path !== undefined && originalKey(path) === dirKey ? await projectKey(path) : null;
  }
}

/** What a command that is started there takes for its project; undefined when there is no such place. */
async function keyOfDirectory(path: string): Promise<string | null | undefined> {
  if (!isAbsolute(path)) return undefined;
  try {
    return (await resolveProject({ cwd: path })).key ?? null;
  } catch (error) {
    if (error instanceof RootNotFoundError) return undefined;
    throw error;
  }
}
