/** `zag gc`: removes what old sessions have left on the disk. */
import type { GcReport } from "../../orchestration/gc.ts";
import { defineCommand, type FlagValues, switchFlag, valueFlag } from "../command.ts";
import type { CliContext } from "../context.ts";
import { parseDuration } from "../duration.ts";
import type { GlobalFlags } from "../flags.ts";

const WEEK_MS = 7 * 24 * 60 * 60 * 1000;

const flags = {
  force: switchFlag({ brief: "Remove; without it nothing is changed, only shown" }),
  olderThan: valueFlag({
    placeholder: "duration",
    brief: "Remove what ended longer ago than this, such as 12h or 30d",
    parse: parseDuration,
    default: "7d",
  }),
  maxSize: valueFlag({
    placeholder: "size",
    brief: "Keep at most so much of ended sessions' logs, the newest, such as 500MB or 2GiB",
  }),
  keepLogs: switchFlag({ brief: "Leave the logs and records of sessions alone" }),
  json: switchFlag({ brief: "Print one JSON object" }),
  root: valueFlag({
    short: "r",
    placeholder: "path",
    brief: "Only what belongs to the project of this directory",
  }),
};

type GcFlags = FlagValues<typeof flags> & FlagValues<GlobalFlags>;

export const gcCommand = defineCommand({
  name: "gc",
  brief: "Remove what old sessions have left on the disk",
  detail:
    "Looks in all projects unless --root names one, and only says what could go until --force is " +
    "given; -v lists each file. What belongs to a session that goes on is never touched, nor are " +
    "logs that another program wrote, nor worktrees that hold any work. A session goes with its " +
    "log; what it has cost stays counted.",
  flags,
  run: runGc,
});

async function runGc(ctx: CliContext, flags: GcFlags): Promise<number> {
  const [
    { collectGarbage },
    { ownShim },
    { openSessions },
    { gcJson, gcText },
    { conflict },
  ] = await Promise.all([
    import("../../orchestration/gc.ts"),
    import("../../orchestration/own_shim.ts"),
    import("../open_sessions.ts"),
    import("../gc_view.ts"),
    import("../agent_flags.ts"),
  ]);
  if (flags.keepLogs && flags.maxSize !== undefined) conflict("--keep-logs", "--max-size");
  const maxLogBytes = flags.maxSize === undefined ? undefined : await sizeOf(flags.maxSize);
  using sessions = await openSessions(ctx, flags);
  const { store, paths, project } = sessions;
  const roots = [project.workspace, project.checkout, project.repoRoot];
  const report = await collectGarbage({
    store,
    paths,
    now: ctx.now(),
    olderThanMs: flags.olderThan ?? WEEK_MS,
    maxLogBytes,
    keepLogs: flags.keepLogs,
    project: flags.root === undefined ? undefined : project.key ?? null,
    roots: roots.filter((root) => root !== undefined),
    ownShim: await ownShim(ctx, paths.shims),
    env: ctx.env,
    force: flags.force,
  });
  const view = { dryRun: !flags.force, verbose: flags.verbose, quiet: flags.quiet };
  await ctx.stdout.write(flags.json ? gcJson(report, view) : gcText(report, view));
  if (!flags.json && !flags.force && !flags.quiet && report.items.length > 0) {
    await ctx.stderr.write('Nothing was removed yet: "zag gc --force" does it\n');
  }
  return await reportFailures(ctx, report);
}

async function sizeOf(text: string): Promise<number> {
  const { parseSize } = await import("../sizes.ts");
  const { UsageError } = await import("../errors.ts");
  try {
    return parseSize(text);
  } catch (error) {
    throw new UsageError(`Wrong value for "--max-size": ${(error as Error).message}`);
  }
}

async function reportFailures(ctx: CliContext, { failures }: GcReport): Promise<number> {
  if (failures.length === 0) return 0;
  const { printError } = await import("../errors.ts");
  for (const { name, error } of failures) {
    await printError(ctx, `Cannot clean up ${JSON.stringify(name)}: ${error}`);
  }
  return 1;
}
