/** MCP servers: one TOML file each, for one project or for all. */
import { join } from "node:path";
import { ensurePrivateDir, type ZagPaths } from "../config/paths.ts";
import type { McpServer } from "../providers/extensions.ts";
import { filled } from "../providers/extensions.ts";
import { type Json, list, record, str } from "../providers/json.ts";
import { ExtensionError, reasonOf, tomlReason } from "./errors.ts";
import { checkName, isName } from "./names.ts";

/** For which projects a server is. */
export type ServerScope = "project" | "global";

/** A server and where it stands. */
export interface StoredServer {
  readonly server: McpServer;
  readonly scope: ServerScope;
  /** Its file, absolute. */
  readonly path: string;
}

/** A file that holds no usable server. */
export interface BadServer {
  readonly path: string;
  readonly error: ExtensionError;
}

/** Where servers stand that hold for a project; outside of any there are only the global ones. */
export function serverDirs(
  paths: Pick<ZagPaths, "globalMcp" | "projectMcp">,
  project: string | undefined,
): [scope: ServerScope, directory: string][] {
  return [
    ...project === undefined ? [] : [["project", paths.projectMcp(project)] as const],
    ["global", paths.globalMcp] as const,
  ].map(([scope, directory]) => [scope, directory]);
}

/** The servers that hold for a project, by name: its own ones before the global ones. */
export async function listServers(
  paths: Pick<ZagPaths, "globalMcp" | "projectMcp">,
  project: string | undefined,
): Promise<{ servers: StoredServer[]; bad: BadServer[] }> {
  const servers = new Map<string, StoredServer>();
  const bad: BadServer[] = [];
  for (const [scope, directory] of serverDirs(paths, project)) {
    for (const file of serverFiles(directory)) {
      const path = join(directory, file);
      try {
        const server = await readServer(path);
        if (!servers.has(server.name)) servers.set(server.name, { server, scope, path });
      } catch (error) {
        if (!(error instanceof ExtensionError)) throw error;
        bad.push({ path, error });
      }
    }
  }
  const sorted = [...servers.values()].sort((a, b) => a.server.name < b.server.name ? -1 : 1);
  return { servers: sorted, bad };
}

