/**
 * MCP servers, for one project or for all, that zag gives to every provider.
 *
 * @module
 */
import {
  checkArguments,
  FUNCTION,
  OBJECT,
  parts,
  partsWith,
  TEXT,
  TEXTS,
} from "../agent/argument_check.ts";
import { ZagError } from "../errors.ts";
import type { Imported } from "../extensions/import_skills.ts";
import type { ServerScope, StoredServer } from "../extensions/servers.ts";
import type { ProviderReport, RemovalReport } from "../extensions/sync_provider.ts";
import type { McpServer } from "../providers/extensions.ts";
import { SCOPE } from "./records.ts";
import { extensionPlace, homeOf, nothingToImport, sourceOf, syncWith } from "./extension_place.ts";

export type { Imported, McpServer, ProviderReport, RemovalReport, ServerScope, StoredServer };

/** Of which project the servers are. */
export interface ServerPlace {
  /** Directory that selects the project. Default: the current directory. */
  readonly root?: string | undefined;
  /** For all projects. Default: false. */
  readonly global?: boolean | undefined;
}

/** Which servers are listed. */
export interface ServerListOptions extends Pick<ServerPlace, "root"> {
  /** Hears of files that hold no usable server. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/** A server to add: a program with its arguments, or an address. */
export interface NewServer {
  /** Up to 64 letters, digits, `_` and `-`. */
  readonly name: string;
  /** What it is for. Default: nothing. */
  readonly description?: string | undefined;
  /** Default: `http` with an address, else `stdio`. */
  readonly transport?: "stdio" | "http" | undefined;
  /** Program of a `stdio` server. */
  readonly command?: string | undefined;
  /** Its arguments. */
  readonly args?: readonly string[] | undefined;
  /** Its variables. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Address of an `http` server. */
  readonly url?: string | undefined;
  /** Variable that holds the token for it. */
  readonly bearerTokenEnvVar?: string | undefined;
  /** Headers for it. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** What the removal of a server came to. */
export interface ServerRemoval extends RemovalReport {
  /** Where there was one. */
  readonly scopes: readonly ServerScope[];
}

const ROOT = parts<Pick<ServerPlace, "root">>({ root: TEXT });
const LIST = parts<ServerListOptions>({ root: TEXT, onWarning: FUNCTION });
const NEW = partsWith<NewServer>(["name"], {
  name: TEXT,
  description: TEXT,
  transport: TEXT,
  command: TEXT,
  args: TEXTS,
  // What they hold can be secret, and no error shows it.
  env: OBJECT,
  url: TEXT,
  bearerTokenEnvVar: TEXT,
  headers: OBJECT,
});

/** The servers that hold for a project, by name: its own ones before those of all projects. */
export async function list(options: ServerListOptions = {}): Promise<StoredServer[]> {
  checkArguments("mcp.list()", [options, "options", LIST]);
  const { root, onWarning } = options;
  const { listServers } = await import("../extensions/servers.ts");
  const { paths, project } = await extensionPlace(root);
  const { servers, bad } = await listServers(paths, project);
  for (const { error } of bad) onWarning?.(error.message);
  return servers;
}

/**
 * One server: the project's, else that of all projects.
 *
 * @throws {ZagError} when there is none of this name, or it cannot be used
 */
export async function get(
  name: string,
  where: Pick<ServerPlace, "root"> = {},
): Promise<StoredServer> {
  checkArguments("mcp.get()", [name, "name", TEXT], [where, "where", ROOT]);
  const { root } = where;
  const { findServer } = await import("../extensions/servers.ts");
  const { paths, project } = await extensionPlace(root);
  return await findServer(paths, project, name);
}

/**
 * Adds a server.
 *
 * @returns Path of its file.
 * @throws {ZagError} when there is one of this name, when what is given makes none, or outside of any
 * project unless it is for all
 */
export async function add(
  server: NewServer,
  place: ServerPlace = {},
): Promise<string> {
  checkArguments("mcp.add()", [server, "server", NEW], [place, "place", SCOPE]);
  const { root, global = false } = place;
  const { addServer, checkServer } = await import("../extensions/servers.ts");
  const { paths, project } = await extensionPlace(root);
  const refuse = (why: string, hint?: string) =>
    new ZagError(`Cannot add MCP server ${JSON.stringify(server.name)}: ${why}`, { hint });
  if (!global && project === undefined) {
    throw refuse("this directory belongs to no project", "Add it with { global: true }");
  }
  let checked: McpServer;
  try {
    checked = checkServer({
      name: server.name,
      description: server.description ?? "",
      transport: server.transport ?? (server.url === undefined ? "stdio" : "http"),
      command: server.command,
      args: [...server.args ?? []],
      url: server.url,
      bearerTokenEnvVar: server.bearerTokenEnvVar,
      headers: { ...server.headers },
      env: { ...server.env },
    });
  } catch (error) {
    throw refuse((error as Error).message);
  }
  return await addServer(global ? paths.globalMcp : paths.projectMcp(project!), checked);
}

/**
 * Takes a server from the agents, and removes it: the project's, and that of all projects; with `global`
 * the latter alone.
 *
 * @throws {ZagError} when there is none of this name
 */
export async function remove(
  name: string,
  where: ServerPlace = {},
): Promise<ServerRemoval> {
  checkArguments("mcp.remove()", [name, "name", TEXT], [where, "where", SCOPE]);
  const { root, global = false } = where;
  const [{ removeServer }, { withdrawServer }] = await Promise.all([
    import("../extensions/servers.ts"),
    import("../extensions/sync_provider.ts"),
  ]);
  const place = await extensionPlace(root);
  const project = global ? undefined : place.project;
  const withdraw = () => withdrawServer(place, name);
  const { report, scopes } = await removeServer(place.paths, project, name, withdraw);
  return { ...report, scopes };
}

/** Gives the project's servers to all agents that are used here now, as each session does at its start. */
export async function sync(where: Pick<ServerPlace, "root"> = {}): Promise<ProviderReport[]> {
  checkArguments("mcp.sync()", [where, "where", ROOT]);
  const { root } = where;
  return await syncWith("syncServers", undefined, root);
}

/**
 * Gives the project's servers to one agent now, even if it was never used here.
 *
 * @throws {InvalidProviderError} when there is no such provider
 */
export async function setup(
  provider: string,
  where: Pick<ServerPlace, "root"> = {},
): Promise<ProviderReport> {
  checkArguments("mcp.setup()", [provider, "provider", TEXT], [where, "where", ROOT]);
  const { root } = where;
  return (await syncWith("syncServers", provider, root))[0]!;
}

/** Copies the servers of a provider's own settings, for all projects; what zag has of that name stays. */
async function importServers(provider = "claude"): Promise<Imported[]> {
  checkArguments("mcp.import()", [provider, "provider", TEXT]);
  const { importServers } = await import("../extensions/import_servers.ts");
  const place = await extensionPlace();
  const source = await sourceOf(provider);
  const mcp = source.extensions?.mcp;
  if (mcp === undefined) throw nothingToImport(source.provider, "MCP servers");
  return await importServers(mcp, { home: homeOf(place), env: place.env }, place.paths.globalMcp);
}

export { importServers as import };
