/** What all parts of `gc` ask: how old is too old, and who is alive. */
import { join } from "node:path";
import type { ZagPaths } from "../config/paths.ts";
import { openFilesBelow } from "../processes/open_files.ts";
import { lives } from "../sessions/session_status.ts";
import type { SessionStore } from "../sessions/store.ts";
import type { GcFailure } from "./gc_kinds.ts";

/** Settings of a collection. */
export interface GcOptions {
  readonly store: SessionStore;
  readonly paths: ZagPaths;
  readonly now: Date;
  /** What ended longer ago than this goes, in milliseconds. */
  readonly olderThanMs: number;
  /** At most so many bytes of logs of ended sessions stay, the newest. @default no limit */
  readonly maxLogBytes?: number | undefined;
  /** Leaves the logs and records of sessions alone. */
  readonly keepLogs?: boolean | undefined;
  /** A project key; null for what is outside of any project; undefined for everything. */
  readonly project: string | null | undefined;
  /** Removes; otherwise it is only said what would be removed. */
  readonly force: boolean;
}

/**
 * What nobody can use any more, such as a temporary file of a process that is gone, goes after an
 * hour, for the rest of a session that crashed is of no use. It is never younger than a minute: a
 * session that starts makes its files before its record.
 */
const LEFTOVER_MS = 60 * 60 * 1000;
const YOUNGEST_LEFTOVER_MS = 60 * 1000;

/** One collection: its settings, and what was found out on the way. */
export class GcScope {
  readonly store: SessionStore;
  readonly paths: ZagPaths;
  readonly project: string | null | undefined;
  readonly now: Date;
  /** What ended before this is old, in milliseconds since 1970. */
  readonly limit: number;
  /** The same for what nobody can use any more. */
  readonly leftoverLimit: number;
  readonly failures: GcFailure[] = [];
  #open: ReadonlySet<string> | undefined;

  constructor({ store, paths, project, now, olderThanMs }: GcOptions) {
    this.store = store;
    this.paths = paths;
    this.project = project;
    this.now = now;
    this.limit = now.getTime() - olderThanMs;
    const leftover = Math.max(YOUNGEST_LEFTOVER_MS, Math.min(olderThanMs, LEFTOVER_MS));
    this.leftoverLimit = now.getTime() - leftover;
    this.lookAgain();
  }

  /** What a project does not own is looked at only when everything is. */
  get everything(): boolean {
    return this.project === undefined;
  }

  /** Whether the zag or the agent of a run of the session lives; asks anew each time. */
  isLive(sessionId: string): boolean {
    return this.store.processesOf(sessionId).some((run) => run.status === "running" && lives(run));
  }

  /** Whether a process has a file open; false where the system does not tell. */
  isOpen(path: string): boolean {
    return this.#open?.has(path) ?? false;
  }

  /** Finds out anew which files are open. */
  lookAgain(): void {
    this.#open = openFilesBelow(this.paths.home);
  }

  /** The names in a directory, in order; none when there is no such directory. */
  list(directory: string): Deno.DirEntry[] {
    const entries = this.attempt(directory, () => [...Deno.readDirSync(directory)]) ?? [];
    return entries.sort((a, b) => a.name < b.name ? -1 : 1);
  }

  /** What is known of a file; undefined when there is none. Links are not followed. */
  stat(path: string): Deno.FileInfo | undefined {
    return this.attempt(path, () => Deno.lstatSync(path));
  }

  /** When a file was last written to, in milliseconds since 1970; undefined when there is none. */
  writtenAt(path: string): number | undefined {
    return this.stat(path)?.mtime?.getTime();
  }

  /** What a file, or all files of a directory, take; 0 when there is none. */
  bytesOf(path: string): number {
    const info = this.stat(path);
    if (!info?.isDirectory) return info?.size ?? 0;
    return this.list(path).reduce((sum, { name }) => sum + this.bytesOf(join(path, name)), 0);
  }

  /** The result; undefined when there is no such file, or, which is reported, it fails. */
  attempt<T>(name: string, action: () => T): T | undefined {
    try {
      return action();
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) throw error;
      if (!(error instanceof Deno.errors.NotFound)) this.fail(name, error);
      return undefined;
    }
  }

  fail(name: string, error: unknown): void {
    this.failures.push({ name, error: error instanceof Error ? error.message : String(error) });
  }
}
