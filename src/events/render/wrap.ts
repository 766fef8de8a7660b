/** Styled text, broken into lines that fit a terminal. */
import { paint } from "./text.ts";
import { unicodeWidth } from "./width.ts";

/** A piece of text in one style. A newline in it breaks the line. */
export interface Span {
  readonly text: string;
  /** SGR codes such as `1;31`; empty for none. */
  readonly style: string;
}

/** One line and the cells that it takes. */
export interface Line {
  readonly text: string;
  readonly width: number;
}

let graphemes: Intl.Segmenter | undefined;

/** A style on top of another. */
export function styled(outer: string, inner: string): string {
  return outer === "" || inner === "" ? outer + inner : `${outer};${inner}`;
}

/**
 * Breaks text at spaces, and a word that has no room on a line of its own anywhere. The spaces where
 * a line is broken, and those at the beginning of a line, are left out.
 *
 * @param width In cells; below 1 counts as 1. A single character may be wider.
 * @param color Whether the styles are to be seen.
 */
export function wrap(spans: readonly Span[], width: number, color: boolean): Line[] {
  const wrapper = new Wrapper(Math.max(1, width), color);
  for (const span of spans) wrapper.add(span);
  return wrapper.end();
}

class Wrapper {
  readonly #width: number;
  readonly #color: boolean;
  readonly #lines: Line[] = [];
  /** The current line: its pieces, each in one style. */
  #pieces: Span[] = [];
  #used = 0;
  /** The word that is being read; it may change its style in the middle. */
  #word: Span[] = [];
  #wordWidth = 0;
  /** The space before the word, with its style. */
  #space: Span | undefined;

  constructor(width: number, color: boolean) {
    this.#width = width;
    this.#color = color;
  }

  add({ text, style }: Span): void {
    for (const part of text.split(/([ \t]+|\n)/)) {
      if (part === "") continue;
      if (part === "\n") {
        this.#place();
        this.#break();
      } else if (part.trim() === "" && /^[ \t]/.test(part)) {
        this.#place();
        this.#space = { text: " ", style };
      } else {
        this.#word.push({ text: part, style });
        this.#wordWidth += unicodeWidth(part);
      }
    }
  }

  end(): Line[] {
    this.#place();
    if (this.#pieces.length > 0 || this.#lines.length === 0) this.#break();
    return this.#lines;
  }

  /** Puts the word on this line, or on the next. */
  #place(): void {
    if (this.#word.length === 0) return;
    const space = this.#used > 0 && this.#space !== undefined ? 1 : 0;
    if (this.#used + space + this.#wordWidth <= this.#width) {
      if (space) this.#push(this.#space!, 1);
      this.#pieces.push(...this.#word);
      this.#used += this.#wordWidth;
    } else {
      if (this.#used > 0) this.#break();
      if (this.#wordWidth <= this.#width) {
        this.#pieces.push(...this.#word);
        this.#used = this.#wordWidth;
      } else for (const span of this.#word) this.#breakWord(span);
    }
    this.#word = [];
    this.#wordWidth = 0;
    this.#space = undefined;
  }

  #breakWord({ text, style }: Span): void {
    graphemes ??= new Intl.Segmenter();
    let piece = "";
    let pieceWidth = 0;
    for (const { segment } of graphemes.segment(text)) {
      const cells = unicodeWidth(segment);
      if (this.#used + pieceWidth + cells > this.#width && this.#used + pieceWidth > 0) {
        this.#push({ text: piece, style }, pieceWidth);
        this.#break();
        piece = "";
        pieceWidth = 0;
      }
      piece += segment;
      pieceWidth += cells;
    }
    this.#push({ text: piece, style }, pieceWidth);
  }

  #push(span: Span, cells: number): void {
    if (span.text === "") return;
    this.#pieces.push(span);
    this.#used += cells;
  }

  #break(): void {
    let text = "";
    for (let at = 0; at < this.#pieces.length;) {
      const { style } = this.#pieces[at]!;
      let run = "";
      while (at < this.#pieces.length && this.#pieces[at]!.style === style) {
        run += this.#pieces[at++]!.text;
      }
      text += paint(run, style, this.#color && style !== "");
    }
    this.#lines.push({ text, width: this.#used });
    this.#pieces = [];
    this.#used = 0;
    this.#space = undefined;
  }
}
