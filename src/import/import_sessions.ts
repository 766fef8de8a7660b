/**
 * Takes the sessions over that the agents' CLIs keep and zag did not start: each becomes a session
 * with a log, with the times that its file tells. Doing it again adds what is new and nothing else.
 *
 * @module
 */
import { basename } from "node:path";
import { isId, type ZagPaths } from "../config/paths.ts";
import { ZagError } from "../errors.ts";
import { type Host, variablesOf } from "../host.ts";
import type { Provider } from "../providers/provider.ts";
import type { TranscriptRequest } from "../providers/transcript.ts";
import { logIsOurs } from "../sessions/scan_log.ts";
import type { SessionStore } from "../sessions/store.ts";
import { SessionRunningError } from "../sessions/store_errors.ts";
import { matches } from "../agent/find_transcript.ts";
import { DeletedSessions } from "./deleted.ts";
import { type Head, readHead } from "./head.ts";
import { lockImports } from "./lock.ts";
import type { SessionPlaces } from "./place.ts";
import {
  type ImportBooks,
  importMore,
  importNew,
  type SessionFile,
  sweep,
} from "./import_session.ts";
import { isNoted, noteRefusal } from "./notes.ts";
import type { ImportObserver, ImportSummary } from "./report.ts";
import { isFile } from "../is_file.ts";

export type { ImportProgress, ImportSummary, TakenSession } from "./report.ts";

/** What is to be imported. */
export interface ImportRequest {
  readonly providers: readonly Provider[];
  readonly places: SessionPlaces;
  /** The sessions of all directories, not only those of the project. */
  readonly global: boolean;
  /** Only say what would happen. */
  readonly dryRun: boolean;
  readonly signal?: AbortSignal | undefined;
  readonly observer: ImportObserver;
}

/** What became of one file; undefined for a session of another directory. */
type Fate = keyof ImportSummary | undefined;

/** How an import ended. */
export interface ImportOutcome {
  readonly summary: ImportSummary;
  /** It was ended before it was through; what it had done by then stays. */
  readonly interrupted: boolean;
}

/**
 * Imports sessions, one process at a time.
 *
 * @throws {ImportError} when a log cannot be written
 * @throws {StoreError} when the store cannot be
 */
export async function importSessions(
  request: ImportRequest,
  store: SessionStore,
  paths: ZagPaths,
  host: Host,
): Promise<ImportOutcome> {
  const importer = new Importer(request, store, paths, host);
  try {
    using _lock = request.dryRun
      ? undefined
      : await lockImports(paths, () => request.observer.waiting?.(), request.signal);
    if (!request.dryRun) sweep(paths);
    await importer.run();
    return { summary: importer.summary, interrupted: false };
  } catch (error) {
    if (!request.signal?.aborted || error !== request.signal.reason) throw error;
    return { summary: importer.summary, interrupted: true };
  }
}

class Importer {
  readonly summary: ImportSummary = {
    imported: 0,
    updated: 0,
    unchanged: 0,
    skipped: 0,
    failed: 0,
  };
  readonly #request: ImportRequest;
  readonly #store: SessionStore;
  readonly #paths: ZagPaths;
  readonly #host: Host;
  readonly #deleted: DeletedSessions;
  #files = 0;
  #bytes = 0;

  constructor(request: ImportRequest, store: SessionStore, paths: ZagPaths, host: Host) {
    this.#request = request;
    this.#store = store;
    this.#paths = paths;
    this.#host = host;
    this.#deleted = new DeletedSessions(store, paths);
  }

