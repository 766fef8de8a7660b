/**
 * A terminal that nobody sees: it keeps a screen and answers what programs ask of their terminal, so
 * that a full-screen interface that waits for answers gets them.
 */
import type { Terminal } from "@xterm/headless";

/** How a terminal is made. */
export interface VirtualTerminalOptions {
  readonly columns: number;
  readonly rows: number;
  /** Takes what the terminal answers, for the stdin of the program. */
  readonly answer: (text: string) => void;
}

/** What a cell would measure, for programs that ask how large the window is. */
const CELL = { width: 8, height: 16 };
const LIGHT = "rgb:ffff/ffff/ffff";
const DARK = "rgb:0000/0000/0000";
/** OSC 10, 11 and 12: text, background and cursor. */
const COLOURS = [LIGHT, DARK, LIGHT];
const FIRST_COLOUR = 10;

/** An xterm without a window. Dispose it: it may still be at work on what it was given. */
export class VirtualTerminal implements Disposable {
  readonly #xterm: Terminal;
  readonly #answer: (text: string) => void;

  private constructor(xterm: Terminal, answer: (text: string) => void) {
    this.#xterm = xterm;
    this.#answer = answer;
    xterm.onData(answer);
    this.#answerColours();
    this.#answerSizes();
    this.#answerTheRest();
  }

  /** Makes a terminal; the emulator is loaded only now. */
  static async open(options: VirtualTerminalOptions): Promise<VirtualTerminal> {
    // The package names a module that it does not ship, and bundlers believe it.
    const { Terminal } = await import("@xterm/headless/lib-headless/xterm-headless.mjs") as {
      Terminal: typeof import("@xterm/headless").Terminal;
    };
    const xterm = new Terminal({
      cols: options.columns,
      rows: options.rows,
      allowProposedApi: true,
      scrollback: 0,
      logLevel: "off",
      // It asks these even before it calls a handler of ours.
      windowOptions: { getWinSizePixels: true, getCellSizePixels: true, getWinSizeChars: true },
    });
    return new VirtualTerminal(xterm, options.answer);
  }

  /** Takes what the program printed; fulfilled when it is on the screen and answered. */
  write(data: Uint8Array | string): Promise<void> {
    return new Promise((resolve) => this.#xterm.write(data, resolve));
  }

  /** Changes the size of the screen; the program has to be told by itself. */
  resize(columns: number, rows: number): void {
    this.#xterm.resize(columns, rows);
  }

  /** What is shown, one line a row, without blanks at the ends of lines and empty lines at the end. */
  screenText(): string {
    const { active } = this.#xterm.buffer;
    const lines = Array.from(
      { length: this.#xterm.rows },
      (_, row) => active.getLine(active.baseY + row)?.translateToString(true).trimEnd() ?? "",
    );
    return lines.join("\n").trimEnd();
  }

  /** The last lines on the screen that are not empty, for messages; it holds no controls. */
  tail(lines: number): string {
    const text = this.screenText().split("\n").filter((line) => line.trim() !== "");
    return text.slice(-lines).join("\n");
  }

  [Symbol.dispose](): void {
    this.#xterm.dispose();
  }

  #answerColours(): void {
    for (let first = 0; first < COLOURS.length; first++) {
      // Further values in the same request are for the colours that follow.
      this.#xterm.parser.registerOscHandler(FIRST_COLOUR + first, (data) => {
        data.split(";").forEach((value, index) => {
          const colour = COLOURS[first + index];
          if (value !== "?" || colour === undefined) return;
          this.#answer(`\x1b]${FIRST_COLOUR + first + index};${colour}\x1b\\`);
        });
        return true;
      });
    }
    this.#xterm.parser.registerOscHandler(4, (data) => {
      for (const [, index, value] of data.matchAll(/(\d+);([^;]*)/g)) {
        const colour = basicColour(Number(index));
        if (value === "?" && colour !== undefined) this.#answer(`\x1b]4;${index};${colour}\x1b\\`);
      }
      return true;
    });
  }

  #answerSizes(): void {
    this.#xterm.parser.registerCsiHandler({ final: "t" }, ([what]) => {
      const { cols, rows } = this.#xterm;
      if (what === 14) this.#answer(`\x1b[4;${rows * CELL.height};${cols * CELL.width}t`);
      else if (what === 16) this.#answer(`\x1b[6;${CELL.height};${CELL.width}t`);
      else if (what === 18) this.#answer(`\x1b[8;${rows};${cols}t`);
      else return false;
      return true;
    });
  }

  #answerTheRest(): void {
    const { parser } = this.#xterm;
    // XTVERSION.
    parser.registerCsiHandler({ prefix: ">", final: "q" }, () => {
      this.#answer("\x1bP>|zag\x1b\\");
      return true;
    });
    // Dark or light.
    parser.registerCsiHandler({ prefix: "?", final: "n" }, ([what]) => {
      if (what !== 996) return false;
      this.#answer("\x1b[?997;1n");
      return true;
    });
    // XTGETTCAP: none of the capabilities.
    parser.registerDcsHandler({ intermediates: "+", final: "q" }, () => {
      this.#answer("\x1bP0+r\x1b\\");
      return true;
    });
    // `CSI ? u`, the kitty keyboard, stays without an answer: programs then ask for the device
    // attributes too, and that answer alone says no.
  }
}

/** One of the 16 colours that every terminal has, the way that VGA had them. */
function basicColour(index: number): string | undefined {
  if (index > 15) return undefined;
  if (index === 7) return "rgb:c0c0/c0c0/c0c0";
  if (index === 8) return "rgb:8080/8080/8080";
  const level = index > 8 ? "ffff" : "8080";
  const [red, green, blue] = [1, 2, 4].map((bit) => (index & bit) !== 0 ? level : "0000");
  return `rgb:${red}/${green}/${blue}`;
}
