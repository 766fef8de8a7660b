/** The turns of a session that takes messages: what the ways to run them have in common. */
import type { LaunchRequest } from "../agent/launch_request.ts";
import { formatDuration, type LaunchOutcome } from "../agent/outcome.ts";
import type { SessionEnd } from "../agent/run_record.ts";
import { EndRequested, Interrupt } from "../agent/interrupt.ts";
import type { AgentOutput } from "../events/event.ts";
import { Deadline } from "../processes/deadline.ts";
import { cancelledError, type EndRequest } from "../sessions/end_request.ts";

/** What a turn needs of the launch that makes it. */
export type TurnLaunch =
  & Pick<LaunchRequest, "options" | "prompt" | "resume" | "streamInput">
  & Partial<LaunchRequest>;

/** Starts an agent for a session that stays open. */
export type Launch = (request: TurnLaunch) => Promise<LaunchOutcome>;

/** Runs one turn after another, until the session is over. */
export interface Turns {
  /** Fulfilled with how the session ended; never rejects. */
  readonly over: Promise<SessionEnd>;
  /**
   * Begins: with the first turn, or without a prompt only the agent.
   *
   * @param wantsAnswer Make the output of the turn.
   * @returns What {@linkcode Turns.turn} does; at once where there is no turn.
   */
  begin(prompt: string | undefined, wantsAnswer: boolean): Promise<AgentOutput | undefined>;
  /**
   * Runs a turn, which may fail. Call it when the one before is over.
   *
   * @returns What it amounts to, if that was asked for; undefined, too, when the session ended in it.
   */
  turn(text: string, wantsAnswer: boolean): Promise<AgentOutput | undefined>;
}

/** The end of a session, which comes once. */
export class TurnsEnd {
  readonly #promise = Promise.withResolvers<SessionEnd>();
  /** It has come. */
  reached = false;

  get over(): Promise<SessionEnd> {
    return this.#promise.promise;
  }

  reach(end: SessionEnd): void {
    this.reached = true;
    this.#promise.resolve(end);
  }
}

/**
 * Ends the session between two turns, when there is no agent whose launch would notice.
 *
 * @param isIdle There is no agent.
 */
export function endWhileIdle(
  end: TurnsEnd,
  signal: AbortSignal,
  timeoutMs: number | undefined,
  isIdle: () => boolean,
): Disposable {
  const onAbort = () => {
    if (isIdle()) end.reach(endBySignal(signal.reason));
  };
  signal.addEventListener("abort", onAbort);
  const deadline = timeoutMs === undefined ? undefined : new Deadline(timeoutMs, () => {
    if (isIdle()) end.reach(timedOut(timeoutMs));
  });
  deadline?.start();
  if (signal.aborted) onAbort();
  return {
    [Symbol.dispose]: () => {
      signal.removeEventListener("abort", onAbort);
      deadline?.[Symbol.dispose]();
    },
  };
}

/** How a session ends whose time is over. */
export function timedOut(timeoutMs: number): SessionEnd {
  const error = `The session did not end within ${formatDuration(timeoutMs)} and was ended`;
  return { outcome: "timeout", error };
}

/** How a session ends that was asked to, while no agent was at work. */
export function endBySignal(reason: unknown): SessionEnd {
  if (reason instanceof EndRequested) return endByRequest(reason.request);
  const by = reason instanceof Interrupt ? ` by ${reason.signal}` : "";
  return { outcome: "interrupted", error: `Interrupted${by}` };
}

/** How a session ends that somebody asked to. */
export function endByRequest({ action, submitted, reason }: EndRequest): SessionEnd {
  if (submitted) return { outcome: "success", error: undefined };
  const how = action === "kill" ? "ended" : "stopped";
  const error = reason === undefined
    ? `The session was ${how} by "zag ps ${action}"`
    : cancelledError(reason);
  return { outcome: "killed", error };
}

/** How the session ends with this run of its agent; undefined when it goes on. */
export function endByRun(outcome: LaunchOutcome): SessionEnd | undefined {
  const { exit } = outcome;
  if (outcome.submitted !== undefined) return { outcome: "success", error: undefined, exit };
  if (!outcome.endedBy) return undefined;
  return { outcome: outcome.outcome, error: outcome.failure, exit };
}
