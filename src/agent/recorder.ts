/**
 * Keeps the books of one session: its row in the index, its log, its markers, its process. A book
 * that cannot be written is said once and skipped; the answer still arrives.
 */
import { dirname } from "node:path";
import type { LogEvent, LogKind, SourceKind } from "../events/log_event.ts";
import { ensurePrivateDir } from "../config/paths.ts";
import type { Host } from "../host.ts";
import type { ProcessIdentity } from "../processes/process_info.ts";
import { type BackgroundIndexing, startBackgroundIndexing } from "../search/background.ts";
import { armNotice, noticeEnd } from "../notify/notify.ts";
import { redactCut } from "../redact/redact.ts";
import { noteGap } from "../sessions/recovery/damage.ts";
import { type Appended, appenders, LogAppender } from "../sessions/log.ts";
import { markEnded, markStarted, pruneMarkers } from "../sessions/markers.ts";
import type { AgentIdentity, SessionPatch } from "../sessions/records.ts";
import type { SessionStore } from "../sessions/store.ts";
import {
  SessionEndedError,
  SessionExistsError,
  SessionNotFoundError,
  SessionRunningError,
} from "../sessions/store_errors.ts";
import { recoverUnfinished, UnfinishedText } from "../sessions/unfinished.ts";
import type { RegisterOptions } from "./agent_options.ts";
import { claimSession } from "./claim_session.ts";
import {
  effectiveLog,
  type KeptLog,
  type LogPlace,
  openLogOf,
  placeFrame,
  placeLog,
} from "./log_place.ts";
import {
  closingLines,
  RunRecord,
  type RunToRecord,
  type SessionEnd,
  untoldEnd,
} from "./run_record.ts";
import type { SessionLog } from "./session_log.ts";
import type { Settled } from "./settle.ts";
import { type UsageLine, UsageMeter, type UsedSoFar } from "./usage_meter.ts";

const HEARTBEAT_MS = 10_000;

/** Not that a book cannot be kept, but that the session must not begin. */
const REFUSALS = [SessionExistsError, SessionRunningError, SessionNotFoundError, SessionEndedError];

/** What a log is told of a run whose texts are nowhere kept. */
const FRAME: ReadonlySet<string> = new Set<LogKind["type"]>([
  "session_started",
  "session_meta",
  "usage",
  "session_ended",
]);

/** Who is told about books that cannot be kept, and of the entries that are. */
export interface RecorderObserver {
  warning?(message: string): void;
  /** An entry of the log is in its file. */
  logged?(event: LogEvent, logPath: string): void;
}

/** The books of one session. Its methods never throw. */
export class Recorder {
  /** The handle of this run; the agent finds it in `ZAG_PROCESS_ID`. */
  readonly processId: string;
  readonly #record: RunToRecord;
  readonly #settled: Settled;
  #store: SessionStore | undefined;
  /** The index that took the place of the one that this run began with. */
  #renewed: SessionStore | undefined;
  #renewal: Promise<void> | undefined;
  #agent: AgentIdentity | undefined;
  #run!: RunRecord;
  readonly #host: Host;
  readonly #observer: RecorderObserver;
  #log: LogAppender | undefined;
  /** The log of the program's own, if that is the one. */
  readonly #openLog: SessionLog | undefined;
  readonly #kept: KeptLog;
  #listening: Disposable | undefined;
  #unfinished: UnfinishedText | undefined;
  #nativeId: string | undefined;
  #heartbeat: ReturnType<typeof setInterval> | undefined;
  #warned: boolean;
  #finished = false;
  readonly #meter = new UsageMeter();
  /** How many usage lines could not be logged. */
  #unlogged = 0;
  #starting = true;
  #indexing: BackgroundIndexing | undefined;

  constructor(
    record: RunToRecord,
    store: SessionStore | undefined,
    host: Host,
    observer: RecorderObserver,
  ) {
    const { processId, settled } = record;
    this.processId = processId;
    this.#record = record;
    this.#settled = settled;
    this.#store = store;
    this.#host = host;
    this.#observer = observer;
    const log = effectiveLog(record.log, settled);
    this.#openLog = openLogOf(log);
    this.#kept = this.#openLog ? "joined" : log === "off" ? "frame" : "whole";
    // Whoever opened the index has said that it cannot be used; one warning is enough.
    this.#warned = store === undefined;
    this.#nativeId = settled.newNativeId ?? settled.resumed?.providerSessionId ??
      settled.discovered?.id ?? presetId(settled);
  }

  /** Absolute path of the log; undefined when none is kept. */
  get logPath(): string | undefined {
    return this.#kept === "frame" ? undefined : this.#log?.path;
  }

  /** What the entry among the running agents says otherwise. */
  get registration(): RegisterOptions {
    return this.#record.registration ?? {};
  }

