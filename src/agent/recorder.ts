/**
 * Keeps the books of one session: its row in the index, its log, its markers, its process. A book
 * that cannot be written is said once and skipped; the answer still arrives.
 */
import { dirname } from "node:path";
import type { LogKind, SessionOutcome, SourceKind } from "../events/log_event.ts";
import { ensurePrivateDir } from "../config/paths.ts";
import type { Host } from "../host.ts";
import type { ProcessIdentity } from "../processes/process_info.ts";
import { startTimeOf } from "../processes/process_table.ts";
import { type Appended, SessionLog } from "../sessions/log.ts";
import { markEnded, markStarted, pruneMarkers } from "../sessions/markers.ts";
import type { SessionPatch } from "../sessions/records.ts";
import { metaOf, type MetaPatch } from "../sessions/session_meta.ts";
import type { SessionStore } from "../sessions/store.ts";
import { SessionExistsError, SessionRunningError } from "../sessions/store_errors.ts";
import { givenMetadata, launchRecord } from "./launch_record.ts";
import type { AgentExit } from "./outcome.ts";
import type { Settled } from "./settle.ts";
import { type UsageLine, UsageMeter, type UsedSoFar } from "./usage_meter.ts";

const HEARTBEAT_MS = 10_000;

/** How a session ended, for the books. */
export interface SessionEnd {
  outcome: SessionOutcome;
  error: string | undefined;
  exit?: AgentExit;
  /** Of the whole invocation. */
  used?: UsedSoFar;
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
  readonly #meter = new UsageMeter();
  /** When this run began; the first lines of the log say the same. */
  #startedAt = "";
  #starting = true;

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
    this.#startedAt = this.#host.now().toISOString();
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
        now: () => this.#starting ? new Date(this.#startedAt) : this.#host.now(),
        onFailure: (error: Error) => this.#warn(error),
      };
      this.#log = resumed && taken ? SessionLog.reopen(options) : SessionLog.create(options);
    });
    await this.#mark(async () => {
      await markStarted(paths, sessionId, this.#host.now());
      await pruneMarkers(paths, this.#host.now());
    });
    this.#writeStart();
    this.#starting = false;
  }

  /**
   * Writes entries; a native id that was learnt with them goes first.
   *
   * @returns The time that they carry; undefined when they could not be written.
   */
  log(kinds: readonly LogKind[], nativeId?: string, source?: SourceKind): string | undefined {
    if (nativeId !== undefined) {
      this.#nativeId = nativeId;
      this.#log?.setNativeId(nativeId);
      this.#update({ providerSessionId: nativeId });
    }
    const appended = this.#log?.append(kinds, source);
    for (const [index, kind] of kinds.entries()) {
      if (kind.type === "usage") this.#addUsage(kind, appended, index);
    }
    return appended?.ts;
  }

  /** Notes what a turn has used, given what the invocation has used so far. */
  used(sofar: UsedSoFar): void {
    const line = this.#meter.line({
      ...sofar,
      model: sofar.model ?? this.#settled.modelName,
    });
    if (line) this.log([line]);
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
    if (end.used) this.used(end.used);
    const endedAt = this.log(closingEntries(end, success, code, signal)) ??
      this.#host.now().toISOString();
    this.#update({
      endedAt,
      outcome: end.outcome,
      exitCode: code,
      signal,
      error: end.error ?? null,
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
    const { resumed } = this.#settled;
    const startedAt = this.#startedAt;
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
        ...this.#meta(),
        logPath,
      });
      return;
    }
    try {
      const { sessionId, workspace } = this.#settled;
      this.#store?.addSession({
        workspacePath: workspace,
        createdAt: startedAt,
        ...defined(this.#meta()),
        sessionId,
        providerSessionId: this.#nativeId ?? null,
        provider: this.#settled.provider.name,
        model: this.#settled.modelName,
        command: this.#settled.command,
        cwd: this.#settled.cwd,
        resumed: this.#resumes,
        logPath,
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
    const { prompt } = settled;
    const kinds: LogKind[] = [{
      type: "session_started",
      command: settled.command,
      model: settled.modelName,
      cwd: settled.cwd,
      resumed: this.#resumes,
      backfilled: false,
    }, { type: "session_meta", meta: metaOf(this.#meta()) }];
    if (prompt !== undefined && prompt.trim() !== "") {
      kinds.push({ type: "user_message", role: "user", content: prompt, message_id: null });
    }
    this.log(kinds);
  }

  /** It goes on with something, whoever started that. */
  get #resumes(): boolean {
    return this.#settled.resumed !== undefined || this.#settled.discovered !== undefined;
  }

  /** What this run says about the session; whoever goes on with one does not become its parent. */
  #meta(): MetaPatch {
    const { resumed, options, project, workspace, discovered } = this.#settled;
    const launch = launchRecord(this.#settled);
    if (resumed) return { ...givenMetadata(options), launch };
    return {
      project: project.key ?? null,
      workspacePath: workspace,
      ...givenMetadata(options),
      parentSessionId: this.#host.env.get("ZAG_SESSION_ID") ?? null,
      parentProcessId: this.#host.env.get("ZAG_PROCESS_ID") ?? null,
      ...(discovered && { discovered: true, discoverySource: discovered.source }),
      launch,
      createdAt: this.#startedAt,
    };
  }

  #addUsage(line: UsageLine, appended: Appended | undefined, index: number): void {
    this.#attempt(() =>
      this.#store?.addUsage({
        sessionId: this.#settled.sessionId,
        // Where there is no log, no line claims a number: any that is free will do.
        seq: appended === undefined ? -this.#host.now().getTime() - index : appended.seq + index,
        at: appended?.ts ?? this.#host.now().toISOString(),
        provider: this.#settled.provider.name,
        model: line.model ?? this.#settled.modelName,
        project: (this.#settled.resumed ?? { project: this.#settled.project.key }).project ?? null,
        inputTokens: line.input_tokens,
        outputTokens: line.output_tokens,
        cacheReadTokens: line.cache_read_tokens ?? null,
        cacheCreationTokens: line.cache_creation_tokens ?? null,
        costUsd: line.total_cost_usd ?? null,
      })
    );
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

/** The same fields without those that are undefined. */
function defined<T extends object>(fields: T): { [Key in keyof T]: Exclude<T[Key], undefined> } {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as { [Key in keyof T]: Exclude<T[Key], undefined> };
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
