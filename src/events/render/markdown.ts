/**
 * Markdown for a terminal. Any text can be shown: what is no Markdown, or too much of it, is shown as
 * it is.
 *
 * @module
 */
import { lexer, type Token, type Tokens } from "marked";
import { CODE, inlineSpans } from "./markdown_inline.ts";
import { type Piece, piecesOf } from "./markdown_pieces.ts";
import { tableLines } from "./markdown_table.ts";
import { messageText } from "./plain_text.ts";
import { paint } from "./text.ts";
import { unicodeWidth } from "./width.ts";
import { type Span, wrap } from "./wrap.ts";

/** How Markdown is shown. */
export interface MarkdownOptions {
  /** Cells of a line; code is never broken. */
  readonly width: number;
  /** Without it, marks stay where nothing else tells what they told. */
  readonly color: boolean;
}

/** Blocks within blocks, such as quotes in lists; what is deeper is shown as it was written. */
const DEEPEST = 12;
/** What is further to the right gets at least so much room. */
const NARROWEST = 8;

/**
 * The lines that show a text, none for a blank one. Escape sequences and control characters in it
 * are left out. Takes time in proportion to the length of the text.
 */
export function renderMarkdown(text: string, options: MarkdownOptions): string[] {
  const lines: string[] = [];
  for (const piece of piecesOf(messageText(text))) {
    const shown = renderPiece(piece, options);
    if (shown.length > 0 && lines.length > 0 && piece.apart) lines.push("");
    // Not by spreading: a piece of code can have more lines than a call may have arguments.
    for (const line of shown) lines.push(line);
  }
  return lines;
}

function renderPiece({ kind, text }: Piece, { width, color }: MarkdownOptions): string[] {
  const plain = () => wrapped([{ text: text.trim(), style: "" }], width, color);
  if (kind === "plain") return plain();
  if (kind === "code") return codeLines(text, color);
  try {
    return new Renderer(color).blocks(lexer(text), width, 0);
  } catch {
    // Thousands of blocks within each other are more than the parser can take.
    return plain();
  }
}

class Renderer {
  readonly #color: boolean;

  constructor(color: boolean) {
    this.#color = color;
  }

  /** The lines of blocks, with an empty one between two. */
  blocks(tokens: readonly Token[], width: number, depth: number, tight = false): string[] {
    const lines: string[] = [];
    for (const token of tokens) {
      const block = this.#block(token as Tokens.Generic, width, depth);
      if (block.length === 0) continue;
      if (lines.length > 0 && !tight) lines.push("");
      for (const line of block) lines.push(line);
    }
    return lines;
  }

  #block(token: Tokens.Generic, width: number, depth: number): string[] {
    switch (token.type) {
      case "space":
      case "def":
      case "checkbox":
        return [];
      case "heading":
        return this.#heading(token as Tokens.Heading, width);
      case "hr":
        return [paint("─".repeat(Math.min(width, 40)), "2", this.#color)];
      case "code":
        return codeLines(token.text, this.#color);
      case "table":
        return tableLines(token as Tokens.Table, width, this.#color);
      case "blockquote":
        if (depth < DEEPEST) return this.#quote(token as Tokens.Blockquote, width, depth);
        break;
      case "list":
        if (depth < DEEPEST) return this.#list(token as Tokens.List, width, depth);
        break;
      case "paragraph":
      case "text": {
        const spans = inlineSpans(token.tokens ?? [token as Token], this.#color);
        return this.#wrapped(spans, width);
      }
    }
    return this.#wrapped([{ text: token.raw.trim(), style: "" }], width);
  }

  #heading({ depth, tokens }: Tokens.Heading, width: number): string[] {
    const mark = this.#color ? [] : [{ text: "#".repeat(depth) + " ", style: "" }];
    const style = depth === 1 ? "1;4" : "1";
    return this.#wrapped([...mark, ...inlineSpans(tokens, this.#color, style)], width);
  }

  #quote({ tokens }: Tokens.Blockquote, width: number, depth: number): string[] {
    const bar = paint("│", "2", this.#color);
    return this.blocks(tokens, narrowed(width, 2), depth + 1)
      .map((line) => line === "" ? bar : `${bar} ${line}`);
  }

  #list(list: Tokens.List, width: number, depth: number): string[] {
    const first = typeof list.start === "number" ? list.start : 1;
    const digits = String(first + list.items.length - 1).length;
    const lines: string[] = [];
    for (const [index, item] of list.items.entries()) {
      const bullet = list.ordered
        ? `${String(first + index).padStart(digits)}. `
        : item.task
        ? ""
        : "• ";
      const marker = bullet + (item.task ? `[${item.checked ? "x" : " "}] ` : "");
      const indent = unicodeWidth(marker);
      const room = narrowed(width, indent);
      const content = this.blocks(item.tokens, room, depth + 1, !list.loose);
      if (list.loose && index > 0) lines.push("");
      lines.push((marker + (content[0] ?? "")).trimEnd());
      for (const line of content.slice(1)) {
        lines.push(line === "" ? "" : " ".repeat(indent) + line);
      }
    }
    return lines;
  }

  #wrapped(spans: readonly Span[], width: number): string[] {
    return wrapped(spans, width, this.#color);
  }
}

function wrapped(spans: readonly Span[], width: number, color: boolean): string[] {
  const lines = wrap(spans, width, color);
  return lines.length === 1 && lines[0]!.text === "" ? [] : lines.map(({ text }) => text);
}

/** Code as it stands, so that it can be copied: a long line is left to the terminal. */
function codeLines(text: string, color: boolean): string[] {
  const code = text.replace(/^\n+/, "").trimEnd();
  if (code === "") return [];
  return code.replaceAll("\t", "    ").split("\n").map((line) =>
    line.trim() === "" ? "" : `  ${paint(line, CODE, color)}`
  );
}

function narrowed(width: number, by: number): number {
  return Math.max(NARROWEST, width - by);
}
