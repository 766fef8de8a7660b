/** What the commands about skills and MCP servers share: the place they work in, and their reports. */
import { variablesOf } from "../host.ts";
import { InvalidProviderError } from "../agent/errors.ts";
import { type ZagPaths, zagPaths } from "../config/paths.ts";
import { resolveProject } from "../config/project.ts";
import type { Imported } from "../extensions/import_skills.ts";
import type { ProviderReport, RemovalReport, SyncPart } from "../extensions/sync_provider.ts";
import type { PlaceRequest, ProviderExtensions } from "../providers/extensions.ts";
import type { Provider } from "../providers/provider.ts";
import { loadProvider, TIERS } from "../providers/registry.ts";
import type { CliContext } from "./context.ts";
import { CliError, printError, UsageError } from "./errors.ts";
import { jsonText } from "./json_text.ts";
import { printMessage } from "./message.ts";
import { storedProviderName } from "./provider_name.ts";

/** The flags that matter here. */
export interface ExtensionFlags {
  readonly root?: string | undefined;
  readonly json: boolean;
  readonly quiet: boolean;
}

/** Where a command works. */
export interface ExtensionPlace {
  readonly paths: ZagPaths;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Key of the project; undefined outside of any. */
  readonly project: string | undefined;
  /** Tells the person that another zag is waited for. */
  readonly waiting: () => void;
}

/** Finds the place of a command. */
export async function extensionPlace(
  ctx: CliContext,
  flags: ExtensionFlags,
): Promise<ExtensionPlace> {
  const project = await resolveProject({ root: flags.root, cwd: ctx.cwd });
  return {
    paths: zagPaths(ctx.env),
    env: variablesOf(ctx.env),
    project: project.key,
    waiting: () => void warn(ctx, flags, "Another zag changes the same files; waiting for it"),
  };
}

/**
 * The name of a skill or server that a command was given.
 *
 * @throws {UsageError} when it can be none
 */
export async function givenName(what: "skill" | "MCP server", name: string): Promise<string> {
  const [{ checkName }, { ExtensionError }] = await Promise.all([
    import("../extensions/names.ts"),
    import("../extensions/errors.ts"),
  ]);
  try {
    return checkName(what, name);
  } catch (error) {
    if (!(error instanceof ExtensionError)) throw error;
    throw new UsageError(error.message, error.hint);
  }
}

/** A provider that a command was given, as it is stored. */
async function givenProvider(name: string): Promise<string> {
  try {
    return await storedProviderName(name);
  } catch (error) {
    if (!(error instanceof InvalidProviderError)) throw error;
    throw new UsageError(error.message, error.hint);
  }
}

/** Tells of something that is not right, unless nothing is to be told. */
export async function warn(
  ctx: CliContext,
  flags: ExtensionFlags,
  message: string,
): Promise<void> {
  if (!flags.quiet) await printMessage(ctx, `warning: ${message}`);
}

/** Prints a value as JSON, on one line. */
export async function printJson(ctx: CliContext, value: unknown): Promise<void> {
  await ctx.stdout.write(jsonText(ctx, JSON.stringify(value)) + "\n");
}

/** Prints a line for people; what is in it cannot drive the terminal. */
export async function printLine(ctx: CliContext, line: string): Promise<void> {
  const { messageText } = await import("../events/render/plain_text.ts");
  await ctx.stdout.write(messageText(line) + "\n");
}

