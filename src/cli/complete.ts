/**
 * What could stand at the end of a command line. Where things come from that are not declared, such as
 * sessions, is told by {@linkcode Values}; how shells want it is told elsewhere.
 *
 * @module
 */
import { type AnyCommand, type Flag, flagName, isGroup, type Route } from "./command.ts";
import { type FlagLookup, helpAgentFlag, lookupAfter, lookupBefore } from "./flag_lookup.ts";
import { flagSource, operandSource, type Source } from "./complete_sources.ts";
import { isName } from "./names.ts";
import { dashed, isFlagShaped, readFlag, type Scope } from "./tokens.ts";

/** Something that could stand there. */
export interface Candidate {
  /** The whole word, but for the part that stays as it is; see {@linkcode Completion.kept}. */
  readonly value: string;
  /** What it is, on one line. */
  readonly about?: string | undefined;
  /** Whether something has to follow without a space. */
  readonly open?: boolean;
}

/** What could stand at the end of a command line. */
export interface Completion {
  readonly candidates: readonly Candidate[];
  /** Whether paths are meant, which the shell knows better. */
  readonly paths?: "files" | "directories" | undefined;
  /** So many characters of the word stay as they are, such as those of `--model=`. */
  readonly kept: number;
}

/** What has been given when a value is asked for. */
export interface Given {
  /** The words of the command. */
  readonly path: readonly string[];
  /** The last value of each flag, by key; undefined for flags without one. */
  readonly flags: ReadonlyMap<string, string | undefined>;
  /** The operands before. */
  readonly operands: readonly string[];
}

/** Knows what values there are today. */
export interface Values {
  /** Those of a source that begin with a text or not: whoever asks chooses. */
  values(source: Source, given: Given, word: string): Promise<readonly Candidate[]>;
}

const NOTHING: Completion = { candidates: [], kept: 0 };

/**
 * What could stand in place of the last word, which may be empty.
 *
 * @param words Those before it, without the name of the program.
 */
export async function complete(
  words: readonly string[],
  word: string,
  routes: readonly Route[],
  known: Values,
): Promise<Completion> {
  const place = readPlace(words, routes);
  if (place === undefined) return NOTHING;
  const { given, pending } = place;
  const valuesOf = async (source: Source, text: string, kept: number): Promise<Completion> => {
    if (source === "files" || source === "directories") {
      return { candidates: [], paths: source, kept };
    }
    const all = typeof source === "string"
      ? await known.values(source, given, text)
      : source.map((value) => ({ value, open: value.endsWith("=") }));
    return { candidates: all.filter(({ value }) => value.startsWith(text)), kept };
  };
  if (pending !== undefined) {
    return await valuesOf(flagSource(given.path, pending.key, pending.flag), word, 0);
  }
  if (place.open) {
    const attached = attachedValue(word, place.lookup);
    if (attached !== undefined) {
      const { key, flag, at } = attached;
      return await valuesOf(flagSource(given.path, key, flag), word.slice(at), at);
    }
    if (word.startsWith("-")) return { candidates: flagsOf(place, word), kept: 0 };
  }
  if (place.routes !== undefined) return { candidates: commandsOf(place, word), kept: 0 };
  const source = operandSource(given.path, place.command!, given.operands, place.open);
  return source === undefined ? NOTHING : await valuesOf(source, word, 0);
}

/** Where the last word stands. */
interface Place {
  /** The commands that could be named; undefined behind a command. */
  readonly routes: readonly Route[] | undefined;
  readonly command: AnyCommand | undefined;
  readonly lookup: FlagLookup;
  readonly given: Given;
  /** Whether flags may still stand here. */
  readonly open: boolean;
  /** The flag whose value has to stand here. */
  readonly pending: { readonly key: string; readonly flag: Flag } | undefined;
  /** Whether it is the help of a command that is asked for. */
  readonly help: boolean;
}

