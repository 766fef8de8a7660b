/** The library's front door: settings by chained setters, then one method that runs the agent. */
import type { Event } from "../events/event.ts";
import type { LogEvent } from "../events/log_event.ts";
import type {
  AgentOptions,
  Duration,
  ListenFormat,
  RegisterOptions,
  SessionLogMode,
  SessionMetadata,
} from "./agent_options.ts";
import type { AgentResult } from "./agent_result.ts";
import { FLAG, signalIn, TEXT } from "./argument_check.ts";
import { type AgentCall, callAgent, type Called } from "./call_agent.ts";
import type { InputFormat, OutputFormat } from "./launch_options.ts";
import { ENTRIES, LogEntries, type WithEntries } from "./log_entries.ts";
import { checkTypes, METADATA } from "./option_types.ts";
import type { NotificationKind } from "../notify/notification.ts";
import type { PermissionPolicy } from "./policy.ts";
import type { PermissionHandler } from "./policy_gate.ts";
import type { ProgressHandler } from "./progress.ts";
import { checkVariable } from "./refuse_call.ts";
import type { FromSchema } from "./schema_type.ts";
import { streamCall } from "./stream_call.ts";
import type { StreamingSession } from "./streaming_session.ts";

/** Settings of one call. */
export interface CallOptions {
  /** Aborting ends the agent; the call then rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

/** The settings of a builder as they are now, for a copy of it. */
export let settingsOf: (builder: AgentBuilder<unknown>) => AgentOptions;

/** The settings of a call that a facade around a builder makes now; takes the entries of its log along. */
export let snapshotOf: (builder: AgentBuilder<unknown>) => AgentOptions & WithEntries;

/** A result that was handed in: its value where it has to be JSON, else its text. */
export type Submitted<Json> = [Json] extends [undefined] ? string : Json;

/**
 * Configures and runs agents from a program. A setter changes the builder and returns it; a method that
 * runs an agent takes a snapshot, so a builder can be used again, also while a call is under way.
 * Nothing is printed, and no signal is handled, unless a setting asks for it.
 *
 * @typeParam Json The value of an answer that has to be JSON; undefined when it need not be. The setters
 * tell it; who asks for JSON in the constructor's settings has to name it.
 *
 * @example One answer
 * ```ts
 * import { AgentBuilder } from "@zag/cli/agent";
 *
 * const output = await new AgentBuilder({ provider: "mock" }).exec("hello");
 * console.log(output.result); // "hello"
 * ```
 *
 * @example An answer of a known shape
 * ```ts
 * import { AgentBuilder } from "@zag/cli/agent";
 *
 * const builder = new AgentBuilder({ provider: "mock" }).jsonSchema(
 *   { type: "object", properties: { sum: { type: "number" } }, required: ["sum"] } as const,
 * );
 * const output = await builder.exec('{"sum": 5}');
 * if (!output.is_error) console.log(output.json.sum); // 5
 * ```
 */
export class AgentBuilder<Json = undefined> {
  #options: AgentOptions;
  /** Those who take the entries of the next call. */
  #entries: LogEntries[] = [];

