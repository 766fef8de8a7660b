/**
 * Reads a command line against the declared commands: which command is meant, what each of its flags
 * is given, and what is an operand. Values stay text here.
 *
 * @module
 */

import { type AnyCommand, type Flag, flagName, isGroup, type Route } from "./command.ts";
import { quote, UsageError } from "./errors.ts";
import { type FlagLookup, lookupAfter, lookupBefore } from "./flag_lookup.ts";
import { isName } from "./names.ts";
import { didYouMean } from "../suggest.ts";
import { dashed, type GivenFlag, isFlagShaped, readFlag, type Scope } from "./tokens.ts";

/** A command with what it is given. */
export interface ParsedCommand {
  readonly kind: "command";
  /** The words that lead to the command, which is the last of them. */
  readonly path: readonly Route[];
  readonly command: AnyCommand;
  /** Per flag key the texts given; undefined stands for a switch or a bare optional flag. */
  readonly values: ReadonlyMap<string, readonly (string | undefined)[]>;
  readonly operands: readonly string[];
}

/** What a command line asks for. */
export type Parsed =
  | ParsedCommand
  | { readonly kind: "help"; readonly path: readonly Route[] }
  | { readonly kind: "help-agent" }
  | { readonly kind: "version" };

const HELP_WORD = "help";

/**
 * Parses a command line, without the name of the program.
 *
 * @throws {UsageError} If it breaks a rule of the grammar.
 */
export function parseArgv(args: readonly string[], routes: readonly Route[]): Parsed {
  const path: Route[] = [];
  try {
    const end = args.indexOf("--");
    const open = end === -1 ? args : args.slice(0, end);
    if (open.includes("--help-agent")) return { kind: "help-agent" };
    const asked = open.some((token) => token === "--help" || token === "-h") &&
      !takesAsValue(args, routes);
    const parsed = asked ? undefined : parseLevels(args, routes, path);
    if (parsed !== undefined) return parsed;
    path.length = 0;
    return { kind: "help", path: findHelpTopic(open, routes, path) };
  } catch (error) {
    if (error instanceof UsageError) error.path ??= path;
    throw error;
  }
}

/** Whether `-h` is but one of the values of a flag that takes the rest of the line. */
function takesAsValue(args: readonly string[], routes: readonly Route[]): boolean {
  try {
    const path: Route[] = [];
    const names = followWords(args.filter((token) => !isFlagShaped(token)), routes, path);
    const command = names.at(-1);
    if (command === undefined || isGroup(command) || !takesRest(command)) return false;
    return parseLevels(args, routes, []) !== undefined;
  } catch {
    return false;
  }
}

function takesRest(command: AnyCommand): boolean {
  return Object.values(command.flags).some((flag) => flag.kind === "list" && flag.takesRest);
}

/** Whether an argument is a long flag that the command declares, or asks for its help. */
function isOwnLongFlag(command: AnyCommand, token: string): boolean {
  const name = /^--([a-z][a-z0-9-]*)(?:=|$)/.exec(token)?.[1];
  return name === "help" || Object.keys(command.flags).some((key) => flagName(key) === name);
}

/**
 * Reads the flags before the command, one level for each word, and hands over to the command.
 *
 * @returns Undefined if a cluster such as `-qh` turns out to ask for help.
 */
function parseLevels(
  args: readonly string[],
  routes: readonly Route[],
  path: Route[],
): Parsed | undefined {
  const levels: GivenFlag[][] = [];
  let here = routes;
  let index = 0;
  let open = true;
  for (;;) {
    const given: GivenFlag[] = [];
    levels.push(given);
    const scope = scopeBefore(here, path);
    while (open && index < args.length) {
      if (args[index] === "--") {
        open = false;
        index++;
        break;
      }
      const read = readFlag(args, index, scope);
      if (read === undefined) break;
      given.push(...read.given);
      index = read.next;
    }
    if (has(given, "help", "h")) return undefined;
    if (has(given, "version", "V")) return { kind: "version" };

    const word = args[index];
    if (path.length === 0 && word === HELP_WORD) {
      const words = args.slice(index + 1).filter((token) => !isFlagShaped(token) && token !== "--");
      return { kind: "help", path: followWords(topicOf(words), routes, path) };
    }
    const route = word === undefined ? fallbackOf(path) : findRoute(word, here, path);
    index++;
    path.push(route);
    if (!isGroup(route)) return parseCommand(args.slice(index), open, route, levels, path);
    here = route.commands;
  }
}

