/** Turns for agents that take one message each time they are started: one launch per turn. */
import type { LaunchOptions } from "../agent/launch_options.ts";
import type { LaunchOutcome } from "../agent/outcome.ts";
import type { AgentOutput } from "../events/event.ts";
import type { SessionRecord } from "../sessions/records.ts";
import {
  endByRequest,
  endByRun,
  endBySignal,
  ENDED_WELL,
  type TurnLaunch,
  Turns,
  type TurnsNeeds,
} from "./session_turns.ts";

/** What launched turns need. */
export interface LaunchedTurnsNeeds extends TurnsNeeds {
  readonly session: Pick<SessionRecord, "sessionId" | "provider">;
  readonly processId: string;
  /** Whether the agent's CLI keeps the session, which it need not if no turn has been a success. */
  keeps(): Promise<boolean>;
  /** Hears of a message whose turn could not begin. */
  refused(text: string, reason: string): void;
}

/** Starts the agent anew for every message, in the same session. */
export class LaunchedTurns extends Turns<LaunchedTurnsNeeds> {
  #last: LaunchOutcome | undefined;
  #succeeded = false;

  override async begin(
    prompt: string | undefined,
    wantsEvents: boolean,
  ): Promise<AgentOutput | undefined> {
    const { options } = this.needs;
    try {
      return await this.#run({ options, prompt, resume: undefined }, wantsEvents);
    } catch (error) {
      // What refuses the first message refuses every other one.
      this.end.reach(this.endByError(error));
      return undefined;
    }
  }

  override async turn(text: string, wantsEvents: boolean): Promise<AgentOutput | undefined> {
    const { session, processId, signal } = this.needs;
    try {
      const forgotten = await this.#isForgotten();
      const from = { processId, exitCode: this.#last?.exit.code ?? null, forgotten };
      const resume = { id: session.sessionId, from };
      const options = laterOptions(this.needs.options, forgotten);
      return await this.#run({ options, prompt: text, resume }, wantsEvents);
    } catch (error) {
      if (signal.aborted) {
        this.end.reach(endBySignal(signal.reason));
        return undefined;
      }
      const reason = error instanceof Error ? error.message : String(error);
      this.needs.refused(text, reason);
      return failedOutput(session, reason);
    }
  }

  override close(): Promise<void> {
    this.end.reach(ENDED_WELL);
    return Promise.resolve();
  }

  /** The agent's CLI does not know the session: to it the next turn is the first. */
  async #isForgotten(): Promise<boolean> {
    if (this.#last?.resumable === false) return true;
    return !this.#succeeded && !await this.needs.keeps();
  }

  async #run(
    request: Pick<TurnLaunch, "options" | "prompt" | "resume">,
    wantsEvents: boolean,
  ): Promise<AgentOutput | undefined> {
    if (this.end.reached) return undefined;
    this.busy = true;
    try {
      const outcome = this.#last = await this.launch({
        ...request,
        streamInput: false,
        collectEvents: wantsEvents,
      });
      this.#succeeded ||= outcome.success;
      const end = endByRun(outcome);
      if (end) {
        this.end.reach(end);
        return undefined;
      }
      return outcome.output;
    } finally {
      this.busy = false;
      // Somebody may have asked for it while the turn came to its end.
      const { signal } = this.needs;
      const asked = this.needs.asked();
      if (signal.aborted) this.end.reach(endBySignal(signal.reason));
      else if (asked) this.end.reach(endByRequest(asked));
    }
  }
}

/** What holds for every turn; the session itself knows the rest. */
function laterOptions(options: LaunchOptions, forgotten: boolean): LaunchOptions {
  const { provider: _p, model: _m, size: _z, sessionId: _i, name: _n, ...first } = options;
  const { description: _d, tags: _t, worktree: _w, sandbox: _s, ...whole } = first;
  if (forgotten) return whole;
  const { files: _f, plan: _l, context: _c, ...rest } = whole;
  return rest;
}

function failedOutput(
  { provider, sessionId }: Pick<SessionRecord, "sessionId" | "provider">,
  reason: string,
): AgentOutput {
  return {
    agent: provider,
    session_id: sessionId,
    events: [],
    result: null,
    is_error: true,
    error_message: reason,
    total_cost_usd: null,
    usage: null,
    provider,
  };
}
