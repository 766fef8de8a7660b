/** One call of the library: from its settings to a launch, and from the outcome to what is thrown. */
import type { AgentOptions, Duration } from "./agent_options.ts";
import { type AgentResult, agentResult } from "./agent_result.ts";
import {
  AgentEndedError,
  AgentProcessError,
  AgentTimeoutError,
  BudgetError,
  SchemaValidationError,
} from "./errors.ts";
import type { ExitConstraints } from "../sessions/records.ts";
import type { Isolation } from "./isolate.ts";
import { ENTRIES, type LogEntries, type WithEntries } from "./log_entries.ts";
import { useLog } from "./log_use.ts";
import { launch, type LaunchObserver, type LaunchRequest } from "./launch.ts";
import type { JsonOutcome } from "./launch_json.ts";
import type { LaunchOptions } from "./launch_options.ts";
import { realHost } from "../host.ts";
import { Deadline } from "../processes/deadline.ts";
import { hasAllPermissions } from "../processes/permissions.ts";
import { deliverAll } from "../notify/notify.ts";
import { hasNotices } from "../notify/open_notices.ts";
import { milliseconds } from "./length_of_time.ts";
import { LiveCall } from "./live_calls.ts";
import { budgetWords, isDeadline, type LaunchOutcome } from "./outcome.ts";
import { Progress } from "./progress.ts";
import { isAsking, refuse, refuseValues } from "./refuse_call.ts";
import type { ResumeTarget } from "./resume_target.ts";
import { hearsSetterNames, inSetterNames } from "./setter_names.ts";

/** The methods that run an agent. */
export type Method =
  | "exec"
  | "stream"
  | "execStreaming"
  | "run"
  | "runForResult"
  | "resume"
  | "resumeWithPrompt"
  | "continueLast";

/** What is called, and with what. */
export interface AgentCall {
  readonly method: Method;
  readonly prompt?: string | undefined;
  readonly resume?: ResumeTarget | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Messages for the agent while it runs, NDJSON. */
  readonly input?: ReadableStream<Uint8Array> | undefined;
  /** The caller wants the events at the end, too. */
  readonly collectEvents?: boolean;
  /** Who hears of the events while they happen. */
  readonly observer?: Pick<LaunchObserver, "events" | "starting" | "spawned"> | undefined;
  /** What no setting says, but the work that the agent is called for. */
  readonly more?:
    | Pick<LaunchRequest, "inputs" | "replay"> & {
      readonly options?: Pick<LaunchOptions, "command" | "review">;
    }
    | undefined;
}

/** The end of a call that came to one of its own. */
export interface Called {
  readonly outcome: LaunchOutcome;
  readonly result: AgentResult;
}

/**
 * Runs an agent. One that reports a failure is an outcome, no exception.
 *
 * @throws {ZagError} when nothing could be started, or the agent did not come to an end of its own
 * @throws the reason of an aborted signal
 */
export async function callAgent(options: AgentOptions, call: AgentCall): Promise<Called> {
  const progress = new Progress(options);
  using entries = new DisposableStack();
  for (const queue of (options as WithEntries)[ENTRIES] ?? []) entries.defer(() => queue.end());
  try {
    refuse(options, call);
    call.signal?.throwIfAborted();
    if (!hasAllPermissions()) {
      const { demandPermissions } = await import("./demand_permissions.ts");
      demandPermissions(isAsking(call.method) ? "exec" : "run", options);
    }
    using live = new LiveCall(call.signal);
    const spawned = (pid: number) => {
      live.agent = pid;
      call.observer?.spawned?.(pid);
    };
    using _log = typeof options.sessionLog === "object" ? useLog(options.sessionLog) : undefined;
    const observer = { ...call.observer, spawned };
    const { signal } = live;
    return await new Call(options, { ...call, signal, observer }, progress).run();
  } catch (thrown) {
    const error = inSetterNames(thrown);
    progress.finish();
    progress.error(error instanceof Error ? error.message : String(error));
    throw error;
  } finally {
    tellEnds(progress);
  }
}