/** Reads what stands after the command and settles it with what stood before. */
function parseCommand(
  args: readonly string[],
  open: boolean,
  command: AnyCommand,
  levels: GivenFlag[][],
  path: readonly Route[],
): ParsedCommand | undefined {
  const lookup = lookupAfter(command);
  const scope: Scope = {
    lookup,
    where: ` for "${wordsOf(path)}"`,
    takes: (flag, next) => flag.take === "any" || isName(next, flag.take === "name-with-slash"),
    endsRest: (token) => isOwnLongFlag(command, token),
  };
  const given: GivenFlag[] = [];
  const operands: string[] = [];
  let tail: readonly string[] = [];
  for (let index = 0; index < args.length;) {
    const token = args[index] ?? "";
    if (token === "--" && command.operand?.afterDashes) {
      tail = args.slice(index);
      break;
    }
    if (open && token === "--") {
      open = false;
      index++;
      continue;
    }
    const read = open ? readFlag(args, index, scope) : undefined;
    if (read === undefined) operands.push(token);
    else given.push(...read.given);
    index = read?.next ?? index + 1;
  }
  levels.push(given);
  if (has(given, "help", "h")) return undefined;

  const prompted = lookup.has("prompt") && command.operand?.name === "prompt" &&
    levels.some((level) => has(level, "prompt"));
  if (operands.length === 0 && !prompted && isNeeded(command, levels, lookup)) {
    giveBack(given, operands);
  }
  const values = mergeLevels(levels, lookup, path);
  if (prompted) takePrompt(values, operands, path);
  checkOperands(command, operands, path);
  checkSelectors(command, values, operands);
  return { kind: "command", path, command, values, operands: [...operands, ...tail] };
}

function scopeBefore(routes: readonly Route[], path: readonly Route[]): Scope {
  let lookup: FlagLookup | undefined;
  return {
    // Most command lines have no flag before the command: then this table is never built.
    get lookup() {
      return lookup ??= lookupBefore(routes);
    },
    where: path.length === 0 ? "" : ` for "${wordsOf(path)}"`,
    takes: (_flag, next) =>
      !routes.some(({ name }) => name === next) && !(path.length === 0 && next === HELP_WORD),
  };
}

/** Whether a command, as it is called, needs an operand. */
function isNeeded(
  { operand }: AnyCommand,
  levels: readonly (readonly GivenFlag[])[],
  lookup: FlagLookup,
): boolean {
  if (operand?.required) return true;
  if (!operand?.neededWith) return false;
  return operand.neededWith(
    new Set(levels.flat().map(({ name }) => lookup.get(name)?.key ?? name)),
  );
}

/** Turns the last name that an optional flag took into the operand that is missing. */
function giveBack(given: GivenFlag[], operands: string[]): void {
  const index = given.findLastIndex(({ flag, separate }) =>
    separate && flag.kind === "optional" && flag.take !== "any"
  );
  const taken = given[index];
  if (taken?.value === undefined) return;
  operands.push(taken.value);
  given[index] = { ...taken, value: undefined, separate: false };
}

/** Later levels win over earlier ones; lists grow. */
function mergeLevels(
  levels: readonly (readonly GivenFlag[])[],
  lookup: FlagLookup,
  path: readonly Route[],
): Map<string, (string | undefined)[]> {
  const values = new Map<string, (string | undefined)[]>();
  for (const level of levels) {
    const seen = new Set<string>();
    for (const { name, flag: read, value } of level) {
      const found = lookup.get(name);
      if (found === undefined) {
        throw new UsageError(`Flag "${dashed(name)}" does not apply to "${wordsOf(path)}"`);
      }
      const { key, flag } = found;
      if (arity(flag.kind) !== arity(read.kind)) {
        throw new UsageError(`Flag "${dashed(name)}" must stand after "${wordsOf(path)}"`);
      }
      if (flag.kind === "list") {
        values.set(key, [...values.get(key) ?? [], value]);
        continue;
      }
      const repeatable = flag.kind === "switch" || flag.kind === "value" && flag.lastWins;
      if (seen.has(key) && !repeatable) {
        throw new UsageError(`Flag "--${flagName(key)}" is given twice: it takes one value`);
      }
      seen.add(key);
      values.set(key, [value]);
    }
  }
  return values;
}

/** Puts the value of `--prompt` where the positional prompt would be. */
function takePrompt(
  values: Map<string, (string | undefined)[]>,
  operands: string[],
  path: readonly Route[],
): void {
  if (operands.length > 0) {
    throw new UsageError(
      `Cannot use "--prompt" with a positional prompt: "${wordsOf(path)}" takes one prompt`,
    );
  }
  operands.push(values.get("prompt")?.[0] ?? "");
  values.delete("prompt");
}

