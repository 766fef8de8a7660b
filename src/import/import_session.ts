/** Writes what a file of an agent's CLI tells into the log of its session. */
import { join } from "node:path";
import type { ZagPaths } from "../config/paths.ts";
import { ZagError } from "../errors.ts";
import type { LogKind } from "../events/log_event.ts";
import type { Provider } from "../providers/provider.ts";
import type { TranscriptParser } from "../providers/transcript.ts";
import { LogAppender } from "../sessions/log.ts";
import { type LogRecord, readLogRecord } from "../sessions/recovery/log_record.ts";
import { overflowPath } from "../sessions/overflow.ts";
import type { NewSession } from "../sessions/records.ts";
import { metaOf } from "../sessions/session_meta.ts";
import type { SessionStore } from "../sessions/store.ts";
import { entriesOf } from "./entries.ts";
import type { SessionHead } from "./head.ts";
import { KnownEntries } from "./known.ts";
import { note } from "./notes.ts";
import type { SessionPlace } from "./place.ts";
import { isFile } from "../is_file.ts";

/** A file that holds a session. */
export interface SessionFile {
  readonly provider: Provider;
  /** Absolute. */
  readonly path: string;
  /** In bytes, when it was looked at. */
  readonly size: number;
  /** When it had last been written to by then. */
  readonly modifiedAt: Date;
}

/** What an import works with. */
export interface ImportBooks {
  readonly store: SessionStore;
  readonly paths: ZagPaths;
  /** Nothing is written. */
  readonly dryRun: boolean;
  /** Ends the work; a session that is being imported for the first time is then left out. */
  readonly signal: AbortSignal | undefined;
  /** So many bytes more have been read. */
  progress?(bytes: number): void;
}

/** A session cannot be imported, nor can any other. */
export class ImportError extends ZagError {
  /** Name of the class. */
  override name = "ImportError";
}

/** The command of sessions that were imported. */
const COMMAND = "import";

/** How a log is called until it is complete: no reader takes it for one. */
const UNFINISHED = ".import.tmp";

/** Removes what imports that were killed have left. Call it while no other import is going on. */
export function sweep(paths: Pick<ZagPaths, "stateDirs">): void {
  for (const { sessionLogs } of paths.stateDirs()) {
    let names: string[] = [];
    try {
      names = [...Deno.readDirSync(sessionLogs)].map(({ name }) => name);
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) throw error;
      // No session of that project has been logged yet.
    }
    for (const name of names) {
      if (name.endsWith(UNFINISHED)) remove(join(sessionLogs, name));
    }
  }
}

/**
 * Imports a session that has no log yet. The log appears when it is complete, together with its row
 * unless that is there already.
 *
 * @returns False when another process was quicker.
 * @throws {ImportError} when the log cannot be written
 */
export async function importNew(
  books: ImportBooks,
  file: SessionFile,
  head: SessionHead,
  place: SessionPlace,
): Promise<boolean> {
  if (books.dryRun) return true;
  const path = books.paths.sessionLog(place.project, head.id);
  const temporary = path + UNFINISHED;
  remove(temporary);
  try {
    await writeWhole(books, file, head, place, temporary);
    return publish(books, file, temporary, path);
  } finally {
    remove(temporary);
  }
}

async function writeWhole(
  books: ImportBooks,
  file: SessionFile,
  head: SessionHead,
  place: SessionPlace,
  temporary: string,
): Promise<void> {
  const startedAt = head.startedAt ?? file.modifiedAt;
  const clock = { now: startedAt };
  using log = LogAppender.create({
    path: temporary,
    provider: file.provider.name,
    sessionId: head.id,
    nativeId: head.id,
    now: () => clock.now,
  });
  if (file.provider.capabilities.sessionLogs !== "full") log.degrade("partial");
  log.append([
    startLine(place, head.model ?? null, false),
    {
      type: "session_meta",
      meta: metaOf({
        project: place.project ?? null,
        workspacePath: place.workspace,
        discovered: true,
        discoverySource: file.path,
        createdAt: startedAt.toISOString(),
      }),
    },
  ], "backfill");
  let last = startedAt;
  const { parser, entries } = told(books, file);
  for await (const { kinds, at } of entries) {
    books.signal?.throwIfAborted();
    if (at) clock.now = at;
    if (clock.now > last) last = clock.now;
    log.append(kinds, "backfill");
    checkWritten(log);
  }
  clock.now = last;
  log.append([endLine(parser)], "backfill");
  checkWritten(log);
}

