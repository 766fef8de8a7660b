/** A session log that a program begins and ends itself, for calls of a builder or for agents of its own. */
import { join, resolve } from "node:path";
import { checkId, type ZagPaths, zagPaths } from "../config/paths.ts";
import { type Project, resolveProject } from "../config/project.ts";
import type { AgentOutput, Event } from "../events/event.ts";
import type { LogEvent, LogKind, SourceKind } from "../events/log_event.ts";
import { realHost } from "../host.ts";
import type { Provider } from "../providers/provider.ts";
import { appenders, LogAppender } from "../sessions/log.ts";
import { toLogKinds } from "../sessions/log_lines.ts";
import { markEnded, markStarted } from "../sessions/markers.ts";
import { ownLog } from "../sessions/own_log.ts";
import type { NewSession, SessionRecord } from "../sessions/records.ts";
import { noteGap } from "../sessions/recovery/damage.ts";
import { openIndex } from "../sessions/recovery/open_index.ts";
import { refreshSession } from "../sessions/recovery/renew_index.ts";
import { metaOf } from "../sessions/session_meta.ts";
import type { SessionStore } from "../sessions/store.ts";
import { SessionExistsError, StoreError } from "../sessions/store_errors.ts";
import { isFile } from "../is_file.ts";
import {
  checkArguments,
  FLAG,
  FUNCTION,
  kind,
  listOf,
  OBJECT,
  optional,
  partsWith,
  TEXT,
} from "./argument_check.ts";
import { ALL_PROVIDERS, namedProvider } from "./choose_provider.ts";
import { InvalidOptionError } from "./errors.ts";
import { isInUse, untilUnused } from "./log_use.ts";
import { attempt } from "./progress.ts";
import { changeIndex } from "./quiet_index.ts";
import { TranscriptFile } from "./transcript_file.ts";
import { followTranscript, type TranscriptFollower } from "./transcript_follow.ts";

/** What is known of a session when its log begins. */
export interface SessionLogOptions {
  /** Name of the provider whose agent works in the session, any case. */
  readonly provider: string;
  /** zag's own id of the session, a UUID. Default: a new one. */
  readonly wrapperSessionId?: string;
  /** The provider's id of it. Default: not known yet. */
  readonly providerSessionId?: string;
  /** The directory that the session is about. Default: the current directory. */
  readonly workspacePath?: string;
  /** What the session is for, in one word, for example `exec`. */
  readonly command: string;
  /** Name of the model. Default: not known. */
  readonly model?: string;
  /** The session goes on: the log that it has is continued. Default: false. */
  readonly resumed?: boolean;
  /** The log tells of what happened before. Default: false. */
  readonly backfilled?: boolean;
  /**
   * The log is the file `sessions/ID.jsonl` in this directory. An index that is lost is made again from
   * the logs under the state directory alone. Default: the directory of the project's logs there.
   */
  readonly logsDir?: string;
  /**
   * Also follows the file in which the agent's CLI keeps the session, for an agent that the program
   * starts without a builder. Default: false.
   */
  readonly live?: boolean;
  /** Hears every entry that is written through this object; must not write to it. What it throws is lost. */
  readonly onEvent?: (event: LogEvent) => void;
}

/** How a session ended. */
export interface SessionLogEnd {
  /** It has reached its aim. */
  readonly success: boolean;
  /** Why not. */
  readonly error?: string;
}

const OPTIONS = partsWith<SessionLogOptions>(["provider", "command"], {
  provider: TEXT,
  wrapperSessionId: TEXT,
  providerSessionId: TEXT,
  workspacePath: TEXT,
  command: TEXT,
  model: TEXT,
  resumed: FLAG,
  backfilled: FLAG,
  logsDir: TEXT,
  live: FLAG,
  onEvent: FUNCTION,
});
const END = partsWith<SessionLogEnd>(["success"], { success: FLAG, error: TEXT });
const ENTRY = partsWith<{ type: string }>(["type"], { type: TEXT });

/**
 * The log of a session that lasts longer than one call. `new AgentBuilder().sessionLog(log)` writes to
 * it and leaves it open; calls that are made one after the other are one session. `zag listen` and all
 * other commands find it by its id.
 *
 * @example Two calls, one log
 * ```ts
 * import { AgentBuilder, SessionLog } from "@zag/cli/agent";
 *
 * await using log = await SessionLog.start({ provider: "mock", command: "nightly" });
 * const builder = new AgentBuilder({ provider: "mock" }).sessionLog(log);
 * await builder.exec("first");
 * await builder.exec("second");
 * await log.finish({ success: true });
 * ```
 */
export class SessionLog implements AsyncDisposable {
  /** zag's own id of the session. */
  readonly sessionId: string;
  /** Name of the provider. */
  readonly provider: string;
  readonly #appender: LogAppender;
  readonly #paths: ZagPaths;
  #follower: TranscriptFollower | undefined;
  #ended: Promise<void> | undefined;

