/** `zag session import`: takes over the sessions that the agents' own programs keep. */
import type { ImportProgress, ImportSummary } from "../../../import/import_sessions.ts";
import type { Provider } from "../../../providers/provider.ts";
import { defineCommand, type FlagValues, listFlag, switchFlag } from "../../command.ts";
import type { CliContext } from "../../context.ts";
import { type GlobalFlags, scopeFlags } from "../../flags.ts";

const flags = {
  root: scopeFlags.root,
  global: switchFlag({ brief: "Import the sessions of all directories" }),
  provider: listFlag({
    short: "p",
    placeholder: "name",
    brief: "Only sessions of this provider; all without it",
  }),
  dryRun: switchFlag({ brief: "Only say what would be imported" }),
  json: switchFlag({ brief: "Print an object with the numbers" }),
};

type ImportFlags = FlagValues<typeof flags> & FlagValues<GlobalFlags>;

export const importCommand = defineCommand({
  name: "import",
  brief: "Take over sessions that were made without zag",
  detail:
    "The session files of Claude Code, Codex, Gemini CLI and Copilot become sessions that can " +
    "be listed, searched and gone on with. They keep their times; the files stay as they are. Doing " +
    "it again adds what is new. Sessions that were deleted from zag stay deleted.",
  flags,
  run: runImport,
});

async function runImport(ctx: CliContext, flags: ImportFlags): Promise<number> {
  const [{ openSessions }, { importSessions }, { SessionPlaces }, { listenForInterrupts }] =
    await Promise.all([
      import("../../open_sessions.ts"),
      import("../../../import/import_sessions.ts"),
      import("../../../import/place.ts"),
      import("../../interrupts.ts"),
    ]);
  const providers = await importable(flags.provider);
  using open = await openSessions(ctx, flags);
  using interrupts = listenForInterrupts();
  const { printError } = await import("../../errors.ts");
  const { ProgressLine } = await import("../../progress_line.ts");
  const line = new ProgressLine(ctx, flags.quiet);
  const { summary, interrupted } = await importSessions(
    {
      providers,
      places: new SessionPlaces(open.project, flags.root !== undefined),
      global: flags.global,
      dryRun: flags.dryRun,
      signal: interrupts.signal,
      observer: {
        failed: (path, reason) => {
          line.clear();
          printError(ctx, `Cannot import ${JSON.stringify(path)}: ${reason}`);
        },
        waiting: () => {
          if (!flags.quiet) ctx.stderr.write("> Another import is running; waiting for it\n");
        },
        progress: (progress) => line.show(() => progressText(progress)),
      },
    },
    open.store,
    open.paths,
    ctx,
  ).finally(() => line.clear());
  const text = flags.json ? JSON.stringify(summary) : summaryText(summary, flags.dryRun);
  await ctx.stdout.write(`${text}\n`);
  if (interrupted) throw interrupts.signal.reason;
  const nothing = Object.values(summary).every((count) => count === 0);
  if (nothing && !flags.global && !flags.quiet && !flags.json) {
    await ctx.stderr.write("No session of this project was found; --global looks everywhere\n");
  }
  return summary.failed > 0 ? 1 : 0;
}

/** The providers that are asked for, or all whose programs keep sessions of their own. */
async function importable(names: readonly string[]): Promise<Provider[]> {
  const { loadProvider, PROVIDER_NAMES } = await import("../../../providers/registry.ts");
  const all = (await Promise.all(PROVIDER_NAMES.map(loadProvider)))
    .filter((provider) => provider?.transcript?.everywhere) as Provider[];
  if (names.length === 0) return all;
  const { UsageError } = await import("../../errors.ts");
  return [...new Set(names.map((name) => name.toLowerCase()))].map((name) => {
    const provider = all.find((each) => each.name === name);
    if (provider) return provider;
    throw new UsageError(
      `Cannot import sessions of ${JSON.stringify(name)}: no program of that name keeps sessions`,
      `Choose from ${all.map((each) => each.name).join(", ")}`,
    );
  });
}

function summaryText(summary: ImportSummary, dryRun: boolean): string {
  const { imported, ...others } = summary;
  const rest = Object.entries(others).filter(([, count]) => count > 0)
    .map(([what, count]) => `${count} ${what}`);
  return `${dryRun ? "Would import" : "Imported"} ${imported} session${imported === 1 ? "" : "s"}` +
    (rest.length === 0 ? "" : ` (${rest.join(", ")})`);
}

const MEGABYTE = 1_000_000;

function progressText({ files, totalFiles, bytes, totalBytes, provider, name }: ImportProgress) {
  const megabytes = `${(bytes / MEGABYTE).toFixed(0)}/${(totalBytes / MEGABYTE).toFixed(0)} MB`;
  return `Importing ${files + 1}/${totalFiles}, ${megabytes}: ${provider} ${name}`;
}
