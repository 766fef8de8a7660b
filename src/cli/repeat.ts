/** Runs a command that only reads once more, where the index turned out to be damaged. */
import { StoreCorruptError } from "../sessions/store_errors.ts";
import type { CliContext } from "./context.ts";

/**
 * Runs a command of which nothing but its output is left behind. Where it finds the index damaged
 * before it has printed anything, it is run again: whoever opens the index then makes it anew.
 *
 * @returns the exit code
 */
export async function repeatedIfDamaged(
  ctx: CliContext,
  run: (ctx: CliContext) => Promise<number>,
): Promise<number> {
  let printed = false;
  const stdout = Object.create(ctx.stdout, {
    write: {
      value: (text: string | Uint8Array) => {
        printed = true;
        return ctx.stdout.write(text);
      },
    },
  });
  try {
    return await run(Object.create(ctx, { stdout: { value: stdout } }));
  } catch (error) {
    if (!(error instanceof StoreCorruptError) || printed) throw error;
    return await run(ctx);
  }
}
