/** Turns for agents that take one message each time they are started: one launch per turn. */
import type { AgentOptions } from "../agent/options.ts";
import type { LaunchOutcome } from "../agent/outcome.ts";
import type { SessionEnd } from "../agent/run_record.ts";
import type { AgentOutput } from "../events/event.ts";
import type { SessionRecord } from "../sessions/records.ts";
import type { EndRequest } from "../sessions/end_request.ts";
import {
  endByRequest,
  endByRun,
  endBySignal,
  endWhileIdle,
  type Launch,
  type Turns,
  TurnsEnd,
} from "./session_turns.ts";

/** What launched turns need. */
export interface LaunchedTurnsOptions {
  readonly launch: Launch;
  /** What the session was started with. */
  readonly options: AgentOptions;
  readonly session: Pick<SessionRecord, "sessionId" | "provider">;
  readonly processId: string;
  readonly signal: AbortSignal;
  /** What somebody wants of the session who has signalled its agent; undefined when nobody does. */
  asked(): EndRequest | undefined;
  /** Whether the agent's CLI keeps the session, which it need not if no turn has been a success. */
  keeps(): Promise<boolean>;
  /** A turn is over, and its agent is gone. */
  rests(): void;
  /** A message whose turn could not begin. */
  refused(text: string, reason: string): void;
}

/** Starts the agent anew for every message, in the same session. */
export class LaunchedTurns implements Turns, Disposable {
  readonly #needs: LaunchedTurnsOptions;
  readonly #began = performance.now();
  readonly #end = new TurnsEnd();
  readonly #watch: Disposable;
  #busy = false;
  #last: LaunchOutcome | undefined;
  #succeeded = false;

  constructor(needs: LaunchedTurnsOptions) {
    this.#needs = needs;
    const { signal, options } = needs;
    this.#watch = endWhileIdle(this.#end, signal, options.timeoutMs, () => !this.#busy);
  }

  get over(): Promise<SessionEnd> {
    return this.#end.over;
  }

  async begin(prompt: string | undefined, wantsAnswer: boolean): Promise<AgentOutput | undefined> {
    const { options } = this.#needs;
    try {
      return await this.#run({ options, prompt, resume: undefined }, wantsAnswer);
    } catch (error) {
      // What refuses the first message refuses every other one.
      this.#end.reach(
        this.#needs.signal.aborted
          ? endBySignal(this.#needs.signal.reason)
          : { outcome: "failure", error: messageOf(error) },
      );
      return undefined;
    }
  }

  async turn(text: string, wantsAnswer: boolean): Promise<AgentOutput | undefined> {
    const { session, processId, signal } = this.#needs;
    const from = {
      processId,
      exitCode: this.#last?.exit.code ?? null,
      forgotten: await this.#isForgotten(),
    };
    const resume = { id: session.sessionId, from };
    const options = laterOptions(this.#needs.options, from.forgotten);
    try {
      return await this.#run({ options, prompt: text, resume }, wantsAnswer);
    } catch (error) {
      if (signal.aborted) {
        this.#end.reach(endBySignal(signal.reason));
        return undefined;
      }
      const reason = messageOf(error);
      this.#needs.refused(text, reason);
      return failedOutput(session.provider, reason);
    }
  }

  /** The agent's CLI does not know the session: to it the next turn is the first. */
  async #isForgotten(): Promise<boolean> {
    if (this.#last?.resumable === false) return true;
    return !this.#succeeded && !await this.#needs.keeps();
  }

  async #run(
    request: Pick<Parameters<Launch>[0], "options" | "prompt" | "resume">,
    wantsAnswer: boolean,
  ): Promise<AgentOutput | undefined> {
    if (this.#end.reached) return undefined;
    this.#busy = true;
    try {
      const outcome = this.#last = await this.#needs.launch({
        ...request,
        streamInput: false,
        collectEvents: wantsAnswer,
        spentMs: performance.now() - this.#began,
      });
      this.#succeeded ||= outcome.success;
      const end = endByRun(outcome);
      if (end) {
        this.#end.reach(end);
        return undefined;
      }
      return outcome.output;
    } finally {
      this.#busy = false;
      this.#needs.rests();
      // Somebody may have asked for it while the turn came to its end.
      const { signal } = this.#needs;
      const asked = this.#needs.asked();
      if (signal.aborted) this.#end.reach(endBySignal(signal.reason));
      else if (asked) this.#end.reach(endByRequest(asked));
    }
  }

  [Symbol.dispose](): void {
    this.#watch[Symbol.dispose]();
  }
}

/** What holds for every turn; the session itself knows the rest. */
function laterOptions(options: AgentOptions, forgotten: boolean): AgentOptions {
  const { provider: _p, model: _m, size: _z, sessionId: _i, name: _n, ...first } = options;
  const { description: _d, tags: _t, ...whole } = first;
  if (forgotten) return whole;
  const { files: _f, plan: _l, context: _c, ...rest } = whole;
  return rest;
}

function failedOutput(provider: string, reason: string): AgentOutput {
  return {
    agent: provider,
    session_id: "",
    events: [],
    result: null,
    is_error: true,
    error_message: reason,
    total_cost_usd: null,
    usage: null,
    provider,
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
