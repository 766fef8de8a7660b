/**
 * What is written to the logs of many sessions, those that start later included, as one stream.
 *
 * @module
 */
import { basename, dirname, join } from "node:path";
import type { ZagPaths } from "../config/paths.ts";
import type { LogEvent } from "../events/log_event.ts";
import { FollowedFile } from "../sessions/follow/followed_file.ts";
import { LogsWatch } from "../sessions/follow/logs_watch.ts";
import { type LogLine, LogNotFoundError, openLog, readRange } from "../sessions/log_reader.ts";
import type { SessionRecord } from "../sessions/records.ts";
import { type Scope, SELECTOR_TAG } from "../sessions/resolve.ts";
import type { SessionStore } from "../sessions/store.ts";
import { folded } from "../sessions/tags.ts";

/** One event of a session, with the line of its log. */
export interface SubscribedEvent {
  readonly sessionId: string;
  readonly event: LogEvent;
  /** The line as it stands. */
  readonly text: string;
}

/** Which sessions are followed, and how. */
export interface SubscribeOptions {
  readonly store: SessionStore;
  readonly paths: Pick<ZagPaths, "sessionLog" | "stateDirs" | "projects">;
  readonly scope: Scope;
  /** Only sessions with this tag, in any case. @default all but those in which zag chose an agent */
  readonly tag?: string | undefined;
  /** Called once: whatever is written from now on is given. */
  ready?(): void;
  /** Called once when the system cannot tell about changes and the logs are looked at instead. */
  polling?(reason: string): void;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** The watcher of this system loses nothing that matters; a look at all logs is not free. */
const LOOK_MS = 5000;

/**
 * The events as they are written, in batches of one session each. What is imported of sessions that ran
 * without zag is left out: it did not happen now.
 */
export async function* subscribe(
  options: SubscribeOptions,
): AsyncGenerator<SubscribedEvent[], void, undefined> {
  const { signal, polling, paths } = options;
  const logs = new Logs(options);
  using watch = new LogsWatch({ lookMs: LOOK_MS, ...(polling ? { polling } : {}) });
  const addDirectories = () => {
    for (const directory of logs.directories()) watch.addDirectory(directory);
  };
  // Where a project is made, logs will be.
  if (options.scope.project === undefined) watch.addDirectory(paths.projects);
  addDirectories();
  // Watched first: what is written while the logs are looked through is not past.
  await watch.changed(signal);
  logs.skip();
  options.ready?.();
  while (!signal.aborted) {
    const changed = await watch.changed(signal);
    const unsure = changed.size === 0 ||
      [...changed].some((path) => dirname(path) === paths.projects);
    if (unsure) addDirectories();
    for (const path of unsure ? logs.list() : changed) {
      if (signal.aborted) return;
      if (!isLog(path)) continue;
      yield* logs.read(path);
    }
  }
}

/** How far a log has been given. */
interface Position {
  /** So many bytes have been looked at. */
  offset: number;
  identity: string;
  /** Number and time of the newest event that was given; -1 when there is none. */
  seq: number;
  time: number;
}

class Logs {
  readonly #options: SubscribeOptions;
  readonly #positions = new Map<string, Position>();
  readonly #began = Date.now();

  constructor(options: SubscribeOptions) {
    this.#options = options;
  }

  /** The directories of all logs that may matter by now; some may not exist yet. */
  directories(): string[] {
    const { paths, scope: { project } } = this.#options;
    const own = project === undefined
      ? paths.stateDirs().map(({ sessionLogs }) => sessionLogs)
      : [dirname(paths.sessionLog(project ?? undefined, "log"))];
    return [...new Set(own)];
  }

  /** The logs that there are. */
  list(): string[] {
    return this.directories().flatMap((directory) =>
      namesIn(directory).filter(isLog).map((name) => join(directory, name))
    );
  }

  /** All that is written by now is past. */
  skip(): void {
    for (const path of this.list()) {
      const info = look(path);
      if (info) this.#positions.set(path, { ...info, offset: info.size, seq: -1, time: -Infinity });
    }
  }

  /** What a log has got since it was read last; nothing when it is of no session that matters. */
  async *read(path: string): AsyncGenerator<SubscribedEvent[], void, undefined> {
    const info = look(path);
    const known = this.#positions.get(path);
    if (!info || known && known.identity === info.identity && known.offset === info.size) return;
    const session = this.#sessionOf(path);
    if (!session) return;
    const position = known ?? { ...info, offset: 0, seq: -1, time: -Infinity };
    this.#positions.set(path, position);
    if (position.identity !== info.identity || info.size < position.offset) {
      position.identity = info.identity;
      this.#restart(position);
    }
    using file = new FollowedFile(path, {
      offset: await lineStart(path, position.offset),
      onRestart: () => this.#restart(position),
    });
    for await (const lines of file.read()) {
      const fresh = take(position, lines, session.sessionId);
      if (fresh.length > 0) yield fresh;
    }
    // What came after the look is read again, and known by its number then.
    position.offset = info.size;
  }

  /** The log was written anew: what was given, or was there before all, is not given again. */
  #restart(position: Position): void {
    position.offset = 0;
    if (position.seq >= 0) return;
    position.seq = Infinity;
    position.time = this.#began;
  }

  #sessionOf(path: string): SessionRecord | undefined {
    const { store, scope, tag } = this.#options;
    const id = basename(path).replace(/(\.zag)?\.jsonl$/, "");
    const session = store.getSession(id);
    if (!session) return undefined;
    if (session.logPath !== null && session.logPath !== path) return undefined;
    if (scope.project !== undefined && session.project !== scope.project) return undefined;
    const has = (name: string) => session.tags.some((one) => folded(one) === folded(name));
    return (tag === undefined ? !has(SELECTOR_TAG) : has(tag)) ? session : undefined;
  }
}

/** The events that were not given before. */
function take(
  position: Position,
  lines: readonly LogLine[],
  sessionId: string,
): SubscribedEvent[] {
  const fresh: SubscribedEvent[] = [];
  for (const { event, text } of lines) {
    if (event === undefined) continue;
    const time = Date.parse(event.ts);
    // A log that was begun anew counts from 1 again, but its times go on.
    if (event.seq <= position.seq && !(time > position.time)) continue;
    position.seq = event.seq;
    if (!Number.isNaN(time)) position.time = time;
    if (event.source_kind !== "backfill") fresh.push({ sessionId, event, text });
  }
  return fresh;
}

const NEWLINE = 0x0a;
const READ = 64 * 1024;

/** Where the line begins in which an offset lies. */
async function lineStart(path: string, offset: number): Promise<number> {
  if (offset === 0) return 0;
  try {
    using file = await openLog(path);
    for (let end = offset; end > 0;) {
      const start = Math.max(0, end - READ);
      const at = (await readRange(file, start, end)).lastIndexOf(NEWLINE);
      if (at >= 0) return start + at + 1;
      end = start;
    }
  } catch (error) {
    if (!(error instanceof LogNotFoundError)) throw error;
  }
  return 0;
}

function isLog(path: string): boolean {
  return path.endsWith(".jsonl");
}

function look(path: string): { size: number; identity: string } | undefined {
  try {
    const { size, dev, ino, birthtime, isFile } = Deno.statSync(path);
    const identity = ino === null ? `born ${birthtime?.getTime()}` : `${dev}:${ino}`;
    return isFile ? { size, identity } : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return undefined;
  }
}

function namesIn(directory: string): string[] {
  try {
    return Array.from(Deno.readDirSync(directory), ({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return [];
  }
}
