/** `zag plan`: lets an agent write an implementation plan. */
import type { LaunchOptions } from "../../agent/launch_options.ts";
import { defineCommand, type FlagValues, switchFlag, valueFlag } from "../command.ts";
import type { CliContext } from "../context.ts";
import { agentFlags, type GlobalFlags, metadataFlags } from "../flags.ts";

const flags = {
  ...agentFlags,
  ...metadataFlags,
  output: valueFlag({
    short: "o",
    placeholder: "path",
    brief: "Write the plan to this file, or into this directory",
  }),
  instructions: valueFlag({
    placeholder: "text",
    brief: "What the plan has to heed",
  }),
  exitOnFailure: switchFlag({ brief: "Exit with 1 if the agent reports a failure" }),
};

type PlanFlags = FlagValues<typeof flags> & FlagValues<GlobalFlags>;

export const planCommand = defineCommand({
  name: "plan",
  brief: "Let an agent plan a piece of work, without doing it",
  detail:
    "The agent reads the code and answers with a plan in Markdown: summary, affected files, steps, " +
    "tests, risks. It is printed as exec prints an answer; an empty one is an error.\n\n" +
    "With -o it is written to a file, whole or not at all. A directory that exists, a path that " +
    "ends with a slash, and one without an extension are directories, in which the file is called " +
    "plan-YYYYMMDD-HHMMSS.md, in UTC; then its path is printed on stdout. - is stdout, and a pipe or a " +
    "device is written through. Directories that are missing are made; a file that exists is " +
    "replaced. Where there is no plan, nothing is written, and the exit code is not 0.\n\n" +
    'The plan can be carried out with "zag exec --plan FILE".',
  flags,
  operand: {
    name: "goal",
    brief: "What is to be reached; - reads it from stdin, as its absence does",
    required: "or-stdin",
  },
  run: runPlan,
});

async function runPlan(
  ctx: CliContext,
  flags: PlanFlags,
  operands: readonly string[],
): Promise<number> {
  const [
    { execSession },
    { planTarget, planView },
    { readPrompt },
    { checkCombinations, toOptions },
    { ownPrompt },
    { planPrompt },
    { AnswerProgress },
  ] = await Promise.all([
    import("../exec_session.ts"),
    import("../plan_output.ts"),
    import("../prompt_input.ts"),
    import("../agent_flags.ts"),
    import("../../agent/own_prompt.ts"),
    import("../../agent/plan_prompt.ts"),
    import("../answer_progress.ts"),
  ]);
  const { output, instructions } = flags;
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
  const options: LaunchOptions = { ...toOptions(shared), command: "plan" };
  const target = output === undefined ? undefined : await planTarget(ctx, output);
  const goal = await readPrompt(ctx, operands[0], "plan", flags.quiet);
  const summary = instructions?.trim() ? `${goal}\n\nInstructions: ${instructions}` : goal;
  const asked = await ownPrompt(summary, planPrompt(goal, instructions), flags.file, ctx.cwd);
  using progress = new AnswerProgress(ctx, flags.quiet, "Waiting for the plan");
  const shown = {
    ...flags,
    output: undefined,
    json: false,
    jsonSchema: undefined,
    continue: false,
    exitOnFailure: flags.exitOnFailure || target !== undefined,
    wants: "plan",
  };
  const view = target === undefined ? undefined : await planView(progress.ctx, target, flags);
  return await execSession(progress.ctx, { ...shown, view }, {
    ...asked,
    options,
    resume: undefined,
    streamInput: false,
  });
}
