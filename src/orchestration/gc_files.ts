/** Files around sessions that nobody needs any more. */
import { closeSync, constants, openSync } from "node:fs";
import { join } from "node:path";
import { listProcesses, withEnvironmentEntry } from "../processes/process_table.ts";
import type { Garbage, GarbageKind } from "./gc_kinds.ts";
import type { GcScope } from "./gc_scope.ts";
import { isEdge, livingWaiter } from "../sessions/waiting.ts";
import { removeEmpty, removeFile, removeTree } from "./gc_remove.ts";

/** When each session ended, in milliseconds since 1970; undefined for one that goes on. */
export type SessionEnds = ReadonlyMap<string, number | undefined>;

/** Finds the markers of sessions that ended long ago. */
export function findMarkers(scope: GcScope, ends: SessionEnds): Garbage[] {
  return scope.list(scope.paths.eventsDir).flatMap(({ name, isFile }) => {
    const id = /^(.+)\.(started|ended)$/.exec(name)?.[1];
    if (!isFile || id === undefined) return [];
    return ofSession(scope, ends, "lifecycle_markers", id, join(scope.paths.eventsDir, name));
  });
}

/** Finds the raw output of background sessions that ended long ago. */
export function findSpawnLogs(scope: GcScope, ends: SessionEnds): Garbage[] {
  const { spawnLogs } = scope.paths;
  return scope.list(spawnLogs).flatMap(({ name, isFile }) =>
    isFile && name.endsWith(".log")
      ? ofSession(scope, ends, "spawn_logs", name.slice(0, -".log".length), join(spawnLogs, name))
      : []
  );
}

/** Finds old diagnostic logs of zag itself. */
export function findDiagnosticLogs(scope: GcScope): Garbage[] {
  const directory = scope.paths.diagnosticLogs;
  return scope.list(directory)
    .filter(({ name, isFile }) => isFile && /^zag-\d{4}-.*\.log$/.test(name))
    .flatMap(({ name }) => aged(scope, "diagnostic_logs", join(directory, name), scope.limit));
}

/** Finds databases that were damaged and have been put aside long ago. */
export function findCorruptStores(scope: GcScope): Garbage[] {
  const { database, home } = scope.paths;
  return scope.list(home).map(({ name }) => join(home, name))
    .filter((path) => path.startsWith(`${database}.corrupt-`))
    .flatMap((path) => {
      // The file itself is as old as its last change, before it was put aside.
      const changed = scope.stat(path)?.ctime?.getTime() ?? 0;
      return changed < scope.limit ? aged(scope, "corrupt_stores", path, scope.limit) : [];
    });
}

/** Finds pipes of sessions that are over and that nobody reads from. */
export function findFifos(scope: GcScope, ends: SessionEnds): Garbage[] {
  const { fifos } = scope.paths;
  return scope.list(fifos).flatMap(({ name }) => {
    const path = join(fifos, name);
    const info = scope.stat(path);
    if (!info?.isFifo || !belongs(scope, ends, name)) return [];
    const isIdle = () =>
      !scope.isLive(name) && (scope.writtenAt(path) ?? Infinity) < scope.leftoverLimit &&
      !hasReader(path);
    return isIdle()
      ? [{ kind: "fifos", name: path, bytes: 0, remove: () => isIdle() && removeFile(path) }]
      : [];
  });
}

/** Finds temporary files that a process did not get to rename, and files of launches that are over. */
export async function findTempFiles(scope: GcScope): Promise<Garbage[]> {
  const { home, eventsDir, globalMcp, projects, queues, shims, syncState } = scope.paths;
  const below = (directory: string) =>
    scope.list(directory).filter(({ isDirectory }) => isDirectory)
      .map(({ name }) => join(directory, name));
  const own = scope.project === undefined
    ? [home, eventsDir, queues, syncState, globalMcp, ...below(projects), ...below(shims)]
    : [scope.paths.projectDir(scope.project ?? undefined)];
  const directories = [...own, ...own.map((directory) => join(directory, "logs", "sessions"))];
  const unfinished = [...new Set(directories)].flatMap((directory) =>
    scope.list(directory)
      // A name that only we give: with a UUID in it.
      .filter(({ name, isFile }) => isFile && TEMPORARY.test(name))
      .flatMap(({ name }) => aged(scope, "temp_files", join(directory, name), scope.leftoverLimit))
  );
  return scope.everything
    ? [...unfinished, ...findWaiters(scope), ...await findLaunches(scope)]
    : unfinished;
}