/** Names of the files of servers in a directory, sorted; none where it is not there. */
export function serverFiles(directory: string): string[] {
  try {
    return [...Deno.readDirSync(directory)]
      .filter(({ name, isDirectory }) => !isDirectory && /^[^.].*\.toml$/.test(name))
      .map(({ name }) => name).sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/**
 * One server by its name, the project's before the global one.
 *
 * @throws {ExtensionError} when there is none, when it cannot be read, or when the name is no name
 */
export async function findServer(
  paths: Pick<ZagPaths, "globalMcp" | "projectMcp">,
  project: string | undefined,
  name: string,
): Promise<StoredServer> {
  checkName("MCP server", name);
  for (const [scope, directory] of serverDirs(paths, project)) {
    const path = join(directory, `${name}.toml`);
    if (await Deno.stat(path).catch(() => undefined)) {
      return { server: await readServer(path), scope, path };
    }
  }
  throw unknownServer("find", name);
}

/** There is no server of the name. */
export function unknownServer(verb: string, name: string): ExtensionError {
  return new ExtensionError(`Cannot ${verb} MCP server ${JSON.stringify(name)}: there is none`, {
    hint: '"zag mcp list" shows all of this project',
  });
}

const FIELDS = new Set([
  "name",
  "description",
  "transport",
  "command",
  "args",
  "url",
  "bearer_token_env_var",
  "headers",
  "env",
]);

function readFields(parse: () => unknown): Json {
  try {
    return record(parse()) ?? {};
  } catch (error) {
    // The parser's own words are of no use below this: they repeat it on several lines.
    throw new Error(`it is no TOML (${tomlReason(error)})`);
  }
}

/** Reads the file of a server. */
async function readServer(path: string): Promise<McpServer> {
  const { parseToml } = await import("./parse_toml.ts");
  try {
    const content = await Deno.readTextFile(path);
    const fields = readFields(() => parseToml(content));
    const unknown = Object.keys(fields).find((key) => !FIELDS.has(key));
    if (unknown !== undefined) throw new Error(`unknown key "${unknown}"`);
    const file = /([^/\\]*)\.toml$/.exec(path)![1]!;
    const server = checkServer({
      name: text(fields, "name") ?? file,
      description: text(fields, "description") ?? "",
      transport: (text(fields, "transport") ?? "stdio") as McpServer["transport"],
      command: text(fields, "command"),
      args: texts(fields, "args"),
      url: text(fields, "url"),
      bearerTokenEnvVar: text(fields, "bearer_token_env_var"),
      headers: textTable(fields, "headers"),
      env: textTable(fields, "env"),
    });
    if (server.name !== file) throw new Error(`it says the name ${JSON.stringify(server.name)}`);
    return server;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    throw new ExtensionError(
      `Cannot use the MCP server ${JSON.stringify(path)}: ${reasonOf(error)}`,
    );
  }
}

/** A server of which nothing is known to be right. */
export type ServerFields = {
  readonly [K in keyof McpServer]: undefined extends McpServer[K] ? McpServer[K] | undefined
    : McpServer[K];
};

/**
 * The server that some fields make.
 *
 * @throws {Error} where they make none
 */
export function checkServer(fields: ServerFields): McpServer {
  const { name, transport, command, url, args, env, headers, bearerTokenEnvVar } = fields;
  if (!isName(name)) throw new Error(`it cannot have the name ${JSON.stringify(name)}`);
  if (transport !== "stdio" && transport !== "http") {
    throw new Error(`the transport must be stdio or http, not ${JSON.stringify(transport)}`);
  }
  if (transport === "stdio") {
    if (!command) throw new Error("a stdio server needs a command");
    if (url !== undefined) throw new Error("a stdio server has no url");
    if (Object.keys(headers).length > 0 || bearerTokenEnvVar !== undefined) {
      throw new Error("a stdio server has no headers and no bearer token");
    }
  } else {
    if (!url) throw new Error("an http server needs a url");
    if (!/^https?:$/.test(URL.parse(url)?.protocol ?? "")) {
      // There may be a password in it.
      throw new Error("the url must begin with http:// or https://");
    }
    if (command !== undefined || args.length > 0) throw new Error("an http server has no command");
    if (Object.keys(env).length > 0) throw new Error("an http server has no env");
    const own = Object.keys(headers).find((each) => each.toLowerCase() === "authorization");
    // Of two values for the same header each agent would take another one.
    if (own !== undefined && bearerTokenEnvVar !== undefined) {
      throw new Error(`the bearer token is its header ${JSON.stringify(own)}: give one of them`);
    }
  }
  const names = [
    ...Object.keys(env),
    ...bearerTokenEnvVar === undefined ? [] : [bearerTokenEnvVar],
  ];
  const odd = names.find((variable) => !/^[A-Za-z_][A-Za-z0-9_]*$/.test(variable));
  if (odd !== undefined) throw new Error(`${JSON.stringify(odd)} cannot be a variable's name`);
  const header = Object.keys(headers).find((each) => !/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(each));
  if (header !== undefined) {
    // What stands behind a blank is more likely a value.
    const start = header.split(/\s/)[0]!;
    const shown = JSON.stringify(start === header ? header : `${start} …`);
    throw new Error(`${shown} cannot be a header's name`);
  }
  return filledServer(fields);
}

function filledServer(fields: ServerFields): McpServer {
  const { command, url, bearerTokenEnvVar, ...rest } = fields;
  return {
    ...rest,
    ...(command === undefined ? {} : { command }),
    ...(url === undefined ? {} : { url }),
    ...(bearerTokenEnvVar === undefined ? {} : { bearerTokenEnvVar }),
  };
}

/**
 * Adds a server.
 *
 * @returns the path of its file
 * @throws {ExtensionError} when there is one of the name
 */
export async function addServer(directory: string, server: McpServer): Promise<string> {
  const { tomlTable } = await import("./toml_settings.ts");
  const { writeWhole } = await import("../write_whole.ts");
  const path = join(directory, `${checkName("MCP server", server.name)}.toml`);
  ensurePrivateDir(directory);
  const isAsRead = () => Deno.lstat(path).then(() => false, () => true);
  const text = tomlTable([], serverFields(server));
  if (await isAsRead() && await writeWhole(path, text, { isAsRead })) {
    return path;
  }
  throw new ExtensionError(`Cannot add MCP server ${JSON.stringify(server.name)}: it exists`, {
    hint: `Edit ${path}, or remove it first: zag mcp remove ${server.name}`,
  });
}

/**
 * Removes a server: the project's and the global one.
 *
 * @param project key of the project; undefined for the global one alone
 * @param withdraw takes the server from the agents first
 * @returns what `withdraw` returned, and where there was one
 * @throws {ExtensionError} when there is none of the name
 */
export async function removeServer<T>(
  paths: Pick<ZagPaths, "globalMcp" | "projectMcp">,
  project: string | undefined,
  name: string,
  withdraw: () => Promise<T>,
): Promise<{ report: T; scopes: ServerScope[] }> {
  checkName("MCP server", name);
  const found = new Map<ServerScope, string>();
  for (const [scope, directory] of serverDirs(paths, project)) {
    const path = join(directory, `${name}.toml`);
    if (await Deno.lstat(path).catch(() => undefined)) found.set(scope, path);
  }
  if (found.size === 0) throw unknownServer("remove", name);
  const report = await withdraw();
  for (const path of found.values()) await Deno.remove(path);
  return { report, scopes: [...found.keys()] };
}

/** A server as it stands in its file. */
export function serverFields(server: McpServer): Json {
  return filled({
    name: server.name,
    description: server.description || undefined,
    transport: server.transport,
    command: server.command,
    args: server.args,
    url: server.url,
    bearer_token_env_var: server.bearerTokenEnvVar,
    headers: server.headers,
    env: server.env,
  });
}

function text(fields: Json, key: string): string | undefined {
  const value = fields[key];
  if (value === undefined || str(value) !== undefined) return str(value);
  throw new Error(`"${key}" must be a text`);
}

function texts(fields: Json, key: string): string[] {
  const value = fields[key];
  if (value === undefined) return [];
  const items = list(value).filter((item) => typeof item === "string");
  if (!Array.isArray(value) || items.length < value.length) {
    throw new Error(`"${key}" must be a list of texts`);
  }
  return items;
}

function textTable(fields: Json, key: string): Record<string, string> {
  const value = fields[key];
  if (value === undefined) return {};
  const table = record(value);
  if (!table || Object.values(table).some((item) => typeof item !== "string")) {
    throw new Error(`"${key}" must be a table of texts`);
  }
  return table as Record<string, string>;
}
