// deno-lint-ignore-file no-control-regex -- control characters are what it reads
/**
 * What a terminal shows. Programs that draw move the cursor about and write only what has changed,
 * so that the text of a screen cannot be found in the bytes that they print.
 *
 * It knows the sequences that the interfaces of agents use; colours and the like are passed over.
 */

const CSI = /\x1b\[([<=>?]?)([0-9;:<=>?]*)([ -/]*)([@-~])/y;
const OSC = /\x1b\]([^\x07\x1b]*)(?:\x07|\x1b\\)/y;
const STRING = /\x1b[P_^X][^\x1b]*\x1b\\/y;
const ESCAPE = /\x1b([ -/]*)([0-~])/y;
/** Longer than any sequence that is cut off by the end of a read. */
const LONGEST_REST = 65_536;
// Two columns wide: East Asian scripts and most emoji.
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f680}-\u{1f6ff}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]/u;
const NO_WIDTH = /[\p{Mn}\p{Me}\u200b-\u200d\ufe0f]/u;

/** Choices of a {@linkcode TerminalScreen}. */
export interface TerminalScreenOptions {
  /** Gets what a terminal answers to a program that asks about it. */
  answer?: (text: string) => void;
}

/** A screen and the lines that have left it at the top. */
export class TerminalScreen {
  readonly #answer: (text: string) => void;
  #columns: number;
  #rows: number;
  #lines: string[][];
  #main: string[][] | undefined;
  readonly #history: string[] = [];
  #row = 0;
  #column = 0;
  #saved = [0, 0];
  #top = 0;
  #bottom: number;
  /** The last column was written; the next character begins a line. */
  #wraps = false;
  #rest = "";

  constructor(columns: number, rows: number, options: TerminalScreenOptions = {}) {
    this.#answer = options.answer ?? (() => {});
    this.#columns = columns;
    this.#rows = rows;
    this.#bottom = rows - 1;
    this.#lines = this.#blank(rows);
  }

  /** What is shown, one line a row, without the blanks at the ends. */
  get text(): string {
    return this.#lines.map(toText).join("\n").trimEnd();
  }

