/** What `zag run` does besides when its agent is to hand in a result. */
import type { LaunchOutcome } from "../agent/outcome.ts";
import type { TerminalKind } from "../agent/settle.ts";
import type { ExitConstraints } from "../sessions/records.ts";
import type { CliContext } from "./context.ts";

/** The flags of `run` that matter here. */
export interface ExitRunFlags {
  readonly exit: string | true | undefined;
  readonly headless: boolean;
  readonly json: boolean;
  readonly jsonSchema: string | undefined;
  readonly resume: string | undefined;
  readonly continue: boolean;
  readonly plan: string | undefined;
  readonly file: readonly string[];
  readonly context: readonly string[];
  readonly quiet: boolean;
}

/**
 * Where the agent's interface goes.
 *
 * @throws {CliError} when there is no terminal for it
 * @throws {PtyUnavailableError} when the system has none that nobody sees
 * @throws {Deno.errors.NotCapable} without the permission to make or open one
 */
export async function chooseTerminal(ctx: CliContext, flags: ExitRunFlags): Promise<TerminalKind> {
  if (flags.headless || !ctx.stdin.isTerminal || !ctx.stdout.isTerminal) {
    return await otherTerminal(flags);
  }
  return "shared";
}

async function otherTerminal(flags: ExitRunFlags): Promise<TerminalKind> {
  const { CliError } = await import("./errors.ts");
  // A session that goes on may be one that ends with a result; it is looked up later.
  if (flags.exit === undefined && flags.resume === undefined && !flags.continue) {
    throw new CliError(
      "Cannot start an interactive session: stdin and stdout must be a terminal",
      1,
      'use "zag exec" where there is no terminal, or "zag run --exit --headless"',
    );
  }
  // The result goes to stdout, so that the agent has to use the terminal by its own name.
  const { hasTerminal } = await import("../processes/terminal.ts");
  if (!flags.headless && !hasTerminal()) {
    throw new CliError(
      "Cannot start an interactive session: there is no terminal",
      1,
      "--headless gives the agent one that nobody sees",
    );
  }
  // Both need the C library. Nothing is recorded yet.
  const { libc } = await import("../processes/pty_libc.ts");
  libc();
  return flags.headless ? "private" : "person";
}

/** What an agent is asked that nobody can ask anything later. */
export async function headlessPrompt(
  ctx: CliContext,
  flags: ExitRunFlags,
  given: string | undefined,
): Promise<string | undefined> {
  const { UsageError } = await import("./errors.ts");
  const hint = given === undefined && typeof flags.exit === "string"
    ? `${JSON.stringify(flags.exit)} is the hint of --exit; a prompt comes after it`
    : undefined;
  const told = flags.plan !== undefined || flags.file.length > 0 || flags.context.length > 0;
  if (given === undefined && (told || ctx.stdin.isTerminal)) {
    if (told) return undefined;
    throw new UsageError(
      "Cannot use --headless without a prompt: there would be nothing to do",
      hint,
    );
  }
  const { readPrompt } = await import("./prompt_input.ts");
  try {
    return await readPrompt(ctx, given, "run --headless", flags.quiet);
  } catch (error) {
    throw error instanceof UsageError ? new UsageError(error.message, hint) : error;
  }
}

/** The first message, with piped input below it; a session that goes on takes none. */
export async function withPiped(
  ctx: CliContext,
  flags: ExitRunFlags,
  given: string | undefined,
): Promise<string | undefined> {
  if (ctx.stdin.isTerminal || flags.resume !== undefined || flags.continue) return given;
  const { readPiped, readPrompt } = await import("./prompt_input.ts");
  if (given !== undefined) return await readPrompt(ctx, given, "run", flags.quiet);
  const piped = await readPiped(ctx, flags.quiet);
  return piped?.trim() ? piped : undefined;
}

/** What a result has to satisfy, by the flags. */
export async function exitConstraints(
  ctx: CliContext,
  flags: ExitRunFlags,
): Promise<ExitConstraints> {
  const { readSchemaFlag } = await import("./schema_flag.ts");
  const schema = (await readSchemaFlag(ctx, flags))?.schema;
  const hint = typeof flags.exit === "string" ? flags.exit.trim() : "";
  return {
    hint,
    jsonMode: flags.json || schema !== undefined,
    ...(schema === undefined ? {} : { schema }),
  };
}

/** Prints the result for programs; a person at a terminal is told where it is. */
export async function showResult(
  ctx: CliContext,
  result: string,
  { sessionId, exitConstraints }: LaunchOutcome,
  flags: ExitRunFlags,
): Promise<void> {
  if (ctx.stdout.isTerminal && !flags.headless) {
    if (!flags.quiet) await ctx.stderr.write(`> Result: zag output ${sessionId}\n`);
    return;
  }
  const json = exitConstraints?.jsonMode === true;
  const text = json ? await onOneLine(result) : result.replace(/[\r\n]+$/, "");
  const { jsonText } = await import("./json_text.ts");
  const { messageText } = await import("../events/render/plain_text.ts");
  const shown = json ? jsonText(ctx, text) : ctx.stdout.isTerminal ? messageText(text) : text;
  await ctx.stdout.write(shown + "\n");
}

async function onOneLine(json: string): Promise<string> {
  const { compactJson } = await import("../json/compact_json.ts");
  try {
    return compactJson({ text: json, value: JSON.parse(json) });
  } catch (error) {
    if (error instanceof RangeError) return json;
    throw error;
  }
}
