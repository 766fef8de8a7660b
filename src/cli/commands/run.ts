/** `zag run`: an interactive session, with the terminal in the agent's hands. */
import type { Isolation } from "../../agent/isolate.ts";
import type { LaunchRequest } from "../../agent/launch_request.ts";
import type { LaunchOutcome } from "../../agent/outcome.ts";
import type { TerminalKind } from "../../agent/settle.ts";
import { defineCommand, type FlagValues, listFlag, switchFlag, valueFlag } from "../command.ts";
import type { CliContext } from "../context.ts";
import type { LimitsShown } from "../limits_shown.ts";
import type { LoggedUsage } from "../logged_usage.ts";
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
  resume: resumeFlags.resume,
  continue: switchFlag({ brief: "Go on with the interactive session that was used last" }),
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
    "empty conversation, with --exit with how it is to end. With --json or --json-schema the session is not interactive: it runs as " +
    '"zag exec" does.\n\n' +
    "With --exit the agent ends the session itself: it hands in its result by calling " +
    '"zag ps kill self RESULT", which refuses what is not JSON under --json, or does not match ' +
    "--json-schema. The result is what zag output prints then; where stdout is no terminal, and " +
    "with --headless, zag run prints it itself. A session that ends without a result ends with 2.",
  flags,
  operand: {
    name: "prompt",
    brief: "The first message",
    neededWith: (keys) => (keys.has("json") || keys.has("jsonSchema")) && !keys.has("exit"),
  },
  run: runRun,
});

async function runRun(
  ctx: CliContext,
  flags: RunFlags,
  operands: readonly string[],
): Promise<number> {
  const notInteractive = await checkFlags(flags, operands[0]);
  if (notInteractive) {
    const { runExec } = await import("./exec.ts");
    return await runExec(ctx, { ...flags, ...NOT_FOR_RUN }, operands);
  }
  const { chooseTerminal, exitConstraints, headlessPrompt, withPiped } = await import(
    "../exit_run.ts"
  );
  const exit = flags.exit === undefined ? undefined : await exitConstraints(ctx, flags);
  const terminal = await chooseTerminal(ctx, flags);
  const prompt = terminal === "private"
    ? await headlessPrompt(ctx, flags, operands[0])
    : await withPiped(ctx, flags, operands[0]);
  let place: Isolation | undefined;
  const endIsolation = (isolation: Isolation) => {
    place = isolation;
    return Promise.resolve();
  };
  let outcome: LaunchOutcome | undefined;
  const { LimitsShown } = await import("../limits_shown.ts");
  await using limits = new LimitsShown(ctx, flags.quiet);
  const usage = flags.showUsage
    ? new (await import("../logged_usage.ts")).LoggedUsage()
    : undefined;
  const what = { exit, terminal, prompt, endIsolation };
  const start = () => startSession(ctx, flags, what, { limits, usage });
  try {
    try {
      outcome = await start();
    } catch (error) {
      // An interactive agent may always start; the one that chooses it for "auto" need not.
      const { askForPrint } = await import("../print_gate.ts");
      if (!await askForPrint(ctx, error)) throw error;
      outcome = await start();
    }
    await limits.end({ ...outcome, resumable: false });
    const counted = usage ? usage.completed(outcome) : outcome;
    return await report(ctx, counted, flags, place !== undefined);
  } finally {
    if (place) {
      const { endIsolated } = await import("../isolation_view.ts");
      // Whoever had zag end the agent may be gone, and would not be heard.
      const asks = outcome !== undefined && outcome.endedBy === undefined;
      await endIsolated(ctx, place, { asks, quiet: flags.quiet });
    }
  }
}

/**
 * Refuses what contradicts itself.
 *
 * @returns Whether JSON is asked for, without anybody who would hand it in.
 */
