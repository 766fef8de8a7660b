/** MCP servers, from the JSON that Claude made common to the settings of Codex. */
import { join } from "node:path";
import { type Json, list, record, str } from "../json.ts";
import type { PlanFile } from "../launch_plan.ts";

/** What Codex is to be told about MCP servers. */
export interface CodexServers {
  /** Value of the setting `mcp_servers`. */
  readonly table: Readonly<Record<string, Json>>;
  readonly files: readonly PlanFile[];
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Translates `{"mcpServers": {NAME: {command, args, env} | {url, headers}}}`. Anyone can read an
 * argument list, so what may be a secret goes into private files and into the environment.
 *
 * @param json The servers; must be JSON.
 * @param tempDir Where the files are to be.
 */
export function codexServers(json: string, tempDir: string): CodexServers {
  const table: Record<string, Json> = {};
  const files: PlanFile[] = [];
  const env: Record<string, string> = {};
  const servers = record(record(JSON.parse(json))?.mcpServers) ?? {};
  for (const [name, value] of Object.entries(servers)) {
    const server = record(value) ?? {};
    const url = str(server.url);
    if (url !== undefined) {
      const headers: Record<string, string> = {};
      for (const [header, content] of texts(server.headers)) {
        headers[header] = `ZAG_MCP_HEADER_${Object.keys(env).length}`;
        env[headers[header]] = content;
      }
      table[name] = { url, env_http_headers: headers };
      continue;
    }
    const command = str(server.command);
    const args = list(server.args).filter((arg) => typeof arg === "string");
    const variables = texts(server.env);
    if (variables.length === 0) table[name] = { command, args };
    else if (command === undefined || !canSource(variables, tempDir)) {
      table[name] = { command, args, env: Object.fromEntries(variables) };
    } else {
      const path = join(tempDir, `mcp_${files.length}.env`);
      files.push({ path, content: assignments(variables) });
      table[name] = {
        command: "/bin/sh",
        args: ["-c", 'set -a; . "$0"; exec "$@"', path, command, ...args],
      };
    }
  }
  return { table, files, env };
}

function texts(value: unknown): [string, string][] {
  return Object.entries(record(value) ?? {}).filter((pair): pair is [string, string] =>
    typeof pair[1] === "string"
  );
}

/** Whether a shell is there, and takes the names. */
function canSource(variables: readonly [string, string][], tempDir: string): boolean {
  return tempDir.startsWith("/") &&
    variables.every(([name]) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name));
}

function assignments(variables: readonly [string, string][]): string {
  return variables.map(([name, value]) => `${name}='${value.replaceAll("'", "'\\''")}'\n`).join("");
}
