/** Long texts, shown by the program with which a person reads such. */
import { onSignals } from "../processes/signals.ts";
import { SpawnError, startSubprocess, type Subprocess } from "../processes/subprocess.ts";
import type { CliContext } from "./context.ts";
import { printMessage } from "./message.ts";

/**
 * Shows a text at the terminal: through the program in `PAGER` if that is set, else at once. The value
 * is split at white space and not given to a shell.
 *
 * @returns The exit code.
 */
export async function page(
  ctx: CliContext,
  text: string,
  { quiet }: { readonly quiet: boolean },
): Promise<number> {
  const [program, ...args] = (ctx.env.get("PAGER") ?? "").split(/\s+/).filter(Boolean);
  if (program === undefined) {
    await ctx.stdout.write(text);
    return 0;
  }
  // Ctrl-C is the pager's while it has the terminal.
  using _signals = onSignals(() => {}, ["SIGINT"]);
  const reader = startPager(ctx, program, args);
  if (reader instanceof SpawnError) {
    if (!quiet) printMessage(ctx, `warning: PAGER is not used: ${reader.message}`);
    await ctx.stdout.write(text);
    return 0;
  }
  // Whoever leaves before the end has read enough.
  await reader.stdin!.write(text);
  await reader.stdin!.close();
  await reader.exit;
  return 0;
}

function startPager(
  ctx: CliContext,
  program: string,
  args: readonly string[],
): Subprocess | SpawnError {
  try {
    return startSubprocess({
      program,
      args,
      // What less needs: end where all fits, show colours, leave the text where it is.
      env: { LESS: "FRX", ...ctx.env.toObject() },
      cwd: ctx.cwd,
      detached: false,
      stdin: "pipe",
      stdout: "inherit",
      stderr: "inherit",
    });
  } catch (error) {
    if (error instanceof SpawnError) return error;
    throw error;
  }
}
