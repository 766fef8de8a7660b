/** `zag run`: an interactive session, with the terminal in the agent's hands. */
import type { LaunchOutcome } from "../../agent/outcome.ts";
import { defineCommand, type FlagValues, listFlag, valueFlag } from "../command.ts";
import type { CliContext } from "../context.ts";
import {
  agentFlags,
  exitFlag,
  type GlobalFlags,
  isolationFlags,
  metadataFlags,
  resumeFlags,
} from "../flags.ts";

const flags = {
  ...agentFlags,
  ...isolationFlags,
  ...metadataFlags,
  ...resumeFlags,
  ...exitFlag,
  context: listFlag({
    placeholder: "session",
    brief: "Put the result of another session before the prompt",
  }),
  plan: valueFlag({ placeholder: "path", brief: "Put a plan file before the prompt" }),
};

type RunFlags = FlagValues<typeof flags> & FlagValues<GlobalFlags>;

export const runCommand = defineCommand({
  name: "run",
  brief: "Start an interactive session with an agent",
  detail: "The agent takes over the terminal until it ends. Without a prompt it starts with an " +
    "empty conversation. With --json or --json-schema the session is not interactive: it runs as " +
    '"zag exec" does.',
  flags,
  operand: { name: "prompt", brief: "The first message" },
  run: runRun,
});

async function runRun(
  ctx: CliContext,
  flags: RunFlags,
  operands: readonly string[],
): Promise<number> {
  const { checkCombinations, conflict, toOptions } = await import("../agent_flags.ts");
  const { CliError, UsageError } = await import("../errors.ts");
  checkCombinations(flags);
  const resumes = flags.resume !== undefined
    ? "--resume"
    : flags.continue
    ? "--continue"
    : undefined;
  const json = flags.jsonSchema !== undefined ? "--json-schema" : flags.json ? "--json" : undefined;
  if (resumes !== undefined && json !== undefined) conflict(json, resumes);
  if (resumes !== undefined && operands[0] !== undefined) {
    throw new UsageError(
      `Cannot use a prompt together with ${resumes}: "zag exec ${resumes}" takes one`,
    );
  }
  if (flags.exit !== undefined) {
    throw new CliError("Cannot use --exit: this version of zag does not collect results", 1);
  }
  if (json !== undefined) {
    if (operands[0] === undefined) {
      throw new UsageError(`Cannot use ${json} without a prompt: there is nothing to answer`);
    }
    const { runExec } = await import("./exec.ts");
    return await runExec(ctx, { ...flags, ...NOT_FOR_RUN }, operands);
  }
  if (!ctx.stdin.isTerminal || !ctx.stdout.isTerminal) {
    throw new CliError(
      "Cannot start an interactive session: stdin and stdout must be a terminal",
      1,
      'use "zag exec" where there is no terminal',
    );
  }
  const { launch } = await import("../../agent/launch.ts");
  const { listenForInterrupts } = await import("../interrupts.ts");
  const { diagnosed } = await import("../diagnostics.ts");
  const { printMessage } = await import("../message.ts");
  const attempt = async () => {
    let handedOver = false;
    using interrupts = listenForInterrupts({ leaveSigint: () => handedOver });
    return await diagnosed(ctx, flags.debug, launch)({
      command: "run",
      options: toOptions(flags),
      prompt: operands[0],
      resume: flags.resume !== undefined
        ? { id: flags.resume }
        : flags.continue
        ? { latest: true }
        : undefined,
      streamInput: false,
      takesTerminal: true,
      signal: interrupts.signal,
      observer: {
        warning: (message) => void (flags.quiet || printMessage(ctx, `warning: ${message}`)),
        debug: (message) => void (flags.debug && printMessage(ctx, `* ${message}`)),
        starting: ({ autoSelected, provider, modelName, autoApprove, sessionId }) => {
          handedOver = true;
          if (flags.quiet) return;
          const chosen = autoSelected === undefined ? "" : `> Auto-selected: ${autoSelected}\n`;
          printMessage(
            ctx,
            `${chosen}✓ ${provider.displayName} starts with model ${modelName}` +
              `${autoApprove ? " (auto approve)" : ""}\n> Session: ${sessionId}`,
          );
        },
      },
      host: ctx,
    });
  };
  let outcome: LaunchOutcome;
  try {
    outcome = await attempt();
  } catch (error) {
    // An interactive agent may always start; the one that chooses it for "auto" need not.
    const { askForPrint } = await import("../print_gate.ts");
    if (!await askForPrint(ctx, error)) throw error;
    outcome = await attempt();
  }
  return await report(ctx, outcome, flags);
}

/** The flags of `exec` that `run` does not have. */
const NOT_FOR_RUN = {
  jsonStream: false,
  output: undefined,
  inputFormat: undefined,
  replayUserMessages: false,
  includePartialMessages: false,
  exitOnFailure: false,
  exit: undefined,
} as const;

async function report(ctx: CliContext, outcome: LaunchOutcome, flags: RunFlags): Promise<number> {
  const { reportOutcome } = await import("../outcome_report.ts");
  if (!flags.quiet) {
    const { warnAboutProgram } = await import("../program_advice.ts");
    await warnAboutProgram(ctx, outcome, "run");
  }
  const code = await reportOutcome(ctx, outcome, {
    exitOnFailure: false,
    quiet: flags.quiet,
    showUsage: false,
    needsAnswer: false,
  });
  if (!flags.quiet && outcome.resumable && (outcome.settled || outcome.endedBy !== undefined)) {
    await ctx.stderr.write(`> Resume with: zag run --resume ${outcome.sessionId}\n`);
  }
  return code;
}
