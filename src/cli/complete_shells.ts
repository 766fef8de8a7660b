/**
 * How each shell tells what was typed, and how it wants to be answered. The first line of an answer
 * says what kind it is, the others are candidates:
 *
 *     words [open]           one of these; open: no space behind it
 *     files N, directories N paths behind the first N characters of the word, which the shell knows
 *
 * @module
 */
import type { Route } from "./command.ts";
import { type Candidate, complete, type Completion } from "./complete.ts";
import { presentValues } from "./complete_values.ts";
import type { CliContext } from "./context.ts";
import { quote, UsageError } from "./errors.ts";
import { type ShellLine, splitLine } from "./shell_line.ts";
import { withoutControls } from "../events/render/text.ts";

/** A shell's part: what it passes on, and what it gets for it. */
interface Shell {
  /** What was typed. */
  read(words: readonly string[]): ShellLine;
  /** A candidate as the shell has to insert it, with what it is where the shell shows that. */
  show(candidate: Candidate, kept: string, line: ShellLine): string;
}

const SHELLS: Readonly<Record<string, Shell>> = {
  // The line up to the cursor and the characters that end a word for bash.
  bash: {
    read: ([line = "", breaks = ""]) => splitLine(line, breaks),
    // Only what is behind the last such character is replaced.
    show: ({ value }, kept, { head, quote }) =>
      bashQuoted((kept + value).slice(head.length), quote),
  },
  // Words without their quotes; the last one is being typed.
  zsh: { read: plainWords, show: ({ value, about }) => described(value, about) },
  // The same, but for the last one, which has its quotes.
  fish: {
    read: (words) => quotedLast(words),
    show: ({ value, about }, kept) => described(kept + value, about),
  },
  // The same behind a colon, since an empty argument would be lost.
  powershell: {
    read: (words) => quotedLast([...words.slice(0, -1), (words.at(-1) ?? "").slice(1)]),
    show: ({ value, about }, kept) => described(powershellQuoted(kept + value), about),
  },
};

/** The names of the shells. */
export const SHELL_NAMES: readonly string[] = Object.keys(SHELLS);

/**
 * The answer to a shell.
 *
 * @throws {UsageError} If the shell is not known.
 */
export async function completionsFor(
  name: string,
  words: readonly string[],
  routes: readonly Route[],
  ctx: CliContext,
): Promise<string> {
  const shell = Object.hasOwn(SHELLS, name) ? SHELLS[name]! : undefined;
  if (shell === undefined) throw unknownShell(name);
  const line = shell.read(words);
  const found = await complete(line.words, line.word, routes, presentValues(ctx, routes));
  const kept = line.word.slice(0, found.kept);
  const candidates = found.candidates
    .filter(({ value }) => value === withoutControls(value) && !/[\t\n]/.test(value))
    .map((candidate) => shell.show(candidate, kept, line));
  return [kindOf(found), ...candidates].join("\n") + "\n";
}

/** The error for a shell that zag does not know. */
export function unknownShell(name: string): UsageError {
  return new UsageError(
    `Cannot complete for ${quote(name)}: it must be one of ${SHELL_NAMES.join(", ")}`,
  );
}

function kindOf({ candidates, paths, kept }: Completion): string {
  if (paths !== undefined) return `${paths} ${kept}`;
  const open = candidates.length > 0 && candidates.every((candidate) => candidate.open);
  return `words ${kept}${open ? " open" : ""}`;
}

function plainWords(words: readonly string[]): ShellLine {
  return { words: words.slice(0, -1), word: words.at(-1) ?? "", head: "", quote: "" };
}

function quotedLast(words: readonly string[]): ShellLine {
  const { word } = splitLine(`zag ${words.at(-1) ?? ""}`, "");
  return { ...plainWords(words), word };
}

function described(value: string, about: string | undefined): string {
  const text = about === undefined ? "" : withoutControls(about).replace(/\s+/g, " ").trim();
  return text === "" ? value : `${value}\t${text}`;
}

function bashQuoted(text: string, open: ShellLine["quote"]): string {
  switch (open) {
    case "'":
      return text.replaceAll("'", `'\\''`);
    case '"':
      return text.replace(/[\\"$`]/g, "\\$&");
    case "":
      // What is not ASCII means nothing to a shell.
      return text.replace(/[^\w./:=@%+,\-\x80-\u{10ffff}]/gu, "\\$&");
  }
}

function powershellQuoted(text: string): string {
  if (/^[\w./:=\-][\w./:=@+\-]*$/.test(text)) return text;
  // Typographic quotes end a text there as well.
  return `'${text.replace(/['\u2018-\u201b]/g, "$&$&")}'`;
}
