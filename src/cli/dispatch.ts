/**
 * Hands a parsed command line to stricli, which gives the values their types and calls the command.
 *
 * Stricli reads arguments more loosely than this program's grammar allows, so it gets them in a form
 * that it cannot misread. It also prints failures itself, stack included, and has exit codes of its
 * own: here each of its texts throws instead, and the error is treated like any other.
 *
 * @module
 */

import {
  ArgumentParseError,
  buildApplication,
  buildCommand,
  buildRouteMap,
  type CommandContext,
  type RouteMap,
  run,
  text_en,
} from "@stricli/core";
import type { ParsedCommand } from "./argv.ts";
import {
  type AnyCommand,
  type Flag,
  flagName,
  type FlagValues,
  isGroup,
  type OptionalFlag,
  type Route,
  type SwitchFlag,
} from "./command.ts";
import type { CliContext } from "./context.ts";
import { quote, UsageError } from "./errors.ts";
import { commandFlags } from "./flag_lookup.ts";
import type { GlobalFlags } from "./flags.ts";
import { isName } from "./names.ts";
import { didYouMean } from "../suggest.ts";

/** Texts that stricli would take for a flag, or for the end of the flags, if they stood alone. */
const MISREAD = /^(--|-[a-z]+|-[a-z]=.+|--[a-z][a-z-.\d_]+(=.+)?)$/i;

/**
 * Runs a parsed command.
 *
 * @returns The exit code of the command.
 * @throws {UsageError} If a value is not what its flag takes; else what the command throws.
 */
export async function dispatch(parsed: ParsedCommand, ctx: CliContext): Promise<number> {
  let exitCode: number | undefined;
  const root = buildRoutes(parsed.path, async (command, flags, operands) => {
    exitCode = await command.run(ctx, flags, operands);
  });
  const app = buildApplication(root, {
    name: "zag",
    scanner: { caseStyle: "allow-kebab-for-camel", allowArgumentEscapeSequence: true },
    localization: { text: throwingText },
  }, {});
  await run(app, canonicalArgv(parsed), { process: { stdout: silent, stderr: silent } });
  if (exitCode === undefined) throw new Error(`Nothing ran for ${JSON.stringify(parsed.path)}`);
  return exitCode;
}

/** The command line in the one form that stricli reads as it is meant. */
export function canonicalArgv({ path, command, values, operands }: ParsedCommand): string[] {
  const flags = commandFlags(command);
  const argv = path.map(({ name }) => name);
  for (const [key, texts] of values) {
    const name = `--${flagName(key)}`;
    for (const text of texts) {
      if (flags[key]?.kind === "switch") argv.push(name);
      // A bare optional flag is an empty value.
      else if (text === undefined) argv.push(name, "");
      else if (MISREAD.test(text)) argv.push(`${name}=${text}`);
      else argv.push(name, text);
    }
  }
  return [...argv, "--", ...operands];
}

type RunCommand = (
  command: AnyCommand,
  flags: FlagValues<Record<string, Flag>> & FlagValues<GlobalFlags>,
  operands: string[],
) => Promise<void>;

/** A route map that holds just the path to the command that was found. */
function buildRoutes(
  path: readonly Route[],
  runCommand: RunCommand,
): RouteMap<CommandContext> {
  const [route, ...rest] = path;
  if (route === undefined) throw new Error("A path leads to a command");
  const target = isGroup(route) ? buildRoutes(rest, runCommand) : toStricli(route, runCommand);
  return buildRouteMap({ routes: { [route.name]: target }, docs: { brief: route.brief } });
}

function toStricli(command: AnyCommand, runCommand: RunCommand) {
  const flags = Object.entries(commandFlags(command)).map(([key, flag]) => [
    key,
    toStricliFlag(key, flag),
  ]);
  return buildCommand({
    func: async (values: never, ...operands: string[]) =>
      await runCommand(command, values, operands),
    // The flags are known at run time only, so their types are those of our own table.
    parameters: {
      flags: Object.fromEntries(flags) as never,
      positional: {
        kind: "array",
        parameter: { brief: command.operand?.brief ?? "", parse: (text: string) => text },
      },
    },
    docs: { brief: command.brief },
  });
}

function toStricliFlag(key: string, flag: Flag): Record<string, unknown> {
  const { brief } = flag;
  if (flag.kind === "switch") return { kind: "boolean", brief, default: false, withNegated: false };
  const parse = (text: string) => parseValue(key, flag, text);
  return flag.kind === "list"
    ? { kind: "parsed", brief, parse, variadic: true, default: [] }
    : { kind: "parsed", brief, parse, optional: true };
}

function parseValue(key: string, flag: Exclude<Flag, SwitchFlag>, text: string): unknown {
  if (flag.kind === "optional") return parseOptional(key, flag, text);
  // Stricli has choices too, but needs 10 ms to look for similar ones.
  if (flag.kind === "value" && flag.choices) return parseChoice(key, flag.choices, text);
  return flag.parse === undefined ? text : flag.parse(text);
}

function parseChoice(key: string, choices: readonly string[], text: string): string {
  if (choices.includes(text)) return text;
  throw new UsageError(
    `Cannot use ${quote(text)} for "--${flagName(key)}": it must be one of ${choices.join(", ")}`,
    didYouMean(text, choices),
  );
}

function parseOptional(key: string, { take }: OptionalFlag, text: string): string | true {
  if (text === "") return true;
  const slash = take === "name-with-slash";
  if (take === "any" || isName(text, slash)) return text;
  throw new UsageError(
    `Cannot use ${quote(text)} as the name for "--${flagName(key)}"`,
    `A name has at most 100 letters, digits and ${slash ? "._-/" : "._-"}, starts with a letter ` +
      'or digit, and has no ".." in it',
  );
}

function toError(error: unknown): unknown {
  if (error instanceof ArgumentParseError) {
    const { exception, externalFlagNameOrPlaceholder: name } = error;
    if (exception instanceof UsageError) return exception;
    const reason = exception instanceof Error ? exception.message : String(exception);
    return new UsageError(`Wrong value for "--${name}": ${reason}`);
  }
  return error;
}

function throwError(error: unknown): never {
  throw toError(error);
}

const throwingText = {
  ...text_en,
  exceptionWhileParsingArguments: throwError,
  exceptionWhileLoadingCommandFunction: throwError,
  exceptionWhileLoadingCommandContext: throwError,
  exceptionWhileRunningCommand: throwError,
  commandErrorResult: throwError,
  noCommandRegisteredForInput({ input }: { input: string }): never {
    throw new Error(`Stricli has no route for ${quote(input)}`);
  },
};

const silent = {
  write(text: string): never {
    throw new Error(`Stricli printed ${quote(text)}`);
  },
};
