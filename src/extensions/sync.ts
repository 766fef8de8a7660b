/**
 * Gives skills and MCP servers to the agents' CLIs. Before each session that is one call of
 * {@linkcode syncExtensions}, which costs a few looks at the disk when nothing has changed.
 */
import { join } from "node:path";
import type { ZagPaths } from "../config/paths.ts";
import type { PlaceRequest, ProviderExtensions } from "../providers/extensions.ts";
import type { Provider } from "../providers/provider.ts";

/** What a sync has to know. */
export interface SyncOptions {
  readonly paths: Pick<ZagPaths, "skills" | "globalMcp" | "projectMcp" | "syncState">;
  /** Key of the project whose servers count beside the global ones; undefined outside of any. */
  readonly project: string | undefined;
  readonly provider: Pick<Provider, "name" | "extensions">;
  /** The person's home directory, in which the CLIs keep their files; undefined where unknown. */
  readonly home: string | undefined;
  /** Environment of the agent. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** How far a sync goes: it takes out what zag has forgotten, or leaves alone what it does not know. */
  readonly reach?: "forgotten" | "known";
}

/** A sync before a session. */
export interface LaunchSyncOptions extends SyncOptions {
  /** Tells the person what could not be done; the session starts all the same. */
  warn(message: string): void;
}

/** What a session gets in another way. */
export interface LaunchExtensions {
  /** A part for the system prompt; undefined where the CLI itself knows the skills, or there are none. */
  readonly systemPrompt: string | undefined;
}

/** What a part of a sync came to. */
export type PartReport =
  /** The CLI has so many skills or servers of zag now; in place of others it uses its own ones. */
  | { readonly count: number; readonly own?: number; readonly changed: boolean }
  /** Why nothing was done. */
  | { readonly skipped: string };

/** What a sync came to. */
export interface SyncReport {
  readonly part: PartReport;
  readonly warnings: readonly string[];
}

const NOTHING: LaunchExtensions = { systemPrompt: undefined };

/**
 * Gives the provider's CLI all skills and the project's servers, when anything has changed since that
 * was done last. Never throws: what fails is told as a warning.
 */
export async function syncExtensions(options: LaunchSyncOptions): Promise<LaunchExtensions> {
  const { provider, home, warn } = options;
  try {
    if (!provider.extensions || !isConfigured(options)) return NOTHING;
    const { extensions } = await provider.extensions();
    if (extensions.skillsInPrompt) return await promptOf(options);
    if (home === undefined) return NOTHING;
    const place = { home, env: options.env };
    const { readState, takeState, writeState, whileLocked } = await import("./sync_state.ts");
    const state = readState(options.paths, provider.name);
    if (state.fingerprint === fingerprint(options, extensions, place)) return NOTHING;
    const notice = () => warn(`Another zag changes the files of ${provider.name}; waiting for it`);
    await whileLocked(options.paths, provider.name, notice, async () => {
      const sync = await import("./sync_provider.ts");
      const changing = await takeState(options.paths, provider.name);
      const given = sources(options);
      const skills = await sync.syncSkills(options, extensions, place, changing);
      const servers = await sync.syncServers(options, extensions, place, changing);
      for (const message of [...skills.warnings, ...servers.warnings]) warn(message);
      // What failed is tried, and told, again; what has changed meanwhile was perhaps not seen.
      const whole = skills.whole && servers.whole && sources(options) === given;
      const now = whole ? fingerprint(options, extensions, place) : undefined;
      await writeState(options.paths, provider.name, { ...changing, fingerprint: now });
    });
  } catch (error) {
    warn(
      `Cannot give ${provider.name} the skills and MCP servers: ` +
        (error instanceof Error ? error.message : String(error)),
    );
  }
  return NOTHING;
}

/** Whether there is anything to give, or anything that was given. */
function isConfigured({ paths, project, provider }: SyncOptions): boolean {
  return exists(paths.skills) || exists(paths.globalMcp) ||
    project !== undefined && exists(paths.projectMcp(project)) ||
    exists(join(paths.syncState, `${provider.name}.json`));
}

async function promptOf({ paths, warn }: LaunchSyncOptions): Promise<LaunchExtensions> {
  if (!exists(paths.skills)) return NOTHING;
  const { listSkills, skillsPrompt } = await import("./skills.ts");
  const { skills, bad } = await listSkills(paths.skills);
  for (const { error } of bad) warn(error.message);
  return { systemPrompt: skillsPrompt(skills) };
}

/** A text that differs when anything differs that a sync reads or writes. */
function fingerprint(
  options: SyncOptions,
  { skills, mcp }: ProviderExtensions,
  place: PlaceRequest,
): string {
  const targets = [skills?.(place), mcp?.file(place)].filter((path) => path !== undefined);
  return [sources(options), ...targets.map(lookOf)].join("\n");
}

/** A text that differs when there is something else to give. */
function sources({ paths, project }: SyncOptions): string {
  const directories = [
    paths.globalMcp,
    ...project === undefined ? [] : [paths.projectMcp(project)],
  ];
  const servers = directories.flatMap((directory) =>
    namesIn(directory).map((name) => lookOf(join(directory, name)))
  );
  // What a skill says is for its reader: the links are the same.
  return [project ?? "", ...namesIn(paths.skills), ...servers].join("\n");
}

function lookOf(path: string): string {
  const info = statOf(path);
  return `${path}:${info?.mtime?.getTime()}:${info?.size}:${info?.ino}`;
}

function exists(path: string): boolean {
  return statOf(path) !== undefined;
}

function statOf(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return undefined;
  }
}

function namesIn(directory: string): string[] {
  try {
    return [...Deno.readDirSync(directory)].map(({ name }) => name).sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return [];
  }
}