function checkOperands(
  { operand }: AnyCommand,
  operands: readonly string[],
  path: readonly Route[],
): void {
  const words = wordsOf(path);
  if (operand?.required === true && operands.length === 0) {
    throw new UsageError(`Missing operand "${operand.name}": "${words}" needs it`);
  }
  const most = operand === undefined ? 0 : operand.many ? Infinity : operand.then ? 2 : 1;
  const extra = operands[most];
  if (extra === undefined) return;
  throw operand === undefined
    ? new UsageError(`Unexpected operand ${quote(extra)}: "${words}" takes none`)
    : new UsageError(
      `Unexpected operand ${quote(extra)}: "${words}" takes one ${operand.name}` +
        (operand.then ? ` and one ${operand.then.name}` : ""),
      operand.afterDashes
        ? `Put the ${operand.afterDashes.name} after "--"`
        : operand.more ?? "Text with spaces in it needs quotes around it",
    );
}

/** No session goes by an empty text; a variable that is not set is what it comes from. */
function checkSelectors(
  { flags, operand }: AnyCommand,
  values: ReadonlyMap<string, readonly (string | undefined)[]>,
  operands: readonly string[],
): void {
  const isBlank = (text: string | undefined) => text?.trim() === "";
  if (operand?.name === "session" && operands.some(isBlank)) {
    throw new UsageError("Cannot choose a session by an empty text: give its id or its name");
  }
  for (const [key, given] of values) {
    const flag: Flag | undefined = flags[key];
    const selects = flag !== undefined && "placeholder" in flag && flag.placeholder === "session";
    if (!selects || !given.some(isBlank)) continue;
    throw new UsageError(
      `Cannot choose a session by an empty text: give "--${flagName(key)}" an id or a name`,
    );
  }
}

/** The command whose help is wanted; mistakes in the flags around it do not matter then. */
function findHelpTopic(
  args: readonly string[],
  routes: readonly Route[],
  path: Route[],
): readonly Route[] {
  const words: string[] = [];
  const scope = scopeBefore(routes, []);
  for (let index = 0; index < args.length;) {
    try {
      const read = readFlag(args, index, scope);
      if (read === undefined) words.push(args[index] ?? "");
      index = read?.next ?? index + 1;
    } catch {
      index++;
    }
  }
  return followWords(topicOf(words), routes, path);
}

/** The words without those that ask for help: help about help is what help says. */
function topicOf(words: readonly string[]): readonly string[] {
  const start = words.findIndex((word) => word !== HELP_WORD);
  return start < 0 ? [] : words.slice(start);
}

/** Follows words down to a command; what comes after it are its operands. */
function followWords(
  words: readonly string[],
  routes: readonly Route[],
  path: Route[],
): readonly Route[] {
  let here: readonly Route[] = routes;
  for (const word of words) {
    const route = findRoute(word, here, path);
    path.push(route);
    if (!isGroup(route)) break;
    here = route.commands;
  }
  return path;
}

function findRoute(word: string, routes: readonly Route[], path: readonly Route[]): Route {
  const route = routes.find(({ name }) => name === word);
  if (route !== undefined) return route;
  const names = routes.filter(({ hidden }) => !hidden).map(({ name }) => name);
  if (path.length === 0) names.push(HELP_WORD);
  throw new UsageError(
    `Unknown command ${quote(word)}${path.length === 0 ? "" : ` for "${wordsOf(path)}"`}`,
    didYouMean(word, names) ?? seeHelp(path),
  );
}

function fallbackOf(path: readonly Route[]): Route {
  const group = path.at(-1);
  const fallback = group && isGroup(group) &&
    group.commands.find(({ name }) => name === group.fallback);
  if (fallback) return fallback;
  throw new UsageError(
    `Missing command${group === undefined ? "" : ` for "${wordsOf(path)}"`}`,
    seeHelp(path),
  );
}

function seeHelp(path: readonly Route[]): string {
  return `See "${["zag", HELP_WORD, ...path.map(({ name }) => name)].join(" ")}"`;
}

/** The command as a person would type it. */
function wordsOf(path: readonly Route[]): string {
  return ["zag", ...path.map(({ name }) => name)].join(" ");
}

function has(given: readonly GivenFlag[], ...names: string[]): boolean {
  return given.some(({ name }) => names.includes(name));
}

/** Kinds that read the same arguments. */
function arity(kind: GivenFlag["flag"]["kind"]): string {
  return kind === "list" ? "value" : kind;
}
