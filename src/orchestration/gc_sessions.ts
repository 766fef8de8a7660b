/** The logs of sessions that ended long ago, and the records that belong to them. */
import { join } from "node:path";
import type { ProcessRecord, SessionRecord } from "../sessions/records.ts";
import { logFiles } from "../sessions/recovery/log_files.ts";
import { readOriginalStore } from "../sessions/recovery/original_store.ts";
import { logIsOurs } from "../sessions/scan_log.ts";
import { lives } from "../sessions/session_status.ts";
import { replaceByTombstone } from "../sessions/tombstone.ts";
import type { Garbage, LeftAlone } from "./gc_kinds.ts";
import { idsOf, lastEvent, logPaths, orphanedSideFiles, sideFiles, timeOf } from "./gc_logs.ts";
import { removeFile } from "./gc_remove.ts";
import type { GcOptions, GcScope } from "./gc_scope.ts";

/** What is known of all sessions of a collection's scope. */
export interface SessionsFound {
  readonly garbage: readonly Garbage[];
  readonly leftAlone: readonly LeftAlone[];
  /** The ids of the sessions that go. */
  readonly going: ReadonlySet<string>;
  /**
   * When each session ended, in milliseconds since 1970, also one that only its log tells of. One that
   * goes on, or is needed by one that does, has none.
   */
  readonly ends: ReadonlyMap<string, number | undefined>;
}

/** A session that has ended, or a log that no record names. */
interface Ended {
  /** Ids by which processes may know it. */
  readonly ids: readonly string[];
  readonly session: SessionRecord | undefined;
  readonly path: string;
  /** In milliseconds since 1970. */
  readonly end: number;
  /** Its end was seen; otherwise it has been silent since. */
  readonly seen: boolean;
  /** A person has deleted the session: that must stay known. */
  readonly deleted?: boolean;
}

/** A log that may go, as it was when that was found. */
interface EndedLog extends Ended {
  /** With the files beside it. */
  readonly bytes: number;
  readonly info: Deno.FileInfo;
}

/** A log that goes. */
interface OldLog extends EndedLog {
  /** A line has to stay that says so, or something else would bring the session back. */
  readonly leavesTombstone: boolean;
}

/** A log that was written to so much later than its session ended has more to tell. */
const SLACK_MS = 60_000;

/** Finds the sessions that can go. */
export function findSessions(scope: GcScope, options: GcOptions): SessionsFound {
  const { store } = scope;
  const sessions = store.listSessions({ project: scope.project });
  const unended = sessions.filter(({ outcome }) => outcome === null);
  const runs = store.newestRuns(unended.map(({ sessionId }) => sessionId));
  const needed = neededSessions(scope);
  const ends = new Map<string, number | undefined>(sessions.map((session) => {
    const { sessionId } = session;
    const end = needed.has(sessionId) ? undefined : endOf(scope, session, runs.get(sessionId));
    return [sessionId, end];
  }));
  const named = new Set(sessions.map(({ logPath }) => logPath));
  const unnamed = logPaths(scope).filter((path) => !named.has(path))
    .flatMap((path) => unrecorded(scope, path, needed));
  // What belongs to a session whose record is gone is as old as its log.
  for (const { ids, end } of unnamed) {
    for (const id of ids) if (!ends.has(id) && !store.getSession(id)) ends.set(id, end);
  }
  if (options.keepLogs) return { garbage: [], leftAlone: [], going: new Set(), ends };

  const recorded = sessions.flatMap((session): Ended[] => {
    const { sessionId, logPath, outcome } = session;
    const end = ends.get(sessionId);
    if (end === undefined || logPath === null) return [];
    const seen = outcome !== null || runs.has(sessionId);
    return [{ ids: [sessionId], session, path: logPath, end, seen }];
  });
  const ended = [...recorded, ...unnamed];
  const logs: EndedLog[] = [];
  const gone: Ended[] = [];
  for (const each of ended) {
    const info = scope.stat(each.path);
    if (!info) gone.push(each);
    else logs.push({ ...each, info, bytes: info.size + sizeOf(scope, filesBeside(scope, each)) });
  }
  const { old, originals } = choose(scope, logs, options.maxLogBytes);
  return {
    garbage: [
      ...old.map((log) => sessionLog(scope, log)),
      ...gone.filter(({ session, end }) => session && end < scope.limit)
        .map((each) => sessionRecord(scope, each)),
      ...orphanedSideFiles(scope),
    ],
    leftAlone: originals.map(({ path, bytes }) => ({ kind: "original_logs", path, bytes })),
    going: new Set(old.flatMap(({ session }) => session?.sessionId ?? [])),
    ends,
  };
}

