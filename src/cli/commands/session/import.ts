/** `zag session import`: takes over the sessions that the agents' own programs keep. */
import type {
  ImportProgress,
  ImportSummary,
  TakenSession,
} from "../../../import/import_sessions.ts";
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
  dryRun: switchFlag({ brief: "Only list what would be imported" }),
  json: switchFlag({ brief: "Print an object with the numbers; with --dry-run and the sessions" }),
};

type ImportFlags = FlagValues<typeof flags> & FlagValues<GlobalFlags>;

export const importCommand = defineCommand({
  name: "import",
  brief: "Take over sessions that were made without zag",
  detail:
    "The session files of Claude Code, Codex, Gemini CLI and Copilot become sessions that can " +
    "be listed, searched and gone on with. They keep their times; the files stay as they are. Doing " +
    "it again adds what is new. Sessions that were deleted from zag stay deleted. A file that is " +
    "damaged is left out, and reported once; -v says of each file that is skipped why.",
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
  const { messageText } = await import("../../../events/render/plain_text.ts");
  const { jsonText } = await import("../../json_text.ts");
  const line = new ProgressLine(ctx, flags.quiet);
  const taken: TakenSession[] = [];
  const { summary, interrupted } = await importSessions(
    {
      providers,
      places: new SessionPlaces(open.project, flags.root !== undefined),
      global: flags.global,
      dryRun: flags.dryRun,
      signal: interrupts.signal,
      observer: {
        taken: (session) => void (flags.dryRun && taken.push(session)),
        skipped: (path, reason) => {
          if (!flags.verbose) return;
          line.clear();
          ctx.stderr.write(messageText(`> Skipped ${JSON.stringify(path)}: ${reason}\n`));
        },
        failed: (path, reason, hint) => {
          line.clear();
          printError(ctx, `Cannot import ${JSON.stringify(path)}: ${reason}`, hint);
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
  if (flags.json) {
    const json = JSON.stringify(
      flags.dryRun ? { ...summary, sessions: taken.map(sessionJson) } : summary,
    );
    await ctx.stdout.write(`${jsonText(ctx, json)}\n`);
  } else {
    await ctx.stdout.write(`${summaryText(summary, flags.dryRun)}\n`);
    await ctx.stdout.write(await listText(ctx, taken, flags.verbose, open.paths.userHome));
  }
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

/** So many sessions are listed without `--verbose`. */
const LISTED = 20;

/** Sessions that would be imported, a line each; empty when there are none. */
async function listText(
  ctx: CliContext,
  sessions: readonly TakenSession[],
  verbose: boolean,
  userHome: string | undefined,
): Promise<string> {
  if (sessions.length === 0) return "";
  const [{ table }, { withTilde }, { formatSize }] = await Promise.all([
    import("../../table.ts"),
    import("../../session_text.ts"),
    import("../../sizes.ts"),
  ]);
  const shown = verbose ? sessions : sessions.slice(0, LISTED);
  const hidden = sessions.length - shown.length;
  const list = table(shown, [
    { title: "PROVIDER", cell: ({ provider }) => provider },
    { title: "SESSION ID", cell: ({ id }) => id, min: 9 },
    {
      title: "DIRECTORY",
      cell: ({ directory }) => withTilde(directory, userHome),
      min: 12,
      cut: "start",
    },
    { title: "SIZE", cell: ({ size }) => formatSize(size), align: "right" },
    { title: "", cell: ({ isNew }) => isNew ? "" : "has grown", drop: 1 },
  ], { width: ctx.stdout.isTerminal ? ctx.stdout.columns : undefined });
  return list + (hidden > 0 ? `... and ${hidden} more; -v lists them\n` : "");
}

function sessionJson({ provider, id, directory, path, size, isNew }: TakenSession) {
  return { provider, id, directory, path, size, new: isNew };
}

const MEGABYTE = 1_000_000;

function progressText({ files, totalFiles, bytes, totalBytes, provider, name }: ImportProgress) {
  const megabytes = `${(bytes / MEGABYTE).toFixed(0)}/${(totalBytes / MEGABYTE).toFixed(0)} MB`;
  return `Importing ${files + 1}/${totalFiles}, ${megabytes}: ${provider} ${name}`;
}
