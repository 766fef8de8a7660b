/**
 * Keeps the books of one session: its row in the index, its log, its markers, its process. A book
 * that cannot be written is said once and skipped; the answer still arrives.
 */
import { dirname } from "node:path";
import type { LogKind, SessionOutcome, SourceKind } from "../events/log_event.ts";
import type { Usage } from "../events/event.ts";
import { ensurePrivateDir } from "../config/paths.ts";
import type { Host } from "../host.ts";
import type { ProcessIdentity } from "../processes/process_info.ts";
import { startTimeOf } from "../processes/process_table.ts";
import { SessionLog } from "../sessions/log.ts";
import { markEnded, markStarted, pruneMarkers } from "../sessions/markers.ts";
import type { SessionPatch } from "../sessions/records.ts";
import type { SessionStore } from "../sessions/store.ts";
import { SessionExistsError, SessionRunningError } from "../sessions/store_errors.ts";
import { givenMetadata, launchRecord } from "./launch_record.ts";
import type { AgentExit } from "./outcome.ts";
import type { Settled } from "./settle.ts";

const HEARTBEAT_MS = 10_000;

/** How a session ended, for the books. */
export interface SessionEnd {
  outcome: SessionOutcome;
  error: string | undefined;
  exit?: AgentExit;
  usage?: Usage | undefined;
  costUsd?: number | undefined;
  /** The end of stderr, where nothing else explains the failure. */
  stderr?: string | undefined;
}

/** Who is told about books that cannot be kept. */
export interface RecorderObserver {
  warning?(message: string): void;
}

/** The books of one session. Its methods never throw. */
export class Recorder {
  /** The handle of this run; the agent finds it in `ZAG_PROCESS_ID`. */
  readonly processId: string;
  readonly #settled: Settled;
  readonly #store: SessionStore | undefined;
  readonly #host: Host;
  readonly #observer: RecorderObserver;
  #log: SessionLog | undefined;
  #nativeId: string | undefined;
  #heartbeat: ReturnType<typeof setInterval> | undefined;
  #warned: boolean;
  #finished = false;

  constructor(
    processId: string,
    settled: Settled,
    store: SessionStore | undefined,
    host: Host,
    observer: RecorderObserver,
  ) {
    this.processId = processId;
    this.#settled = settled;
    this.#store = store;
    this.#host = host;
    this.#observer = observer;
    // Whoever opened the index has said that it cannot be used; one warning is enough.
    this.#warned = store === undefined;
    this.#nativeId = settled.resumed?.providerSessionId ?? settled.discovered?.id ??
      presetId(settled);
  }

  /** Absolute path of the log; undefined when none is kept. */
  get logPath(): string | undefined {
    return this.#log?.path;
  }

  /** The provider's own id of the session, as far as it is known. */
  get nativeId(): string | undefined {
    return this.#nativeId;
  }

