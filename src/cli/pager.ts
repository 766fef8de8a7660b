/** Long texts, shown by the program with which a person reads such. */
import { onSignals } from "../processes/signals.ts";
import { SpawnError, startSubprocess, type Subprocess } from "../processes/subprocess.ts";
import type { CliContext } from "./context.ts";
import { printMessage } from "./message.ts";

/**
 * Shows a text at the terminal: through the program in `PAGER` if that is set, else at once, and also
 * at once when that program fails. The value is split as a shell would, and not given to one.
 *
 * @returns The exit code.
 */
export async function page(
  ctx: CliContext,
  text: string,
  { quiet }: { readonly quiet: boolean },
): Promise<number> {
  const atOnce = async (reason: string): Promise<number> => {
    if (!quiet) printMessage(ctx, `warning: PAGER is not used: ${reason}`);
    await ctx.stdout.write(text);
    return 0;
  };
  const words = splitWords(ctx.env.get("PAGER") ?? "");
  if (words === undefined) return await atOnce("a quote in it is not closed");
  const [program, ...args] = words;
  if (program === undefined) {
    await ctx.stdout.write(text);
    return 0;
  }
  // Ctrl-C is the pager's while it has the terminal.
  const listener = onSignals(() => {}, ["SIGINT"]);
  const reader = startPager(ctx, program, args);
  if (reader instanceof SpawnError) {
    listener[Symbol.dispose]();
    return await atOnce(reader.message);
  }
  // Whoever leaves before the end has read enough.
  await reader.stdin!.write(text);
  await reader.stdin!.close();
  const { code } = await reader.exit;
  // Without an error zag ends now, and goes on listening: the runtime may hear of a Ctrl-C after the pager.
  if (!code) return 0;
  listener[Symbol.dispose]();
  return await atOnce(`it ended with exit code ${code}`);
}

/** The words of a command without anything but quotes and backslashes; undefined for an open quote. */
function splitWords(command: string): string[] | undefined {
  const word = /(?:[^\s'"\\]|\\.|'[^']*'|"(?:[^"\\]|\\.)*")+/gs;
  if (/\S/.test(command.replace(word, ""))) return undefined;
  return (command.match(word) ?? []).map((each) =>
    each.replace(
      /'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)/gs,
      (_, single?: string, double?: string, char?: string) =>
        single ?? double?.replace(/\\([\\"$`])/g, "$1") ?? char ?? "",
    )
  );
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
