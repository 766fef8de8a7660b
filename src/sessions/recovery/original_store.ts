/**
 * Reads what the original kept beside the logs: its sessions, its processes, its indexes. Its files
 * are never changed. A field that is absent or has another type than it should counts as unknown.
 *
 * @module
 */
import type { ZagPaths } from "../../config/paths.ts";
import type { Completeness } from "../../events/log_event.ts";
import type { ExitConstraints, NewProcess } from "../records.ts";

/** A session, as far as its entry in `sessions.json` tells. */
export interface OriginalSession {
  readonly sessionId: string;
  /** The directory of the project that the entry was found in. */
  readonly dirKey: string | undefined;
  readonly provider: string;
  readonly model: string | undefined;
  readonly workspacePath: string | undefined;
  readonly worktreeName: string | undefined;
  readonly createdAt: string | undefined;
  readonly providerSessionId: string | undefined;
  readonly sandboxName: string | undefined;
  readonly isWorktree: boolean;
  readonly discovered: boolean;
  readonly discoverySource: string | undefined;
  readonly logPath: string | undefined;
  readonly logCompleteness: Completeness | undefined;
  readonly name: string | undefined;
  readonly description: string | undefined;
  readonly tags: readonly string[];
  readonly dependencies: readonly string[];
  readonly retriedFrom: string | undefined;
  readonly interactive: boolean;
  readonly exit: ExitConstraints | undefined;
}

/** A log, as far as an index tells. */
export interface OriginalLog {
  readonly sessionId: string;
  readonly dirKey: string | undefined;
  readonly provider: string;
  readonly logPath: string | undefined;
  readonly startedAt: string | undefined;
  readonly completeness: Completeness | undefined;
  readonly providerSessionId: string | undefined;
  readonly workspacePath: string | undefined;
  readonly command: string | undefined;
}

/** A process that has ended, or one that still runs: its number is all that matters then. */
export interface OriginalProcess {
  readonly row: NewProcess;
  readonly running: boolean;
}

/** Everything that the original kept. */
export interface OriginalStore {
  /** By their ids; of several with one id the newest. */
  readonly sessions: ReadonlyMap<string, OriginalSession>;
  /** By the ids of their sessions. */
  readonly logs: ReadonlyMap<string, OriginalLog>;
  readonly processes: readonly OriginalProcess[];
}

/**
 * Reads it all.
 *
 * @param warn is told of each file that cannot be read; a file that is not there is no problem
 */
export function readOriginalStore(
  paths: Pick<ZagPaths, "stateDirs" | "originalProcesses" | "originalSessionsIndex">,
  warn: (message: string) => void,
): OriginalStore {
  const sessions = new Map<string, OriginalSession>();
  const logs = new Map<string, OriginalLog>();
  for (const { key, originalSessions, originalLogIndex } of paths.stateDirs()) {
    for (const entry of entriesOf(originalSessions, "sessions", warn)) {
      const session = sessionOf(entry, key);
      const known = session && sessions.get(session.sessionId);
      if (!session || known && timeOf(known.createdAt) >= timeOf(session.createdAt)) continue;
      sessions.set(session.sessionId, session);
    }
    for (const entry of entriesOf(originalLogIndex, "sessions", warn)) {
      const log = logOf(entry, key);
      if (log && !logs.has(log.sessionId)) logs.set(log.sessionId, log);
    }
  }
  for (const entry of entriesOf(paths.originalSessionsIndex, "sessions", warn)) {
    const log = logOf(entry, text(entry.project));
    if (log && !logs.has(log.sessionId)) logs.set(log.sessionId, log);
  }
  const processes = entriesOf(paths.originalProcesses, "processes", warn)
    .map(processOf).filter((process) => process !== undefined);
  return { sessions, logs, processes };
}

type Entry = Readonly<Record<string, unknown>>;

/** The objects in the list of a file. */
function entriesOf(path: string, list: string, warn: (message: string) => void): Entry[] {
  let content: string;
  try {
    content = Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    if (!isMissing(error)) warn(leftOut(path, error));
    return [];
  }
  try {
    const value = (JSON.parse(content) as Entry | null)?.[list];
    if (!Array.isArray(value)) throw new TypeError(`it has no list "${list}"`);
    return value.filter((entry) => typeof entry === "object" && entry !== null);
  } catch (error) {
    warn(leftOut(path, error));
    return [];
  }
}

