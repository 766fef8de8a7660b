import { parseArgv, type Parsed } from "./argv.ts";
import type { Route } from "./command.ts";
import { type CliContext, withoutColor } from "./context.ts";
import { hasNotices } from "../notify/open_notices.ts";
import { setEntry } from "../processes/entry.ts";
import { ExitCode, reportError, UsageError } from "./errors.ts";
import { redactedStderr } from "./redacted_stderr.ts";

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
  return {
    run: async (args, given) => {
      const ctx = redactedStderr(given);
      // For whatever starts zag again and is not handed a context.
      if ("entry" in given) setEntry(() => given.entry);
      const shown = { quiet: false };
      const code = await runApp(routes, args, ctx, shown);
      // Not before: nobody waits for a result because somebody else is told of it.
      if (hasNotices()) await tellEnds(ctx, shown);
      return code;
    },
  };
}

/** Notifies whoever wants to know how the sessions ended whose books this program has closed. */
async function tellEnds(ctx: CliContext, { quiet }: Shown): Promise<void> {
  const { deliverAll } = await import("../notify/notify.ts");
  const { env, cwd } = ctx;
  const warnings = await deliverAll({ env, cwd });
  if (quiet) return;
  const { printMessage } = await import("./message.ts");
  for (const warning of warnings) await printMessage(ctx, `warning: ${warning}`);
}

/** How much a command line wants to see. */
interface Shown {
  quiet: boolean;
}

async function runApp(
  routes: readonly Route[],
  args: readonly string[],
  ctx: CliContext,
  shown: Shown,
): Promise<number> {
  let parsed: Parsed | undefined;
  try {
    if (args.length === 0) {
      await ctx.stderr.write(await helpText([], routes, ctx, "stderr"));
      return ExitCode.usage;
    }
    parsed = parseArgv(args, routes);
    shown.quiet = parsed.kind === "command" && parsed.values.has("quiet");
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