/** The sessions at work, and those whose results they were told to wait for. */
function neededSessions({ store }: GcScope): Set<string> {
  const live = store.runningProcesses().filter(lives).flatMap(({ sessionId }) => sessionId ?? []);
  // Its zag is gone, and the next one goes on with it.
  live.push(...store.resumes.list().map(({ sessionId }) => sessionId));
  return new Set([...live, ...live.flatMap((id) => store.getSession(id)?.dependencies ?? [])]);
}

/** When a session ended: what its record says, or its log where that goes on. */
function endOf(scope: GcScope, session: SessionRecord, run: ProcessRecord | undefined): number {
  const { logPath, endedAt, heartbeatAt, startedAt, createdAt } = session;
  const end = Date.parse(endedAt ?? run?.exitedAt ?? heartbeatAt ?? startedAt ?? createdAt);
  const written = logPath === null ? undefined : scope.writtenAt(logPath);
  if (written === undefined || written < end + SLACK_MS) return end;
  // The file may be a copy: then it is new, and what stands in it is not.
  return Math.max(end, timeOf(lastEvent(scope, logPath!)) ?? written);
}

/** A log that no record names: its session was deleted, or has never been in the index. */
function unrecorded(scope: GcScope, path: string, needed: ReadonlySet<string>): Ended[] {
  const ids = idsOf(path);
  if (ids.some((id) => needed.has(id) || scope.store.getSession(id)?.logPath === path)) return [];
  const last = lastEvent(scope, path);
  const end = timeOf(last) ?? scope.writtenAt(path);
  const deleted = last?.type === "session_deleted";
  return end === undefined ? [] : [{ ids, session: undefined, path, end, seen: true, deleted }];
}

/** Files that go with a log, whether they exist or not. */
function filesBeside(scope: GcScope, { path, session }: Ended): string[] {
  const nativeId = session?.providerSessionId ?? undefined;
  // What an agent that is built in remembers of a session is kept by zag, and named after its id.
  const memory = session && nativeId !== undefined &&
      scope.store.findByNativeId(nativeId)?.sessionId === session.sessionId
    ? [join(scope.paths.agentState(session.provider), `${encodeURIComponent(nativeId)}.jsonl`)]
    : [];
  return [...sideFiles(path), ...memory];
}

/** Takes the logs that are too old, then the oldest of the others until they are not too much. */
function choose(
  scope: GcScope,
  logs: readonly EndedLog[],
  most: number | undefined,
): { old: OldLog[]; originals: EndedLog[] } {
  const old: EndedLog[] = [];
  const originals: EndedLog[] = [];
  const young: EndedLog[] = [];
  for (const log of logs) {
    const tooOld = log.end < scope.limit;
    if (!tooOld && (most === undefined || !log.seen)) continue;
    if (log.deleted && log.info.size <= TOMBSTONE_BYTES) continue;
    if (!logIsOurs(log.path)) {
      if (tooOld) originals.push(log);
    } else if (!scope.isOpen(log.path)) (tooOld ? old : young).push(log);
  }
  let total = young.reduce((sum, { bytes }) => sum + bytes, 0);
  for (const log of young.sort((a, b) => a.end - b.end)) {
    if (most === undefined || total <= most) break;
    total -= log.bytes;
    old.push(log);
  }
  const known = old.length === 0 ? undefined : knownToOriginal(scope);
  const leavesTombstone = ({ deleted, ids }: EndedLog) =>
    deleted || ids.some((id) => known!.has(id));
  return { old: old.map((log) => ({ ...log, leavesTombstone: leavesTombstone(log) })), originals };
}

