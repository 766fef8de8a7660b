/** A state directory with sessions of any age, for the tests of what is done to many of them. */
import { dirname } from "node:path";
import { type ZagPaths, zagPaths } from "../../src/config/paths.ts";
import { collectGarbage, type CollectOptions, type GcReport } from "../../src/orchestration/gc.ts";
import { startTimeOf } from "../../src/processes/process_table.ts";
import type { LogKind } from "../../src/events/log_event.ts";
import { LogAppender } from "../../src/sessions/log.ts";
import { markEnded, markStarted } from "../../src/sessions/markers.ts";
import type { NewSession } from "../../src/sessions/records.ts";
import { metaOf } from "../../src/sessions/session_meta.ts";
import { SessionStore } from "../../src/sessions/store.ts";

export const NOW = new Date();
export const DAY = 24 * 60 * 60 * 1000;

export function daysAgo(days: number): Date {
  return new Date(NOW.getTime() - days * DAY);
}

/** This process lives; nobody has its number with that start. */
export const ALIVE = { ownerPid: Deno.pid, ownerStart: startTimeOf(Deno.pid)! };
export const GONE = { ownerPid: Deno.pid, ownerStart: ALIVE.ownerStart.replace(/\d+$/, "1") };

/** What kind of session is to be there. */
export interface Sample {
  /** When it ended, in days. */
  days: number;
  /** It has not ended; a process runs it. */
  live?: boolean;
  /** The text of its answer. */
  answer?: string;
  /** Fields of its record. */
  more?: Partial<NewSession>;
}

/** A state directory of its own. */
export class State {
  readonly paths: ZagPaths;
  readonly store: SessionStore;

  constructor(readonly dir: string, more: Record<string, string> = {}) {
    const env: Record<string, string> = { ZAG_HOME: dir, ...more };
    this.paths = zagPaths({ get: (name) => env[name] });
    this.store = SessionStore.open(this.paths.database, { now: () => NOW });
  }

  /** Adds a session with everything that one has; returns the path of its log. */
  async add(id: string, { days, live = false, answer = "answer", more = {} }: Sample) {
    const at = daysAgo(days);
    const project = more.project ?? undefined;
    const logPath = this.paths.sessionLog(project, id);
    const record: NewSession = {
      sessionId: id,
      provider: "mock",
      command: "exec",
      workspacePath: "/w",
      createdAt: at.toISOString(),
      startedAt: at.toISOString(),
      logPath,
      ...(live ? {} : { endedAt: at.toISOString(), outcome: "success", exitCode: 0 }),
      ...more,
    };
    this.store.addSession(record);
    this.writeLog(logPath, id, at, [
      {
        type: "session_started",
        command: "exec",
        model: null,
        cwd: "/w",
        resumed: false,
        backfilled: false,
      },
      { type: "session_meta", meta: metaOf({ createdAt: record.createdAt }) },
      { type: "assistant_message", content: answer, message_id: null },
      ...(live ? [] : [{ type: "session_ended", success: true, error: null } as const]),
    ]);
    this.store.addProcess({
      id: `run-${id}`,
      sessionId: id,
      provider: "mock",
      command: "exec",
      startedAt: at.toISOString(),
      ...(live ? ALIVE : { ...GONE, status: "exited", exitCode: 0, exitedAt: at.toISOString() }),
    });
    await markStarted(this.paths, id, at);
    this.age(this.paths.started(id), days);
    if (!live) {
      await markEnded(this.paths, id, { success: true, exitCode: 0 }, at);
      this.age(this.paths.ended(id), days);
    }
    this.put(this.paths.spawnLog(id), "raw output\n", days);
    return logPath;
  }

  /** Appends to a log, and makes it as old as its lines. */
  writeLog(path: string, sessionId: string, at: Date, kinds: readonly LogKind[]): void {
    const log = LogAppender.reopen({ path, provider: "mock", sessionId, now: () => at });
    log.append(kinds);
    log.close();
    Deno.utimeSync(path, at, at);
  }

  /** Writes a file of some age. */
  put(path: string, text: string, days: number): string {
    Deno.mkdirSync(dirname(path), { recursive: true });
    Deno.writeTextFileSync(path, text);
    this.age(path, days);
    return path;
  }

  age(path: string, days: number): void {
    const at = daysAgo(days);
    Deno.utimeSync(path, at, at);
  }

  /** Collects what is older than 7 days, and removes it unless told otherwise. */
  async gc(options: Partial<CollectOptions> = {}): Promise<GcReport> {
    return await collectGarbage({
      store: this.store,
      paths: this.paths,
      now: NOW,
      olderThanMs: 7 * DAY,
      project: undefined,
      force: true,
      ...options,
    });
  }

  /** The ids of all recorded sessions, in order. */
  get sessions(): string[] {
    return this.store.listSessions().map(({ sessionId }) => sessionId).sort();
  }

  /** All files below the state directory but the database, in order. */
  get files(): string[] {
    return [...walk(this.dir)].map((path) => path.slice(this.dir.length + 1))
      .filter((path) => !/^zag\.db(-wal|-shm)?$/.test(path)).sort();
  }
}

function* walk(directory: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(directory)) {
    if (isDirectory) yield* walk(`${directory}/${name}`);
    else yield `${directory}/${name}`;
  }
}

/** Makes a test of a function: it gets a state directory that is gone afterwards. */
export function inState(test: (state: State) => Promise<void>): () => Promise<void> {
  return async () => {
    const dir = await Deno.realPath(await Deno.makeTempDir());
    const state = new State(dir);
    try {
      await test(state);
    } finally {
      state.store.close();
      await Deno.remove(dir, { recursive: true });
    }
  };
}

/** The counts of a report that are not 0. */
export function counted({ counts }: GcReport): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
}

/** Names of what was collected of one kind. */
export function namesOf({ items }: GcReport, kind: string): string[] {
  return items.filter((item) => item.kind === kind).map(({ name }) => name);
}
