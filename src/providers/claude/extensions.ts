/** Where Claude Code looks for skills and MCP servers. */
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
    // The file lies beside the directory, unless that was moved.
    file: ({ home, env }) => join(env.CLAUDE_CONFIG_DIR || home, ".claude.json"),
    directoryLock: true,
    entry: (server) => {
      const { command, args, url, env } = server;
      return server.transport === "stdio"
        ? filled({ type: "stdio", command, args, env })
        : filled({ type: "http", url, headers: headersWithToken(server) });
    },
  },
};

function configDir({ home, env }: PlaceRequest): string {
  return env.CLAUDE_CONFIG_DIR || join(home, ".claude");
}
