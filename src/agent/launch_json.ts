/** A session whose answer must be JSON: an answer that is not is sent back, in the same session. */
import {
  type AnswerChecker,
  type CheckedAnswer,
  correctionPrompt,
  promptAgain,
} from "./json_answer.ts";
import { realHost } from "../host.ts";
import { sharedSpending } from "./call_spending.ts";
import { AwakeTime } from "./awake_time.ts";
import { inOnePlace } from "./in_one_place.ts";
import { launch, type LaunchObserver, type LaunchRequest } from "./launch.ts";
import type { LaunchOutcome } from "./outcome.ts";
import { StillWaiting } from "./still_waiting.ts";
import { together } from "./together.ts";

/** How often an answer is sent back before zag gives up. */
export const MAX_CORRECTIONS = 3;

/** How a session ended, and what became of its answer. */
export interface JsonOutcome {
  /**
   * The end of the last invocation. Events, usage, cost and refused tools are those of all
   * invocations together.
   */
  outcome: LaunchOutcome;
  /** Undefined when the session failed before there was an answer to check. */
  answer: CheckedAnswer | undefined;
  /** How often the agent was asked to correct itself. */
  corrections: number;
  /** Why it could not be asked once more. */
  stoppedBy?: unknown;
}

/**
 * Runs the session and the corrections of it. `--timeout` holds for all of them together, every other
 * option for each.
 *
 * @param maxCorrections How often an answer is sent back.
 * @param first Has the agent answer for the first time, in place of a plain launch.
 * @throws {ZagError} when nothing could be started.
 */
export async function launchJson(
  request: LaunchRequest,
  checker: AnswerChecker,
  maxCorrections = MAX_CORRECTIONS,
  first: typeof launch = launch,
): Promise<JsonOutcome> {
  const { options: { fallback }, host = realHost() } = request;
  const whole = {
    ...request,
    ...sharedSpending(request, () => host.now()),
    // A correction goes to whoever has answered.
    ...(fallback && { standIns: [...fallback] }),
  };
  return await inOnePlace(whole, (each) => untilAccepted(each, checker, maxCorrections, first));
}

async function untilAccepted(
  request: LaunchRequest,
  checker: AnswerChecker,
  maxCorrections: number,
  first: typeof launch,
): Promise<JsonOutcome> {
  using time = new AwakeTime(request.options.timeoutMs, request.spentMs);
  const observer = time.through(withoutRepetition(request.observer ?? {}));
  let { outcome, answer, goesOn } = await ask(
    { ...request, observer },
    checker,
    maxCorrections === 0,
    first,
  );
  let corrections = 0;
  while (goesOn && answer?.ok === false) {
    observer.status?.(
      `The answer was refused; the agent is asked again (${corrections + 1} of ${maxCorrections})`,
    );
    const { inputs: _i, injected: _j, ...alike } = request;
    const again: LaunchRequest = {
      ...alike,
      ...correction(request, outcome, answer.violations),
      spentMs: time.ms,
      observer: { ...observer, starting: undefined },
    };
    try {
      const next = await ask(again, checker, ++corrections === maxCorrections);
      outcome = { ...next.outcome, ...together(outcome, next.outcome) };
      ({ answer, goesOn } = next);
    } catch (error) {
      if (error instanceof StillWaiting) throw error;
      await (await import("./give_up.ts")).giveUp(again, outcome);
      if (request.signal?.aborted) throw error;
      return { outcome, answer, corrections: corrections - 1, stoppedBy: error };
    }
  }
  return { outcome, answer, corrections };
}

/** What became of one invocation. */
interface Asked {
  outcome: LaunchOutcome;
  /** Undefined when there was none to check. */
  answer: CheckedAnswer | undefined;
  /** The session was left open for a correction. */
  goesOn: boolean;
}

async function ask(
  request: LaunchRequest,
  checker: AnswerChecker,
  isLast: boolean,
  start: typeof launch = launch,
): Promise<Asked> {
  const checked: Omit<Asked, "outcome"> = { answer: undefined, goesOn: false };
  const outcome = await start({
    ...request,
    json: checker,
    judge: (text, isOver) => {
      const answer = checked.answer = checker.check(text);
      if (answer.ok) return { accepted: answer.json };
      checked.goesOn = !isLast && !isOver;
      return { refused: answer.violations, goesOn: checked.goesOn };
    },
  });
  return { outcome, ...checked };
}

/** What is different when an agent is asked again. */
function correction(
  { options, prompt, inputs, injected, replay }: LaunchRequest,
  { sessionId, processId, resumable, exit }: LaunchOutcome,
  violations: readonly string[],
): Pick<LaunchRequest, "options" | "prompt" | "resume" | "inputs" | "injected" | "replay"> {
  const resume = {
    id: sessionId,
    from: { processId, exitCode: exit.code, forgotten: !resumable },
  };
  // The session has a provider, a model and a place.
  const { provider: _p, model: _m, size: _s, sessionId: _i, ...kept } = options;
  const { worktree: _w, sandbox: _b, ...whole } = kept;
  // In our books it is the same session, to its CLI a new one that has to be told everything.
  if (!resumable) {
    const again = { options: whole, prompt: promptAgain(prompt, violations), resume };
    if (!replay?.prompt) return { ...again, inputs, injected, replay };
    const text = promptAgain(replay.prompt.text, violations);
    return { ...again, injected, replay: { ...replay, prompt: { ...replay.prompt, text } } };
  }
  const { files: _f, plan: _l, context: _c, ...rest } = whole;
  return {
    options: rest,
    prompt: correctionPrompt(violations),
    resume,
    replay: replay && { ...replay, prompt: undefined },
  };
}

/** Nobody wants to hear four times that a flag has no effect. */
function withoutRepetition(observer: LaunchObserver): LaunchObserver {
  const said = new Set<string>();
  return {
    ...observer,
    warning: (message) => {
      if (!said.has(message)) observer.warning?.(message);
      said.add(message);
    },
  };
}