/** Follows the words as far as they go; undefined where nothing can stand any more. */
function readPlace(words: readonly string[], routes: readonly Route[]): Place | undefined {
  const path: string[] = [];
  const flags = new Map<string, string | undefined>();
  const operands: string[] = [];
  let here: readonly Route[] | undefined = routes;
  let command: AnyCommand | undefined;
  let lookup = lookupBefore(routes);
  let open = true;
  let help = false;
  let pending: Place["pending"];
  for (let index = 0; index < words.length;) {
    const word = words[index]!;
    pending = undefined;
    if (open && word === "--") {
      open = false;
      index++;
      continue;
    }
    if (open && isFlagShaped(word)) {
      const read = tryRead(words, index, { lookup, where: "", ...rulesFor(here, command) });
      // Nobody knows whether a value follows.
      if (index === words.length - 1 && !isKnownFlag(word, lookup)) return undefined;
      for (const { name, value } of read.given) flags.set(lookup.get(name)?.key ?? name, value);
      if (read.next >= words.length) pending = pendingFlag(word, words, index, lookup);
      index = read.next;
      continue;
    }
    index++;
    if (here === undefined) {
      operands.push(word);
      continue;
    }
    if (path.length === 0 && !help && word === "help") {
      help = true;
      continue;
    }
    const route: Route | undefined = here.find(({ name }) => name === word);
    if (route === undefined) return undefined;
    path.push(word);
    if (isGroup(route)) {
      here = route.commands;
      lookup = lookupBefore(here);
    } else {
      here = undefined;
      command = route;
      lookup = lookupAfter(route);
    }
  }
  // The help of a command has no operands.
  if (help && here === undefined) return undefined;
  return { routes: here, command, lookup, given: { path, flags, operands }, open, pending, help };
}

function isKnownFlag(word: string, lookup: FlagLookup): boolean {
  const name = /^--([^=]*)/.exec(word)?.[1];
  if (name !== undefined) return lookup.get(name) !== undefined || word.includes("=");
  return lookup.get(word[1] ?? "") !== undefined;
}

/** What a flag that may lack its value takes, and where the values of one end that takes all. */
function rulesFor(
  here: readonly Route[] | undefined,
  command: AnyCommand | undefined,
): Pick<Scope, "takes" | "endsRest"> {
  return {
    takes: (flag, next) =>
      here === undefined
        ? flag.take === "any" || isName(next, flag.take === "name-with-slash")
        : !here.some(({ name }) => name === next),
    endsRest: (token) => {
      const name = /^--([a-z][a-z0-9-]*)/.exec(token)?.[1];
      return Object.keys(command?.flags ?? {}).some((key) => flagName(key) === name);
    },
  };
}

type Read = NonNullable<ReturnType<typeof readFlag>>;

/** A flag with its value; one that is wrong is passed over, since it will be told about later. */
function tryRead(words: readonly string[], index: number, scope: Scope): Read {
  try {
    return readFlag(words, index, scope) ?? { given: [], next: index + 1 };
  } catch {
    return { given: [], next: index + 1 };
  }
}

/** The flag at the end of the words, if its value has yet to come. */
function pendingFlag(
  word: string,
  words: readonly string[],
  index: number,
  lookup: FlagLookup,
): Place["pending"] {
  if (word.includes("=")) return undefined;
  const found = lookup.get(word.startsWith("--") ? word.slice(2) : word.slice(-1));
  const flag = found?.flag;
  if (flag === undefined) return undefined;
  if (flag.kind === "list" && flag.takesRest) return found;
  if (index !== words.length - 1) return undefined;
  return flag.kind === "value" || flag.kind === "list" ? found : undefined;
}

/** The flag of `--flag=text` and `-ftext`, and where its value begins. */
function attachedValue(word: string, lookup: FlagLookup) {
  const name = /^--([a-z][a-z0-9-]*)=/.exec(word)?.[1] ?? /^-([A-Za-z])./.exec(word)?.[1];
  const found = name === undefined ? undefined : lookup.get(name);
  if (found === undefined || found.flag.kind === "switch") return undefined;
  return { ...found, at: name!.length === 1 ? 2 : name!.length + 3 };
}

/** Flags that can still be given. */
function flagsOf({ lookup, given, help }: Place, word: string): Candidate[] {
  if (help) return [];
  const keys = new Set<string>();
  const found: Candidate[] = [];
  for (const { key, flag } of lookup.values()) {
    if (keys.has(key) || flag.hidden) continue;
    // It is the same everywhere, and not what somebody looks for behind a command.
    if (flag === helpAgentFlag && given.path.length > 0) continue;
    keys.add(key);
    const repeatable = flag.kind === "list" || flag.kind === "value" && flag.lastWins;
    if (given.flags.has(key) && !repeatable) continue;
    const names = flag.short === word.slice(1) ? [dashed(flag.short)] : [`--${flagName(key)}`];
    for (const value of names) if (value.startsWith(word)) found.push({ value, about: flag.brief });
  }
  return found;
}

/** Commands that are listed. */
function commandsOf({ routes = [], given, help }: Place, word: string): Candidate[] {
  const listed: Candidate[] = routes.filter(({ hidden }) => !hidden).map(({ name, brief }) => ({
    value: name,
    about: brief,
  }));
  if (given.path.length === 0 && !help) {
    listed.push({ value: "help", about: "Show the help of a command" });
  }
  return listed.filter(({ value }) => value.startsWith(word));
}