  private constructor(sessionId: string, provider: string, appender: LogAppender, paths: ZagPaths) {
    this.sessionId = sessionId;
    this.provider = provider;
    this.#appender = appender;
    this.#paths = paths;
    appenders.set(this, appender);
  }

  /**
   * Begins a log with its `session_started`.
   *
   * @throws {InvalidProviderError} when there is no such provider
   * @throws {SessionExistsError} when the id is taken, and the session does not go on
   * @throws {InvalidOptionError} when this program has begun the log and not finished it
   * @throws {ZagError} when the directory is no place to work in, or the file cannot be written
   */
  static async start(options: SessionLogOptions): Promise<SessionLog> {
    checkArguments("SessionLog.start()", [options, "options", OPTIONS]);
    const provider = await namedProvider(options.provider, ALL_PROVIDERS);
    const { env, cwd } = realHost();
    const paths = zagPaths(env);
    const root = options.workspacePath;
    const project = await resolveProject({ ...(root === undefined ? {} : { root }), cwd });
    const sessionId = options.wrapperSessionId ?? crypto.randomUUID();
    checkId(sessionId);
    using store = await openedIndex(paths);
    const appender = begin({ options, provider, sessionId, project, paths, store: store.open });
    const log = new SessionLog(sessionId, provider.name, appender, paths);
    await markStarted(paths, sessionId, new Date()).catch(() => {});
    if (!options.live) return log;
    try {
      log.#follower = await log.#follow(provider, project.workspace, options);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      await log.finish({ success: false, error: `it could not be followed: ${reason}` });
      throw error;
    }
    return log;
  }

  /** Absolute path of the file. */
  get path(): string {
    return this.#appender.path;
  }

  /** It was finished, and takes no further entry. */
  get isOver(): boolean {
    return this.#ended !== undefined;
  }

  /** The provider's own id of the session; undefined as long as it is not known. */
  get providerSessionId(): string | undefined {
    return this.#appender.nativeId;
  }

  /** Entries from now on carry it, and the session can be resumed by it. */
  set providerSessionId(id: string) {
    TEXT(id, "providerSessionId");
    this.#appender.setNativeId(id);
    changeIndex(
      this.#paths,
      (store) => store.updateSession(this.sessionId, { providerSessionId: id }),
    );
  }

