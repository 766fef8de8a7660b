/** The library's front door: settings by chained setters, then one method that runs the agent. */
import type { AgentOutput, Event } from "../events/event.ts";
import {
  AgentEndedError,
  AgentProcessError,
  AgentTimeoutError,
  InvalidOptionError,
} from "./errors.ts";
import { launch, type LaunchRequest } from "./launch.ts";
import type { AgentOptions } from "./options.ts";
import type { LaunchOutcome } from "./outcome.ts";

/** Settings of one call. */
export interface CallOptions {
  /** Aborting ends the agent; the call then rejects with the signal's reason. */
  signal?: AbortSignal;
}

/**
 * Configures and runs agents from a program. A setter changes the builder and returns it; a call
 * that runs an agent takes a snapshot, so a builder can be used again, also while a call is under
 * way.
 *
 * @example One answer
 * ```ts
 * import { AgentBuilder } from "@zag/cli/agent";
 *
 * const output = await new AgentBuilder({ provider: "mock" }).exec("hello");
 * console.log(output.result); // "hello"
 * ```
 */
export class AgentBuilder {
  #options: AgentOptions;

  /**
   * Starts from the given settings.
   *
   * @param options One property per setter.
   */
  constructor(options: AgentOptions = {}) {
    this.#options = { ...options };
  }

  /** A copy with settings of its own. */
  clone(): AgentBuilder {
    return new AgentBuilder(this.#options);
  }

  /** Pins the provider, by name in any case; `auto` has one chosen for the prompt. */
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

  /** One more directory that the agent may use. */
  addDir(directory: string): this {
    return this.#set({ addDirs: [...this.#options.addDirs ?? [], directory] });
  }

  /** One more file attached to the prompt. */
  file(path: string): this {
    return this.#set({ files: [...this.#options.files ?? [], path] });
  }

  /** A variable for the agent's environment; the last value of a name wins. */
  env(name: string, value: string): this {
    return this.#set({ env: { ...this.#options.env, [name]: value } });
  }

  /** Parameter size of a local model, for example `9b`. */
  size(size: string): this {
    return this.#set({ size });
  }

  /** Id of the new session, a UUID. */
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
    return this.#set({ tags: [...this.#options.tags ?? [], tag] });
  }

  /** Most turns that the agent may take. */
  maxTurns(count: number): this {
    return this.#set({ maxTurns: count });
  }

  /** Ends the agent after so many milliseconds. */
  timeout(milliseconds: number): this {
    return this.#set({ timeoutMs: milliseconds });
  }

  /** Ends the agent when it has been silent for so many milliseconds. */
  idleTimeout(milliseconds: number): this {
    return this.#set({ idleTimeoutMs: milliseconds });
  }

  /** MCP servers: inline JSON that begins with a brace, or the path of a JSON file. */
  mcpConfig(config: string): this {
    return this.#set({ mcpConfig: config });
  }

  /**
   * A new session works in a git worktree of its own, of this name or one that is thought up. At its end
   * an unchanged one is removed, any other one stays.
   */
  worktree(name?: string): this {
    return this.#set({ worktree: name ?? true });
  }

  /** A new session works in a Docker sandbox of its own, which stays. */
  sandbox(name?: string): this {
    return this.#set({ sandbox: name ?? true });
  }

  /** Also deliver text while it is being made, as `assistant_delta` events. */
  includePartialMessages(on = true): this {
    return this.#set({ includePartialMessages: on });
  }

  /**
   * Runs the agent on one prompt. An agent that reports a failure is no exception: see `is_error`.
   *
   * @throws {AgentProcessError} when the agent ended without a result.
   * @throws {AgentTimeoutError} when a deadline fired.
   * @throws {AgentEndedError} when somebody ended the agent with `zag ps`.
   */
  async exec(prompt: string, call: CallOptions = {}): Promise<AgentOutput> {
    return settledOutput(await launch(this.#request(prompt, call, { collectEvents: true })), call);
  }

  /** Goes on with a session; `id` is zag's, the provider's, or a unique prefix of zag's. */
  async resumeWithPrompt(
    id: string,
    prompt: string,
    call: CallOptions = {},
  ): Promise<AgentOutput> {
    const request = this.#request(prompt, call, { collectEvents: true, resume: { id } });
    return settledOutput(await launch(request), call);
  }

  /** The agent's events as they happen. Leaving the loop early ends the agent. */
  async *stream(prompt: string, call: CallOptions = {}): AsyncGenerator<Event, void> {
    const stop = new AbortController();
    const signal = call.signal ? AbortSignal.any([call.signal, stop.signal]) : stop.signal;
    // The transform's queue is the bound: the agent is read no faster than the events are taken.
    const { readable, writable } = new TransformStream<readonly Event[], readonly Event[]>();
    const writer = writable.getWriter();
    const finished = launch(this.#request(prompt, { signal }, {
      observer: { events: async (events) => await writer.write(events) },
    })).then(
      async (outcome) => {
        await writer.close();
        return outcome;
      },
      async (error) => {
        await writer.abort(error);
        throw error;
      },
    );
    finished.catch(() => {});
    try {
      for await (const events of readable) yield* events;
      settledOutput(await finished, call);
    } finally {
      stop.abort();
      await finished.catch(() => {});
    }
  }

  /**
   * Hands the terminal to the agent for an interactive session.
   *
   * @throws {AgentProcessError} when the agent's program fails.
   */
  async run(prompt?: string, call: CallOptions = {}): Promise<void> {
    const request = this.#request(prompt, call, { command: "run" });
    settledOutput(await launch(request), call);
  }

  /** Goes on with a session interactively. */
  async resume(id: string, call: CallOptions = {}): Promise<void> {
    const request = this.#request(undefined, call, { command: "run", resume: { id } });
    settledOutput(await launch(request), call);
  }

  /** Goes on with the latest interactive session of the project. */
  async continueLast(call: CallOptions = {}): Promise<void> {
    const request = this.#request(undefined, call, { command: "run", resume: { latest: true } });
    settledOutput(await launch(request), call);
  }

  #set(change: AgentOptions): this {
    this.#options = { ...this.#options, ...change };
    return this;
  }

  #request(
    prompt: string | undefined,
    call: CallOptions,
    change: Partial<LaunchRequest>,
  ): LaunchRequest {
    if (prompt?.trim() === "") throw new InvalidOptionError("Cannot run an empty prompt");
    return {
      command: "exec",
      options: { ...this.#options },
      prompt,
      resume: undefined,
      streamInput: false,
      ...(call.signal ? { signal: call.signal } : {}),
      ...change,
    };
  }
}

/** The output of a session that came to an end of its own; any other end is thrown. */
function settledOutput(outcome: LaunchOutcome, call: CallOptions): AgentOutput {
  const { endedBy } = outcome;
  // Once a result was handed in the work is done, however the agent ended.
  if (outcome.submitted !== undefined) return outcome.output;
  call.signal?.throwIfAborted();
  if (endedBy?.kind === "requested" && !outcome.settled) {
    throw new AgentEndedError(outcome.agentName, endedBy.action, outcome.failure ?? "");
  }
  if (endedBy?.kind === "timeout" || endedBy?.kind === "idle") {
    throw new AgentTimeoutError(
      outcome.agentName,
      endedBy.kind,
      endedBy.durationMs,
      outcome.failure ?? "",
      outcome.output,
    );
  }
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