  static {
    settingsOf = (builder) => ({ ...builder.#options });
    snapshotOf = (builder) => builder.#snapshot();
  }

  /**
   * Starts from the given settings.
   *
   * @param options One property for each setter.
   * @throws {InvalidOptionError} when one is of another type; each setter does so, too.
   */
  constructor(options: AgentOptions = {}) {
    checkTypes(options);
    this.#options = { ...options };
  }

  /** A copy with settings of its own. */
  clone(): AgentBuilder<Json> {
    return new AgentBuilder<Json>(this.#options);
  }

  /**
   * Pins the provider, by name in any case: another one is not tried. `auto` has one chosen for the
   * prompt.
   */
  provider(name: string): this {
    return this.#set({ provider: name });
  }

  /** Exact model name, or a size: `small`, `medium`, `large`; `auto` has one chosen. */
  model(name: string): this {
    return this.#set({ model: name });
  }

  /** Text added to the agent's own system prompt. */
  systemPrompt(text: string): this {
    return this.#set({ systemPrompt: text });
  }

  /** The agent's working directory; also the key of its project. */
  root(directory: string): this {
    return this.#set({ root: directory });
  }

  /** Skips the agent's permission questions. */
  autoApprove(on = true): this {
    return this.#set({ autoApprove: on });
  }

  /**
   * What the agent may do, and what it has to ask about. Where the policy says `ask`, the agent waits
   * until {@linkcode onPermission}, {@linkcode askCommand} or `zag permit` has answered; a provider
   * whose CLI cannot wait is refused then. Not together with {@linkcode autoApprove}, nor for
   * interactive agents.
   *
   * @param policy A policy; or JSON that begins with a brace; or the path of a file with it; or the
   * name of one in `policies` of the state directory.
   *
   * @example Reading is allowed, commands are asked about
   * ```ts
   * import { AgentBuilder } from "@zag/cli/agent";
   *
   * const builder = new AgentBuilder({ provider: "mock" })
   *   .permissions({ default: "deny", rules: [{ allow: "read" }, { ask: "shell", pattern: "git *" }] })
   *   .onPermission(({ description }) => description.startsWith("git log") ? "allow" : "deny");
   * await builder.exec("hello");
   * ```
   */
  permissions(policy: PermissionPolicy | string): this {
    return this.#set({ permissions: policy });
  }

  /**
   * A line for the shell that is asked about a tool where the policy says so: it gets the question as
   * JSON on its stdin, and allows with exit code 0 and `allow` or nothing on its stdout.
   */
  askCommand(command: string): this {
    return this.#set({ askCommand: command });
  }

  /** Is asked about a tool where the policy says so; what it throws denies. */
  onPermission(handler: PermissionHandler): this {
    return this.#set({ onPermission: handler });
  }

  /** One more directory that the agent may use. */
  addDir(directory: string): this {
    TEXT(directory, "addDir");
    return this.#set({ addDirs: [...this.#options.addDirs ?? [], directory] });
  }

  /** One more file attached to the prompt: a small text by its content, anything else by its path. */
  file(path: string): this {
    TEXT(path, "file");
    return this.#set({ files: [...this.#options.files ?? [], path] });
  }

  /** A plan file that is put before the prompt. */
  plan(path: string): this {
    return this.#set({ plan: path });
  }

  /** One more session, by id or name, whose result is put before the prompt. */
  context(session: string): this {
    TEXT(session, "context");
    return this.#set({ context: [...this.#options.context ?? [], session] });
  }

  /** A variable for the agent's environment; the last value of a name wins. Not for a sandbox. */
  env(name: string, value: string): this {
    TEXT(name, "name", "env()");
    checkVariable(name, value);
    return this.#set({ env: { ...this.#options.env, [name]: value } });
  }

  /**
   * A new session works in a git worktree of its own, of this name or one that is thought up. At its end
   * an unchanged one is removed, any other one stays.
   */
  worktree(name?: string): this {
    return this.#set({ worktree: name === undefined ? true : name });
  }

  /** A new session works in a Docker sandbox of its own, which stays. */
  sandbox(name?: string): this {
    return this.#set({ sandbox: name === undefined ? true : name });
  }

  /** Parameter size of a local model, for example `9b`. */
  size(size: string): this {
    return this.#set({ size });
  }

  /** The answer has to be JSON; `json` of a result without `is_error` holds its value. */
  json(): AgentBuilder<unknown> {
    return this.#set({ json: true }) as unknown as AgentBuilder<unknown>;
  }

  /**
   * The answer has to be JSON that matches a JSON Schema; `json` of a result without `is_error` holds its
   * value, with the type that the schema says. An answer that does not match is sent
   * back with the reasons.
   */
  jsonSchema<const Schema>(schema: Schema): AgentBuilder<FromSchema<Schema>> {
    return this.#set({ jsonSchema: schema }) as unknown as AgentBuilder<FromSchema<Schema>>;
  }

  /** How often an answer that will not do is sent back; 3 unless it is said. */
  jsonRetries(count: number): this {
    return this.#set({ jsonRetries: count });
  }

  /**
   * An interactive session ends with a result, which the agent hands in by calling `zag ps kill self`.
   * For {@linkcode run} and {@linkcode runForResult}.
   *
   * @param hint What is expected; with it an empty result is refused.
   */
  exit(hint?: string): this {
    if (hint !== undefined) TEXT(hint, "exit");
    return this.#set({ exit: hint?.trim() || true });
  }

  /**
   * An interactive agent works at a terminal that nobody sees. It needs {@linkcode exit} and
   * {@linkcode autoApprove}, since nobody could end the session or answer a question.
   */
  headless(on = true): this {
    return this.#set({ headless: on });
  }

  /** Id of the new session, a UUID; it is stored in lower case. */
  sessionId(id: string): this {
    return this.#set({ sessionId: id });
  }

  /** Name by which the session can be found. */
  name(name: string): this {
    return this.#set({ name });
  }

  /** What the session is for. */
  description(text: string): this {
    return this.#set({ description: text });
  }

  /** One more tag by which the session can be found. */
  tag(tag: string): this {
    TEXT(tag, "tag");
    return this.#set({ tags: [...this.#options.tags ?? [], tag] });
  }

  /** Name, description and tags at once, in place of those that were set. */
  metadata(metadata: SessionMetadata): this {
    METADATA(metadata, "metadata");
    const { name: _n, description: _d, tags: _t, ...others } = this.#options;
    this.#options = { ...others, ...metadata };
    return this;
  }

  /**
   * What the agent's CLI is asked to print. What it prints as `text` or `native-json` is the result as it
   * is, unless that has to be JSON; neither can be streamed.
   */
  outputFormat(format: OutputFormat): this {
    return this.#set({ outputFormat: format });
  }

  /** How the prompt reaches the agent's CLI; without effect where the CLI knows one way only. */
  inputFormat(format: InputFormat): this {
    return this.#set({ inputFormat: format });
  }

  /**
   * Messages that are sent appear among the events when the agent comes to them. Without effect where
   * the CLI does not repeat them; {@linkcode execStreaming} always does.
   */
  replayUserMessages(on = true): this {
    return this.#set({ replayUserMessages: on });
  }

  /** Text is delivered while it is being made, too, as `assistant_delta` events. */
  includePartialMessages(on = true): this {
    return this.#set({ includePartialMessages: on });
  }

  /** Progress also tells what the agent says about itself. */
  verbose(on = true): this {
    return this.#set({ verbose: on });
  }

  /** Progress tells of warnings and errors alone. */
  quiet(on = true): this {
    return this.#set({ quiet: on });
  }

  /** Progress tells at the end how many tokens were used. */
  showUsage(on = true): this {
    return this.#set({ showUsage: on });
  }

  /** Progress tells what was decided, and how the agent is started. */
  debug(on = true): this {
    return this.#set({ debug: on });
  }

  /**
   * Does nothing: the agents' CLIs are found on PATH, and zag is this library.
   *
   * @deprecated It is here for programs that were written for bindings of the command line.
   */
  bin(path: string): this {
    TEXT(path, "bin");
    return this;
  }

  /**
   * Most US dollars that a call may spend, with all sessions that its agents start. Once more is told the
   * agent is ended, and the call throws a `BudgetError`.
   */
  maxCost(usd: number): this {
    return this.#set({ maxCost: usd });
  }

  /** Most tokens that a call may use, likewise; those that come from a cache do not count. */
  maxTokens(count: number): this {
    return this.#set({ maxTokens: count });
  }

  /** Most turns that the agent may take, at least 1. */
  maxTurns(count: number): this {
    return this.#set({ maxTurns: count });
  }

  /** The agent is ended, with everything that it has started, when it is not done within this time. */
  timeout(duration: Duration): this {
    return this.#set({ timeout: duration });
  }

  /**
   * The agent is ended when nothing comes from it for this long after its start, and then started once
   * more, if nothing can have happened by then. `off` and 0: it may take as long as it likes. What is
   * built in depends on the provider, and holds where the agent prints events.
   */
  firstByteTimeout(duration: Duration | "off"): this {
    return this.#set({ firstByteTimeout: duration });
  }

  /** The agent is ended when it has been silent for this long. `off` and 0: it may be as silent as it likes. */
  idleTimeout(duration: Duration | "off"): this {
    return this.#set({ idleTimeout: duration });
  }

  /**
   * Providers that go on with the session, in this order, when its own has hit a usage limit, does not
   * answer, or cannot be started. They are told what was said and done so far.
   */
  fallback(...providers: string[]): this {
    return this.#set({ fallback: providers });
  }

  /**
   * A call that hits a usage limit of its provider waits for the end of that, and goes on with the same
   * session; `usage_limits` in the configuration says how. Its time does not count for
   * {@linkcode timeout}.
   */
  autoResume(on = true): this {
    return this.#set({ autoResume: on });
  }

  /**
   * One more who is told what happens to the session: `desktop`, an http or https URL that gets a POST,
   * `command:PROGRAM ARGS`, or the path of a program; none is started by a shell. The call does not wait
   * for it, and what cannot be delivered is a warning. `docs/notifications.md` has the message.
   */
  notify(target: string): this {
    TEXT(target, "notify");
    return this.#set({ notify: [...this.#options.notify ?? [], target] });
  }

  /** Only this is told: `end`, `failure`, `limit`, `question`. */
  notifyOn(...kinds: NotificationKind[]): this {
    return this.#set({ notifyOn: kinds });
  }

  /** MCP servers: inline JSON that begins with a brace, or the path of a JSON file. */
  mcpConfig(config: string): this {
    return this.#set({ mcpConfig: config });
  }

  /** Hears how far a call has come. */
  onProgress(handler: ProgressHandler): this {
    return this.#set({ onProgress: handler });
  }

  /**
   * Where the log of the session is kept: `off` (nowhere, the default), `auto` (a file of its own under
   * the state directory, named by `log_path` of the output), or a log that the program has begun.
   */
  sessionLog(mode: SessionLogMode): this {
    return this.#set({ sessionLog: mode });
  }

  /** `sessionLog("auto")`, or `sessionLog("off")`. */
  enableSessionLog(on = true): this {
    FLAG(on, "enableSessionLog");
    return this.sessionLog(on ? "auto" : "off");
  }

  /**
   * Hears every entry that a call writes to the session's log, in their order, when it is in the file;
   * keeps a log where none was kept. What it throws is a warning. It must not write to the same log. A
   * log of the program's own has begun before, and goes on after the call.
   */
  onLogEvent(listener: (event: LogEvent) => void): this {
    return this.#set({ onLogEvent: listener });
  }

  /**
   * Prints every such entry on stderr, as `zag listen` prints them on stdout, after
   * {@linkcode onLogEvent} has heard it; keeps a log where none was kept.
   */
  streamEventsToStderr(format: ListenFormat): this {
    return this.#set({ streamEventsToStderr: format });
  }

  /** What {@linkcode streamEventsToStderr} prints includes the agent's reasoning. */
  streamShowThinking(on = true): this {
    return this.#set({ streamShowThinking: on });
  }

  /**
   * The entries that the next call of this builder writes to the session's log; they end when that call
   * has ended, however it has. Keeps a log where none was kept.
   *
   * Take them while the call is under way: an agent that runs ahead of whoever takes them by more than
   * 256 entries waits, also where nobody takes any, but no longer than {@linkcode timeout} says: then the
   * rest of the entries is lost, with a warning. One that has the terminal does not wait. Leaving
   * the loop early lets the call go on.
   *
   * @example What happens, while it happens
   * ```ts
   * import { AgentBuilder } from "@zag/cli/agent";
   *
   * const builder = new AgentBuilder({ provider: "mock" });
   * const entries = builder.logEvents();
   * const call = builder.exec("hello");
   * for await (const entry of entries) console.log(entry.seq, entry.type);
   * await call;
   * ```
   */
  logEvents(): AsyncIterableIterator<LogEvent, void> {
    const entries = new LogEntries();
    this.#entries.push(entries);
    return entries;
  }

  /** Hears the process id of every agent, as soon as it is started. */
  onSpawn(listener: (pid: number) => void): this {
    return this.#set({ onSpawn: listener });
  }

  /**
   * What `zag ps` lists about the agent. Every agent is listed, so that `zag ps kill self` works in it
   * and nothing is left behind when this program crashes; this changes what is said there.
   */
  registerProcess(options: RegisterOptions = {}): this {
    return this.#set({ registerProcess: options });
  }

  /**
   * Runs the agent on one prompt. An agent that reports a failure is no exception: see `is_error`.
   *
   * @throws {SchemaValidationError} when the answer is not the JSON that was asked for.
   * @throws {AgentProcessError} when the agent ended without a result.
   * @throws {AgentTimeoutError} when a deadline fired.
   * @throws {AgentEndedError} when somebody ended the agent with `zag ps`.
   * @throws {ZagError} when nothing could be started.
   */
  async exec(prompt: string, call: CallOptions = {}): Promise<AgentResult<Json>> {
    return await this.#ask({ method: "exec", prompt, collectEvents: true }, call);
  }

  /**
   * Goes on with a session.
   *
   * @param id zag's id of it, or a unique beginning of that, its name, or the provider's id.
   * @throws as {@linkcode exec} does
   * @throws {SessionNotFoundError} when there is none
   */
  async resumeWithPrompt(
    id: string,
    prompt: string,
    call: CallOptions = {},
  ): Promise<AgentResult<Json>> {
    const resume = { id };
    return await this.#ask(
      { method: "resumeWithPrompt", prompt, resume, collectEvents: true },
      call,
    );
  }

  /**
   * The agent's events as they happen. Leaving the loop early ends the agent, and so does an error in
   * it. Nothing is started before the first event is asked for.
   *
   * @throws as {@linkcode exec} does, when the last event was taken
   */
  stream(prompt: string, call: CallOptions = {}): AsyncGenerator<Event, void> {
    return streamCall(this.#snapshot(), { prompt }, call);
  }

  /**
   * A conversation with an agent that takes one message after the other.
   *
   * @param prompt The first message; without it the agent waits for one.
   * @throws {UnsupportedOptionError} when the provider's CLI cannot go on with a session.
   * @throws {ZagError} when the agent could not be started.
   */
  async execStreaming(prompt?: string, call: CallOptions = {}): Promise<StreamingSession> {
    const { openStreamingSession } = await import("./streaming_session.ts");
    const signal = signalIn(call, "execStreaming()");
    const options = this.#snapshot();
    const start = (change: Partial<AgentCall>) =>
      callAgent(options, { method: "execStreaming", prompt, ...change });
    return await openStreamingSession(start, signal);
  }

  /**
   * Hands the terminal to the agent for an interactive session.
   *
   * @throws {AgentProcessError} when the agent's program fails.
   * @throws {InvalidOptionError} when there is no terminal.
   */
  async run(prompt?: string, call: CallOptions = {}): Promise<void> {
    await this.#call({ method: "run", prompt }, call);
  }

  /**
   * Hands the terminal to the agent for an interactive session that ends with a result, as
   * {@linkcode exit} says.
   *
   * @returns The result; where it has to be JSON, its value.
   * @throws {AgentProcessError} when the session ended without one.
   */
  async runForResult(
    prompt?: string,
    call: CallOptions = {},
  ): Promise<Submitted<Json>> {
    const { outcome } = await this.#call({ method: "runForResult", prompt }, call);
    const text = outcome.submitted ?? "";
    const value: unknown = outcome.exitConstraints?.jsonMode ? JSON.parse(text) : text;
    return value as Submitted<Json>;
  }

  /** Goes on with a session interactively; its id is as for {@linkcode resumeWithPrompt}. */
  async resume(id: string, call: CallOptions = {}): Promise<void> {
    await this.#call({ method: "resume", resume: { id } }, call);
  }

  /** Goes on with the latest interactive session of the project. */
  async continueLast(call: CallOptions = {}): Promise<void> {
    await this.#call({ method: "continueLast", resume: { latest: true } }, call);
  }

  #set(change: AgentOptions): this {
    checkTypes(change, true);
    this.#options = { ...this.#options, ...change };
    return this;
  }

  /** The settings of a call that is made now, and whoever takes the entries of its log. */
  #snapshot(): AgentOptions & WithEntries {
    const entries = this.#entries;
    this.#entries = [];
    return { ...this.#options, ...(entries.length > 0 && { [ENTRIES]: entries }) };
  }

  async #call(what: AgentCall, call: CallOptions): Promise<Called> {
    const signal = signalIn(call, `${what.method}()`);
    return await callAgent(this.#snapshot(), { ...what, signal });
  }

  async #ask(what: AgentCall, call: CallOptions): Promise<AgentResult<Json>> {
    return (await this.#call(what, call)).result as AgentResult<Json>;
  }
}
