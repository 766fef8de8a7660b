/** Tasks that zag has a prompt of its own for: reviews and plans. */
import type { AgentOptions } from "../agent/agent_options.ts";
import type { AgentResult } from "../agent/agent_result.ts";
import { checkArguments, FLAG, parts, partsWith, SIGNAL, TEXT } from "../agent/argument_check.ts";
import type { CallOptions } from "../agent/builder.ts";
import { InvalidOptionError } from "../agent/errors.ts";
import { checkTypes } from "../agent/option_types.ts";
import { realHost } from "../host.ts";
import type { ReviewTarget } from "../providers/launch_plan.ts";

/** What is reviewed, and by whom; at least one of `uncommitted`, `base` and `commit` is needed. */
export interface ReviewOptions extends AgentOptions, ReviewTarget, CallOptions {
  /** What to heed besides. */
  instructions?: string;
}

/** What is planned, and by whom. */
export interface PlanOptions extends Omit<AgentOptions, "plan">, CallOptions {
  /** What is to be reached. */
  goal: string;
  /** What the plan has to heed. */
  instructions?: string;
}

const REVIEW = parts<Omit<ReviewOptions, keyof AgentOptions>>({
  uncommitted: FLAG,
  base: TEXT,
  commit: TEXT,
  title: TEXT,
  signal: SIGNAL,
  instructions: TEXT,
});
const PLAN = partsWith<Omit<PlanOptions, keyof AgentOptions>>(["goal"], {
  goal: TEXT,
  signal: SIGNAL,
  instructions: TEXT,
});

/**
 * Lets an agent review a change. The session has a log, unless the options say otherwise.
 *
 * @returns The review is its `result`: findings with file and line, severity, reason and remedy.
 * @throws {InvalidOptionError} when it is not said what to review, or the provider is `auto`
 * @throws {ZagError} when there is nothing to review
 * @throws as `AgentBuilder.exec()` does
 */
export async function review(options: ReviewOptions): Promise<AgentResult> {
  checkArguments("review()", [options, "options", REVIEW]);
  checkTypes(options);
  const { inLibrary } = await import("../agent/setter_names.ts");
  return await inLibrary(() => reviewed(options));
}

async function reviewed(options: ReviewOptions): Promise<AgentResult> {
  const { uncommitted, base, commit, title, instructions, signal, ...agent } = options;
  if (!uncommitted && base === undefined && commit === undefined) {
    throw new InvalidOptionError("Cannot review: say what, by uncommitted, base or commit");
  }
  const [{ callAgent, launchOptions }, { prepareReview, summaryOf }, { ownPrompt }] = await Promise
    .all([
      import("../agent/call_agent.ts"),
      import("../agent/review_request.ts"),
      import("../agent/own_prompt.ts"),
    ]);
  const host = realHost();
  const target: ReviewTarget = {
    ...(uncommitted && { uncommitted }),
    ...(base !== undefined && { base }),
    ...(commit !== undefined && { commit }),
    ...(title?.trim() && { title: title.trim() }),
  };
  await using prepared = await prepareReview(host, launchOptions(agent), target, instructions);
  const { files = [], addDirs = [], systemPrompt, ...others } = agent;
  const summary = summaryOf(target, instructions);
  const { prompt, replay } = await ownPrompt(summary, prepared.prompt, files, host.cwd);
  // What the caller adds would not reach a CLI that reviews by itself.
  const isPlain = instructions === undefined && files.length === 0 && systemPrompt === undefined;
  const settings: AgentOptions = {
    sessionLog: "auto",
    ...others,
    files,
    ...(systemPrompt === undefined ? {} : { systemPrompt }),
    addDirs: prepared.directory === undefined ? addDirs : [...addDirs, prepared.directory],
  };
  const { result } = await callAgent(settings, {
    method: "exec",
    prompt,
    signal,
    collectEvents: true,
    more: { replay, options: { command: "review", ...(isPlain && { review: target }) } },
  });
  return result;
}

/**
 * Lets an agent plan a piece of work, without doing it. The session has a log, unless the options say
 * otherwise.
 *
 * @returns The plan is its `result`, in Markdown.
 * @throws {InvalidOptionError} when the goal is empty
 * @throws as `AgentBuilder.exec()` does
 */
export async function plan(options: PlanOptions): Promise<AgentResult> {
  checkArguments("plan()", [options, "options", PLAN]);
  checkTypes(options);
  const { goal, instructions, signal, ...agent } = options;
  if (goal.trim() === "") throw new InvalidOptionError("Cannot plan: the goal is empty");
  const [{ callAgent }, { planPrompt }, { ownPrompt }] = await Promise.all([
    import("../agent/call_agent.ts"),
    import("../agent/plan_prompt.ts"),
    import("../agent/own_prompt.ts"),
  ]);
  const summary = instructions?.trim() ? `${goal}\n\nInstructions: ${instructions}` : goal;
  const text = planPrompt(goal, instructions);
  const { prompt, replay } = await ownPrompt(summary, text, agent.files ?? [], realHost().cwd);
  const { result } = await callAgent({ sessionLog: "auto", ...agent }, {
    method: "exec",
    prompt,
    signal,
    collectEvents: true,
    more: { replay, options: { command: "plan" } },
  });
  return result;
}
