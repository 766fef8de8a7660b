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
    "copilot: 1 MCP server\nollama: it takes no MCP servers, skipped\n",
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

Deno.test("mcp sync warns of secrets in a file that others can read", async () => {
  await using home = await ExtensionHome.create();
  await home.write(".claude.json", "{}");
  await home.out("mcp", "add", "plain", "--command", "c");
  await Deno.chmod(home.path, 0o755);
  await Deno.chmod(`${home.path}/.claude.json`, 0o644);
  await home.out("mcp", "sync", "-p", "claude");
  await home.out("mcp", "add", "a", "--command", "c", "--env", "T=s3cret");
  const { code, err } = await home.zag(["mcp", "sync", "-p", "claude"]);
  assertEquals(code, 0);
  assert(
    err.startsWith(`warning: others can read "${home.path}/.claude.json" (mode 0644), which holds`),
    err,
  );
  assert(err.includes(" of a: ") && !err.includes("plain"), err);
  await Deno.chmod(`${home.path}/.claude.json`, 0o600);
  await home.out("mcp", "sync", "-p", "claude");
});

Deno.test("mcp sync takes out what zag has forgotten", async () => {
  await using home = await ExtensionHome.create();
  await home.write(".claude.json", '{"mcpServers": {"zag-old": {"command": "c"}}}');
  await home.out("mcp", "sync");
  assertEquals(await home.read(".claude.json"), '{"mcpServers": {}}');
});

Deno.test("mcp sync leaves nothing that is gone where the agent's files were before", async () => {
  await using home = await ExtensionHome.create();
  await home.out("mcp", "add", "one", "--command", "c");
  await home.out("mcp", "add", "two", "--command", "c");
  const env = { CLAUDE_CONFIG_DIR: `${home.path}/moved` };
  await home.zag(["mcp", "sync", "-p", "claude"], { env });
  const project = [...Deno.readDirSync(`${home.path}/.zag/projects`)][0]!.name;
  await Deno.remove(`${home.path}/.zag/projects/${project}/mcp/one.toml`);
  // Claude is not in use at the usual place.
  assert((await home.out("mcp", "sync")).startsWith("claude: not in use here, skipped\n"));
  const { mcpServers } = JSON.parse((await home.read("moved/.claude.json"))!);
  assertEquals(Object.keys(mcpServers), ["zag-two"]);
  assertEquals(await home.read(".claude.json"), undefined);
});

Deno.test("mcp sync refuses to replace a file that is read-only", async () => {
  await using home = await ExtensionHome.create();
  await home.write(".claude.json", "{}");
  await Deno.chmod(`${home.path}/.claude.json`, 0o444);
  await home.out("mcp", "add", "a", "--command", "c");
  const { code, err } = await home.zag(["mcp", "sync", "-p", "claude"]);
  assertEquals(code, 1);
  assert(err.includes("it is read-only (mode 0444)"), err);
  assertEquals(await home.read(".claude.json"), "{}");
});

Deno.test("mcp sync of an agent that zag does not know is a wrong usage", async () => {
  await using home = await ExtensionHome.create();
  const { code, err } = await home.zag(["mcp", "sync", "-p", "foo"]);
  assertEquals(code, 64);
  assert(err.includes("Usage: zag [flags] mcp sync") && !err.includes("--debug"), err);
});
