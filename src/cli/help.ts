/**
 * The text of `--help`, made from the declarations.
 *
 * @module
 */

import {
  type AnyCommand,
  type CommandGroup,
  type Flag,
  flagName,
  type FlagTable,
  isGroup,
  type Operand,
  type Route,
} from "./command.ts";
import { commandFlags, helpAgentFlag, helpFlag, versionFlag } from "./flag_lookup.ts";
import { globalFlags } from "./flags.ts";

/** How wide the help may be, and whether headings are bold. */
export interface HelpStyle {
  readonly width: number;
  readonly color: boolean;
}

/** A term and what is said about it. */
export type Row = readonly [term: string, text: string];

const BRIEF = "One command line for every coding agent";
/** Longer terms get a line of their own. */
const TERM_WIDTH = 30;

/** Rows under a heading. */
export interface HelpSection {
  readonly title: string;
  readonly rows: readonly Row[];
}

/** How a command is called, in one line. */
export function usageLine(path: readonly Route[]): string {
  return `Usage: ${usage(path)}`;
}

/** What a command takes, its own flags before those that it shares with others; never empty. */
export function commandSections(command: AnyCommand): HelpSection[] {
  const flags = new Map<string, Record<string, Flag>>();
  for (const [key, flag] of Object.entries({ ...commandFlags(command), help: helpFlag })) {
    const title = flag.section ?? "Flags";
    flags.set(title, { ...flags.get(title), [key]: flag });
  }
  const own = flags.get("Flags");
  flags.delete("Flags");
  const sections = [...own ? [["Flags", own] as const] : [], ...flags];
  const { operand } = command;
  return [
    ...operand ? [{ title: "Arguments", rows: operandRows(operand) }] : [],
    ...sections.map(([title, table]) => ({ title, rows: flagRows(table) })),
  ].filter(({ rows }) => rows.length > 0);
}

/** What every command takes, and what the program answers without one. */
export function programSections(): HelpSection[] {
  return [
    { title: "Flags of every command", rows: flagRows({ ...globalFlags, help: helpFlag }) },
    {
      title: "Other flags",
      rows: flagRows({ version: versionFlag, helpAgent: helpAgentFlag }),
    },
  ];
}

/** The help of a command, of a group, or of the program when the path is empty. */
export function renderHelp(
  path: readonly Route[],
  routes: readonly Route[],
  style: HelpStyle,
): string {
  const last = path.at(-1);
  const blocks = last === undefined
    ? programHelp(routes, style)
    : isGroup(last)
    ? groupHelp(last, path, style)
    : commandHelp(last, path, style);
  return blocks.join("\n\n") + "\n";
}

function programHelp(routes: readonly Route[], style: HelpStyle): string[] {
  return [
    wrap(BRIEF, style.width),
    wrap(usageLine([]), style.width, "       "),
    section("Commands", [
      ...routeRows(routes),
      ["help", "Show the help of a command"],
    ], style),
    ...programSections().map(({ title, rows }) => section(title, rows, style)),
    wrap(
      "Flags may stand before or after the command. " +
        '"zag help COMMAND" tells more about a command, "zag man COMMAND" all.',
      style.width,
    ),
  ];
}

function groupHelp(group: CommandGroup, path: readonly Route[], style: HelpStyle): string[] {
  return [
    wrap(usageLine(path), style.width, "       "),
    prose(group, style),
    section("Commands", routeRows(group.commands, group.fallback), style),
  ];
}

function commandHelp(command: AnyCommand, path: readonly Route[], style: HelpStyle): string[] {
  return [
    wrap(usageLine(path), style.width, "       "),
    prose(command, style),
    ...commandSections(command).map(({ title, rows }) => section(title, rows, style)),
  ];
}

/** How a command is called, without the word before it: `zag [flags] exec [prompt]`. */
export function usage(path: readonly Route[]): string {
  const words = ["zag", "[flags]", ...path.map(({ name }) => name)];
  const last = path.at(-1);
  if (last === undefined || isGroup(last)) {
    return [...words, last && isGroup(last) && last.fallback ? "[command]" : "<command>"].join(" ");
  }
  return [...words, ...last.operand ? operandRows(last.operand).map(([term]) => term) : []]
    .join(" ");
}

