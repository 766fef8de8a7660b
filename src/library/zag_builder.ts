/** The builder of the bindings that run the command line, on top of this library. */
import { AgentBuilder, type CallOptions, settingsOf, snapshotOf } from "../agent/builder.ts";
import type { AgentOptions } from "../agent/agent_options.ts";
import { FLAG, signalIn } from "../agent/argument_check.ts";
import type { AgentResult } from "../agent/agent_result.ts";
import { callAgent } from "../agent/call_agent.ts";
import type { ResumeTarget } from "../agent/resume_target.ts";
import type { FromSchema } from "../agent/schema_type.ts";
import { streamCall } from "../agent/stream_call.ts";
import type { Event } from "../events/event.ts";
import { autoCleanup } from "./auto_cleanup.ts";

/**
 * An {@linkcode AgentBuilder} with the method names of the bindings that run the program zag, for
 * programs that were written for these. A call keeps the log of its session, as the program does. What a
 * provider cannot do is an `UnsupportedOptionError`.
 *
 * @typeParam Json As for the builder.
 *
 * @example
 * ```ts ignore
 * const output = await new ZagBuilder().provider("claude").model("small").exec("Say hello");
 * console.log(output.result);
 * ```
 */
export class ZagBuilder<Json = undefined> extends AgentBuilder<Json> {
  #cleanup: Disposable | undefined;

  /**
   * Starts from the given settings; logs are kept unless they say otherwise.
   *
   * @param options One property for each setter.
   */
  constructor(options: AgentOptions = {}) {
    super({ sessionLog: "auto", ...options });
  }

  /** A copy with settings of its own. */
  override clone(): ZagBuilder<Json> {
    return new ZagBuilder<Json>(settingsOf(this));
  }

  /** The answer has to be JSON; `json` of the result holds its value. */
  override json(): ZagBuilder<unknown> {
    return super.json() as ZagBuilder<unknown>;
  }

  /** The answer has to be JSON that matches a JSON Schema; `json` of the result holds its value. */
  override jsonSchema<const Schema>(schema: Schema): ZagBuilder<FromSchema<Schema>> {
    return super.jsonSchema(schema) as ZagBuilder<FromSchema<Schema>>;
  }

  /**
   * Has all agents of this program end together with it, as the function of this name does.
   *
   * @param on False undoes it for this builder.
   */
  autoCleanup(on = true): this {
    FLAG(on, "autoCleanup");
    if (on) this.#cleanup ??= autoCleanup();
    else {
      this.#cleanup?.[Symbol.dispose]();
      this.#cleanup = undefined;
    }
    return this;
  }

  /**
   * Goes on with a session and returns the whole invocation.
   *
   * @param id zag's id of it, or a unique beginning of that, its name, or the provider's id.
   * @throws {SessionNotFoundError} when there is none
   * @throws as `exec()` does
   */
  async execResume(id: string, prompt: string, call: CallOptions = {}): Promise<AgentResult<Json>> {
    return await this.#exec({ id }, prompt, call);
  }

  /**
   * Goes on with the latest session of the project and returns the whole invocation.
   *
   * @throws {InvalidOptionError} when there is none
   * @throws as `exec()` does
   */
  async execContinue(prompt: string, call: CallOptions = {}): Promise<AgentResult<Json>> {
    return await this.#exec({ latest: true }, prompt, call);
  }

  /**
   * Goes on with a session; its events as they happen, as `stream()` gives them.
   *
   * @param id As for {@linkcode execResume}.
   */
  streamResume(
    id: string,
    prompt: string,
    call: CallOptions = {},
  ): AsyncGenerator<Event, void> {
    return streamCall(snapshotOf(this), { prompt, resume: { id } }, call);
  }

  /** Goes on with the latest session of the project; its events as they happen. */
  streamContinue(prompt: string, call: CallOptions = {}): AsyncGenerator<Event, void> {
    return streamCall(snapshotOf(this), { prompt, resume: { latest: true } }, call);
  }

  async #exec(
    resume: ResumeTarget,
    prompt: string,
    call: CallOptions,
  ): Promise<AgentResult<Json>> {
    const signal = signalIn(call, "latest" in resume ? "execContinue()" : "execResume()");
    const what = { method: "exec", prompt, resume, signal, collectEvents: true } as const;
    return (await callAgent(snapshotOf(this), what)).result as AgentResult<Json>;
  }
}
