/** Where the interface of an interactive agent goes that a program has started. */
import { isatty } from "node:tty";
import { InvalidOptionError } from "./errors.ts";
import type { TerminalKind } from "./settle.ts";

/** What decides about it. */
export interface TerminalWish {
  /** Nobody sees it. */
  readonly headless: boolean;
  /** The session comes to an end without a person, or may. */
  readonly endsAlone: boolean;
}

/**
 * The terminal of an interactive session: our own stdin and stdout if they are one, else, for a session
 * that ends by handing in a result, the one that controls this process.
 *
 * @throws {InvalidOptionError} when there is none
 * @throws {PtyUnavailableError} when the system has none that nobody sees
 */
export async function chooseTerminal({ headless, endsAlone }: TerminalWish): Promise<TerminalKind> {
  if (!headless && isatty(0) && isatty(1)) return "shared";
  if (!headless && !endsAlone) {
    throw new InvalidOptionError(
      "Cannot start an interactive session: stdin and stdout must be a terminal",
      { hint: "use exec(), or exit() together with headless()" },
    );
  }
  const { hasTerminal } = await import("../processes/terminal.ts");
  if (!headless && !hasTerminal()) {
    throw new InvalidOptionError("Cannot start an interactive session: there is no terminal", {
      hint: "headless() gives the agent one that nobody sees",
    });
  }
  // Both need the C library. Nothing is recorded yet.
  const { libc } = await import("../processes/pty_libc.ts");
  libc();
  return headless ? "private" : "person";
}