function operandRows(operand: Operand): Row[] {
  const { then, afterDashes } = operand;
  return [
    [operandTerm(operand), operand.brief],
    ...then ? [[operandTerm(then), then.brief] as const] : [],
    ...afterDashes ? [[`[-- <${afterDashes.name}>...]`, afterDashes.brief] as const] : [],
  ];
}

function operandTerm({ name, required, many }: Operand): string {
  const dots = many ? "..." : "";
  return required === true ? `<${name}>${dots}` : `[${name}]${dots}`;
}

/** The commands that are listed, with what each is for. */
export function routeRows(routes: readonly Route[], fallback?: string): Row[] {
  return routes.filter(({ hidden }) => !hidden).map(({ name, brief }) => [
    name,
    name === fallback ? `${brief} (default)` : brief,
  ]);
}

function flagRows(flags: FlagTable): Row[] {
  return Object.entries(flags)
    .filter(([, { hidden }]) => !hidden)
    .map(([key, flag]) => [flagTerm(key, flag), flagText(flag)]);
}

function flagTerm(key: string, flag: Flag): string {
  const short = flag.short === undefined ? "    " : `-${flag.short}, `;
  const name = `${short}--${flagName(key)}`;
  switch (flag.kind) {
    case "switch":
      return name;
    case "optional":
      return `${name} [<${flag.placeholder}>]`;
    case "list":
      return `${name} <${flag.placeholder}>${flag.takesRest ? "..." : ""}`;
    case "value":
      return `${name} <${flag.placeholder}>`;
  }
}

function flagText(flag: Flag): string {
  const notes = [flag.brief];
  if (flag.kind === "list" && !flag.takesRest) notes.push("[repeatable]");
  if (flag.kind === "value" && flag.choices) notes.push(`[one of: ${flag.choices.join(", ")}]`);
  if (flag.kind === "value" && flag.default) notes.push(`[default: ${flag.default}]`);
  return notes.join(" ");
}

function prose({ brief, detail }: Route, { width }: HelpStyle): string {
  if (detail === undefined) return wrap(brief, width);
  const paragraphs = detail.replace(/^\n+|\s+$/g, "").split(/\n{2,}/).map((paragraph) =>
    /^\s/.test(paragraph) ? paragraph : wrap(paragraph, width)
  );
  return [wrap(brief, width), ...paragraphs].join("\n\n");
}

function section(title: string, rows: readonly Row[], { width, color }: HelpStyle): string {
  const heading = color ? `\x1b[1m${title}:\x1b[0m` : `${title}:`;
  return `${heading}\n${rowLines(rows, width)}`;
}

/** Terms in one column, and what is said about them in another, where there is room for two. */
export function rowLines(rows: readonly Row[], width: number): string {
  const longest = Math.max(...rows.map(([term]) => term.length).filter((n) => n <= TERM_WIDTH), 0);
  // Too narrow for two columns: the text goes below its term.
  const column = width < 60 ? 8 : longest + 4;
  const indent = " ".repeat(column);
  return rows.map(([term, text]) => {
    const body = wrap(indent + text, width, indent);
    const start = `  ${term}`;
    return start.length + 2 > column
      ? `${start}\n${body}`
      : start.padEnd(column) + body.slice(column);
  }).join("\n");
}

/** Breaks text between words; a word that is too long keeps its line to itself. */
export function wrap(text: string, width: number, indent = ""): string {
  const lead = /^ */.exec(text)?.[0] ?? "";
  const lines: string[] = [];
  let line = lead;
  for (const word of text.split(/\s+/).filter(Boolean)) {
    const empty = line.trim() === "";
    if (!empty && line.length + 1 + word.length > width) {
      lines.push(line);
      line = indent + word;
    } else {
      line += empty ? word : ` ${word}`;
    }
  }
  return [...lines, line].join("\n");
}
