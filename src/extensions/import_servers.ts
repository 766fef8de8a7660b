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
 * Adds all servers of a CLI that zag does not have yet. One that is switched off there, or of which the
 * CLI may use some tools only, is left to it: zag would give it to every agent, with all tools.
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
  const all = await readSettings(settings, place);
  for (const [name, value] of Object.entries(serversOf(all, settings.key))) {
    if (name.startsWith(OWN_PREFIX)) continue;
    const entry = record(value) ?? {};
    try {
      const reason = settings.isOff?.(name, all) ? "it is disabled" : refusal(entry, settings);
      if (reason !== undefined) throw new Error(reason);
      const { server, used } = fromEntry(name, entry);
      if (await Deno.lstat(join(target, `${name}.toml`)).catch(() => undefined)) {
        throw new Error("zag has a server of this name");
      }
      await addServer(target, server);
      const dropped = Object.keys(entry).filter((key) =>
        !used.includes(key) && !saysNothing(key, entry[key])
      );
      imported.push({ name, status: "imported", ...(dropped.length > 0 ? { dropped } : {}) });
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable || error instanceof ExtensionError) throw error;
      imported.push({ name, status: "skipped", reason: reasonOf(error) });
    }
  }
  return imported;
}

async function readSettings(settings: McpSettings, place: PlaceRequest): Promise<Json> {
  const path = settings.file(place);
  try {
    const bytes = await readIfThere(path);
    if (bytes === undefined) return {};
    const editor = await loadEditor(settings);
    const all = editor.parse(new TextDecoder().decode(bytes));
    serversOf(all, settings.key);
    return all;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    throw new ForeignFileError(path, reasonOf(error), "read");
  }
}

/** Keys of any CLI that let it use some tools of a server and not others. */
const TOOL_KEYS = [
  "tools",
  "includeTools",
  "excludeTools",
  "allowedTools",
  "disabledTools",
  "enabled_tools",
  "disabled_tools",
];

/** Why zag must not give a server to all agents; undefined where it may. */
function refusal(entry: Json, { urlMeans }: McpSettings): string | undefined {
  if (entry.disabled === true || entry.enabled === false) return "it is disabled";
  const restricting = TOOL_KEYS.find((key) =>
    entry[key] !== undefined && !saysNothing(key, entry[key])
  );
  if (restricting !== undefined) return `it may use some of its tools only (${restricting})`;
  const named = str(entry.type);
  const type = named ??
    (entry.httpUrl === undefined && entry.url !== undefined ? urlMeans : undefined);
  return type === "sse" || type === "ws" ? `zag knows no servers of type ${type}` : undefined;
}

/** Whether a key of an entry says what would hold without it. */
function saysNothing(key: string, value: unknown): boolean {
  if (key === "type") return true;
  if (key === "disabled") return value === false;
  if (key === "enabled") return value === true;
  if (key === "tools") return JSON.stringify(value) === '["*"]';
  // An empty list of tools to use would be none at all.
  if (/^(?:includeTools|allowedTools|enabled_tools)$/.test(key)) return false;
  return value === null || typeof value === "object" && Object.keys(value).length === 0;
}

/** A server from any CLI's form, and the keys that it was made of. */
function fromEntry(name: string, entry: Json): { server: McpServer; used: string[] } {
  const description = str(entry.description) ?? "";
  const address = entry.httpUrl === undefined ? "url" : "httpUrl";
  const url = str(entry[address]);
  if (url === undefined) {
    const server = checkServer({
      name,
      description,
      transport: "stdio",
      command: str(entry.command),
      args: list(entry.args).map((arg) => plainText("args", arg)),
      url: undefined,
      bearerTokenEnvVar: undefined,
      headers: {},
      env: textTable("env", entry.env),
    });
    return { server, used: ["description", "command", "args", "env"] };
  }
  const headers = {
    ...textTable("headers", entry.headers),
    ...textTable("http_headers", entry.http_headers),
  };
  const token = Object.entries(headers).map(([header, value]) =>
    [header, /^Bearer \$\{(\w+)\}$/.exec(value)?.[1]] as const
  ).find(([header, variable]) => header.toLowerCase() === "authorization" && variable);
  if (token) delete headers[token[0]];
  const server = checkServer({
    name,
    description,
    transport: "http",
    command: undefined,
    args: [],
    url,
    bearerTokenEnvVar: token?.[1] ?? str(entry.bearer_token_env_var),
    headers,
    env: {},
  });
  return {
    server,
    used: ["description", address, "headers", "http_headers", "bearer_token_env_var"],
  };
}

function textTable(key: string, value: unknown): Record<string, string> {
  return Object.fromEntries(
    Object.entries(record(value) ?? {}).map(([name, item]) => [name, plainText(key, item)]),
  );
}

function plainText(key: string, value: unknown): string {
  if (typeof value !== "object") return String(value);
  throw new Error(`its ${key} hold something else than texts`);
}
