/** `zag review`: lets an agent review a change. */
import type { LaunchOptions } from "../../agent/launch_options.ts";
import type { ReviewTarget } from "../../providers/launch_plan.ts";
import { defineCommand, type FlagValues, switchFlag, valueFlag } from "../command.ts";
import type { CliContext } from "../context.ts";
import { agentFlags, type GlobalFlags, metadataFlags } from "../flags.ts";

const flags = {
  ...agentFlags,
  ...metadataFlags,
  uncommitted: switchFlag({ brief: "Review what is staged, not staged and not tracked" }),
  base: valueFlag({
    placeholder: "branch",
    brief: "Review what this branch has that another one has not",
  }),
  commit: valueFlag({ placeholder: "sha", brief: "Review a commit" }),
  title: valueFlag({ placeholder: "text", brief: "What the change is called" }),
  exitOnFailure: switchFlag({ brief: "Exit with 1 if the agent reports a failure" }),
};

type ReviewFlags = FlagValues<typeof flags> & FlagValues<GlobalFlags>;

export const reviewCommand = defineCommand({
  name: "review",
  brief: "Let an agent review a change",
  detail:
    "At least one of --uncommitted, --base and --commit says what is reviewed; they can be combined. " +
    "The review is printed as exec prints an answer: findings with file and line, severity, reason " +
    "and remedy, and a summary. An empty one is an error.\n\n" +
    "The prompt says what to heed besides. A diff that is too long for a prompt is put into a " +
    "private file for the time of the review, and the agent reads it with its own tools. A CLI with " +
    "a review of its own uses that where nothing is asked for that it does not know.",
  flags,
  operand: {
    name: "prompt",
    brief: "What to heed besides; - reads it from stdin",
    required: false,
  },
  run: runReview,
});

async function runReview(
  ctx: CliContext,
  flags: ReviewFlags,
  operands: readonly string[],
): Promise<number> {
  const [
    { execSession },
    { leftOutNote, prepareReview, summaryOf },
    { ownPrompt },
    { AnswerProgress },
    { printMessage },
  ] = await Promise.all([
    import("../exec_session.ts"),
    import("../../agent/review_request.ts"),
    import("../../agent/own_prompt.ts"),
    import("../answer_progress.ts"),
    import("../message.ts"),
  ]);
  const target = await targetOf(flags);
  const options = await reviewOptions(flags);
  const instructions = operands[0] === undefined
    ? undefined
    : await (await import("../prompt_input.ts")).readPrompt(
      ctx,
      operands[0],
      "review",
      flags.quiet,
    );
  await using review = await prepareReview(ctx, options, target, instructions);
  const note = flags.quiet ? undefined : leftOutNote(review.leftOut);
  if (note !== undefined) await printMessage(ctx, note);
  const summary = summaryOf(target, instructions);
  const asked = await ownPrompt(summary, review.prompt, flags.file, ctx.cwd);
  // What the person adds would not reach a CLI that reviews by itself.
  const isPlain = instructions === undefined && flags.file.length === 0 &&
    flags.systemPrompt === undefined;
  using progress = new AnswerProgress(ctx, flags.quiet, "Waiting for the review");
  return await execSession(progress.ctx, {
    ...flags,
    output: undefined,
    json: false,
    jsonSchema: undefined,
    continue: false,
    wants: "review",
  }, {
    ...asked,
    options: {
      ...options,
      command: "review",
      ...(isPlain && { review: target }),
      ...(review.directory !== undefined && {
        addDirs: [...options.addDirs ?? [], review.directory],
      }),
    },
    resume: undefined,
    streamInput: false,
  });
}

async function targetOf({ uncommitted, base, commit, title }: ReviewFlags): Promise<ReviewTarget> {
  if (!uncommitted && base === undefined && commit === undefined) {
    const { UsageError } = await import("../errors.ts");
    throw new UsageError(
      "Missing what to review: give --uncommitted, --base BRANCH or --commit SHA",
      "They can be combined",
    );
  }
  return {
    ...(uncommitted && { uncommitted }),
    ...(base !== undefined && { base }),
    ...(commit !== undefined && { commit }),
    ...(title?.trim() && { title: title.trim() }),
  };
}

async function reviewOptions(flags: ReviewFlags): Promise<LaunchOptions> {
  const { checkCombinations, toOptions } = await import("../agent_flags.ts");
  const shared = {
    ...flags,
    plan: undefined,
    context: [],
    worktree: undefined,
    sandbox: undefined,
    session: undefined,
    resume: undefined,
    continue: false,
  };
  checkCombinations(shared);
  return toOptions(shared);
}