  /** When the run began, RFC 3339, as its row and its first line say. */
  get startedAt(): string {
    return this.#run.startedAt;
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
   * @throws {SessionNotFoundError} when the session to go on with was removed meanwhile.
   */
  async open(): Promise<void> {
    const { sessionId, paths, resumed } = this.#settled;
    const { logPath, goesOn, retold } = this.#place();
    const startedAt = this.#host.now().toISOString();
    this.#run = new RunRecord(this.#record, startedAt, this.#host.env, retold, this.#kept);
    this.#claim(logPath);
    if (this.#openLog) this.#join(this.#openLog);
    else if (logPath !== undefined) {
      this.#attempt(() => {
        ensurePrivateDir(dirname(logPath));
        const options = {
          path: logPath,
          provider: this.#settled.provider.name,
          sessionId,
          nativeId: this.#nativeId,
          // The first lines say when the run began, as the index does.
          now: () => this.#starting ? new Date(startedAt) : this.#host.now(),
          onFailure: (error: Error) => this.#warn(error),
        };
        this.#log = goesOn ? LogAppender.reopen(options) : LogAppender.create(options);
      });
      if (this.#log && goesOn) await recoverUnfinished(this.#log);
      // What came before is in no log.
      if (this.#kept === "frame" || resumed?.logPath === null) this.#log?.degrade("partial");
    }
    if (this.#observer.logged && this.#kept !== "frame") {
      const path = logPath!;
      this.#listening = this.#log?.listen((event) => this.#observer.logged?.(event, path));
    }
    await this.#mark(async () => {
      await markStarted(paths, sessionId, this.#host.now());
      await pruneMarkers(paths, this.#host.now());
    });
    this.log(this.#run.openingLines());
    this.#starting = false;
    this.#arm();
  }

  /** Whoever wants to hear of the run hears of its session. */
  #arm(): void {
    const { paths, notify: wish, handedOver, resumed, options } = this.#settled;
    const { sessionId: id, provider, modelName: model, workspace: project, cwd } = this.#settled;
    const { adopted } = this.#record;
    armNotice(paths, {
      run: this.processId,
      wish,
      instead: handedOver?.processId,
      adopted: adopted !== undefined,
      session: {
        id,
        name: options.name ?? (resumed ?? adopted)?.name ?? null,
        provider: provider.name,
        model,
        command: this.#run.process(undefined).command,
        project,
        cwd,
        logPath: this.#log?.path ?? null,
        tells: this.#kept !== "frame",
      },
    });
  }

  #place(): LogPlace {
    if (this.#openLog) return { logPath: this.#openLog.path, goesOn: true };
    if (this.#kept === "frame") return placeFrame(this.#settled);
    return placeLog(
      this.#settled,
      this.#store,
      (error) => this.#warn(error),
      this.#record.adopted !== undefined,
    );
  }

  #join(log: SessionLog): void {
    this.#log = appenders.get(log);
    if (this.#nativeId !== undefined) this.#log?.setNativeId(this.#nativeId);
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
    const told = this.#kept === "frame" ? kinds.filter(({ type }) => FRAME.has(type)) : kinds;
    const appended = this.#append(told, source);
    for (const [index, kind] of told.entries()) {
      if (kind.type === "usage") this.#addUsage(kind, appended, index);
    }
    return appended?.ts;
  }

  #append(kinds: readonly LogKind[], source?: SourceKind): Appended | undefined {
    if (!this.#openLog) return this.#log?.append(kinds, source);
    // The program may have finished it, and hears of a failure here alone.
    let appended: Appended | undefined;
    this.#attempt(() => appended = this.#log?.append(kinds, source));
    if (this.#log?.failure) this.#warn(this.#log.failure);
    return appended;
  }

  /**
   * Keeps text that is about to be shown, though its message is still being made.
   *
   * @param anew What was kept before has been logged.
   */
  unfinished(text: string | Uint8Array, anew: boolean): void {
    if (!this.#log || this.#kept === "frame") return;
    this.#unfinished ??= new UnfinishedText(this.#log.path);
    if (anew) this.#unfinished.clear();
    this.#unfinished.add(text, this.#log.seq);
  }

  /** A line for what was used since the last one; undefined when nothing was. */
  usageLine(sofar: UsedSoFar): UsageLine | undefined {
    return this.#meter.line({ ...sofar, model: sofar.model ?? this.#settled.modelName });
  }

  /** Logs what was used since the last line, given what the invocation has used so far. */
  used(sofar: UsedSoFar): void {
    const line = this.usageLine(sofar);
    if (line) this.log([line]);
  }

  /**
   * The agent runs.
   *
   * @param rests Nothing is asked of it for now, so that the session gives no sign of life.
   */
  spawned(identity: ProcessIdentity, detached: boolean, rests?: () => boolean): void {
    const agent = { pid: identity.pid, start: identity.startTime, detached };
    this.#agent = agent;
    this.#attempt(() => this.#store?.setProcessAgent(this.processId, agent));
    // It may be the second start of an agent that did not begin.
    clearInterval(this.#heartbeat);
    this.#indexing?.stop();
    // Not before: the first timer costs milliseconds, which now pass while the agent starts.
    this.#heartbeat = setInterval(() => {
      void this.#followIndex();
      if (rests?.()) return;
      this.#attempt(() => this.#store?.touchHeartbeat(this.#settled.sessionId));
    }, HEARTBEAT_MS);
    this.#indexing = this.#kept === "frame" ? undefined : this.#store && startBackgroundIndexing({
      index: this.#settled.paths.searchIndex,
      source: this.#store,
    });
    // A library user's program must be able to end while a session is being followed.
    Deno.unrefTimer(this.#heartbeat);
  }

  /** Logs an answer that was passed through unread. */
  rawAnswer(text: string, truncated: boolean): void {
    this.#log?.degrade("partial");
    if (text === "") return;
    this.log([{
      type: "assistant_message",
      content: truncated ? redactCut(text) : text,
      message_id: null,
      ...(truncated ? { truncated: true as const } : {}),
    }]);
    this.#unfinished?.clear();
  }

  /** Closes the books; a second call does nothing. */
  async finish(whole: SessionEnd): Promise<void> {
    if (this.#finished) return;
    this.#finished = true;
    const end = this.#kept === "frame" ? untoldEnd(whole) : whole;
    clearInterval(this.#heartbeat);
    this.#indexing?.stop();
    await this.#renewal;
    const success = end.outcome === "success";
    const code = end.exit?.code ?? null;
    const signal = end.exit?.signal ?? null;
    if (end.used) this.used(end.used);
    // The reading can have been given up in the middle of a message.
    if (this.#log && this.#unfinished?.empty === false) await recoverUnfinished(this.#log);
    this.#unfinished?.[Symbol.dispose]();
    // Its row stays open until the next run has the session: one of them is found in any case.
    if (end.goesOn) return this.#close();
    const lines = closingLines(end);
    // The end of a log that a program has begun is its own to tell.
    const joined = this.#kept === "joined";
    const endedAt =
      this.log(joined ? lines.filter(({ type }) => type !== "session_ended") : lines) ??
        this.#host.now().toISOString();
    await this.#followIndex();
    this.#update({
      ...(joined ? {} : {
        endedAt,
        outcome: end.outcome,
        endReason: end.reason ?? null,
        exitCode: code,
        signal,
        error: end.error ?? null,
      }),
      logCompleteness: this.#log?.completeness ?? "partial",
    });
    this.#attempt(() =>
      this.#store?.endProcess(this.processId, {
        status: success || end.outcome === "failure" && signal === null ? "exited" : "killed",
        exitCode: code,
      })
    );
    const { paths, sessionId } = this.#settled;
    if (!joined) {
      await this.#mark(() =>
        markEnded(paths, sessionId, { success, exitCode: code }, this.#host.now())
      );
    }
    this.#close();
    noticeEnd(paths, this.processId, { ...end, at: endedAt });
  }

  #close(): void {
    this.#listening?.[Symbol.dispose]();
    if (!this.#openLog) this.#log?.close();
    this.#renewed?.close();
  }

  /** The index can be lost, and made again by another zag, while the agent is at work. */
  #followIndex(): Promise<void> {
    this.#renewal ??= this.#renewIndex().finally(() => this.#renewal = undefined);
    return this.#renewal;
  }

