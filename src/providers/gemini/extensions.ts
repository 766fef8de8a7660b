/** Where Gemini CLI looks for skills and MCP servers. */
import { join } from "node:path";
import {
  filled,
  headersWithToken,
  type PlaceRequest,
  type ProviderExtensions,
} from "../extensions.ts";
import { list, record } from "../json.ts";

export const extensions: ProviderExtensions = {
  home: configDir,
  skills: (request) => join(configDir(request), "skills"),
  mcp: {
    format: "json",
    key: "mcpServers",
    urlMeans: "sse",
    isOff: (name, settings) => {
      const { allowed, excluded } = record(settings.mcp) ?? {};
      return list(excluded).includes(name) ||
        list(allowed).length > 0 && !list(allowed).includes(name);
    },
    file: (request) => join(configDir(request), "settings.json"),
    entry: (server) => {
      const { command, args, url, env } = server;
      return server.transport === "stdio"
        ? filled({ command, args, env })
        : filled({ httpUrl: url, headers: headersWithToken(server) });
    },
  },
};

function configDir({ home, env }: PlaceRequest): string {
  return join(env.GEMINI_CLI_HOME || home, ".gemini");
}