  async run(): Promise<void> {
    const { signal, observer } = this.#request;
    const files = await this.#list();
    const totalBytes = files.reduce((sum, { size }) => sum + size, 0);
    for (const file of files) {
      signal?.throwIfAborted();
      const before = this.#bytes;
      const tell = (bytes: number) => {
        this.#bytes += bytes;
        observer.progress?.({
          files: this.#files,
          totalFiles: files.length,
          bytes: this.#bytes,
          totalBytes,
          provider: file.provider.name,
          name: basename(file.path),
        });
      };
      const fate = await this.#try(file, {
        store: this.#store,
        paths: this.#paths,
        dryRun: this.#request.dryRun,
        signal,
        progress: tell,
      });
      if (fate) this.summary[fate]++;
      this.#files++;
      this.#bytes = before + file.size;
      tell(0);
    }
  }

  /** All files that can hold a session, the oldest first. */
  async #list(): Promise<SessionFile[]> {
    const files: SessionFile[] = [];
    for (const provider of this.#request.providers) {
      const request: TranscriptRequest = {
        sessionId: undefined,
        cwd: this.#host.cwd,
        home: this.#paths.userHome ?? "",
        stateDir: this.#paths.agentState(provider.name),
        env: variablesOf(this.#host.env),
      };
      for (const place of provider.transcript?.everywhere?.(request) ?? []) {
        for await (const path of matches(place)) {
          const info = await this.#look(path);
          if (!info) continue;
          files.push({
            provider,
            path,
            size: info.size,
            modifiedAt: info.mtime ?? new Date(0),
          });
        }
      }
    }
    const time = ({ modifiedAt }: SessionFile) => modifiedAt.getTime();
    return files.sort((a, b) => time(a) - time(b) || (a.path < b.path ? -1 : 1));
  }

  /** Size and time of a file; undefined when it cannot be looked at, or is gone already. */
  async #look(path: string): Promise<Deno.FileInfo | undefined> {
    try {
      return await Deno.stat(path);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      if (!isSystemError(error)) throw error;
      this.#request.observer.failed?.(path, (error as Error).message, UNREACHABLE);
      this.summary.failed++;
      return undefined;
    }
  }

  /** One file; what is wrong with it stops no other. */
  async #try(file: SessionFile, books: ImportBooks): Promise<Fate> {
    try {
      return await this.#import(file, books);
    } catch (error) {
      const { signal } = this.#request;
      // Only what the system says about this file is this file's fault.
      if ((signal?.aborted && error === signal.reason) || !isSystemError(error)) throw error;
      return this.#fail(file, (error as Error).message, UNREACHABLE);
    }
  }

  async #import(file: SessionFile, books: ImportBooks): Promise<Fate> {
    const { places, global } = this.#request;
    const store = this.#store;
    const noted = isNoted(store, file);
    if (noted) {
      const { belongs } = await places.of(noted.cwd);
      return belongs || global ? "unchanged" : undefined;
    }
    const wanted = async (directory: string) => global || (await places.of(directory)).belongs;
    const head = await readHead(file.provider.transcript!, file.path, file.size, wanted);
    if (head.is === "elsewhere") return undefined;
    if (head.is === "nothing") return this.#skip(file, "it holds no conversation");
    if (head.is === "foreign") return this.#refuse(file, books, head.reason);
    if (!isId(head.id)) {
      return this.#refuse(file, books, `its id ${JSON.stringify(head.id)} is odd`);
    }
    return await this.#take(file, books, head);
  }

  async #take(
    file: SessionFile,
    books: ImportBooks,
    head: Head & { is: "session" },
  ): Promise<Fate> {
    const store = this.#store;
    const place = await this.#request.places.of(head.directory);
    const byId = store.getSession(head.id);
    const known = byId ?? store.findByNativeId(head.id);
    if (!known && this.#deleted.has(file.provider.name, head.id)) {
      return this.#skip(file, "its session was deleted from zag");
    }
    if (known && known.provider !== file.provider.name) {
      return this.#skip(file, `a session of ${known.provider} has its id`);
    }
    if (known && !known.discovered) return this.#skip(file, "zag started its session itself");
    const { discoverySource } = known ?? {};
    // Of several files of one session that one counts which was found first.
    if (discoverySource && discoverySource !== file.path && isFile(discoverySource)) {
      return this.#skip(file, `its session was imported from ${discoverySource}`);
    }
    const taken = (isNew: boolean): Fate => {
      const { provider: { name: provider }, path, size } = file;
      const { id, directory } = head;
      this.#request.observer.taken?.({ provider, id, directory, path, size, isNew });
      return isNew ? "imported" : "updated";
    };
    const logPath = known?.logPath ?? this.#paths.sessionLog(place.project, head.id);
    if (!isFile(logPath)) {
      return await importNew(books, file, head, place)
        ? taken(true)
        : this.#skip(file, "another process has begun its session");
    }
    // What the original has imported has other times and other shapes.
    const sessionId = known?.sessionId ?? head.id;
    if (!logIsOurs(logPath)) return this.#skip(file, "an older zag has imported it");
    if (isRunning(store, sessionId)) return this.#skip(file, "its session is running");
    const grown = await importMore(books, file, head, place, sessionId, logPath);
    return known && !grown ? "unchanged" : taken(!known);
  }

  #skip(file: SessionFile, reason: string): Fate {
    this.#request.observer.skipped?.(file.path, reason);
    return "skipped";
  }

  /** What stands in the file is at fault: saying so again helps nobody until it has changed. */
  #refuse(file: SessionFile, books: ImportBooks, reason: string): Fate {
    if (!noteRefusal(books, file, reason)) {
      return this.#skip(file, `${reason}, as was said before`);
    }
    return this.#fail(file, reason, "It is left out; remove or repair it");
  }

  #fail(file: SessionFile, reason: string, hint: string): Fate {
    this.#request.observer.failed?.(file.path, reason, hint);
    return "failed";
  }
}

/** What to do about a file that the system does not let us read. */
const UNREACHABLE = "It is left out until it can be read";

function isRunning(store: SessionStore, sessionId: string): boolean {
  try {
    store.checkNotRunning(sessionId);
    return false;
  } catch (error) {
    if (error instanceof SessionRunningError) return true;
    throw error;
  }
}

function isSystemError(error: unknown): boolean {
  if (error instanceof ZagError || error instanceof Deno.errors.NotCapable) return false;
  return error instanceof Error &&
    (Object.values(Deno.errors).some((kind) => error instanceof kind) || "code" in error);
}
