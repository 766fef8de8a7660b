/** A session whose answer must be JSON: an answer that is not is sent back, in the same session. */
import { type AnswerChecker, type CheckedAnswer, correctionPrompt } from "./json_answer.ts";
import { launch, type LaunchRequest } from "./launch.ts";
import type { AgentOptions } from "./options.ts";
import type { LaunchOutcome } from "./outcome.ts";

/** How often an answer is sent back before zag gives up. */
const MAX_CORRECTIONS = 3;

/** The last invocation and what became of its answer. */
export interface JsonOutcome {
  outcome: LaunchOutcome;
  /** Undefined when the session failed before there was an answer to check. */
  answer: CheckedAnswer | undefined;
  /** How often the agent was asked to correct itself. */
  corrections: number;
}

/** Runs the session and up to three corrections of it. A timeout holds for all of them together. */
export async function launchJson(
  request: LaunchRequest,
  checker: AnswerChecker,
): Promise<JsonOutcome> {
  const { timeoutMs } = request.options;
  const started = performance.now();
  let outcome = await launch({ ...request, json: checker });
  for (let corrections = 0;; corrections++) {
    if (!outcome.success) return { outcome, answer: undefined, corrections };
    const answer = checker.check(outcome.output.result ?? "");
    if (answer.ok || corrections === MAX_CORRECTIONS) return { outcome, answer, corrections };
    const options = correctionOptions(request.options);
    const left = timeoutMs === undefined ? undefined : timeoutMs - (performance.now() - started);
    outcome = await launch({
      ...request,
      // The correction says in words what is wanted; the schema alone goes along.
      json: { schema: checker.schema, instructions: () => undefined },
      options: left === undefined ? options : { ...options, timeoutMs: Math.max(1, left) },
      prompt: correctionPrompt(answer.violations, checker.instructions(false)),
      resume: { id: outcome.sessionId },
    });
  }
}

/** What holds for the whole session; the rest is in it already, its provider and model included. */
function correctionOptions(options: AgentOptions): AgentOptions {
  const {
    provider: _p,
    model: _m,
    size: _s,
    sessionId: _i,
    files: _f,
    plan: _l,
    context: _c,
    ...rest
  } = options;
  return rest;
}
