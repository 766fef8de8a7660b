/** What a session came to, as the commands get it that print results. */
import { messageText } from "../events/render/plain_text.ts";
import type { CliContext } from "./context.ts";

export { readResult, type SessionResult } from "../sessions/session_result.ts";

/**
 * A result as it goes to stdout, without newlines at its end: as it is for programs. At a terminal,
 * nothing in it can drive that.
 */
export function resultText(ctx: CliContext, result: string): string {
  return (ctx.stdout.isTerminal ? messageText(result) : result).replace(/[\r\n]+$/, "");
}