  /** What was shown and is shown, from the beginning. */
  get everything(): string {
    return [...this.#history, ...(this.#main ?? this.#lines).map(toText)].join("\n").trimEnd();
  }

  /** Takes what a program printed. */
  write(data: string): void {
    const text = this.#rest + data;
    this.#rest = "";
    for (let at = 0; at < text.length;) {
      if (text[at] === "\x1b") {
        const length = this.#escape(text, at);
        if (length === undefined && text.length - at < LONGEST_REST) {
          this.#rest = text.slice(at);
          return;
        }
        at += length ?? 1;
        continue;
      }
      const character = String.fromCodePoint(text.codePointAt(at)!);
      if (character < " " || character === "\x7f") this.#control(character);
      else this.#print(character);
      at += character.length;
    }
  }

  resize(columns: number, rows: number): void {
    for (const lines of [this.#lines, this.#main]) {
      if (lines === undefined) continue;
      while (lines.length > rows) this.#history.push(toText(lines.shift()!));
      while (lines.length < rows) lines.push(this.#blankLine());
      for (const line of lines) {
        line.length = Math.min(line.length, columns);
        while (line.length < columns) line.push(" ");
      }
    }
    this.#columns = columns;
    this.#rows = rows;
    this.#top = 0;
    this.#bottom = rows - 1;
    this.#moveTo(this.#row, this.#column);
  }

  #escape(text: string, at: number): number | undefined {
    const match = (pattern: RegExp) => {
      pattern.lastIndex = at;
      return pattern.exec(text);
    };
    const csi = match(CSI);
    if (csi) {
      const [all, prefix, parameters, between, final] = csi;
      if (between === "") this.#command(prefix + final!, parameters!.split(/[;:]/).map(Number));
      return all.length;
    }
    const osc = match(OSC);
    if (osc) {
      const question = /^(1[01]);\?$/.exec(osc[1]!);
      if (question) this.#answer(`\x1b]${question[1]};rgb:0000/0000/0000\x1b\\`);
      return osc[0].length;
    }
    const string = match(STRING);
    if (string) return string[0].length;
    if (/^\x1b[[\]P_^X]/.test(text.slice(at, at + 2))) return undefined;
    const short = match(ESCAPE);
    if (!short) return undefined;
    if (short[1] === "") this.#short(short[2]!);
    return short[0].length;
  }

  #short(final: string): void {
    if (final === "7") this.#saved = [this.#row, this.#column];
    else if (final === "8") this.#moveTo(this.#saved[0]!, this.#saved[1]!);
    else if (final === "D") this.#lineFeed();
    else if (final === "E") this.#control("\r"), this.#lineFeed();
    else if (final === "M") {
      if (this.#row === this.#top) this.#scrollDown(1);
      else this.#moveTo(this.#row - 1, this.#column);
    } else if (final === "c") {
      this.#lines = this.#blank(this.#rows);
      this.#moveTo(0, 0);
    }
  }

  #command(name: string, parameters: number[]): void {
    const first = parameters[0]!;
    const count = first || 1;
    const line = this.#lines[this.#row]!;
    switch (name) {
      case "A":
        return this.#moveTo(this.#row - count, this.#column);
      case "B":
      case "e":
        return this.#moveTo(this.#row + count, this.#column);
      case "C":
      case "a":
        return this.#moveTo(this.#row, this.#column + count);
      case "D":
        return this.#moveTo(this.#row, this.#column - count);
      case "E":
        return this.#moveTo(this.#row + count, 0);
      case "F":
        return this.#moveTo(this.#row - count, 0);
      case "G":
      case "`":
        return this.#moveTo(this.#row, count - 1);
      case "d":
        return this.#moveTo(count - 1, this.#column);
      case "H":
      case "f":
        return this.#moveTo(count - 1, (parameters[1] || 1) - 1);
      case "J":
        return this.#eraseDisplay(first);
      case "K":
        if (first === 0) line.fill(" ", this.#column);
        else line.fill(" ", 0, first === 1 ? this.#column + 1 : this.#columns);
        return;
      case "X":
        return void line.fill(" ", this.#column, this.#column + count);
      case "P":
        line.splice(this.#column, count);
        while (line.length < this.#columns) line.push(" ");
        return;
      case "@":
        line.splice(this.#column, 0, ...Array<string>(count).fill(" "));
        line.length = this.#columns;
        return;
      case "L":
        return this.#scrollDown(count, this.#row);
      case "M":
        return this.#scrollUp(count, this.#row);
      case "S":
        return this.#scrollUp(count);
      case "T":
        return this.#scrollDown(count);
      case "r":
        this.#top = count - 1;
        this.#bottom = (parameters[1] || this.#rows) - 1;
        return this.#moveTo(0, 0);
      case "s":
        return this.#short("7");
      case "u":
        return this.#short("8");
      case "?h":
      case "?l":
        if ([47, 1047, 1049].includes(first)) this.#alternate(name === "?h");
        return;
      case "n":
        if (first === 5) this.#answer("\x1b[0n");
        if (first === 6) this.#answer(`\x1b[${this.#row + 1};${this.#column + 1}R`);
        return;
      case "c":
        return this.#answer("\x1b[?62;22c");
    }
  }

  #control(character: string): void {
    if (character === "\n" || character === "\v" || character === "\f") this.#lineFeed();
    else if (character === "\r") this.#moveTo(this.#row, 0);
    else if (character === "\b") this.#moveTo(this.#row, this.#column - 1);
    else if (character === "\t") this.#moveTo(this.#row, (Math.floor(this.#column / 8) + 1) * 8);
  }

  #print(character: string): void {
    if (NO_WIDTH.test(character)) return;
    const width = WIDE.test(character) ? 2 : 1;
    if (this.#wraps || this.#column + width > this.#columns) {
      this.#moveTo(this.#row, 0);
      this.#lineFeed();
    }
    const line = this.#lines[this.#row]!;
    line[this.#column] = character;
    if (width === 2) line[this.#column + 1] = "";
    const next = this.#column + width;
    this.#wraps = next >= this.#columns;
    this.#column = Math.min(next, this.#columns - 1);
  }

  #moveTo(row: number, column: number): void {
    this.#row = Math.max(0, Math.min(row, this.#rows - 1));
    this.#column = Math.max(0, Math.min(column, this.#columns - 1));
    this.#wraps = false;
  }

  #lineFeed(): void {
    if (this.#row === this.#bottom) this.#scrollUp(1);
    else this.#moveTo(this.#row + 1, this.#column);
  }

  #scrollUp(count: number, top = this.#top): void {
    for (let i = 0; i < count; i++) {
      const [gone] = this.#lines.splice(top, 1);
      if (top === 0 && this.#main === undefined) this.#history.push(toText(gone!));
      this.#lines.splice(this.#bottom, 0, this.#blankLine());
    }
  }

  #scrollDown(count: number, top = this.#top): void {
    for (let i = 0; i < count; i++) {
      this.#lines.splice(this.#bottom, 1);
      this.#lines.splice(top, 0, this.#blankLine());
    }
  }

  #eraseDisplay(what: number): void {
    const line = this.#lines[this.#row]!;
    if (what === 0) line.fill(" ", this.#column);
    if (what === 1) line.fill(" ", 0, this.#column + 1);
    this.#lines.forEach((each, row) => {
      if (what === 2 || (what === 0 && row > this.#row) || (what === 1 && row < this.#row)) {
        each.fill(" ");
      }
    });
  }

  #alternate(on: boolean): void {
    if (on === (this.#main !== undefined)) return;
    if (on) {
      this.#main = this.#lines;
      this.#saved = [this.#row, this.#column];
      this.#lines = this.#blank(this.#rows);
    } else {
      this.#lines = this.#main!;
      this.#main = undefined;
      this.#moveTo(this.#saved[0]!, this.#saved[1]!);
    }
  }

  #blank(rows: number): string[][] {
    return Array.from({ length: rows }, () => this.#blankLine());
  }

  #blankLine(): string[] {
    return Array<string>(this.#columns).fill(" ");
  }
}

function toText(line: readonly string[]): string {
  return line.join("").trimEnd();
}
