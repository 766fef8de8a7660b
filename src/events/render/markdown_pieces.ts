/**
 * Cuts long Markdown into pieces. The parser takes quadratic time for some texts, so it must never
 * see a long one.
 */

/** A part of a text that is shown on its own. */
export interface Piece {
  /** `code` is what stands between two fences, `plain` has no marks that count. */
  readonly kind: "markdown" | "code" | "plain";
  readonly text: string;
  /** An empty line goes before it. */
  readonly apart: boolean;
}

/** Up to this length a text stays whole, if none of its lines is too long. */
const WHOLE = 8 * 1024;
/** From this length on, a piece ends at the next empty line. */
const ENOUGH = 1024;
/** A piece without an empty line ends here all the same. */
const MOST = 4 * 1024;
/** A longer line is shown without its marks. */
const LONGEST_LINE = 2 * 1024;

const FENCE = /^ {0,3}(`{3,}(?=[^`]*$)|~{3,})/;

/** The pieces of a text, in order. Where a cut is needed it is made between blocks, if it can be. */
export function piecesOf(text: string): Piece[] {
  const lines = text.split("\n");
  if (text.length <= WHOLE && lines.every(({ length }) => length <= LONGEST_LINE)) {
    return [{ kind: "markdown", text, apart: false }];
  }
  const cutter = new Cutter();
  for (const [index, line] of lines.entries()) cutter.add(line, lines[index + 1] ?? "");
  return cutter.end();
}

class Cutter {
  readonly #pieces: Piece[] = [];
  #lines: string[] = [];
  #length = 0;
  /** What opened the code that is being read. */
  #fence: string | undefined;
  #apart = true;

  add(line: string, next: string): void {
    if (this.#fence !== undefined) {
      if (closes(line, this.#fence)) this.#endCode();
      else this.#lines.push(line);
      return;
    }
    const fence = line.length > LONGEST_LINE ? undefined : FENCE.exec(line)?.[1];
    if (fence !== undefined) {
      this.#endPiece(true);
      this.#fence = fence;
    } else if (line.length > LONGEST_LINE) {
      this.#endPiece(false);
      this.#push("plain", line);
      this.#apart = false;
    } else {
      if (this.#length + line.length > MOST) this.#endPiece(false);
      this.#lines.push(line);
      this.#length += line.length + 1;
      // What is indented may belong to a list before it.
      const ends = line.trim() === "" && /^\S/.test(next);
      if (ends && this.#length >= ENOUGH) this.#endPiece(true);
      else if (ends) this.#apart ||= this.#lines.length === 1;
    }
  }

  end(): Piece[] {
    if (this.#fence !== undefined) this.#endCode();
    else this.#endPiece(true);
    return this.#pieces;
  }

  #endCode(): void {
    this.#fence = undefined;
    this.#push("code", this.#lines.join("\n"));
    this.#lines = [];
    this.#apart = true;
  }

  /** @param apart Whether the next piece is another block. */
  #endPiece(apart: boolean): void {
    if (this.#lines.length > 0) this.#push("markdown", this.#lines.join("\n"));
    this.#lines = [];
    this.#length = 0;
    this.#apart = apart;
  }

  #push(kind: Piece["kind"], text: string): void {
    this.#pieces.push({ kind, text, apart: this.#apart });
  }
}

function closes(line: string, fence: string): boolean {
  const mark = line.trim();
  return line.length <= LONGEST_LINE && mark.length >= fence.length &&
    mark.startsWith(fence) && mark === fence[0]!.repeat(mark.length);
}