/** Whoever is to be notified is, and the caller does not wait for it. */
function tellEnds(progress: Progress): void {
  if (!hasNotices()) return;
  deliverAll(realHost()).then((warnings) => {
    for (const warning of warnings) progress.warning(warning);
  }, () => {});
}

class Call {
  readonly #options: AgentOptions;
  readonly #call: AgentCall;
  readonly #progress: Progress;
  readonly #raw: Uint8Array[] = [];
  #worktreePath: string | undefined;

  constructor(options: AgentOptions, call: AgentCall, progress: Progress) {
    this.#options = options;
    this.#call = call;
    this.#progress = progress;
  }

  async run(): Promise<Called> {
    const { signal } = this.#call;
    const request = await this.#request();
    this.#progress.spin(`Starting ${this.#options.provider ?? "an agent"}`);
    const { outcome, answer, stoppedBy } = await this.#launch(request);
    this.#progress.finish();
    const output = settledOutput(outcome, signal);
    if (answer?.ok === false) {
      const cause = stoppedBy === undefined ? {} : { cause: stoppedBy };
      throw new SchemaValidationError(answer.violations, output.result ?? "", output, cause);
    }
    if (this.#wantsJson() && !output.is_error && !answer) {
      throw new SchemaValidationError(["there is none"], output.result ?? "", output);
    }
    this.#tellUsage(outcome);
    // What was printed as it is may stand for more than one answer; the one that was checked is wanted.
    const printed = answer === undefined ? this.#rawText() : null;
    const result = agentResult({ ...output, result: printed ?? output.result }, {
      json: answer?.ok ? JSON.parse(answer.json) : undefined,
      sessionId: outcome.sessionId,
      worktreePath: this.#worktreePath,
    });
    return { outcome, result };
  }

  async #launch(request: LaunchRequest): Promise<JsonOutcome> {
    const { jsonRetries } = this.#options;
    if (!this.#wantsJson()) {
      return { outcome: await launch(request), answer: undefined, corrections: 0 };
    }
    const [{ answerChecker }, { launchJson }] = await Promise.all([
      import("./json_answer.ts"),
      import("./launch_json.ts"),
    ]);
    return await launchJson(request, answerChecker(await this.#schema()), jsonRetries);
  }

  /** The agent's answer has to be JSON; one that is handed in is checked elsewhere. */
  #wantsJson(): boolean {
    const { json = false, jsonSchema } = this.#options;
    return isAsking(this.#call.method) && (json || jsonSchema !== undefined);
  }

  async #request(): Promise<LaunchRequest> {
    const { method, prompt, resume, signal, input, collectEvents = false, more } = this.#call;
    const options = this.#options;
    const asks = isAsking(method);
    const exit = asks ? undefined : await this.#exit();
    // Handing in goes through the log.
    const log = wantsLog(options) || exit !== undefined ? "auto" : "off";
    return {
      command: asks ? "exec" : "run",
      options: { ...launchOptions(options), ...more?.options, ...ownId(options, resume) },
      prompt,
      ...(more?.inputs && { inputs: more.inputs }),
      ...(more?.replay && { replay: more.replay }),
      resume,
      streamInput: method === "execStreaming" || options.inputFormat === "stream-json" && asks,
      collectEvents,
      log: typeof options.sessionLog === "object" ? options.sessionLog : log,
      registration: options.registerProcess,
      ...(asks ? {} : await this.#terminal(exit)),
      ...(exit && { exit }),
      ...(options.onPermission && { onPermission: options.onPermission }),
      ...(input && { input, showsRepeated: true }),
      ...(signal && { signal }),
      observer: await this.#observer(),
      endIsolation: (isolation) => this.#leave(isolation),
    };
  }

  async #terminal(
    exit: ExitConstraints | undefined,
  ): Promise<Pick<LaunchRequest, "terminal" | "takesTerminal">> {
    const { chooseTerminal } = await import("./choose_terminal.ts");
    const { headless = false } = this.#options;
    // A session that goes on may be one that ends with a result; it is looked up later.
    const endsAlone = exit !== undefined || this.#call.resume !== undefined;
    return { terminal: await chooseTerminal({ headless, endsAlone }) };
  }