/** A log with nothing but the line that its session was deleted is shorter. */
const TOMBSTONE_BYTES = 1024;

/** Ids of the sessions that the original knows: the next rebuild takes those over which we do not. */
function knownToOriginal(scope: GcScope): Set<string> {
  const { sessions, logs } = readOriginalStore(scope.paths, () => {});
  const places = Map.groupBy(logFiles(scope.paths), ({ path }) => idsOf(path)[0]!);
  const copied = [...places].filter(([, paths]) => paths.length > 1).map(([id]) => id);
  return new Set([...sessions.keys(), ...logs.keys(), ...copied]);
}

/**
 * A log with its record. What its turns have used stays in the index, for the money is spent. No
 * rebuild brings the session back: there is no log that it could be read from.
 */
function sessionLog(scope: GcScope, log: OldLog): Garbage {
  const { store } = scope;
  return {
    kind: "session_logs",
    name: log.path,
    bytes: log.bytes,
    hasRecord: log.session !== undefined,
    // A process that goes on with the session waits for the end of this, or is seen in it.
    remove: () =>
      store.atOnce(() => {
        if (log.ids.some((id) => scope.isLive(id)) || scope.isOpen(log.path)) return false;
        if (!isUnchanged(scope, log) || hasGrown(log)) return false;
        // The files go first: on a full disk only they make room for the change of the index.
        for (const path of filesBeside(scope, log)) removeFile(path);
        if (log.leavesTombstone) replaceByTombstone(log.path, deceased(scope, log));
        else removeFile(log.path);
        if (log.session) store.deleteSession(log.session.sessionId);
        return true;
      }),
  };
}

function deceased(scope: GcScope, { ids, path, session }: OldLog) {
  const last = lastEvent(scope, path);
  return {
    sessionId: session?.sessionId ?? last?.wrapper_session_id ?? ids[0]!,
    provider: session?.provider ?? last?.provider ?? "",
    nativeId: session?.providerSessionId ?? last?.provider_session_id ?? undefined,
  };
}

/** A record whose log is gone. */
function sessionRecord(scope: GcScope, ended: Ended): Garbage {
  const { sessionId } = ended.session!;
  return {
    kind: "session_records",
    name: sessionId,
    bytes: 0,
    hasRecord: true,
    remove: () =>
      scope.store.atOnce(() => {
        if (scope.isLive(sessionId) || !isUnchanged(scope, ended)) return false;
        if (scope.stat(ended.path) !== undefined) return false;
        return scope.store.deleteSession(sessionId);
      }),
  };
}

/** Nobody has gone on with the session, nor begun one under its id. */
function isUnchanged({ store }: GcScope, { session, ids, path }: Ended): boolean {
  if (!session) return ids.every((id) => store.getSession(id)?.logPath !== path);
  const now = store.getSession(session.sessionId);
  return now !== undefined && now.startedAt === session.startedAt &&
    now.endedAt === session.endedAt && now.outcome === session.outcome && now.logPath === path;
}

/** Also true when it is gone. */
function hasGrown({ path, info }: EndedLog): boolean {
  try {
    const now = Deno.lstatSync(path);
    return now.size !== info.size || now.mtime?.getTime() !== info.mtime?.getTime();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return true;
    throw error;
  }
}

function sizeOf(scope: GcScope, paths: readonly string[]): number {
  return paths.reduce((sum, path) => sum + scope.bytesOf(path), 0);
}
