/** Where session logs lie, what belongs to each, and what its end says. */
import { basename, dirname, join } from "node:path";
import type { LogEvent } from "../events/log_event.ts";
import { logFiles } from "../sessions/recovery/log_files.ts";
import { parseLine } from "../sessions/log_reader.ts";
import { readTail } from "../sessions/log_tail.ts";
import { overflowPath } from "../sessions/overflow.ts";
import { unfinishedPath } from "../sessions/unfinished.ts";
import type { Garbage } from "./gc_kinds.ts";
import { removeFile } from "./gc_remove.ts";
import type { GcScope } from "./gc_scope.ts";

/** The files that can stand beside a log. */
export function sideFiles(logPath: string): string[] {
  return [overflowPath(logPath), unfinishedPath(logPath)];
}

/** All logs of the scope's projects, by their paths. */
export function logPaths(scope: GcScope): string[] {
  const directories = new Set(logDirs(scope));
  return [...logFiles(scope.paths)].map(({ path }) => path)
    .filter((path) => directories.has(dirname(path)));
}

/**
 * The ids by which a log's session may be known. Where the original's log lies in the same place,
 * ours has a name of its own.
 */
export function idsOf(logPath: string): string[] {
  const id = basename(logPath, ".jsonl");
  const copied = /^(.+)\.zag$/.exec(id)?.[1];
  return copied === undefined ? [id] : [copied, id];
}

/** The last line of a log; undefined when none can be read. */
export function lastEvent(scope: GcScope, path: string): LogEvent | undefined {
  return scope.attempt(path, () => {
    using file = Deno.openSync(path);
    const { line } = readTail(file, file.seekSync(0, Deno.SeekMode.End));
    return line && parseLine(new TextDecoder().decode(line)).event;
  });
}

/**
 * When a line was written, in milliseconds since 1970; undefined when it does not say so. What was
 * imported says when it had happened, and besides when it was imported.
 */
export function timeOf(event: LogEvent | undefined): number | undefined {
  const imported = event?.type === "session_ended" ? event.imported_at : undefined;
  const times = [event?.ts, imported].map((time) => Date.parse(time ?? ""))
    .filter((time) => !Number.isNaN(time));
  return times.length === 0 ? undefined : Math.max(...times);
}

/** Finds files that stand beside no log. */
export function orphanedSideFiles(scope: GcScope): Garbage[] {
  const endings = sideFiles("");
  return logDirs(scope).flatMap((directory) =>
    scope.list(directory).flatMap(({ name, isFile }): Garbage[] => {
      const ending = endings.find((each) => name.endsWith(each));
      if (!isFile || ending === undefined) return [];
      const path = join(directory, name);
      const log = path.slice(0, -ending.length) + ".jsonl";
      const isOrphan = () =>
        scope.stat(log) === undefined && !scope.isOpen(path) &&
        (scope.writtenAt(path) ?? Infinity) < scope.leftoverLimit;
      if (!isOrphan()) return [];
      return [{
        kind: "temp_files",
        name: path,
        bytes: scope.bytesOf(path),
        remove: () => isOrphan() && removeFile(path),
      }];
    })
  );
}

function logDirs(scope: GcScope): string[] {
  const { paths, project } = scope;
  if (project === undefined) {
    return [...new Set(paths.stateDirs().map(({ sessionLogs }) => sessionLogs))];
  }
  // One directory for the logs of all projects does not say whose they are.
  if (paths.userLogs !== undefined) return [];
  return [dirname(paths.sessionLog(project ?? undefined, "id"))];
}
