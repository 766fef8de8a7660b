/** Where Codex looks for skills and MCP servers. */
import { join } from "node:path";
import { filled, type PlaceRequest, type ProviderExtensions } from "../extensions.ts";

export const extensions: ProviderExtensions = {
  home: configDir,
  skills: ({ home }) => join(home, ".agents", "skills"),
  mcp: {
    format: "toml",
    key: "mcp_servers",
    file: (request) => join(configDir(request), "config.toml"),
    entry: (server) => {
      const { command, args, url, env, headers, bearerTokenEnvVar } = server;
      return server.transport === "stdio" ? filled({ command, args, env }) : filled({
        url,
        bearer_token_env_var: bearerTokenEnvVar,
        http_headers: headers,
      });
    },
  },
};

function configDir({ home, env }: PlaceRequest): string {
  return env.CODEX_HOME || join(home, ".codex");
}
