/** The two parts of a sync with one provider's CLI. The caller holds the lock and keeps the state. */
import type { PlaceRequest, ProviderExtensions } from "../providers/extensions.ts";
import { loadProvider, TIERS } from "../providers/registry.ts";
import { ForeignFileError } from "./errors.ts";
import { listServers } from "./servers.ts";
import { ownIn, updateSettings } from "./settings_file.ts";
import { type Entries, OWN_PREFIX } from "./settings_text.ts";
import { linkSkills, unlinkSkills } from "./skill_links.ts";
import { listSkills } from "./skills.ts";
import type { PartReport, SyncOptions } from "./sync.ts";
import { readState, type SyncState, whileLocked, writeState } from "./sync_state.ts";

/** What one part came to. */
export interface Part {
  readonly report: PartReport;
  readonly warnings: readonly string[];
  /** Nothing failed. */
  readonly whole: boolean;
}

/** Links the skills where the CLI looks for them. */
export async function syncSkills(
  { paths, provider }: SyncOptions,
  extensions: ProviderExtensions,
  place: PlaceRequest,
  state: SyncState,
): Promise<Part> {
  const { skills, bad } = await listSkills(paths.skills);
  const directory = extensions.skills?.(place);
  if (directory === undefined) {
    return { report: { skipped: "no native skills" }, warnings: [], whole: true };
  }
  const done = await linkSkills(skills, paths.skills, directory, provider.name);
  const before = state.skillDirs[directory];
  if (skills.length > 0) {
    state.skillDirs[directory] = { created: before?.created || done.created };
  } else if (before) await leave(directory, state);
  const warnings = [...bad.map(({ error }) => error.message), ...done.warnings];
  return { report: { count: done.linked, changed: true }, warnings, whole: bad.length === 0 };
}

/** Forgets a directory of links; it goes if zag made it and it is empty. */
async function leave(directory: string, state: SyncState): Promise<void> {
  if (state.skillDirs[directory]?.created) await Deno.remove(directory).catch(() => {});
  delete state.skillDirs[directory];
}

/** Writes the servers into the CLI's settings. */
export async function syncServers(
  { paths, project, provider }: SyncOptions,
  { mcp }: ProviderExtensions,
  place: PlaceRequest,
  state: SyncState,
): Promise<Part> {
  if (!mcp) return { report: { skipped: "no MCP servers" }, warnings: [], whole: true };
  const { servers, bad } = await listServers(paths, project);
  const path = mcp.file(place);
  const warnings = bad.map(({ error }) => error.message);
  // With nothing to put in and nothing to take out, the file is not even looked at.
  if (servers.length === 0 && !state.files[path]) {
    return { report: { count: 0, changed: false }, warnings, whole: bad.length === 0 };
  }
  const wanted: Entries = Object.fromEntries(
    servers.map(({ server }) => [OWN_PREFIX + server.name, mcp.entry(server)]),
  );
  const done = await updateSettings(path, mcp, wanted, state.files[path], async (intended) => {
    state.files[path] = intended;
    state.fingerprint = undefined;
    await writeState(paths, provider.name, state);
  });
  if (done.state) state.files[path] = done.state;
  else delete state.files[path];
  return {
    report: { count: servers.length, changed: done.changed },
    warnings,
    whole: bad.length === 0,
  };
}

/** Whether the CLI has been used here: zag makes no files for one that nobody has. */
export function isUsed(extensions: ProviderExtensions, place: PlaceRequest): boolean {
  return [extensions.home?.(place), extensions.mcp?.file(place)].some((path) => {
    try {
      return path !== undefined && Deno.statSync(path) !== undefined;
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) throw error;
      return false;
    }
  });
}

/** A provider's result of a command. */
export interface ProviderReport {
  readonly provider: string;
  readonly report: PartReport | { readonly error: string };
  readonly warnings: readonly string[];
}

/** One of the parts. */
export type SyncPart = typeof syncSkills;

