/** A page of the manual for a terminal. */
import { lexer, type Token, type Tokens } from "marked";
import { type MarkdownOptions, renderMarkdown } from "../events/render/markdown.ts";
import { paint } from "../events/render/text.ts";

const BOLD = "1";
const DIM = "2";
const COMMAND = "36";

/** The lines of a page, with an empty one between its blocks. Code is never broken, tables are. */
export function renderManual(markdown: string, options: MarkdownOptions): string[] {
  const lines: string[] = [];
  for (const token of lexer(markdown)) {
    const block = token.type === "code"
      ? codeBlock(token as Tokens.Code, options)
      : renderMarkdown(joined(token), options);
    if (block.length === 0) continue;
    if (lines.length > 0) lines.push("");
    lines.push(...block);
  }
  return lines;
}

/** A block with paragraphs on one line each: where they are broken in a page means nothing. */
function joined({ type, raw }: Token): string {
  if (type === "paragraph") return raw.replace(/\n(?=.)/g, " ");
  return type === "list" ? raw.replace(/\n +(?!(?:[-*+]|\d+[.)]) |\s)/g, " ") : raw;
}

/** What is typed stands out from what is printed, and from what is said about it. */
function codeBlock({ text, lang }: Tokens.Code, { color, width }: MarkdownOptions): string[] {
  const show = lang === "console" ? consoleLine : lang === "sh" ? shellLine : textLine;
  const lines = text.split("\n");
  const fitting = show === textLine ? lines.flatMap((line) => fitted(line, width - 2)) : lines;
  return fitting.map((line) => line === "" ? "" : `  ${show(line, color)}`);
}

/** A row of a table, with its last column on as many lines as it needs; what is none stays. */
function fitted(row: string, width: number): string[] {
  const [, start, last] = /^( *\S.*? {2,})(\S.*)$/.exec(row) ?? [];
  if (row.length <= width || start === undefined || start.length > width / 2) return [row];
  const indent = " ".repeat(start.length);
  const lines = [start];
  for (const [index, word] of last!.split(" ").entries()) {
    const line = lines.at(-1)!;
    if (index === 0) lines[lines.length - 1] = line + word;
    else if (line.length + 1 + word.length <= width) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(indent + word);
  }
  return lines;
}

function consoleLine(line: string, color: boolean): string {
  return line.startsWith("$ ") ? `$ ${paint(line.slice(2), COMMAND, color)}` : line;
}

function shellLine(line: string, color: boolean): string {
  const comment = /(^|\s)#\s.*$/.exec(line);
  if (comment === null) return paint(line, COMMAND, color);
  const at = comment.index;
  const code = line.slice(0, at);
  return (code === "" ? "" : paint(code, COMMAND, color)) + paint(line.slice(at), DIM, color);
}

/** A line that begins with a flag, as the lists of flags have them. */
function textLine(line: string, color: boolean): string {
  const term = /^ {0,6}(-\S(?:, )?)?(--[a-z-]+)?( \[?<[\w=.-]+>\]?)?(?= {2}|$)/.exec(line)?.[0];
  if (!color || term === undefined || term.trim() === "") return line;
  return paint(term, BOLD, color) + line.slice(term.length);
}
