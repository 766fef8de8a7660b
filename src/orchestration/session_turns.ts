/** The turns of a session that takes messages: what the ways to run them have in common. */
import { AwakeTime } from "../agent/awake_time.ts";
import type { LaunchObserver, LaunchRequest } from "../agent/launch_request.ts";
import type { LaunchOptions } from "../agent/launch_options.ts";
import { formatDuration, type LaunchOutcome, reasonOf, requestedBy } from "../agent/outcome.ts";
import type { SessionEnd } from "../agent/run_record.ts";
import { EndRequested, Interrupt } from "../agent/interrupt.ts";
import type { AgentOutput } from "../events/event.ts";
import { cancelledError, type EndRequest } from "../sessions/end_request.ts";

/** What a turn needs of the launch that makes it. */
export type TurnLaunch =
  & Pick<LaunchRequest, "options" | "prompt" | "resume" | "streamInput">
  & Partial<LaunchRequest>;

/** Starts an agent for a session that stays open. */
export type Launch = (request: TurnLaunch) => Promise<LaunchOutcome>;

/** What all turns need. */
export interface TurnsNeeds {
  readonly launch: Launch;
  /** What the session was started with. */
  readonly options: LaunchOptions;
  readonly signal: AbortSignal;
  /** Who watches the launches. */
  readonly observer?: LaunchObserver;
  /** What somebody wants of the session who has signalled its agent; undefined when nobody does. */
  asked(): EndRequest | undefined;
}

/** Runs one turn after another, until the session is over. */
export abstract class Turns<Needs extends TurnsNeeds = TurnsNeeds> implements Disposable {
  protected readonly needs: Needs;
  protected readonly end = new TurnsEnd();
  /** There is an agent, whose launch notices when the session is to end. */
  protected busy = false;
  readonly #time: AwakeTime;
  readonly #watch: Disposable;
  #launched: Promise<unknown> = Promise.resolve();

  constructor(needs: Needs) {
    this.needs = needs;
    this.#time = new AwakeTime(needs.options.timeoutMs);
    this.#watch = endWhileIdle(this.end, needs, this.#time, () => !this.busy);
  }

  /** Fulfilled with how the session ended; never rejects. */
  get over(): Promise<SessionEnd> {
    return this.end.over;
  }

  /** Fulfilled when no agent is left of those that were started; never rejects. */
  get gone(): Promise<unknown> {
    return this.#launched;
  }

  /**
   * Begins: with the first turn, or without a prompt only the agent.
   *
   * @param wantsEvents The output of the turn holds its events.
   * @returns What {@linkcode Turns.turn} does; at once and undefined where there is no turn.
   */
  abstract begin(
    prompt: string | undefined,
    wantsEvents: boolean,
  ): Promise<AgentOutput | undefined>;

  /**
   * Runs a turn, which may fail. Call it when the one before is over.
   *
   * @returns What it amounts to; undefined when the session ended in it.
   */
  abstract turn(text: string, wantsEvents: boolean): Promise<AgentOutput | undefined>;

  /** Ends the session well. Call it between turns. */
  abstract close(): Promise<void>;

  [Symbol.dispose](): void {
    this.#watch[Symbol.dispose]();
    this.#time[Symbol.dispose]();
  }

  /** Starts an agent. */
  protected launch(turn: TurnLaunch): Promise<LaunchOutcome> {
    const { launch, observer = {} } = this.needs;
    const launched = launch({
      ...turn,
      observer: this.#time.through(turn.observer ?? observer),
      spentMs: this.#time.ms,
    });
    this.#launched = launched.catch(() => {});
    return launched;
  }

  /** How the session ends with an agent that could not be started, or that was aborted. */
  protected endByError(error: unknown): SessionEnd {
    const { signal } = this.needs;
    return signal.aborted
      ? endBySignal(signal.reason)
      : { outcome: "failure", error: error instanceof Error ? error.message : String(error) };
  }
}

/** The end of a session, which comes once. */
class TurnsEnd {
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
function endWhileIdle(
  end: TurnsEnd,
  { signal, options: { timeoutMs } }: TurnsNeeds,
  time: AwakeTime,
  isIdle: () => boolean,
): Disposable {
  const onAbort = () => {
    if (isIdle()) end.reach(endBySignal(signal.reason));
  };
  signal.addEventListener("abort", onAbort);
  const deadline = timeoutMs === undefined ? undefined : time.deadline(timeoutMs, () => {
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

/** How a session ends that was to end when all was answered. */
export const ENDED_WELL: SessionEnd = { outcome: "success", error: undefined };

/** How a session ends whose time is over. */
function timedOut(timeoutMs: number): SessionEnd {
  const error = `The session did not end within ${formatDuration(timeoutMs)} and was ended`;
  return { outcome: "timeout", error, reason: "timeout" };
}

/** How a session ends that was asked to, while no agent was at work. */
export function endBySignal(reason: unknown): SessionEnd {
  if (reason instanceof EndRequested) return endByRequest(reason.request);
  const by = reason instanceof Interrupt ? ` by ${reason.signal}` : "";
  return { outcome: "interrupted", error: `Interrupted${by}`, reason: "interrupted" };
}

/** How a session ends that somebody asked to. */
export function endByRequest({ action, submitted, reason }: EndRequest): SessionEnd {
  if (submitted) return { outcome: "success", error: undefined };
  const how = action === "kill" ? "ended" : "stopped";
  const error = reason === undefined
    ? `The session was ${how} by "zag ps ${action}"`
    : cancelledError(reason);
  return { outcome: "killed", error, reason: reasonOf(requestedBy({ action, submitted, reason })) };
}

/** How the session ends with this run of its agent; undefined when it goes on. */
export function endByRun(outcome: LaunchOutcome): SessionEnd | undefined {
  const { exit } = outcome;
  if (outcome.submitted !== undefined) return { outcome: "success", error: undefined, exit };
  if (!outcome.endedBy) return undefined;
  const { failure: error, endReason: reason } = outcome;
  return { outcome: outcome.outcome, error, reason, exit };
}