  async #renewIndex(): Promise<void> {
    const path = this.#log?.path;
    if (path === undefined || !this.#store || this.#store.isCurrent()) return;
    try {
      const { renewIndex } = await import("../sessions/recovery/renew_index.ts");
      const { paths } = this.#settled;
      const store = await renewIndex(paths, path, this.#run.process(this.#agent), this.#observer);
      this.#renewed?.close();
      this.#store = this.#renewed = store;
    } catch (error) {
      this.#warn(error);
    }
  }

  #claim(logPath: string | undefined): void {
    // What is in no log cannot be made again from one.
    const hasLog = logPath !== undefined;
    const store = this.#store;
    if (!store) {
      if (hasLog) noteGap(this.#settled.paths.database);
      return;
    }
    try {
      claimSession(store, {
        record: this.#record,
        run: this.#run,
        agent: this.#agent,
        logPath,
        nativeId: this.#nativeId,
        joins: this.#openLog !== undefined,
      });
    } catch (error) {
      if (REFUSALS.some((kind) => error instanceof kind)) throw error;
      if (hasLog) noteGap(this.#settled.paths.database);
      this.#warn(error);
    }
  }

  #addUsage(line: UsageLine, appended: Appended | undefined, index: number): void {
    // Where there is no log, no line claims a number: any that is free will do.
    const { seq, ts } = appended
      ? { seq: appended.seq + index, ts: appended.ts }
      : { seq: this.#unloggedSeq(), ts: this.#host.now().toISOString() };
    this.#attempt(() => this.#store?.addUsage(this.#run.usage(line, seq, ts)));
  }

  /** Another one each time, for runs that go on with the session too. */
  #unloggedSeq(): number {
    return -(Date.parse(this.#run.startedAt) * 1000 + ++this.#unlogged);
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
  record: RunToRecord,
  store: SessionStore | undefined,
  host: Host,
  observer: RecorderObserver,
): Promise<Recorder> {
  const recorder = new Recorder(record, store, host, observer);
  await recorder.open();
  return recorder;
}
