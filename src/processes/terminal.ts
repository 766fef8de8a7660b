/** Keeps the terminal usable when a full-screen program dies without cleaning up. */
import { runHelper } from "./helper_program.ts";

/** The modes of a terminal at one moment. */
export interface SavedTerminal {
  /**
   * Sets the modes again. Never rejects.
   *
   * @param options `reset`: also leave the alternate screen, show the cursor, switch off mouse,
   * paste and keyboard protocols, and drop colours; for when the program was killed.
   */
  restore(options?: { readonly reset?: boolean }): Promise<void>;
}

/** What a program may have switched on, switched off. Harmless where it was off. */
const RESET = [
  "\x1b7\x1b[r\x1b8", // scroll region; alone it would move the cursor to the top
  "\x1b[?1049l", // main screen; it goes back to the place that was just remembered
  "\x1b[?25h", // cursor
  "\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1015l", // mouse
  "\x1b[?1004l", // focus reports
  "\x1b[?2004l", // bracketed paste
  "\x1b[?2026l", // held-back updates
  "\x1b[<u\x1b[>4;0m", // kitty keyboard protocol, xterm key modifiers
  "\x1b[?1l\x1b>", // cursor keys and keypad
  "\x1b[0m", // colours
].join("");

const TERMINAL = "/dev/tty";

/** Whether a person's terminal controls this program, whatever its stdin and stdout are. */
export function hasTerminal(): boolean {
  if (Deno.build.os === "windows") return Deno.stderr.isTerminal();
  try {
    Deno.openSync(TERMINAL).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return false;
  }
}

/** In the background a change of modes stops whoever makes it, and ours must not wait for that. */
const STTY_LIMIT_MS = 2000;

/**
 * Remembers the modes of the terminal on stdin, or else of the one that controls this program.
 *
 * @returns Undefined where there is no terminal, or no `stty` that may be run. Never rejects.
 */
export async function saveTerminal(): Promise<SavedTerminal | undefined> {
  const device = Deno.stdin.isTerminal() ? undefined : controllingTerminal();
  if (device === undefined && !Deno.stdin.isTerminal()) return undefined;
  const modes = (await stty("-g", device))?.trim();
  if (modes === undefined || !/^[\w:=,-]+$/.test(modes)) return undefined;
  return {
    async restore(options = {}) {
      if (options.reset === true) resetScreen(device);
      await stty(modes, device);
    },
  };
}

function controllingTerminal(): string | undefined {
  try {
    return hasTerminal() && Deno.build.os !== "windows" ? TERMINAL : undefined;
  } catch {
    return undefined;
  }
}

function resetScreen(device: string | undefined): void {
  const bytes = new TextEncoder().encode(RESET);
  try {
    // The agent may have had the terminal although our stdout goes elsewhere.
    const screen = [Deno.stdout, Deno.stderr].find((stream) => stream.isTerminal());
    if (screen) screen.writeSync(bytes);
    else if (device !== undefined) Deno.writeFileSync(device, bytes, { create: false });
  } catch {
    // The terminal is gone, and with it everything that there was to reset.
  }
}

/** @param device Undefined for the terminal on stdin. */
async function stty(argument: string, device: string | undefined): Promise<string | undefined> {
  const on = device === undefined ? [] : [Deno.build.os === "linux" ? "-F" : "-f", device];
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), STTY_LIMIT_MS);
  try {
    const output = await runHelper("stty", [...on, argument], {
      stdin: "inherit",
      signal: limit.signal,
    });
    return output.code === 0 ? output.stdout : undefined;
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}
