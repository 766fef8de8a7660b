/** `zag run`: an interactive session, with the terminal in the agent's hands. */
import type { LaunchOutcome } from "../../agent/outcome.ts";
import type { TerminalKind } from "../../agent/settle.ts";
import type { ExitConstraints } from "../../sessions/records.ts";
import { defineCommand, type FlagValues, listFlag, valueFlag } from "../command.ts";
import type { CliContext } from "../context.ts";
import {
  agentFlags,
  exitFlags,
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
  ...exitFlags,
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
    '"zag exec" does.\n\n' +
    "With --exit the agent ends the session itself: it hands in its result by calling " +
    '"zag ps kill self RESULT", which refuses what is not JSON under --json, or does not match ' +
    "--json-schema. The result is what zag output prints then; where stdout is no terminal, and " +
    "with --headless, zag run prints it itself. A session that ends without a result ends with 2.",
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
  const { UsageError } = await import("../errors.ts");
  checkCombinations(flags);
  const resumes = flags.resume !== undefined
    ? "--resume"
    : flags.continue
    ? "--continue"
    : undefined;
  const json = flags.jsonSchema !== undefined ? "--json-schema" : flags.json ? "--json" : undefined;
  if (resumes !== undefined && json !== undefined && flags.exit === undefined) {
    conflict(json, resumes);
  }
  if (resumes !== undefined && operands[0] !== undefined) {
    throw new UsageError(
      `Cannot use a prompt together with ${resumes}: "zag exec ${resumes}" takes one`,
    );
  }
  if (flags.headless && flags.exit === undefined) {
    throw new UsageError("Cannot use --headless without --exit: nobody could end the session");
  }
  if (json !== undefined && flags.exit === undefined) {
    if (operands[0] === undefined) {
      throw new UsageError(`Cannot use ${json} without a prompt: there is nothing to answer`);
    }
    const { runExec } = await import("./exec.ts");
    return await runExec(ctx, { ...flags, ...NOT_FOR_RUN }, operands);
  }
  const exit = flags.exit === undefined ? undefined : await exitConstraints(ctx, flags);
  const terminal = await chooseTerminal(ctx, flags);
  const prompt = terminal === "private" ? await headlessPrompt(ctx, flags, operands) : operands[0];
  const { launch } = await import("../../agent/launch.ts");
  const { listenForInterrupts } = await import("../interrupts.ts");
  const { diagnosed } = await import("../diagnostics.ts");
  const { printMessage } = await import("../message.ts");
  const attempt = async () => {
    let handedOver = false;
    using interrupts = listenForInterrupts({
      leaveSigint: () => handedOver && terminal !== "private",
    });
    return await diagnosed(ctx, flags.debug, launch)({
      command: "run",
      options: toOptions(flags),
      prompt,
      resume: flags.resume !== undefined
        ? { id: flags.resume }
        : flags.continue
        ? { latest: true }
        : undefined,
      streamInput: false,
      exit,
      terminal,
      takesTerminal: terminal !== "private",
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

/** Where the agent's interface goes. */
async function chooseTerminal(ctx: CliContext, flags: RunFlags): Promise<TerminalKind> {
  if (flags.headless) return "private";
  if (ctx.stdin.isTerminal && ctx.stdout.isTerminal) return "shared";
  const { CliError } = await import("../errors.ts");
  if (flags.exit === undefined) {
    throw new CliError(
      "Cannot start an interactive session: stdin and stdout must be a terminal",
      1,
      'use "zag exec" where there is no terminal, or "zag run --exit --headless"',
    );
  }
  // The result goes to stdout, so that the agent has to use the terminal by its own name.
  const { hasTerminal } = await import("../../processes/terminal.ts");
  if (hasTerminal()) return "person";
  throw new CliError(
    "Cannot start an interactive session: there is no terminal",
    1,
    "--headless gives the agent one that nobody sees",
  );
}

/** What an agent is asked that nobody can ask anything later. */
async function headlessPrompt(
  ctx: CliContext,
  flags: RunFlags,
  operands: readonly string[],
): Promise<string | undefined> {
  const { UsageError } = await import("../errors.ts");
  if (flags.resume !== undefined || flags.continue) {
    throw new UsageError(
      `Cannot use --headless together with ${flags.continue ? "--continue" : "--resume"}: nobody ` +
        "could say how the session goes on",
    );
  }
  const hint = operands[0] === undefined && typeof flags.exit === "string"
    ? `${JSON.stringify(flags.exit)} is the hint of --exit; a prompt comes after it`
    : undefined;
  const told = flags.plan !== undefined || flags.file.length > 0 || flags.context.length > 0;
  if (operands[0] === undefined && (told || ctx.stdin.isTerminal)) {
    if (told) return undefined;
    throw new UsageError(
      "Cannot use --headless without a prompt: there would be nothing to do",
      hint,
    );
  }
  const { readPrompt } = await import("../prompt_input.ts");
  try {
    return await readPrompt(ctx, operands[0], "run --headless", flags.quiet);
  } catch (error) {
    throw error instanceof UsageError ? new UsageError(error.message, hint) : error;
  }
}

/** What a result has to satisfy, by the flags. */
async function exitConstraints(ctx: CliContext, flags: RunFlags): Promise<ExitConstraints> {
  let schema: unknown;
  if (flags.jsonSchema !== undefined) {
    const [{ loadSchema }, { compileSchema }] = await Promise.all([
      import("../../json/schema_file.ts"),
      import("../../json/schema.ts"),
    ]);
    schema = await loadSchema(flags.jsonSchema, ctx.cwd);
    // One that cannot be used is refused before the agent starts.
    await compileSchema(schema);
  }
  const hint = typeof flags.exit === "string" ? flags.exit.trim() : "";
  return {
    hint,
    jsonMode: flags.json || schema !== undefined,
    ...(schema === undefined ? {} : { schema }),
  };
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
  if (outcome.submitted !== undefined) {
    await showResult(ctx, outcome.submitted, outcome.sessionId, flags);
    return code;
  }
  if (flags.headless && outcome.stderr !== "" && outcome.endedBy !== undefined) {
    const { printMessage } = await import("../message.ts");
    await printMessage(ctx, `The agent's screen showed:\n${outcome.stderr}`);
  }
  if (!flags.quiet && outcome.resumable && (outcome.settled || outcome.endedBy !== undefined)) {
    await ctx.stderr.write(`> Resume with: zag run --resume ${outcome.sessionId}\n`);
  }
  return code;
}

/** Prints the result for programs; a person at a terminal is told where it is. */
async function showResult(
  ctx: CliContext,
  result: string,
  sessionId: string,
  flags: RunFlags,
): Promise<void> {
  if (ctx.stdout.isTerminal && !flags.headless) {
    if (!flags.quiet) await ctx.stderr.write(`> Result: zag output ${sessionId}\n`);
    return;
  }
  const json = flags.json || flags.jsonSchema !== undefined;
  const text = json ? JSON.stringify(JSON.parse(result)) : result.replace(/[\r\n]+$/, "");
  const { jsonText } = await import("../json_text.ts");
  const { messageText } = await import("../../events/render/plain_text.ts");
  const shown = json ? jsonText(ctx, text) : ctx.stdout.isTerminal ? messageText(text) : text;
  await ctx.stdout.write(shown + "\n");
}