  /**
   * Opens the books.
   *
   * @throws {SessionExistsError} when the wanted id is taken.
   * @throws {SessionRunningError} when another process has begun to go on with the session.
   */
  async open(): Promise<void> {
    const { sessionId, resumed, paths, project } = this.#settled;
    const logPath = resumed?.logPath ?? paths.sessionLog(project.key, sessionId);
    const taken = await Deno.stat(logPath).then(() => true, () => false);
    if (!resumed && taken) throw new SessionExistsError(sessionId);
    // A new session is claimed by its row, one that goes on by the process that runs it.
    if (resumed) this.#addProcess();
    this.#addSession(logPath);
    if (!resumed) this.#addProcess();
    this.#attempt(() => {
      ensurePrivateDir(dirname(logPath));
      const options = {
        path: logPath,
        provider: this.#settled.provider.name,
        sessionId,
        nativeId: this.#nativeId,
        now: () => this.#host.now(),
        onFailure: (error: Error) => this.#warn(error),
      };
      this.#log = resumed && taken ? SessionLog.reopen(options) : SessionLog.create(options);
    });
    await this.#mark(async () => {
      await markStarted(paths, sessionId, this.#host.now());
      await pruneMarkers(paths, this.#host.now());
    });
    this.#writeStart();
  }

  /** Writes entries; a native id that was learnt with them goes first. */
  log(kinds: readonly LogKind[], nativeId?: string, source?: SourceKind): void {
    if (nativeId !== undefined) {
      this.#nativeId = nativeId;
      this.#log?.setNativeId(nativeId);
      this.#update({ providerSessionId: nativeId });
    }
    this.#log?.append(kinds, source);
  }

  /** The agent runs. */
  spawned(identity: ProcessIdentity, detached: boolean): void {
    this.#attempt(() =>
      this.#store?.setProcessAgent(this.processId, {
        pid: identity.pid,
        start: identity.startTime,
        detached,
      })
    );
    // Not before: the first timer costs milliseconds, which now pass while the agent starts.
    this.#heartbeat = setInterval(
      () => this.#attempt(() => this.#store?.touchHeartbeat(this.#settled.sessionId)),
      HEARTBEAT_MS,
    );
    // A library user's program must be able to end while a session is being followed.
    Deno.unrefTimer(this.#heartbeat);
  }

  /** Logs an answer that was passed through unread. */
  rawAnswer(text: string, truncated: boolean): void {
    this.#log?.degrade("partial");
    if (text === "") return;
    this.log([{
      type: "assistant_message",
      content: text,
      message_id: null,
      ...(truncated ? { truncated: true as const } : {}),
    }]);
  }

  /** Closes the books; a second call does nothing. */
  async finish(end: SessionEnd): Promise<void> {
    if (this.#finished) return;
    this.#finished = true;
    clearInterval(this.#heartbeat);
    const success = end.outcome === "success";
    const code = end.exit?.code ?? null;
    const signal = end.exit?.signal ?? null;
    this.log(closingEntries(end, success, code, signal));
    const endedAt = this.#host.now().toISOString();
    this.#update({
      endedAt,
      outcome: end.outcome,
      exitCode: code,
      signal,
      error: end.error ?? null,
      inputTokens: end.usage?.input_tokens,
      outputTokens: end.usage?.output_tokens,
      cacheReadTokens: end.usage?.cache_read_tokens,
      cacheCreationTokens: end.usage?.cache_creation_tokens,
      costUsd: end.costUsd,
      logCompleteness: this.#log?.completeness ?? "partial",
    });
    this.#attempt(() =>
      this.#store?.endProcess(this.processId, {
        status: success || end.outcome === "failure" ? "exited" : "killed",
        exitCode: code,
      })
    );
    const { paths, sessionId } = this.#settled;
    await this.#mark(() =>
      markEnded(paths, sessionId, { success, exitCode: code }, this.#host.now())
    );
    this.#log?.close();
  }

  #addSession(logPath: string): void {
    const { resumed, options, sessionId, project } = this.#settled;
    const startedAt = this.#host.now().toISOString();
    if (resumed) {
      this.#update({
        startedAt,
        endedAt: null,
        outcome: null,
        exitCode: null,
        signal: null,
        error: null,
        resumed: true,
        model: this.#settled.modelName,
        ...givenMetadata(options),
        launch: launchRecord(this.#settled),
        logPath,
      });
      return;
    }
    try {
      this.#store?.addSession({
        sessionId,
        providerSessionId: this.#nativeId ?? null,
        provider: this.#settled.provider.name,
        model: this.#settled.modelName,
        command: this.#settled.command,
        project: project.key ?? null,
        workspacePath: this.#settled.workspace,
        cwd: this.#settled.cwd,
        name: options.name ?? null,
        description: options.description ?? null,
        tags: options.tags ?? [],
        discovered: this.#settled.discovered !== undefined,
        discoverySource: this.#settled.discovered?.source ?? null,
        parentSessionId: this.#host.env.get("ZAG_SESSION_ID") ?? null,
        parentProcessId: this.#host.env.get("ZAG_PROCESS_ID") ?? null,
        launch: launchRecord(this.#settled),
        logPath,
        createdAt: startedAt,
        startedAt,
      });
    } catch (error) {
      if (error instanceof SessionExistsError) throw error;
      this.#warn(error);
    }
  }

  #addProcess(): void {
    try {
      this.#store?.addProcess({
        id: this.processId,
        sessionId: this.#settled.sessionId,
        provider: this.#settled.provider.name,
        model: this.#settled.modelName,
        command: this.#settled.command,
        prompt: this.#settled.prompt ?? null,
        ownerPid: Deno.pid,
        ownerStart: startTimeOf(Deno.pid) ?? null,
        startedAt: this.#host.now().toISOString(),
        root: this.#settled.workspace,
        parentSessionId: this.#host.env.get("ZAG_SESSION_ID") ?? null,
        parentProcessId: this.#host.env.get("ZAG_PROCESS_ID") ?? null,
      });
    } catch (error) {
      if (error instanceof SessionRunningError) throw error;
      this.#warn(error);
    }
  }

  #writeStart(): void {
    const settled = this.#settled;
    const { options, prompt } = settled;
    const kinds: LogKind[] = [{
      type: "session_started",
      command: settled.command,
      model: settled.modelName,
      cwd: settled.cwd,
      resumed: settled.resumed !== undefined || settled.discovered !== undefined,
      backfilled: false,
    }, {
      type: "session_meta",
      meta: {
        ...givenMetadata(options),
        // Whoever goes on with a session does not become its parent.
        ...(settled.resumed ? {} : {
          project: settled.project.key ?? null,
          workspace: settled.workspace,
          parent_session_id: this.#host.env.get("ZAG_SESSION_ID") ?? null,
          parent_process_id: this.#host.env.get("ZAG_PROCESS_ID") ?? null,
        }),
        launch: launchRecord(settled),
      },
    }];
    if (prompt !== undefined && prompt.trim() !== "") {
      kinds.push({ type: "user_message", role: "user", content: prompt, message_id: null });
    }
    this.log(kinds);
  }

  #update(patch: SessionPatch): void {
    this.#attempt(() => this.#store?.updateSession(this.#settled.sessionId, patch));
  }

  #attempt(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#warn(error);
    }
  }

  async #mark(action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      this.#warn(error);
    }
  }

  #warn(error: unknown): void {
    if (this.#warned) return;
    this.#warned = true;
    const reason = error instanceof Error ? error.message : String(error);
    this.#observer.warning?.(`this session is not fully recorded: ${reason}`);
  }
}

