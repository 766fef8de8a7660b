import { parseArgv, type Parsed } from "./argv.ts";
import type { Route } from "./command.ts";
import { type CliContext, withoutColor } from "./context.ts";
import { ExitCode, reportError, UsageError } from "./errors.ts";

/** A program made of commands. */
export interface App {
  /**
   * Runs a command line and returns the exit code. Errors are printed, never thrown.
   *
   * @param args The arguments, without the name of the program.
   */
  run(args: readonly string[], ctx: CliContext): Promise<number>;
}

/** Builds a program from its commands. */
export function createApp(routes: readonly Route[]): App {
  return { run: (args, ctx) => runApp(routes, args, ctx) };
}

async function runApp(
  routes: readonly Route[],
  args: readonly string[],
  ctx: CliContext,
): Promise<number> {
  let parsed: Parsed | undefined;
  try {
    if (args.length === 0) {
      await ctx.stderr.write(await helpText([], routes, ctx, "stderr"));
      return ExitCode.usage;
    }
    parsed = parseArgv(args, routes);
    return await answer(parsed, routes, ctx);
  } catch (error) {
    const given = parsed?.kind === "command" ? parsed : undefined;
    if (error instanceof UsageError) error.path ??= given?.path;
    const quiet = given?.values.has("quiet") ?? false;
    return await reportError(error, quiet ? withoutColor(ctx) : ctx, {
      debug: given?.values.has("debug") ?? false,
      quiet,
    });
  }
}

async function answer(
  parsed: Parsed,
  routes: readonly Route[],
  ctx: CliContext,
): Promise<number> {
  switch (parsed.kind) {
    case "help":
      await ctx.stdout.write(await helpText(parsed.path, routes, ctx, "stdout"));
      return ExitCode.success;
    case "help-agent": {
      const { agentGuide } = await import("./man_page.ts");
      await ctx.stdout.write(await agentGuide(routes));
      return ExitCode.success;
    }
    case "version": {
      const { version } = await import("../version.ts");
      await ctx.stdout.write(`zag ${version}\n`);
      return ExitCode.success;
    }
    case "command": {
      const { dispatch } = await import("./dispatch.ts");
      const seen = parsed.values.has("quiet") ? withoutColor(ctx) : ctx;
      if (!mayDoAll()) {
        const { demandPermissions } = await import("./permission_gate.ts");
        await demandPermissions(parsed, seen);
      }
      if (!parsed.command.readsOnly) return await dispatch(parsed, seen);
      const { repeatedIfDamaged } = await import("./repeat.ts");
      return await repeatedIfDamaged(seen, (ctx) => dispatch(parsed, ctx));
    }
  }
}

/** With everything allowed nothing more is looked at, nor loaded. */
function mayDoAll(): boolean {
  return KINDS.every((name) => {
    const { state, partial } = Deno.permissions.querySync({ name });
    return state === "granted" && !partial;
  });
}

const KINDS = ["import", "ffi", "sys", "net", "run", "write", "read", "env"] as const;

async function helpText(
  path: readonly Route[],
  routes: readonly Route[],
  ctx: CliContext,
  to: "stdout" | "stderr",
): Promise<string> {
  const { renderHelp } = await import("./help.ts");
  const width = ctx[to].isTerminal ? ctx[to].columns : 80;
  return renderHelp(path, routes, { width, color: ctx.color(to) });
}
