import { version } from "../version.ts";
import { type CliContext, realContext } from "./context.ts";

/**
 * The program: runs a command line and returns the exit code.
 *
 * @param args The arguments, without the name of the program.
 * @param ctx The surroundings; those of this process by default.
 */
export async function run(
  args: readonly string[],
  ctx: CliContext = realContext(),
): Promise<number> {
  // Asked by scripts all the time, so it is answered before anything else is loaded.
  if (args.length === 1 && (args[0] === "--version" || args[0] === "-V")) {
    return await printVersion(ctx);
  }
  const [{ createApp }, { commands }] = await Promise.all([
    import("./create_app.ts"),
    import("./commands.ts"),
  ]);
  return await createApp(commands).run(args, ctx);
}

async function printVersion(ctx: CliContext): Promise<number> {
  try {
    await ctx.stdout.write(`zag ${version}\n`);
    return 0;
  } catch (error) {
    const { reportError } = await import("./errors.ts");
    return await reportError(error, ctx, { debug: false, quiet: false });
  }
}
