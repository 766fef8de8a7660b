/** The two parts of a sync with one provider's CLI. The caller holds the lock and keeps the state. */
import { dirname } from "node:path";
import type {
  McpServer,
  McpSettings,
  PlaceRequest,
  ProviderExtensions,
} from "../providers/extensions.ts";
import { loadProvider, TIERS } from "../providers/registry.ts";
import { throughLinks } from "../write_whole.ts";
import { ForeignFileError, reasonOf } from "./errors.ts";
import { listServers } from "./servers.ts";
import { othersIn, ownIn, updateSettings } from "./settings_file.ts";
import { type Entries, OWN_PREFIX } from "./settings_text.ts";
import { linkSkills, unlinkDead, unlinkSkills } from "./skill_links.ts";
import { listSkills } from "./skills.ts";
import type { PartReport, SyncOptions } from "./sync.ts";
import { readState, type SyncState, takeState, whileLocked, writeState } from "./sync_state.ts";

/** What one part came to. */
export interface Part {
  readonly report: PartReport;
  readonly warnings: readonly string[];
  /** Nothing failed. */
  readonly whole: boolean;
}

/** Links the skills where the CLI looks for them. */
export async function syncSkills(
  { paths, provider, reach }: SyncOptions,
  extensions: ProviderExtensions,
  place: PlaceRequest,
  state: SyncState,
): Promise<Part> {
  const { skills, bad } = await listSkills(paths.skills);
  const directory = extensions.skills?.(place);
  if (directory === undefined) {
    return { report: { skipped: "no native skills" }, warnings: [], whole: true };
  }
  const warnings = bad.map(({ error }) => error.message);
  for (const other of Object.keys(state.skillDirs)) {
    if (other !== directory) await leaveDead(paths.skills, other, state);
  }
  const before = state.skillDirs[directory];
  if (reach === "known" && !before) {
    return { report: { skipped: NOT_IN_USE }, warnings, whole: bad.length === 0 };
  }
  const done = await linkSkills(skills, paths.skills, directory, provider.name, before?.links);
  if (skills.length > 0) {
    state.skillDirs[directory] = { created: before?.created || done.created, links: done.links };
  } else if (before) await leave(directory, state);
  const count = Object.keys(done.links).length;
  return {
    report: { count, ...someOwn(done.own), changed: true },
    warnings: [...warnings, ...done.warnings],
    whole: bad.length === 0,
  };
}

function someOwn(own: number): { own?: number } {
  return own === 0 ? {} : { own };
}

const NOT_IN_USE = "not in use here";

/** Removes links to skills that are gone from a directory in which the CLI looks no more. */
async function leaveDead(source: string, directory: string, state: SyncState): Promise<void> {
  const { created = false, links = {} } = state.skillDirs[directory] ?? {};
  const kept = await unlinkDead(source, directory, links);
  if (Object.keys(kept).length > 0) state.skillDirs[directory] = { created, links: kept };
  else await leave(directory, state);
}

/** Forgets a directory of links; it goes if zag made it and it is empty. */
async function leave(directory: string, state: SyncState): Promise<void> {
  if (state.skillDirs[directory]?.created) await Deno.remove(directory).catch(() => {});
  delete state.skillDirs[directory];
}

/** Writes the servers into the CLI's settings. */
export async function syncServers(
  options: SyncOptions,
  { mcp }: ProviderExtensions,
  place: PlaceRequest,
  state: SyncState,
): Promise<Part> {
  if (!mcp) return { report: { skipped: "it takes no MCP servers" }, warnings: [], whole: true };
  const { paths, project, reach } = options;
  const { servers, bad } = await listServers(paths, project);
  const path = mcp.file(place);
  const warnings = bad.map(({ error }) => error.message);
  let whole = bad.length === 0;
  const all = servers.map(({ server }) => server);
  for (const other of Object.keys(state.files)) {
    if (other === path) continue;
    try {
      await keepAmong(all, other, mcp, options, state);
    } catch (error) {
      if (!(error instanceof ForeignFileError)) throw error;
      warnings.push(error.message);
      whole = false;
    }
  }
  if (reach === "known" && !state.files[path]) {
    return { report: { skipped: NOT_IN_USE }, warnings, whole };
  }
  // With nothing to put in and nothing to take out, the file is not even looked at.
  if (servers.length === 0 && !state.files[path] && reach !== "forgotten") {
    return { report: { count: 0, changed: false }, warnings, whole };
  }
  // As with skills, what the CLI itself has under a name wins.
  const own = servers.length === 0 ? new Set<string>() : await othersIn(path, mcp);
  const given = all.filter(({ name }) => !own.has(name));
  const changed = await giveServers(given, path, mcp, options, state);
  const exposed = given.length === 0 ? undefined : await exposure(given, path);
  if (exposed !== undefined) warnings.push(exposed);
  return {
    report: { count: given.length, ...someOwn(all.length - given.length), changed },
    warnings,
    whole,
  };
}

