/** Takes over the MCP servers that an agent's CLI has in its settings. */
import { join } from "node:path";
import type { McpServer, McpSettings, PlaceRequest } from "../providers/extensions.ts";
import { type Json, list, record, str } from "../providers/json.ts";
import { ExtensionError, ForeignFileError, reasonOf } from "./errors.ts";
import type { Imported } from "./import_skills.ts";
import { addServer, checkServer } from "./servers.ts";
import { loadEditor, OWN_PREFIX, serversOf } from "./settings_text.ts";
import { readIfThere } from "./write_file.ts";

/**
 * Adds all servers of a CLI that zag does not have yet.
 *
 * @param target the directory of the servers of all projects
 * @throws {ForeignFileError} when the settings cannot be read
 */
export async function importServers(
  settings: McpSettings,
  place: PlaceRequest,
  target: string,
): Promise<Imported[]> {
  const imported: Imported[] = [];
  for (const [name, entry] of Object.entries(await readServers(settings, place))) {
    if (name.startsWith(OWN_PREFIX)) continue;
    try {
      const server = fromEntry(name, record(entry) ?? {});
      if (await Deno.lstat(join(target, `${name}.toml`)).catch(() => undefined)) {
        throw new Error("zag has a server of this name");
      }
      await addServer(target, server);
      imported.push({ name, status: "imported" });
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable || error instanceof ExtensionError) throw error;
      imported.push({ name, status: "skipped", reason: reasonOf(error) });
    }
  }
  return imported;
}

async function readServers(settings: McpSettings, place: PlaceRequest): Promise<Json> {
  const path = settings.file(place);
  try {
    const bytes = await readIfThere(path);
    if (bytes === undefined) return {};
    const editor = await loadEditor(settings);
    return serversOf(editor.parse(new TextDecoder().decode(bytes)), settings.key);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    throw new ForeignFileError(path, reasonOf(error), { cause: error });
  }
}

/** A server from any CLI's form. */
function fromEntry(name: string, entry: Json): McpServer {
  const type = str(entry.type);
  if (type === "sse" || type === "ws") throw new Error(`zag knows no servers of type ${type}`);
  const url = str(entry.url) ?? str(entry.httpUrl);
  if (url === undefined) {
    return checkServer({
      name,
      description: "",
      transport: "stdio",
      command: str(entry.command),
      args: list(entry.args).map(String),
      url: undefined,
      bearerTokenEnvVar: undefined,
      headers: {},
      env: textTable(entry.env),
    });
  }
  const headers = { ...textTable(entry.headers), ...textTable(entry.http_headers) };
  const token = Object.entries(headers).map(([header, value]) =>
    [header, /^Bearer \$\{(\w+)\}$/.exec(value)?.[1]] as const
  ).find(([header, variable]) => header.toLowerCase() === "authorization" && variable);
  if (token) delete headers[token[0]];
  return checkServer({
    name,
    description: "",
    transport: "http",
    command: undefined,
    args: [],
    url,
    bearerTokenEnvVar: token?.[1] ?? str(entry.bearer_token_env_var),
    headers,
    env: {},
  });
}

function textTable(value: unknown): Record<string, string> {
  return Object.fromEntries(
    Object.entries(record(value) ?? {}).map(([key, item]) => [key, String(item)]),
  );
}
