/** A page of the manual for a terminal. */
import { lexer, type Token, type Tokens } from "marked";
import { type MarkdownOptions, renderMarkdown } from "../events/render/markdown.ts";
import { paint } from "../events/render/text.ts";

const BOLD = "1";
const DIM = "2";
const COMMAND = "36";

/** The lines of a page, with an empty one between its blocks. Code is never broken. */
export function renderManual(markdown: string, options: MarkdownOptions): string[] {
  const lines: string[] = [];
  for (const token of lexer(markdown)) {
    const block = token.type === "code"
      ? codeBlock(token as Tokens.Code, options.color)
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
function codeBlock({ text, lang }: Tokens.Code, color: boolean): string[] {
  const show = lang === "console" ? consoleLine : lang === "sh" ? shellLine : textLine;
  return text.split("\n").map((line) => line === "" ? "" : `  ${show(line, color)}`);
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
