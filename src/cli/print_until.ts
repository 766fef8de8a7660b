/** Printing for commands that go on until somebody ends them. */
import type { CliContext } from "./context.ts";

/**
 * Prints a text on stdout. A signal ends the wait for a reader who does not read.
 *
 * @throws the reason of the signal when it has fired
 */
export async function printUntil(
  ctx: CliContext,
  text: string,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  const { promise, resolve } = Promise.withResolvers<void>();
  const done = () => resolve();
  signal.addEventListener("abort", done);
  try {
    await Promise.race([ctx.stdout.write(text), promise]);
  } finally {
    signal.removeEventListener("abort", done);
  }
  signal.throwIfAborted();
}