function leftOut(path: string, error: unknown): string {
  const reason = error instanceof Error ? error.message : String(error);
  return `what ${JSON.stringify(path)} says of older sessions is left out: ${reason}`;
}

function isMissing(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory;
}

function sessionOf(entry: Entry, dirKey: string | undefined): OriginalSession | undefined {
  const sessionId = text(entry.session_id);
  const provider = text(entry.provider);
  if (sessionId === undefined || provider === undefined) return undefined;
  const isWorktree = entry.is_worktree === true;
  return {
    sessionId,
    dirKey,
    provider,
    model: text(entry.model),
    workspacePath: text(entry.worktree_path),
    // The field holds the name of a sandbox as well.
    worktreeName: isWorktree ? text(entry.worktree_name) : undefined,
    createdAt: time(entry.created_at),
    providerSessionId: text(entry.provider_session_id),
    sandboxName: text(entry.sandbox_name),
    isWorktree,
    discovered: entry.discovered === true,
    discoverySource: text(entry.discovery_source),
    logPath: text(entry.log_path),
    logCompleteness: completeness(entry.log_completeness),
    name: text(entry.name),
    description: text(entry.description),
    tags: texts(entry.tags),
    dependencies: texts(entry.dependencies),
    retriedFrom: text(entry.retried_from),
    interactive: entry.interactive === true,
    exit: exitOf(entry.exit),
  };
}

function exitOf(value: unknown): ExitConstraints | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { hint, json_mode, schema } = value as Entry;
  return {
    // An empty one is a hint too: exit mode was asked for without any.
    hint: typeof hint === "string" ? hint : null,
    jsonMode: json_mode === true,
    ...(schema == null ? {} : { schema }),
  };
}

function logOf(entry: Entry, dirKey: string | undefined): OriginalLog | undefined {
  const sessionId = text(entry.wrapper_session_id) ?? text(entry.session_id);
  const provider = text(entry.provider);
  if (sessionId === undefined || provider === undefined) return undefined;
  return {
    sessionId,
    dirKey,
    provider,
    logPath: text(entry.log_path),
    startedAt: time(entry.started_at),
    completeness: completeness(entry.completeness),
    providerSessionId: text(entry.provider_session_id),
    workspacePath: text(entry.workspace_path),
    command: text(entry.command),
  };
}

function processOf(entry: Entry): OriginalProcess | undefined {
  const id = text(entry.id);
  const provider = text(entry.provider);
  const startedAt = time(entry.started_at);
  const { pid, status, exit_code: exitCode } = entry;
  if (id === undefined || provider === undefined || startedAt === undefined) return undefined;
  if (typeof pid !== "number" || !Number.isSafeInteger(pid)) return undefined;
  const row: NewProcess = {
    id,
    sessionId: text(entry.session_id) ?? null,
    provider,
    model: text(entry.model) ?? null,
    command: text(entry.command) ?? "run",
    prompt: text(entry.prompt) ?? null,
    ownerPid: pid,
    status: status === "exited" ? "exited" : "killed",
    exitCode: Number.isSafeInteger(exitCode) ? exitCode as number : null,
    startedAt,
    exitedAt: time(entry.exited_at) ?? null,
    root: text(entry.root) ?? null,
    parentProcessId: text(entry.parent_process_id) ?? null,
    parentSessionId: text(entry.parent_session_id) ?? null,
  };
  return { row, running: status === "running" };
}

/** Text with something in it. */
function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
}

/** A time that can be read. */
function time(value: unknown): string | undefined {
  const given = text(value);
  return given === undefined || Number.isNaN(Date.parse(given)) ? undefined : given;
}

function timeOf(value: string | undefined): number {
  return value === undefined ? -Infinity : Date.parse(value);
}

function completeness(value: unknown): Completeness | undefined {
  return value === "full" || value === "partial" || value === "metadata_only" ? value : undefined;
}
