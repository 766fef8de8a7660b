import { assert, assertEquals } from "../../../support/assert.ts";
import { ExtensionHome } from "../extensions.ts";

Deno.test("mcp sync writes each agent's own form", async () => {
  await using home = await ExtensionHome.create();
  await home.out("mcp", "add", "a", "--command", "c", "--env", "A=1", "--args", "-y");
  const url = ["--url", "https://x.test", "--header", "X=1", "--bearer-token-env-var", "T"];
  await home.out("mcp", "add", "b", ...url);
  for (const provider of ["claude", "codex", "gemini", "copilot"]) {
    assertEquals(
      await home.out("mcp", "sync", "-p", provider),
      `${provider}: 2 MCP servers\n`,
    );
  }
  const servers = async (path: string) => JSON.parse((await home.read(path))!).mcpServers;
  const headers = { X: "1", Authorization: "Bearer ${T}" };
  assertEquals(await servers(".claude.json"), {
    "zag-a": { type: "stdio", command: "c", args: ["-y"], env: { A: "1" } },
    "zag-b": { type: "http", url: "https://x.test", headers },
  });
  assertEquals(await servers(".gemini/settings.json"), {
    "zag-a": { command: "c", args: ["-y"], env: { A: "1" } },
    "zag-b": { httpUrl: "https://x.test", headers },
  });
  assertEquals(await servers(".copilot/mcp-config.json"), {
    "zag-a": { type: "local", command: "c", args: ["-y"], env: { A: "1" }, tools: ["*"] },
    "zag-b": { type: "http", url: "https://x.test", headers, tools: ["*"] },
  });
  assertEquals(
    await home.read(".codex/config.toml"),
    '[mcp_servers.zag-a]\ncommand = "c"\nargs = ["-y"]\n\n[mcp_servers.zag-a.env]\nA = "1"\n\n' +
      '[mcp_servers.zag-b]\nurl = "https://x.test"\nbearer_token_env_var = "T"\n\n' +
      '[mcp_servers.zag-b.http_headers]\nX = "1"\n',
  );
});

Deno.test("mcp sync skips agents that are not in use, and lists failures with exit code 1", async () => {
  await using home = await ExtensionHome.create();
  await home.out("mcp", "add", "a", "--command", "c");
  await home.write(".claude.json", "{,}");
  await home.write(".copilot/config.json", "{}");
  const { code, out, err } = await home.zag(["mcp", "sync"]);
  assertEquals([code, out], [
    1,
    "claude: failed\ncodex: not in use here, skipped\ngemini: not in use here, skipped\n" +
    "copilot: 1 MCP server\nollama: no MCP servers, skipped\n",
  ]);
  assert(err.includes(`Cannot change "${home.path}/.claude.json": it is no JSON`), err);
  assertEquals(await home.read(".claude.json"), "{,}");
});

Deno.test("mcp sync --json tells what changed, and writes nothing the second time", async () => {
  await using home = await ExtensionHome.create();
  await home.out("mcp", "add", "a", "--command", "c");
  const sync = async () => JSON.parse(await home.out("mcp", "sync", "-p", "claude", "--json"));
  assertEquals(await sync(), [{ provider: "claude", count: 1, changed: true, warnings: [] }]);
  const before = await Deno.stat(`${home.path}/.claude.json`);
  assertEquals(await sync(), [{ provider: "claude", count: 1, changed: false, warnings: [] }]);
  const after = await Deno.stat(`${home.path}/.claude.json`);
  assertEquals([after.ino, after.mtime], [before.ino, before.mtime]);
});

Deno.test("mcp sync removes the servers of another project", async () => {
  await using home = await ExtensionHome.create();
  await home.out("mcp", "add", "mine", "--command", "c");
  await home.out("mcp", "add", "all", "--global", "--command", "c");
  await home.out("mcp", "sync", "-p", "claude");
  await home.zag(["mcp", "sync", "-p", "claude"], { cwd: home.path });
  assertEquals(Object.keys(JSON.parse((await home.read(".claude.json"))!).mcpServers), ["zag-all"]);
});