/** What is left of processes that waited for sessions, or for their turn with one. */
function findWaiters(scope: GcScope): Garbage[] {
  const { queues } = scope.paths;
  const entries = scope.list(queues);
  const edges = entries.filter(({ name, isFile }) => isFile && isEdge(name))
    .map(({ name }) => join(queues, name));
  const directories = entries.filter(({ isDirectory }) => isDirectory)
    .map(({ name }) => join(queues, name));
  const tickets = directories.flatMap((directory) =>
    scope.list(directory).map(({ name }) => join(directory, name))
  );
  const limit = scope.leftoverLimit;
  const dead = [...edges, ...tickets].filter((path) => !livingWaiter(path))
    .flatMap((path) => aged(scope, "temp_files", path, limit));
  const gone = new Set(dead.map(({ name }) => name));
  const isEmpty = (directory: string) =>
    scope.list(directory).every(({ name }) => gone.has(join(directory, name)));
  return [
    ...dead,
    ...directories.filter(isEmpty).flatMap((path) => aged(scope, "temp_files", path, limit))
      // Somebody may have come to it since: with a file in it, it stays.
      .map((garbage) => ({ ...garbage, remove: () => removeEmpty(garbage.name) })),
  ];
}

const TEMPORARY = /(^\.new-|\.)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(\.tmp)?$/;

/** Files of an agent's launch; the directory is named after the process. */
async function findLaunches(scope: GcScope): Promise<Garbage[]> {
  const { launches } = scope.paths;
  const garbage: Garbage[] = [];
  for (const { name } of scope.list(launches)) {
    const run = scope.store.getProcess(name);
    if (run?.status === "running") continue;
    // Where there is no record, it may hold the copy of a session that has to be put back.
    const limit = run ? scope.leftoverLimit : Math.min(scope.leftoverLimit, scope.limit);
    const [found] = aged(scope, "temp_files", join(launches, name), limit);
    if (found && !await isMarked(`ZAG_PROCESS_ID=${name}`)) garbage.push(found);
  }
  return garbage;
}

/** Whether a process lives that was started with this in its environment. */
async function isMarked(entry: string): Promise<boolean> {
  try {
    const pids = (await listProcesses()).map(({ pid }) => pid);
    return (await withEnvironmentEntry(pids, entry)).size > 0;
  } catch {
    // Where nobody may look, it may be so.
    return true;
  }
}

/**
 * Finds programs called `zag` that were made for agents, of installations other than this one. Each
 * session makes its own anew if it is missing, after its process has been recorded.
 *
 * @param own Path of the directory that a session of today gets.
 */
export function findShims(scope: GcScope, own: string | undefined): Garbage[] {
  const { shims } = scope.paths;
  return scope.list(shims).flatMap(({ name, isDirectory }) => {
    const path = join(shims, name);
    if (!isDirectory || path === own) return [];
    const [found] = aged(scope, "shims", path, scope.limit);
    if (!found || scope.store.runningProcesses().length > 0) return [];
    return [{
      ...found,
      remove: () =>
        scope.store.atOnce(() => scope.store.runningProcesses().length === 0 && removeTree(path)),
    }];
  });
}

/** A file of one session: it is as old as the end of that, or as itself where no record tells. */
function ofSession(
  scope: GcScope,
  ends: SessionEnds,
  kind: GarbageKind,
  sessionId: string,
  path: string,
): Garbage[] {
  if (!belongs(scope, ends, sessionId)) return [];
  const recorded = ends.has(sessionId);
  const isOld = () => {
    const time = recorded ? ends.get(sessionId) : scope.writtenAt(path);
    return time !== undefined && time < scope.limit && !scope.isLive(sessionId);
  };
  if (!isOld() || scope.isOpen(path)) return [];
  const writtenAt = scope.writtenAt(path);
  return [{
    kind,
    name: path,
    bytes: scope.bytesOf(path),
    remove: () =>
      isOld() && scope.writtenAt(path) === writtenAt && !scope.isOpen(path) && removeFile(path),
  }];
}

/** Whether a session is one of the scope's project. */
function belongs(scope: GcScope, ends: SessionEnds, sessionId: string): boolean {
  return scope.everything || ends.has(sessionId);
}

/** A file or directory that counts by its own age alone. */
function aged(scope: GcScope, kind: GarbageKind, path: string, limit: number): Garbage[] {
  const isOld = () => (scope.writtenAt(path) ?? Infinity) < limit && !scope.isOpen(path);
  if (!isOld()) return [];
  return [{
    kind,
    name: path,
    bytes: scope.bytesOf(path),
    remove: () => isOld() && removeTree(path),
  }];
}

/** Opening for writing fails at once where nobody reads; a reader does not notice it. */
function hasReader(path: string): boolean {
  try {
    closeSync(openSync(path, constants.O_WRONLY | constants.O_NONBLOCK));
    return true;
  } catch (error) {
    return !(error instanceof Error && "code" in error && error.code === "ENXIO");
  }
}
