/** Where Copilot looks for skills and MCP servers. */
import { join } from "node:path";
import {
  filled,
  headersWithToken,
  type PlaceRequest,
  type ProviderExtensions,
} from "../extensions.ts";

export const extensions: ProviderExtensions = {
  home: configDir,
  skills: (request) => join(configDir(request), "skills"),
  mcp: {
    format: "json",
    key: "mcpServers",
    file: (request) => join(configDir(request), "mcp-config.json"),
    entry: (server) => {
      const { command, args, url, env } = server;
      return server.transport === "stdio"
        // Without a list of arguments and of tools a local server is refused.
        ? { ...filled({ type: "local", command }), args, ...filled({ env }), tools: ["*"] }
        : filled({ type: "http", url, headers: headersWithToken(server), tools: ["*"] });
    },
  },
};

function configDir({ home, env }: PlaceRequest): string {
  return env.COPILOT_HOME || join(home, ".copilot");
}