  async #exit(): Promise<ExitConstraints | undefined> {
    const { exit, json = false } = this.#options;
    if (exit === undefined && this.#call.method !== "runForResult") return undefined;
    const schema = (await this.#schema())?.schema;
    return {
      hint: typeof exit === "string" ? exit.trim() : "",
      jsonMode: json || schema !== undefined,
      ...(schema === undefined ? {} : { schema }),
    };
  }

  async #schema() {
    const { jsonSchema } = this.#options;
    if (jsonSchema === undefined) return undefined;
    const { compileSchema } = await import("../json/schema.ts");
    const compiled = await compileSchema(jsonSchema);
    const { keywordWarnings } = await import("../json/unknown_keywords.ts");
    for (const line of keywordWarnings(compiled.schema)) this.#progress.warning(line);
    return compiled;
  }

  async #observer(): Promise<LaunchObserver> {
    const progress = this.#progress;
    const { onSpawn, outputFormat } = this.#options;
    const { observer } = this.#call;
    const logged = await this.#listener();
    const queues = (this.#options as WithEntries)[ENTRIES] ?? [];
    const isRaw = outputFormat === "text" || outputFormat === "native-json";
    return {
      ...observer,
      starting: (settled, logPath) => {
        progress.finish();
        const { displayName } = settled.provider;
        progress.success(`${displayName} initialized with model ${settled.modelName}`);
        observer?.starting?.(settled, logPath);
      },
      spawned: (pid) => {
        progress.attempt("onSpawn", () => onSpawn?.(pid));
        observer?.spawned?.(pid);
      },
      ...(logged && { logged }),
      ...(queues.length > 0 && {
        events: async (events) => {
          await observer?.events?.(events);
          for (const queue of queues) await this.#room(queue);
        },
      }),
      ...(isRaw && { raw: (bytes) => Promise.resolve(void this.#raw.push(bytes)) }),
      status: (message) => progress.aside(message),
      warning: hearsSetterNames((message) => progress.warning(message)),
      debug: (message) => progress.debug(message),
    };
  }

  /** Waits for whoever takes the entries, though no longer than the agent may take for all of its work. */
  async #room(queue: LogEntries): Promise<void> {
    const { timeout } = this.#options;
    if (timeout === undefined) return await queue.room();
    const given = Promise.withResolvers<"up">();
    using patience = new Deadline(milliseconds(timeout, "timeout"), () => given.resolve("up"));
    patience.start();
    if (await Promise.race([queue.room(), given.promise]) !== "up") return;
    queue.end();
    this.#progress.warning(
      "The entries of logEvents() were not taken while the call had time: the rest of them is lost",
    );
  }

  /** Who hears of the entries of the log: first the program, then whoever reads what is printed. */
  async #listener(): Promise<LaunchObserver["logged"]> {
    const progress = this.#progress;
    const { onLogEvent, streamEventsToStderr: format, streamShowThinking = false } = this.#options;
    const queues = (this.#options as WithEntries)[ENTRIES] ?? [];
    let print = format === undefined
      ? undefined
      : await (await import("./stderr_stream.ts")).stderrStream(format, streamShowThinking);
    if (!onLogEvent && !print && queues.length === 0) return undefined;
    return (event, path) => {
      if (onLogEvent) progress.attempt("onLogEvent", () => onLogEvent(event));
      for (const queue of queues) queue.push(event);
      const printNow = print;
      // Where nobody reads any more one warning is enough.
      print = undefined;
      progress.attempt("streamEventsToStderr", () => {
        printNow?.(event, path);
        print = printNow;
      });
    };
  }

  /** An unchanged worktree goes, what is left is told. */
  async #leave(isolation: Isolation): Promise<void> {
    const { endIsolation } = await import("./isolate.ts");
    const warning = hearsSetterNames((message) => this.#progress.warning(message));
    await endIsolation(isolation, { observer: { warning } });
    if (isolation.kind !== "worktree") return;
    const { path } = isolation.record;
    const kept = await Deno.stat(path).then(() => true, () => false);
    if (kept) this.#worktreePath = path;
  }

  #rawText(): string | null {
    if (this.#raw.length === 0) return null;
    const decoder = new TextDecoder();
    const text = this.#raw.map((bytes) => decoder.decode(bytes, { stream: true })).join("");
    return text + decoder.decode();
  }

  #tellUsage({ output }: LaunchOutcome): void {
    const { usage, total_cost_usd: cost } = output;
    if (!this.#options.showUsage || !usage) return;
    const dollars = cost === null ? "" : `, $${cost.toFixed(4)}`;
    this.#progress.status(`${usage.input_tokens} tokens in, ${usage.output_tokens} out${dollars}`);
  }
}

/** Somebody reads the entries of the log. */
function wantsLog(options: AgentOptions): boolean {
  // Who goes on is told what stands in it.
  if ((options.fallback?.length ?? 0) > 0) return true;
  return options.sessionLog === "auto" || options.onLogEvent !== undefined ||
    options.streamEventsToStderr !== undefined || ENTRIES in options;
}

/** The id of a session that begins in a log of the program's own. */
function ownId({ sessionLog }: AgentOptions, resume: ResumeTarget | undefined): LaunchOptions {
  return typeof sessionLog === "object" && !resume ? { sessionId: sessionLog.sessionId } : {};
}

/**
 * What a launch is told of the settings.
 *
 * @throws {InvalidOptionError} when a value cannot be used
 */
export function launchOptions(options: AgentOptions): LaunchOptions {
  refuseValues(options);
  const { timeout, firstByteTimeout: firstByte, idleTimeout } = options;
  const given: LaunchOptions = {};
  for (const key of LAUNCH_KEYS) {
    if (options[key] !== undefined) Object.assign(given, { [key]: options[key] });
  }
  if (options.maxCost !== undefined) given.maxCostUsd = options.maxCost;
  if (timeout !== undefined) given.timeoutMs = milliseconds(timeout, "timeout");
  if (firstByte !== undefined) {
    given.firstByteTimeoutMs = millisecondsOrOff(firstByte, "firstByteTimeout");
  }
  if (idleTimeout !== undefined) {
    given.idleTimeoutMs = millisecondsOrOff(idleTimeout, "idleTimeout");
  }
  return given;
}

/** 0 where there is no deadline. */
function millisecondsOrOff(duration: Duration | "off", option: string): number {
  return duration === "off" || duration === 0 ? 0 : milliseconds(duration, option);
}

const LAUNCH_KEYS = [
  "provider",
  "model",
  "size",
  "systemPrompt",
  "root",
  "autoApprove",
  "permissions",
  "askCommand",
  "addDirs",
  "files",
  "plan",
  "context",
  "env",
  "sessionId",
  "name",
  "description",
  "tags",
  "worktree",
  "sandbox",
  "outputFormat",
  "inputFormat",
  "replayUserMessages",
  "includePartialMessages",
  "maxTurns",
  "maxTokens",
  "autoResume",
  "fallback",
  "notify",
  "notifyOn",
  "mcpConfig",
] as const satisfies readonly (keyof AgentOptions & keyof LaunchOptions)[];

/** The output of a session that came to an end of its own; any other end is thrown. */
function settledOutput(outcome: LaunchOutcome, signal: AbortSignal | undefined) {
  const { endedBy } = outcome;
  // Once a result was handed in the work is done, however the agent ended.
  if (outcome.submitted !== undefined) return outcome.output;
  signal?.throwIfAborted();
  if (endedBy?.kind === "requested" && !outcome.settled) {
    throw new AgentEndedError(outcome.agentName, endedBy.action, outcome.failure ?? "");
  }
  if (endedBy?.kind === "budget") {
    const what = `${outcome.agentName} ${budgetWords(endedBy.cutOff)}`;
    throw new BudgetError(what, endedBy.passed, outcome.output);
  }
  if (isDeadline(endedBy)) {
    throw new AgentTimeoutError(
      outcome.agentName,
      endedBy.kind,
      endedBy.durationMs,
      outcome.failure ?? "",
      outcome.output,
    );
  }
  if (outcome.inputError !== undefined) throw outcome.inputError;
  if (!outcome.settled) {
    throw new AgentProcessError(
      outcome.agentName,
      outcome.exit.code,
      outcome.exit.signal,
      outcome.stderr,
    );
  }
  return outcome.output;
}
