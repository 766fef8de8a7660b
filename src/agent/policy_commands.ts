/** Whether a rule with a pattern is about a line for a shell. */
import { fitsGlob } from "./policy_glob.ts";
import { readShellLine, withoutBlanks } from "./policy_shell.ts";

/** A line, and what reads it. */
export interface CommandLine {
  readonly text: string;
  /** Undefined: a shell as POSIX has it. */
  readonly dialect?: "powershell" | undefined;
  /** Programs are found whatever the case of their names. */
  readonly foldsCase: boolean;
}

/**
 * Whether everything that a line runs fits the pattern. What cannot be read with certainty does not, and
 * nothing of another shell can.
 */
export function allowsCommand(pattern: string, { text, dialect }: CommandLine): boolean {
  if (dialect !== undefined) return false;
  const { commands, isPlain } = readShellLine(text);
  return isPlain && commands.length > 0 &&
    commands.every((each) => fitsCommand(pattern, singleBlanks(each)));
}

/**
 * Whether anything that a line may run fits the pattern. It rather sees a command where there is none than
 * misses one.
 */
export function seesCommand(pattern: string, line: CommandLine): boolean {
  const folds = line.foldsCase || line.dialect !== undefined;
  const lower = withLowerName(pattern);
  const fits = (form: string) =>
    fitsCommand(pattern, form) || folds && fitsCommand(lower, withLowerName(form));
  // What such a pattern says of the end of a text it says of the whole.
  const isAnywhere = pattern.startsWith("*");
  for (const { text, isBehind } of commandsOf(line)) {
    for (const form of formsOf(text, isAnywhere ? false : isBehind)) if (fits(form)) return true;
  }
  return false;
}

/** `git *` is also `git` alone; how many blanks there are between words means nothing. */
function fitsCommand(pattern: string, command: string): boolean {
  const words = singleBlanks(pattern);
  return fitsGlob(words, command) || words.endsWith(" *") && fitsGlob(words.slice(0, -2), command);
}

function singleBlanks(text: string): string {
  return text.replaceAll(/[ \t]+/g, " ");
}

function withLowerName(text: string): string {
  const [name] = NAME.exec(text)!;
  const lower = name.toLowerCase();
  return lower === name ? text : lower + text.slice(name.length);
}

/** What may be a command. */
interface Seen {
  readonly text: string;
  /** It may begin behind any of the words. */
  readonly isBehind?: boolean;
}

/** The commands that may be in a line, and more. */
function* commandsOf({ text, dialect }: CommandLine): Generator<Seen> {
  yield { text: withoutBlanks(text) };
  const { commands, isPlain } = readShellLine(text);
  for (const each of commands) yield { text: each };
  if (isPlain && dialect === undefined) return;
  // What was not read for certain is cut at everything that a command could begin behind, also in quotes.
  const joined = text.replaceAll(/[\\`]\r?\n/g, "");
  const readings = [text, joined, joined.replaceAll(REDIRECTION, " ")];
  if (dialect !== undefined) readings.push(joined.replaceAll("`", ""));
  if (text.includes("{")) readings.push(joined.replaceAll(",", " "));
  for (const reading of new Set(readings)) {
    for (const piece of reading.split(CUTS)) {
      const [first, ...redirected] = piece.split(/[<>]+/);
      yield { text: withoutBlanks(first!) };
      // The first word is where to.
      for (const each of redirected) yield { text: withoutBlanks(each), isBehind: true };
    }
  }
}

/** Also before what stands for a variable that is not set: `${x:-rm}`. */
const CUTS = /\$\{\w*:?[-+=?]|[;&|\n\r(){}`]/;

const REDIRECTION =
  /(?:(?<!\d)\d+|&)?(?:<<<|<<-?|<>|<&|>>|>\||>&|[<>])[ \t]*(?:"[^"]*"|'[^']*'|\\.|[^ \t\n;&|<>(){}"'\\`])*/g;

/** Words before a command that are none, and variables that are set for it. */
const BEFORE =
  /^(?:(?:!|-|if|then|elif|else|while|until|do|time|coproc|noglob|nocorrect)(?=[ \t\n])|\w+(?:\[[^\]]*\])?\+?=(?:"[^"]*"|'[^']*'|\\.|[^ \t\n"'\\])*)[ \t\n]+/;

/** Programs that run what stands somewhere behind them. */
const RUNNERS = new Set(
  ("ash bash builtin busybox chroot chrt cmd command coproc dash doas entr env eval exec fakeroot fd find " +
    "fish flock ionice ksh ltrace nice nohup nsenter parallel powershell pwsh runuser script setsid sh " +
    "ssh stdbuf strace su sudo taskset time timeout toybox trap unbuffer unshare watch xargs zsh")
    .split(" "),
);

/**
 * The forms of a command that a rule against it is compared with.
 *
 * @param isBehind It may begin behind any of its words. @default where a program runs what is behind it
 */
export function* formsOf(command: string, isBehind?: boolean): Generator<string> {
  for (const stem of stemsOf(singleBlanks(command))) {
    const words = unquoted(stem);
    // A variable that is not set is nothing.
    const without = words.replaceAll(/\$(?:\w+|[@*#?!$-]|$)/g, "");
    for (const text of new Set([stem, words, without])) {
      yield text;
      const bare = withBareName(stemsOf(text).at(-1)!);
      yield bare;
      if (!(isBehind ?? RUNNERS.has(NAME.exec(bare)![0].toLowerCase()))) continue;
      for (const { index, 0: { length } } of bare.matchAll(/[ \n]+/g)) {
        const behind = bare.slice(index + length);
        yield behind;
        yield withBareName(behind);
      }
    }
  }
}

/** Nobody sets more variables for a command. */
const MOST_STEMS = 20;

/** A command, and what is left of it without the words before it, one by one; of very many not all. */
function stemsOf(command: string): string[] {
  const stems = [command];
  for (;;) {
    const last = stems.at(-1)!;
    const [before] = BEFORE.exec(last) ?? [];
    if (before === undefined) return stems;
    const shorter = last.slice(before.length);
    if (stems.length < MOST_STEMS) stems.push(shorter);
    else stems[MOST_STEMS - 1] = shorter;
  }
}

/** `"rm"`, `r\m` and `$'rm'` are `rm`. */
function unquoted(text: string): string {
  const words = text.replaceAll(/\\\r?\n/g, "").replaceAll(/\$(?=["'])|["'\\]/g, "");
  return singleBlanks(withoutBlanks(words));
}

const NAME = /^[^ \t\n]*/;

/** `/bin/rm` and `rm.exe` are `rm`. */
function withBareName(command: string): string {
  const [name] = NAME.exec(command)!;
  const cut = name.lastIndexOf("/", name.length - 2) + 1;
  const [suffix] = /(?<=[^/])\.(?:exe|com|cmd|bat)$/i.exec(name) ?? [];
  return suffix === undefined
    ? command.slice(cut)
    : name.slice(cut, -suffix.length) + command.slice(name.length);
}