/** The id that the CLI takes from us; undefined where it makes its own, or keeps no session. */
function presetId({ provider, command, sessionId }: Settled): string | undefined {
  const { presetSessionId, interactiveResume } = provider.capabilities;
  return presetSessionId && (command === "exec" || interactiveResume) ? sessionId : undefined;
}

/** Opens the books of a session that is about to start. */
export async function openRecorder(
  processId: string,
  settled: Settled,
  store: SessionStore | undefined,
  host: Host,
  observer: RecorderObserver,
): Promise<Recorder> {
  const recorder = new Recorder(processId, settled, store, host, observer);
  await recorder.open();
  return recorder;
}

function closingEntries(
  end: SessionEnd,
  success: boolean,
  code: number | null,
  signal: string | null,
): LogKind[] {
  const kinds: LogKind[] = [];
  const { usage, costUsd } = end;
  if (usage || costUsd !== undefined) {
    kinds.push({
      type: "usage",
      input_tokens: usage?.input_tokens ?? 0,
      output_tokens: usage?.output_tokens ?? 0,
      ...(usage?.cache_read_tokens == null ? {} : { cache_read_tokens: usage.cache_read_tokens }),
      ...(usage?.cache_creation_tokens == null
        ? {}
        : { cache_creation_tokens: usage.cache_creation_tokens }),
      ...(costUsd === undefined ? {} : { total_cost_usd: costUsd }),
    });
  }
  if (end.stderr?.trim()) kinds.push({ type: "stderr", message: end.stderr.trim() });
  kinds.push({
    type: "session_ended",
    success,
    error: end.error ?? null,
    ...(code === null ? {} : { exit_code: code }),
    ...(signal === null ? {} : { signal }),
    outcome: end.outcome,
  });
  return kinds;
}