/** Makes a file hold these servers and no others of zag's. */
async function giveServers(
  servers: readonly McpServer[],
  path: string,
  mcp: McpSettings,
  { paths, provider }: Pick<SyncOptions, "paths" | "provider">,
  state: SyncState,
): Promise<boolean> {
  const wanted: Entries = Object.fromEntries(
    servers.map((server) => [OWN_PREFIX + server.name, mcp.entry(server)]),
  );
  const save = () =>
    writeState(paths, provider.name, Object.assign(state, { fingerprint: undefined }));
  return await changeFile(path, mcp, wanted, state, save);
}

/** Changes a file, and keeps the state what it has to be at any moment. */
async function changeFile(
  path: string,
  mcp: McpSettings,
  wanted: Entries,
  state: SyncState,
  save: () => Promise<void>,
): Promise<boolean> {
  const done = await updateSettings(
    path,
    mcp,
    wanted,
    state.files[path],
    async (intended, temporary) => {
      if (intended) state.files[path] = intended;
      state.temporary = temporary;
      await save();
    },
  );
  state.temporary = undefined;
  if (done.state) state.files[path] = done.state;
  else delete state.files[path];
  return done.changed;
}

/** Brings what is in a file that the CLI reads no more up to date, and puts nothing new into it. */
async function keepAmong(
  servers: readonly McpServer[],
  path: string,
  mcp: McpSettings,
  options: SyncOptions,
  state: SyncState,
): Promise<void> {
  const there = await ownIn(path, mcp);
  const others = await othersIn(path, mcp);
  const kept = servers.filter(({ name }) =>
    Object.hasOwn(there, OWN_PREFIX + name) && !others.has(name)
  );
  await giveServers(kept, path, mcp, options, state);
}

/** What to say of values that others can read; undefined where there are none, or nobody can. */
async function exposure(
  servers: readonly McpServer[],
  path: string,
): Promise<string | undefined> {
  const names = servers.filter(({ env, headers }) => Object.keys({ ...env, ...headers }).length > 0)
    .map(({ name }) => name);
  if (names.length === 0 || Deno.build.os === "windows") return undefined;
  const mode = await readableByOthers(await throughLinks(path));
  return mode &&
    `others can read ${JSON.stringify(path)} (mode ${mode}), which holds values of env or ` +
      `headers of ${names.join(", ")}: "chmod 600" on it keeps them private`;
}

/** The mode of a file that other users of the machine can reach and read. */
async function readableByOthers(path: string): Promise<string | undefined> {
  const mode = (await Deno.stat(path).catch(() => undefined))?.mode ?? 0;
  if ((mode & 0o044) === 0) return undefined;
  for (let at = dirname(path);; at = dirname(at)) {
    const above = (await Deno.stat(at).catch(() => undefined))?.mode ?? 0;
    if ((above & 0o011) === 0) return undefined;
    if (at === dirname(at)) return (mode & 0o777).toString(8).padStart(4, "0");
  }
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
  const isInUse = !extensions.home || always || isUsed(extensions, place);
  const remembered = extensions.home ? readState(paths, provider.name) : undefined;
  const knows = Object.keys({ ...remembered?.files, ...remembered?.skillDirs }).length > 0;
  if (!isInUse && !knows) {
    return { provider: provider.name, report: { skipped: NOT_IN_USE }, warnings: [] };
  }
  if (!extensions.home) {
    const nothing = { files: {}, skillDirs: {} };
    const { report, warnings } = await part(options, extensions, place, nothing);
    return { provider: provider.name, report, warnings };
  }
  const reach = isInUse ? "forgotten" : "known";
  return await whileLocked(paths, provider.name, waiting, async () => {
    const state = await takeState(paths, provider.name);
    try {
      const { report, warnings } = await part({ ...options, reach }, extensions, place, state);
      return { provider: provider.name, report, warnings };
    } catch (error) {
      const message = failureOf(error);
      return { provider: provider.name, report: { error: message }, warnings: [] };
    } finally {
      // Only one part was done: the other may have something left to do.
      await writeState(paths, provider.name, { ...state, fingerprint: undefined });
    }
  });
}

/** What to say of an error about a file; any other one is thrown on. */
function failureOf(error: unknown): string {
  if (error instanceof ForeignFileError) return error.message;
  if (!isFileError(error)) throw error;
  const path = /'([^']*)'$/.exec(error.message)?.[1];
  return path === undefined
    ? error.message
    : `Cannot change ${JSON.stringify(path)}: ${reasonOf(error)}`;
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
      if (await changeFile(path, mcp, wanted, state, save)) taken = true;
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
      const { links = {} } = state.skillDirs[directory] ?? {};
      taken += await unlinkSkills(paths.skills, directory, links, name);
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
      const state = await takeState(paths, name);
      const save = () => writeState(paths, name, { ...state, fingerprint: undefined });
      try {
        if (await withdraw(extensions, state, save)) providers.push(name);
      } catch (error) {
        failures.push(failureOf(error));
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
