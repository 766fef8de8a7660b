/** What a finished session means to the shell: an exit code, and a sentence where it went wrong. */
import { isDeadline, type LaunchOutcome } from "../agent/outcome.ts";
import type { Usage } from "../events/event.ts";
import { signalNumber } from "../processes/signals.ts";
import type { CliContext } from "./context.ts";
import { printError } from "./errors.ts";
import { printMessage } from "./message.ts";

/** How strictly an outcome is judged, and how much is said about it. */
export interface ReportOptions {
  exitOnFailure: boolean;
  quiet: boolean;
  showUsage: boolean;
  /** An answer without text counts as a failure; not so where there is no answer to look at. */
  needsAnswer: boolean;
  /** What the answer is, such as `plan`, where an empty one counts as a failure in any case. */
  wants?: string | undefined;
}

/** Says on stderr what the person has to know, however the session ended. */
export async function reportConduct(
  ctx: CliContext,
  outcome: LaunchOutcome,
  options: Pick<ReportOptions, "quiet" | "showUsage">,
): Promise<void> {
  if (outcome.denied.length > 0 && !options.quiet) {
    const tools = outcome.denied.map((tool) => `"${tool}"`).join(", ");
    await printMessage(
      ctx,
      `warning: ${outcome.agentName} was not allowed to use ${tools}` +
        (outcome.hasPolicy ? " by its permissions" : ": nobody can be asked in a " +
          "non-interactive run; -a/--auto-approve allows every tool"),
    );
  }
  if (options.showUsage) await ctx.stderr.write(formatUsage(outcome.output.usage));
}

/** Says on stderr what the person has to know and returns the exit code. */
export async function reportOutcome(
  ctx: CliContext,
  outcome: LaunchOutcome,
  options: ReportOptions,
): Promise<number> {
  await reportConduct(ctx, outcome, options);
  const { endedBy, failure } = outcome;
  if (outcome.submitted !== undefined) return 0;
  if (endedBy?.kind === "budget") {
    await printError(ctx, failure ?? "", hintFor(outcome));
    return 125;
  }
  if (isDeadline(endedBy)) {
    await printError(ctx, failure ?? "", hintFor(outcome));
    return 124;
  }
  if (endedBy?.kind === "aborted") {
    return endedBy.signal === undefined ? 1 : 128 + signalNumber(endedBy.signal);
  }
  if (endedBy?.kind === "requested") {
    await printError(ctx, failure ?? "", hintFor(outcome));
    return 2;
  }
  if (outcome.inputError !== undefined) throw outcome.inputError;
  if (!outcome.settled) {
    const hints = [hintFor(outcome), await adviceFor(ctx, outcome)];
    await printError(ctx, failure ?? "", hints.filter((hint) => hint !== undefined).join("\n"));
    return 2;
  }
  if (!outcome.success) {
    await reportFailure(ctx, outcome);
    // Whoever has kept it from going on has ended it, as "zag cancel" does.
    return outcome.waitCancelled ? 2 : options.exitOnFailure ? 1 : 0;
  }
  const { exitOnFailure, needsAnswer, wants } = options;
  const isEmpty = outcome.printedNothing ?? !outcome.output.result?.trim();
  if ((exitOnFailure || wants !== undefined) && needsAnswer && isEmpty) {
    const without = wants === undefined ? "" : `: there is no ${wants}`;
    await printError(ctx, `${outcome.agentName} gave an empty answer${without}`, undefined);
    return 1;
  }
  return 0;
}

/** Says that the agent has failed, and what can be done about a limit that it has hit. */
export async function reportFailure(ctx: CliContext, outcome: LaunchOutcome): Promise<void> {
  const message = `${outcome.agentName} reported a failure: ${outcome.failure}`;
  await printError(ctx, message, await adviceFor(ctx, outcome));
}

async function adviceFor(ctx: CliContext, outcome: LaunchOutcome): Promise<string | undefined> {
  if (!outcome.limited) return undefined;
  return (await import("./limit_view.ts")).limitAdvice(outcome, ctx.now());
}

function hintFor(outcome: LaunchOutcome): string | undefined {
  return outcome.logPath === undefined ? undefined : `the log is ${outcome.logPath}`;
}

function formatUsage(usage: Usage | null): string {
  if (!usage) return "tokens: not reported by the agent\n";
  const extra: [string, number | null][] = [
    ["cache read", usage.cache_read_tokens],
    ["cache creation", usage.cache_creation_tokens],
    ["web searches", usage.web_search_requests],
    ["web fetches", usage.web_fetch_requests],
  ];
  const counted = extra.filter(([, count]) => count).map(([name, count]) => `, ${count} ${name}`);
  return `tokens: ${usage.input_tokens} in, ${usage.output_tokens} out${counted.join("")}\n`;
}