/** Does one part of a sync with one provider or with all, and prints what came of it. */
export async function syncAndPrint(
  ctx: CliContext,
  flags: ExtensionFlags & { readonly provider?: string | undefined },
  part: "syncSkills" | "syncServers",
  what: string,
): Promise<number> {
  const sync = await import("../extensions/sync_provider.ts");
  const place = await extensionPlace(ctx, flags);
  const home = userHome(place.paths);
  const names = flags.provider === undefined ? TIERS : [await givenProvider(flags.provider)];
  const takesNone = part === "syncSkills" ? "no native skills" : `it takes no ${what}`;
  const reports: ProviderReport[] = [];
  for (const name of names) {
    const provider = (await loadProvider(name))!;
    reports.push(
      provider.extensions
        ? await sync.syncPart(
          sync[part] as SyncPart,
          { ...place, provider, home },
          flags.provider !== undefined,
        )
        : { provider: name, report: { skipped: takesNone }, warnings: [] },
    );
  }
  const messages = new Set(reports.flatMap(({ warnings }) => warnings));
  for (const message of messages) await warn(ctx, flags, message);
  for (const { report } of reports) {
    if ("error" in report) await printError(ctx, report.error);
  }
  if (flags.json) {
    await printJson(
      ctx,
      reports.map(({ provider, report, warnings }) => ({ provider, ...report, warnings })),
    );
  } else {
    for (const { provider, report } of reports) {
      const said = "error" in report
        ? "failed"
        : "skipped" in report
        ? `${report.skipped}, skipped`
        : `${report.count} ${report.count === 1 ? what.replace(/s$/, "") : what}` +
          (report.own ? `, and ${report.own} of its own in place of zag's` : "");
      await printLine(ctx, `${provider}: ${said}`);
    }
  }
  return reports.some(({ report }) => "error" in report) ? 1 : 0;
}

/** Prints what was taken over. */
export async function printImported(
  ctx: CliContext,
  flags: ExtensionFlags,
  imported: readonly Imported[],
  what: string,
): Promise<void> {
  const count = imported.filter(({ status }) => status === "imported").length;
  if (flags.json) {
    await printJson(ctx, { imported: count, [what]: imported });
    return;
  }
  for (const { name, status, reason, dropped } of imported) {
    await printLine(
      ctx,
      (reason === undefined ? `${status} ${name}` : `${status} ${name}: ${reason}`) +
        (dropped === undefined ? "" : `, without ${dropped.join(", ")}`),
    );
  }
  const noun = what === "skills" ? "skill" : "MCP server";
  await ctx.stdout.write(`Imported ${count} ${noun}${count === 1 ? "" : "s"}\n`);
}

/** Prints the removal of something, and fails when it could not be taken out everywhere. */
export async function printRemoval(
  ctx: CliContext,
  flags: ExtensionFlags,
  what: string,
  name: string,
  { providers, failures }: RemovalReport,
  scopes?: readonly string[],
): Promise<number> {
  for (const failure of failures) await printError(ctx, failure);
  if (flags.json) {
    await printJson(ctx, { removed: name, ...(scopes ? { scopes } : {}), providers, failures });
  } else {
    const from = providers.length === 0 ? [] : [`also from ${providers.join(", ")}`];
    const where = [...scopes ? [scopes.join(" and ")] : [], ...from].join("; ");
    await ctx.stdout.write(`Removed ${what}: ${name}${where && ` (${where})`}\n`);
  }
  return failures.length === 0 ? 0 : 1;
}

/** A provider from which can be imported: what it has, and where. */
export async function importSource(
  place: ExtensionPlace,
  name: string,
  what: string,
  has: (extensions: ProviderExtensions) => boolean,
): Promise<{ name: string; extensions: ProviderExtensions; request: PlaceRequest }> {
  const known = await givenProvider(name);
  const provider: Provider = (await loadProvider(known))!;
  const extensions = (await provider.extensions?.())?.extensions;
  if (!extensions || !has(extensions)) {
    throw new UsageError(`Cannot import from "${known}": it has no ${what} of its own`);
  }
  const request = { home: userHome(place.paths), env: place.env };
  return { name: known, extensions, request };
}

/** The home directory, in which the agents' CLIs keep their files. */
export function userHome({ userHome }: ZagPaths): string {
  if (userHome !== undefined) return userHome;
  throw new CliError("Cannot find the agents' files: HOME is not set", 1, "Set HOME");
}