/** Does a part of the sync for one provider, under its lock; what fails is in the report. */
export async function syncPart(
  part: SyncPart,
  options: SyncOptions & { readonly home: string; readonly waiting: () => void },
  always: boolean,
): Promise<ProviderReport> {
  const { provider, paths, home, env, waiting } = options;
  const place = { home, env };
  const { extensions } = await provider.extensions!();
  if (extensions.home && !always && !isUsed(extensions, place)) {
    return { provider: provider.name, report: { skipped: "not in use here" }, warnings: [] };
  }
  if (!extensions.home) {
    const nothing = { files: {}, skillDirs: {} };
    const { report, warnings } = await part(options, extensions, place, nothing);
    return { provider: provider.name, report, warnings };
  }
  return await whileLocked(paths, provider.name, waiting, async () => {
    const state = readState(paths, provider.name);
    try {
      const { report, warnings } = await part(options, extensions, place, state);
      return { provider: provider.name, report, warnings };
    } catch (error) {
      if (!(error instanceof ForeignFileError) && !isFileError(error)) throw error;
      return { provider: provider.name, report: { error: error.message }, warnings: [] };
    } finally {
      // Only one part was done: the other may have something left to do.
      await writeState(paths, provider.name, { ...state, fingerprint: undefined });
    }
  });
}

function isFileError(error: unknown): error is Error {
  return error instanceof Error && !(error instanceof Deno.errors.NotCapable) &&
    (error instanceof Deno.errors.PermissionDenied || error instanceof Deno.errors.NotADirectory ||
      "code" in error);
}

/** What the removal of something left behind. */
export interface RemovalReport {
  /** Providers from which it was taken. */
  readonly providers: readonly string[];
  /** What could not be changed. */
  readonly failures: readonly string[];
}

/** Takes a server out of all settings in which zag has put it. */
export async function withdrawServer(
  options: Omit<SyncOptions, "provider"> & { readonly waiting: () => void },
  name: string,
): Promise<RemovalReport> {
  const { home, env } = options;
  const entry = OWN_PREFIX + name;
  return await fromAll(options, async ({ mcp }, state, save) => {
    if (!mcp) return false;
    const usual = home === undefined ? [] : [mcp.file({ home, env })];
    let taken = false;
    for (const path of new Set([...Object.keys(state.files), ...usual])) {
      const entries = state.files[path]?.entries ?? await ownIn(path, mcp);
      if (!Object.hasOwn(entries, entry)) continue;
      const { [entry]: _, ...wanted } = entries;
      const done = await updateSettings(path, mcp, wanted, state.files[path], async (intended) => {
        state.files[path] = intended;
        await save();
      });
      if (done.state) state.files[path] = done.state;
      else delete state.files[path];
      taken ||= done.changed;
    }
    return taken;
  });
}

/** Takes the links to a skill out of all directories, those that zag has forgotten as well. */
export async function withdrawSkill(
  options: Omit<SyncOptions, "provider"> & { readonly waiting: () => void },
  name: string,
): Promise<RemovalReport> {
  const { paths, home, env } = options;
  return await fromAll(options, async (extensions, state) => {
    const usual = home === undefined ? undefined : extensions.skills?.({ home, env });
    const directories = new Set([...Object.keys(state.skillDirs), ...usual ? [usual] : []]);
    let taken = 0;
    for (const directory of directories) {
      taken += await unlinkSkills(paths.skills, directory, name);
      if (state.skillDirs[directory]?.created && isEmpty(directory)) await leave(directory, state);
    }
    return taken > 0;
  });
}

async function fromAll(
  { paths, waiting }: Pick<SyncOptions, "paths"> & { readonly waiting: () => void },
  withdraw: (
    extensions: ProviderExtensions,
    state: SyncState,
    save: () => Promise<void>,
  ) => Promise<boolean>,
): Promise<RemovalReport> {
  const providers: string[] = [];
  const failures: string[] = [];
  for (const name of TIERS) {
    const provider = await loadProvider(name);
    if (!provider?.extensions) continue;
    const { extensions } = await provider.extensions();
    if (!extensions.home) continue;
    await whileLocked(paths, name, waiting, async () => {
      const state = readState(paths, name);
      const save = () => writeState(paths, name, { ...state, fingerprint: undefined });
      try {
        if (await withdraw(extensions, state, save)) providers.push(name);
      } catch (error) {
        if (!(error instanceof ForeignFileError) && !isFileError(error)) throw error;
        failures.push(error.message);
      }
      await save();
    });
  }
  return { providers, failures };
}

function isEmpty(directory: string): boolean {
  try {
    return [...Deno.readDirSync(directory)].length === 0;
  } catch {
    return false;
  }
}