/** Gives the log its name and the store its row, at once. */
function publish(books: ImportBooks, file: SessionFile, temporary: string, path: string): boolean {
  const { store } = books;
  const record = readLogRecord(temporary);
  if (!record) throw new ImportError(`Cannot import "${file.path}": its log cannot be read back`);
  try {
    return store.atOnce(() => {
      keep(store, file, record, path);
      const beside = overflowPath(temporary);
      if (isFile(beside)) Deno.renameSync(beside, overflowPath(path));
      // Unlike a rename this does not replace a log that another process has begun.
      Deno.linkSync(temporary, path);
      return true;
    });
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    throw error;
  }
}

/**
 * Appends what a file has on top of the log, and brings the row up to date, or makes it where it is
 * missing.
 *
 * @param sessionId zag's own id of the session.
 * @param logPath Its log, which must exist.
 * @returns Whether there was anything new.
 * @throws {ImportError} when the log cannot be written
 */
export async function importMore(
  books: ImportBooks,
  file: SessionFile,
  head: SessionHead,
  place: SessionPlace,
  sessionId: string,
  logPath: string,
): Promise<boolean> {
  const known = await KnownEntries.read(logPath);
  const clock = { now: head.startedAt ?? file.modifiedAt };
  using log = books.dryRun ? undefined : LogAppender.reopen({
    path: logPath,
    provider: file.provider.name,
    sessionId,
    nativeId: head.id,
    now: () => clock.now,
  });
  if (log) checkWritten(log);
  let open = known.isOpen;
  let grown = false;
  let last = clock.now;
  const { parser, entries } = told(books, file);
  for await (const { kinds, at, model } of entries) {
    if (at) clock.now = at;
    if (clock.now > last) last = clock.now;
    const fresh = kinds.filter((kind) => !known.take(kind));
    if (known.coveredUntil && clock.now <= known.coveredUntil) continue;
    if (fresh.length === 0) continue;
    const start = open ? [] : [startLine(place, model ?? head.model ?? null, true)];
    open = grown = true;
    if (!log) continue;
    log.append([...start, ...fresh], "backfill");
    checkWritten(log);
  }
  const end = endLine(parser);
  // The last turn may have come to its end since, without another word.
  if (known.importEnd !== undefined && known.importEnd !== end.outcome) open = grown = true;
  if (!log) return grown;
  if (open) {
    clock.now = last;
    log.append([end], "backfill");
    checkWritten(log);
  }
  updateRow(books.store, file, logPath);
  return grown;
}

function updateRow(store: SessionStore, file: SessionFile, logPath: string): void {
  const record = readLogRecord(logPath);
  // A session that somebody goes on with at this moment knows its own state.
  if (record && !record.open) store.atOnce(() => keep(store, file, record, logPath));
}

/** Makes the row of a session, or brings it up to date. */
function keep(store: SessionStore, file: SessionFile, record: LogRecord, logPath: string): void {
  const { fields, sessionId, usage } = record;
  store.updateSession(sessionId, { ...fields, logPath });
  store.restore([{ session: newSession(record, logPath), usage, processes: [] }]);
  note(store, file, sessionId);
}

/** What a file tells, reported while it is read, with the parser that knows how it ended. */
function told(books: ImportBooks, { provider, path, size }: SessionFile) {
  const parser = provider.transcript!.parser();
  return { parser, entries: entriesOf(parser, path, size, (bytes) => books.progress?.(bytes)) };
}

/** Call it when the whole file was read. */
function endLine({ state }: TranscriptParser): LogKind & { type: "session_ended" } {
  const [success, outcome] = state.finished === false
    ? [false, "unknown"] as const
    : [true, "success"] as const;
  const imported_at = new Date().toISOString();
  return { type: "session_ended", success, error: null, outcome, imported_at };
}

function startLine(place: SessionPlace, model: string | null, resumed: boolean): LogKind {
  return {
    type: "session_started",
    command: COMMAND,
    model,
    cwd: place.cwd,
    resumed,
    backfilled: true,
  };
}

/** The row that a log stands for. */
function newSession(record: LogRecord, logPath: string): NewSession {
  const { fields, sessionId, provider, firstAt } = record;
  const told = Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  );
  return {
    command: COMMAND,
    workspacePath: fields.cwd ?? "/",
    createdAt: firstAt,
    ...told,
    sessionId,
    provider,
    logPath,
  };
}

function checkWritten({ failure }: LogAppender): void {
  if (!failure) return;
  throw new ImportError(failure.message, {
    cause: failure.cause,
    hint: "What was imported before stays; make room and import again",
  });
}

function remove(temporary: string): void {
  for (const path of [temporary, overflowPath(temporary)]) {
    try {
      Deno.removeSync(path);
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) throw error;
      // It is not there.
    }
  }
}
