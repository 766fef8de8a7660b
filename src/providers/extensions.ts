/**
 * What a provider's CLI can be given for all its sessions, skills and MCP servers, and in which files
 * of its own it looks for them. A description: nothing here reads or writes.
 *
 * @module
 */
import type { Json } from "./json.ts";

/** An MCP server, whichever CLI starts it. */
export interface McpServer {
  /** 1 to 64 letters, digits, `_` and `-`; begins with a letter or digit. */
  readonly name: string;
  /** Empty where nothing is said. */
  readonly description: string;
  readonly transport: "stdio" | "http";
  /** The program; a `stdio` server has one. */
  readonly command?: string;
  readonly args: readonly string[];
  /** The address; an `http` server has one. */
  readonly url?: string;
  /** Name of the environment variable that holds the bearer token of an `http` server. */
  readonly bearerTokenEnvVar?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
}

/** What places depend on. */
export interface PlaceRequest {
  /** The person's home directory, absolute. */
  readonly home: string;
  /** Environment of the agent. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** How MCP servers stand in the settings of a CLI, which are JSON or TOML. */
export interface McpSettings {
  readonly format: "json" | "toml";
  /** The object or table that holds the servers, by name. */
  readonly key: string;
  /** Absolute path of the file. */
  file(request: PlaceRequest): string;
  /** The CLI makes a directory `FILE.lock` while it writes the file, and waits for that of others. */
  readonly directoryLock?: boolean;
  /** A server in the CLI's own form. */
  entry(server: McpServer): Json;
  /** What kind of http server an entry with a `url` and no `type` means; `http` by default. */
  readonly urlMeans?: "http" | "sse";
  /** Whether the settings switch a server off elsewhere than in its entry. */
  isOff?(name: string, settings: Json): boolean;
}

/** Where a CLI looks for skills and MCP servers. */
export interface ProviderExtensions {
  /** A directory that is there once the CLI was used; undefined for a CLI without files. */
  home?(request: PlaceRequest): string;
  /** The directory that holds a directory for each skill; undefined where the CLI knows no skills. */
  skills?(request: PlaceRequest): string;
  /** Skills are told to the model in the system prompt, since the CLI has no place for them. */
  readonly skillsInPrompt?: boolean;
  readonly mcp?: McpSettings;
}

/** The entries of an object that say something. */
export function filled(fields: Json): Json {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) =>
      value !== undefined && !(Array.isArray(value) && value.length === 0) &&
      !(typeof value === "object" && value !== null && Object.keys(value).length === 0)
    ),
  );
}

/** The headers of an `http` server, with the token as the CLIs take it that read `${NAME}`. */
export function headersWithToken(
  { headers, bearerTokenEnvVar }: McpServer,
): Readonly<Record<string, string>> {
  return bearerTokenEnvVar === undefined
    ? headers
    : { ...headers, Authorization: `Bearer \${${bearerTokenEnvVar}}` };
}