  /**
   * Writes an entry.
   *
   * @param source Who says so. Default: `wrapper`.
   * @throws {ZagError} when it cannot be written, or the log is finished
   */
  emit(kind: LogKind, source?: SourceKind): void {
    checkArguments("emit()", [kind, "kind", ENTRY], [source, "source", optional(TEXT)]);
    if (this.isOver) {
      throw new InvalidOptionError(
        `Cannot write to the log of "${this.sessionId}": it is finished`,
      );
    }
    this.#appender.append([kind], source);
    if (this.#appender.failure) throw this.#appender.failure;
  }

  /**
   * Ends the log with its `session_ended`. A second call does nothing. What cannot be written any more is
   * left out.
   *
   * @throws {InvalidOptionError} when a call is under way that writes to the log
   */
  async finish(end: SessionLogEnd): Promise<void> {
    checkArguments("finish()", [end, "end", END]);
    if (this.#ended === undefined && isInUse(this)) {
      throw new InvalidOptionError(
        `Cannot finish the log of "${this.sessionId}": a call is under way that writes to it`,
        { hint: "await the call first" },
      );
    }
    await (this.#ended ??= this.#finish(end));
  }

  /** Finishes with a failure what was not finished, after the calls that write to it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await untilUnused(this);
    await this.finish({ success: false, error: "it was left without an end" });
  }

  async #finish({ success, error }: SessionLogEnd): Promise<void> {
    // The rest of what the agent's CLI has kept may be missing; the end must not.
    await this.#follower?.stop().catch(() => {});
    open.delete(this.path);
    const outcome = success ? "success" : "failure";
    this.#appender.append([{ type: "session_ended", success, error: error ?? null, outcome }]);
    this.#appender.close();
    try {
      changeIndex(this.#paths, (store) => refreshSession(store, this.path));
    } catch {
      // The next zag that may open the index reads the log.
    }
    const marked = { success, exitCode: null };
    await markEnded(this.#paths, this.sessionId, marked, new Date()).catch(() => {});
  }

  async #follow(
    provider: Provider,
    cwd: string,
    { resumed = false }: SessionLogOptions,
  ): Promise<TranscriptFollower | undefined> {
    const known = { provider, cwd, paths: this.#paths, isolation: undefined, resumed: undefined };
    const native = this.providerSessionId;
    const discovered = resumed && native !== undefined ? { id: native, source: "" } : undefined;
    const file = await TranscriptFile.open(
      { ...known, discovered },
      native,
      realHost().env.toObject(),
      { stdout: "inherit" },
    );
    if (!file) return undefined;
    const parser = await file.parser();
    return followTranscript({
      path: file.path,
      find: () => file.find(this.providerSessionId),
      parser,
      offset: file.offset,
      rereads: file.transcript.rereads,
      log: (kinds) => {
        const id = parser.state.sessionId;
        if (id !== undefined && id !== this.providerSessionId) this.providerSessionId = id;
        this.#appender.append(kinds, "provider_file");
      },
    });
  }
}

const LOG = kind("a SessionLog", (value) => value instanceof SessionLog);
const OUTPUT = partsWith<Pick<AgentOutput, "events">>(["events"], {
  events: listOf(OBJECT, "an array of events"),
});

/** Writes what a person has asked. */
export function recordPrompt(log: SessionLog, text: string): void {
  checkArguments("recordPrompt()", [log, "log", LOG], [text, "text", TEXT]);
  log.emit({ type: "user_message", role: "user", content: text, message_id: null });
}

/** Writes all events of an output that was not written while it came in. */
export function recordAgentOutput(log: SessionLog, output: AgentOutput): void {
  checkArguments("recordAgentOutput()", [log, "log", LOG], [output, "output", OUTPUT]);
  for (const event of output.events) appendEventToLog(log, event);
  const says = output.events.some(({ type }) => type === "assistant_message");
  if (says || !output.result) return;
  log.emit({ type: "assistant_message", content: output.result, message_id: null });
}

/** Writes the entries of one event: none for a fragment, several for a message of several parts. */
export function appendEventToLog(log: SessionLog, event: Event): void {
  checkArguments("appendEventToLog()", [log, "log", LOG], [event, "event", ENTRY]);
  for (const kind of toLogKinds(event)) log.emit(kind, "stdout");
}

/** Paths of the logs that this program has begun and not finished. */
const open = new Set<string>();

interface Beginning {
  readonly options: SessionLogOptions;
  readonly provider: Provider;
  readonly sessionId: string;
  readonly project: Project;
  readonly paths: ZagPaths;
  readonly store: SessionStore | undefined;
}

/** Makes or reopens the file, and the row of the session, and writes the first lines. */
function begin(beginning: Beginning): LogAppender {
  const { options, provider, sessionId, project, paths, store } = beginning;
  const { command, model = null, resumed = false, backfilled = false } = options;
  const { env } = realHost();
  const known = store?.getSession(sessionId);
  if (known && !resumed) throw new SessionExistsError(sessionId);
  if (known) store?.checkNotRunning(sessionId);
  const path = pathOf(beginning, known);
  if (!resumed && isFile(path)) throw new SessionExistsError(sessionId);
  if (open.has(path)) {
    throw new InvalidOptionError(
      `Cannot begin the log of "${sessionId}": this program has begun it, and has not finished it`,
    );
  }
  const startedAt = new Date();
  let starting = true;
  const appender = LogAppender.reopen({
    path,
    provider: provider.name,
    sessionId,
    nativeId: options.providerSessionId ?? known?.providerSessionId ?? undefined,
    // The row says when it began, as its first lines do.
    now: () => starting ? startedAt : new Date(),
  });
  if (appender.failure) throw appender.failure;
  const { onEvent } = options;
  if (onEvent) appender.listen((event) => attempt(() => onEvent(event), () => {}));
  const cwd = project.workspace;
  const meta = {
    project: project.key ?? null,
    workspacePath: cwd,
    createdAt: startedAt.toISOString(),
    parentSessionId: env.get("ZAG_SESSION_ID") ?? null,
    parentProcessId: env.get("ZAG_PROCESS_ID") ?? null,
  };
  const row: NewSession = {
    ...meta,
    sessionId,
    provider: provider.name,
    providerSessionId: appender.nativeId ?? null,
    model,
    command,
    cwd,
    resumed,
    logPath: path,
    startedAt: startedAt.toISOString(),
  };
  try {
    if (known) store?.updateSession(sessionId, reopened(row));
    else store?.addSession(row);
    if (!store) noteGap(paths.database);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    // The next zag that opens the index reads the log.
    noteGap(paths.database);
  }
  appender.append([
    { type: "session_started", command, model, cwd, resumed, backfilled },
    ...known ? [] : [{ type: "session_meta", meta: metaOf(meta) } as const],
  ]);
  starting = false;
  if (appender.failure) throw appender.failure;
  open.add(path);
  return appender;
}

function reopened({ providerSessionId, model, logPath, startedAt }: NewSession) {
  return {
    providerSessionId,
    model,
    logPath,
    startedAt,
    resumed: true,
    endedAt: null,
    outcome: null,
    exitCode: null,
    signal: null,
    error: null,
  };
}

function pathOf(
  { options, sessionId, project, paths, store }: Omit<Beginning, "provider">,
  known: SessionRecord | undefined,
): string {
  const { logsDir } = options;
  if (logsDir !== undefined) return join(resolve(logsDir), "sessions", `${sessionId}.jsonl`);
  return known ? ownLog(store, paths, known) : paths.sessionLog(project.key, sessionId);
}

/** The index, if there is one that can be used. */
async function openedIndex(
  paths: ZagPaths,
): Promise<Disposable & { open: SessionStore | undefined }> {
  try {
    const open = await openIndex(paths, {});
    return { open, [Symbol.dispose]: () => open.close() };
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return { open: undefined, [Symbol.dispose]: () => {} };
  }
}
