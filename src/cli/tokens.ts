/**
 * Reads single flags off a command line. What a flag means for a command is decided elsewhere.
 *
 * @module
 */

import { type Flag, flagName, type OptionalFlag } from "./command.ts";
import { quote, UsageError } from "./errors.ts";
import { type FlagLookup, visibleNames } from "./flag_lookup.ts";
import { didYouMean } from "../suggest.ts";

const SHORT = /^-[A-Za-z]+$/;
const LONG = /^--([a-z][a-z0-9-]*)(?:=([\s\S]*))?$/;

/** A flag as it was written. */
export interface GivenFlag {
  /** Name or letter, without dashes. */
  readonly name: string;
  readonly flag: Flag;
  /** The value; undefined for a switch and for an optional value left out. */
  readonly value: string | undefined;
  /** Whether the value was an argument of its own, so that it could also be an operand. */
  readonly separate: boolean;
}

/** What holds at the place where flags are read. */
export interface Scope {
  readonly lookup: FlagLookup;
  /** Where it is, for messages: ` for "zag exec"`, or nothing. */
  readonly where: string;
  /** Whether an argument after a bare optional flag may be its value. */
  takes(flag: OptionalFlag, next: string): boolean;
  /** Whether an argument ends the values of a flag that takes the rest; absent where none can be. */
  endsRest?(token: string): boolean;
}

/** The flags that one argument holds, and where to read on. */
export interface FlagRead {
  readonly given: readonly GivenFlag[];
  readonly next: number;
}

/** Whether an argument has the shape of a flag, known or not. Everything else is an operand. */
export function isFlagShaped(token: string): boolean {
  return SHORT.test(token) || LONG.test(token);
}

/** How a name or letter is written. */
export function dashed(name: string): string {
  return name.length === 1 ? `-${name}` : `--${name}`;
}

/**
 * Reads the flags at a position, with the value that may follow.
 *
 * @returns Undefined if there is no flag there.
 * @throws {UsageError} If a flag is unknown, or has too few or too many values.
 */
export function readFlag(
  args: readonly string[],
  index: number,
  scope: Scope,
): FlagRead | undefined {
  const token = args[index] ?? "";
  const long = LONG.exec(token);
  if (long === null) return readCluster(args, index, scope);

  const [, name = "", value] = long;
  const flag = scope.lookup.get(name)?.flag;
  if (flag === undefined) throw unknownFlag(`--${name}`, token, scope);
  if (value === undefined) return readValue(args, index, scope, name, flag);
  if (flag.kind === "switch") {
    throw new UsageError(`Cannot use ${quote(token)}: "--${name}" takes no value`);
  }
  return { given: [{ name, flag, value, separate: false }], next: index + 1 };
}

/** Reads `-q`, `-aq`, `-p mock`, `-pmock` and `-p=mock`. */
function readCluster(
  args: readonly string[],
  index: number,
  scope: Scope,
): FlagRead | undefined {
  const token = args[index] ?? "";
  if (!/^-[A-Za-z]/.test(token)) return undefined;
  // "-root x" would otherwise be read as "-r oot".
  if (token.length > 2 && scope.lookup.has(token.slice(1))) {
    throw new UsageError(`Unknown flag ${quote(token)}${scope.where}`, `Did you mean "-${token}"?`);
  }
  const given: GivenFlag[] = [];
  for (let at = 1; at < token.length; at++) {
    const name = token.charAt(at);
    const flag = scope.lookup.get(name)?.flag;
    if (flag === undefined) {
      if (!SHORT.test(token)) return undefined;
      throw unknownFlag(`-${name}`, token, scope);
    }
    if (flag.kind === "switch") {
      given.push({ name, flag, value: undefined, separate: false });
      continue;
    }
    const rest = token.slice(at + 1);
    if (rest === "") {
      const last = readValue(args, index, scope, name, flag);
      return { given: [...given, ...last.given], next: last.next };
    }
    // A sentence that happens to start like a flag is text.
    if (!rest.startsWith("=") && /\s/.test(rest)) return undefined;
    const value = rest.replace(/^=/, "");
    return { given: [...given, { name, flag, value, separate: false }], next: index + 1 };
  }
  return { given, next: index + 1 };
}

/** Reads a flag to which no value is attached. */
function readValue(
  args: readonly string[],
  index: number,
  scope: Scope,
  name: string,
  flag: Flag,
): FlagRead {
  const bare = { given: [{ name, flag, value: undefined, separate: false }], next: index + 1 };
  if (flag.kind === "switch") return bare;
  if (flag.kind === "list" && flag.takesRest) return readRest(args, index, scope, name, flag);

  const value = args[index + 1];
  const usable = value !== undefined && value !== "--" && !isFlagShaped(value);
  if (flag.kind === "optional" && !(usable && scope.takes(flag, value))) return bare;
  if (!usable) throw missingValue(scope.lookup.get(name)?.key ?? name, value);
  return { given: [{ name, flag, value, separate: true }], next: index + 2 };
}

/** Reads all that follows as values. */
function readRest(
  args: readonly string[],
  index: number,
  scope: Scope,
  name: string,
  flag: Flag,
): FlagRead {
  const { endsRest } = scope;
  if (!endsRest) {
    throw new UsageError(`Flag "${dashed(name)}" must stand after its command`);
  }
  const after = args.slice(index + 1);
  const end = after.findIndex((token) => endsRest(token));
  const values = end < 0 ? after : after.slice(0, end);
  if (values.length === 0) throw missingValue(name, after[0]);
  return {
    given: values.map((value) => ({ name, flag, value, separate: true })),
    next: index + 1 + values.length,
  };
}

function missingValue(key: string, next: string | undefined): UsageError {
  const long = `--${flagName(key)}`;
  const message = `Missing value for "${long}"`;
  if (next === undefined) return new UsageError(message);
  return new UsageError(
    `${message}: ${quote(next)} looks like a flag`,
    `To pass it as the value, write ${quote(`${long}=${next}`)}`,
  );
}

function unknownFlag(shown: string, token: string, scope: Scope): UsageError {
  const inside = token.startsWith("--") || token.length === 2 ? "" : ` in ${quote(token)}`;
  const near = shown.startsWith("--") ? didYouMean(shown, visibleNames(scope.lookup)) : undefined;
  const asText = `To pass ${quote(token)} as text, put it after "--"`;
  return new UsageError(
    `Unknown flag "${shown}"${inside}${scope.where}`,
    near === undefined ? asText : `${near} ${asText}`,
  );
}