async function checkFlags(flags: RunFlags, prompt: string | undefined): Promise<boolean> {
  const { checkCombinations, conflict } = await import("../agent_flags.ts");
  const { UsageError } = await import("../errors.ts");
  checkCombinations(flags);
  const resumes = flags.resume !== undefined
    ? "--resume"
    : flags.continue
    ? "--continue"
    : undefined;
  const json = flags.jsonSchema !== undefined ? "--json-schema" : flags.json ? "--json" : undefined;
  const handsIn = flags.exit !== undefined;
  if (resumes !== undefined && json !== undefined && !handsIn) conflict(json, resumes);
  if (resumes !== undefined && prompt !== undefined && !flags.headless) {
    throw new UsageError(
      `Cannot use a prompt together with ${resumes}: "zag exec ${resumes}" takes one`,
    );
  }
  if (handsIn) return false;
  if (flags.headless) {
    // A session that goes on may have been started with --exit.
    if (resumes !== undefined) return false;
    throw new UsageError("Cannot use --headless without --exit: nobody could end the session");
  }
  if (json === undefined) return false;
  if (prompt === undefined) {
    throw new UsageError(`Cannot use ${json} without a prompt: there is nothing to answer`);
  }
  return true;
}

async function startSession(
  ctx: CliContext,
  flags: RunFlags,
  what: Pick<LaunchRequest, "exit" | "prompt" | "endIsolation"> & {
    readonly terminal: TerminalKind;
  },
  { limits, usage }: { limits: LimitsShown; usage: LoggedUsage | undefined },
): Promise<LaunchOutcome> {
  const { launch } = await import("../../agent/launch.ts");
  const { toOptions } = await import("../agent_flags.ts");
  const { listenForInterrupts } = await import("../interrupts.ts");
  const { diagnosed } = await import("../diagnostics.ts");
  const { printMessage } = await import("../message.ts");
  const { SessionLines } = await import("../session_lines.ts");
  const lines = new SessionLines();
  const seen = what.terminal !== "private";
  const print = (text: string) => limits.before(() => printMessage(ctx, text));
  let handedOver = false;
  using interrupts = listenForInterrupts({ leaveSigint: () => handedOver && seen });
  return await diagnosed(ctx, flags.debug, launch)({
    command: "run",
    options: toOptions(flags),
    ...what,
    resume: flags.resume !== undefined
      ? { id: flags.resume }
      : flags.continue
      ? { latest: true }
      : undefined,
    streamInput: false,
    takesTerminal: seen,
    signal: interrupts.signal,
    observer: {
      ...limits.observer,
      ...(usage && { logged: (event) => usage.add(event) }),
      warning: (message) => void (flags.quiet || print(`warning: ${message}`)),
      debug: (message) => void (flags.debug && print(`* ${message}`)),
      isolated: async (made) => {
        if (flags.quiet) return;
        await (await import("../isolation_view.ts")).sayMade(ctx, made, true);
      },
      starting: (settled) => {
        handedOver = true;
        if (!flags.quiet) printMessage(ctx, lines.start(settled));
      },
    },
    host: ctx,
  });
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

/** @param isApart How the session goes on is said with what becomes of its place. */
async function report(
  ctx: CliContext,
  outcome: LaunchOutcome,
  flags: RunFlags,
  isApart: boolean,
): Promise<number> {
  const { reportOutcome } = await import("../outcome_report.ts");
  const { canGoOn, endLine } = await import("../session_lines.ts");
  if (!flags.quiet) {
    const over = endLine(outcome);
    if (over !== undefined) await ctx.stderr.write(`${over}\n`);
    const { warnAboutProgram } = await import("../program_advice.ts");
    await warnAboutProgram(ctx, outcome, "run");
  }
  const code = await reportOutcome(ctx, outcome, {
    exitOnFailure: false,
    quiet: flags.quiet,
    showUsage: flags.showUsage,
    needsAnswer: false,
  });
  if (outcome.submitted !== undefined) {
    const { showResult } = await import("../exit_run.ts");
    await showResult(ctx, outcome.submitted, outcome, flags);
    return code;
  }
  if (outcome.screen !== "") {
    const { printMessage } = await import("../message.ts");
    await printMessage(ctx, `The agent's screen showed:\n${outcome.screen}`);
  }
  if (!flags.quiet && !isApart && canGoOn(outcome)) {
    const how = flags.headless ? `-a --headless --resume ${outcome.sessionId} "..."` : "";
    await ctx.stderr.write(
      `> Resume with: zag run ${how || `--resume ${outcome.sessionId}`}\n`,
    );
  }
  return code;
}
