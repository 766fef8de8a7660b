/** What a person is told besides results. */
import { messageText } from "../events/render/plain_text.ts";
import type { CliContext } from "./context.ts";

/**
 * Prints a text on stderr, on lines of its own. It may come from anywhere: nothing in it can drive
 * the terminal. What is printed without waiting keeps its order.
 */
export function printMessage(ctx: CliContext, text: string): Promise<void> {
  return ctx.stderr.write(`${messageText(text)}\n`);
}
