/**
 * How a command declares itself: its flags, its operand and the function that runs it. A declaration
 * is data and loads nothing; `run` imports what it needs when it is called.
 *
 * @module
 */

import type { CliContext } from "./context.ts";
import type { GlobalFlags } from "./flags.ts";

interface FlagBase {
  /** One letter, written `-x`. */
  readonly short?: string;
  /** One line for the help. */
  readonly brief: string;
  /** Heading under which the help lists the flag; the command's own flags need none. */
  readonly section?: string;
  /** Accepted, but left out of the help and of suggestions. */
  readonly hidden?: boolean;
}

interface ValuedBase extends FlagBase {
  /** What stands for the value in the help, without brackets: `path`. */
  readonly placeholder: string;
}

/** A flag without a value. Absent means false. */
export interface SwitchFlag extends FlagBase {
  readonly kind: "switch";
}

/** A flag with one value. */
export interface ValueFlag<T = string> extends ValuedBase {
  readonly kind: "value";
  /** The only values that are accepted. */
  readonly choices?: readonly string[];
  /** Turns the text into the value; what it throws becomes a usage error. */
  readonly parse?: (text: string) => T;
  /** Given twice at one place, the last one counts instead of being refused. */
  readonly lastWins?: boolean;
  /** What holds when the flag is absent; only shown, never applied. */
  readonly default?: string;
}

/** A flag that may be repeated. Absent means an empty list. */
export interface ListFlag<T = string> extends ValuedBase {
  readonly kind: "list";
  /**
   * Written without `=`, it takes all that follows, whatever it looks like, up to the next long flag
   * that the command itself declares. It can only stand after the command.
   */
  readonly takesRest?: boolean;
  /** Turns each text into an item; what it throws becomes a usage error. */
  readonly parse?: (text: string) => T;
}

/** Which text after a bare flag counts as its value; see {@link OptionalFlag}. */
export type Take = "name" | "name-with-slash" | "any";

/**
 * A flag whose value may be left out. After the command, the next argument is taken as the value
 * only when `take` allows it: names for `name` (with `/` inside for `name-with-slash`), anything
 * that does not look like a flag for `any`. Names are checked however they are given.
 */
export interface OptionalFlag extends ValuedBase {
  readonly kind: "optional";
  readonly take: Take;
}

/** Any declared flag. */
export type Flag = SwitchFlag | ValueFlag<unknown> | ListFlag<unknown> | OptionalFlag;

/** Flags by camelCase key: `autoApprove` is written `--auto-approve`. */
export type FlagTable = Readonly<Record<string, Flag>>;

/** The values a command receives for a table of flags. */
export type FlagValues<F extends FlagTable> = { [K in keyof F]: FlagValue<F[K]> };

type FlagValue<F extends Flag> = F extends SwitchFlag ? boolean
  : F extends OptionalFlag ? string | true | undefined
  : F extends ListFlag<infer T> ? T[]
  : F extends ValueFlag<infer T> ? T | undefined
  : never;

/** Declares a flag without a value: boolean. */
export function switchFlag(options: Omit<SwitchFlag, "kind">): SwitchFlag {
  return { kind: "switch", ...options };
}

/** Declares a flag with one value: the text, one of `choices`, or what `parse` makes of it. */
export function valueFlag<const C extends string>(
  options: Omit<ValueFlag<C>, "kind" | "parse"> & { readonly choices: readonly C[] },
): ValueFlag<C>;
export function valueFlag<T>(
  options: Omit<ValueFlag<T>, "kind" | "choices"> & { readonly parse: (text: string) => T },
): ValueFlag<T>;
export function valueFlag(options: Omit<ValueFlag, "kind" | "parse" | "choices">): ValueFlag;
export function valueFlag(options: Omit<ValueFlag<unknown>, "kind">): ValueFlag<unknown> {
  return { kind: "value", ...options };
}

/** Declares a flag that may be repeated: a list of texts, or of what `parse` makes of them. */
export function listFlag<T>(
  options: Omit<ListFlag<T>, "kind"> & { readonly parse: (text: string) => T },
): ListFlag<T>;
export function listFlag(options: Omit<ListFlag, "kind" | "parse">): ListFlag;
export function listFlag(options: Omit<ListFlag<unknown>, "kind">): ListFlag<unknown> {
  return { kind: "list", ...options };
}

/** Declares a flag whose value may be left out: the text, `true` when bare, or undefined. */
export function optionalFlag(options: Omit<OptionalFlag, "kind">): OptionalFlag {
  return { kind: "optional", ...options };
}

/** What a command takes besides flags. */
export interface Operand {
  /** Lower case, for usage lines and messages: `prompt`. */
  readonly name: string;
  readonly brief: string;
  /** Whether it may be left out. `or-stdin`: it may, because the command then reads stdin. */
  readonly required?: boolean | "or-stdin";
  /**
   * Whether the flags with these keys need it, where that depends on them. An optional flag does not
   * take the last word then; that nothing is given is for the command to refuse.
   */
  neededWith?(keys: ReadonlySet<string>): boolean;
  /** Whether several are accepted. */
  readonly many?: boolean;
  /** What to do, for whoever gives more than it takes. @default to quote text with spaces */
  readonly more?: string;
  /** What may follow it, of which there is one at most. */
  readonly then?: Pick<Operand, "name" | "brief">;
  /**
   * What stands after `--`: the words of another command line. They arrive after an operand `--`;
   * without a `--` on the command line there are neither.
   */
  readonly afterDashes?: Pick<Operand, "name" | "brief">;
}

/** A declared command. */
export interface Command<F extends FlagTable> {
  readonly name: string;
  /** One line for lists of commands. */
  readonly brief: string;
  /** Paragraphs for the command's own help; lines that start with a space are kept as they are. */
  readonly detail?: string;
  /** Works, but is not listed. */
  readonly hidden?: boolean;
  /** It changes nothing, so that it can be run again where it failed before it printed anything. */
  readonly readsOnly?: boolean;
  readonly flags: F;
  readonly operand?: Operand;
  /**
   * Runs the command.
   *
   * @param flags The values, those of the global flags included.
   * @param operands What was given besides flags. The value of `--prompt` arrives here, as the
   * operand that it stands for.
   * @returns The exit code.
   */
  run(
    ctx: CliContext,
    flags: FlagValues<F> & FlagValues<GlobalFlags>,
    operands: string[],
  ): Promise<number>;
}

/** A command whatever its flags are. */
export type AnyCommand = Command<FlagTable>;

/** Commands under a common first word, such as `zag tree leaf`. */
export interface CommandGroup {
  readonly name: string;
  readonly brief: string;
  readonly detail?: string;
  readonly hidden?: boolean;
  readonly commands: readonly Route[];
  /** Name of the command that runs when none is named. */
  readonly fallback?: string;
}

/** What a word on the command line can lead to. */
export type Route = AnyCommand | CommandGroup;

/** Declares a command; the types of the flag values follow from the table. */
export function defineCommand<const F extends FlagTable>(command: Command<F>): Command<F> {
  return command;
}

/** Declares a group of commands. Flags before the subcommand go to it, as with top-level ones. */
export function defineGroup(group: CommandGroup): CommandGroup {
  return group;
}

/** Whether a route is a group. */
export function isGroup(route: Route): route is CommandGroup {
  return "commands" in route;
}

/** The spelling of a key on the command line, without dashes: `autoApprove` gives `auto-approve`. */
export function flagName(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
