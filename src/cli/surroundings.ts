/** What is known of the streams and the terminal that a command works with. */
import type { TerminalFacts } from "../diagnostics/doctor_terminal.ts";
import type { CliContext } from "./context.ts";

/** Looks at the streams; asks for nothing. */
export function surroundings(ctx: CliContext): TerminalFacts {
  const { stdin, stdout, stderr } = ctx;
  return {
    stdin: stdin.isTerminal,
    stdout: stdout.isTerminal,
    stderr: stderr.isTerminal,
    colors: ctx.color(stdout.isTerminal ? "stdout" : "stderr"),
    size: sizeOfTerminal(),
  };
}

function sizeOfTerminal(): TerminalFacts["size"] {
  try {
    return Deno.consoleSize();
  } catch {
    return undefined;
  }
}
