import { assert, assertEquals } from "../../../support/assert.ts";
import { ExtensionHome } from "../extensions.ts";

Deno.test("mcp import copies what zag does not have, and says what it left", async () => {
  await using home = await ExtensionHome.create();
  const mcpServers = {
    files: { type: "stdio", command: "npx", args: ["-y", "x"], env: { A: "1" } },
    web: {
      type: "http",
      url: "https://x.test",
      headers: { X: "1", Authorization: "Bearer ${T}" },
    },
    old: { type: "sse", url: "https://x.test" },
    "odd name": { command: "c" },
    taken: { command: "theirs" },
    "zag-own": { command: "c" },
  };
  await home.write(".claude.json", JSON.stringify({ mcpServers }));
  await home.out("mcp", "add", "taken", "--global", "--command", "mine");
  assertEquals(
    await home.out("mcp", "import"),
    "imported files\nimported web\nskipped old: zag knows no servers of type sse\n" +
      'skipped odd name: it cannot have the name "odd name"\n' +
      "skipped taken: zag has a server of this name\nImported 2 MCP servers\n",
  );
  assertEquals(
    await home.read(".zag/mcp/web.toml"),
    'name = "web"\ntransport = "http"\nurl = "https://x.test"\nbearer_token_env_var = "T"\n\n' +
      '[headers]\nX = "1"\n',
  );
  assert((await home.read(".zag/mcp/taken.toml"))!.includes("mine"));
  const shown = JSON.parse(await home.out("mcp", "show", "files", "--json", "--reveal"));
  assertEquals([shown.command, shown.args, shown.env], ["npx", ["-y", "x"], { A: "1" }]);
});

Deno.test("mcp import --from reads the settings of the others", async () => {
  await using home = await ExtensionHome.create();
  const codex = '[mcp_servers.a]\nurl = "https://x.test"\nbearer_token_env_var = "T"\n';
  await home.write(".codex/config.toml", codex);
  await home.write(
    ".gemini/settings.json",
    '{"mcpServers": {"b": {"httpUrl": "https://y.test"},}}',
  );
  for (const [provider, name] of [["codex", "a"], ["gemini", "b"]] as const) {
    assertEquals(
      JSON.parse(await home.out("mcp", "import", "--from", provider, "--json")),
      { imported: 1, servers: [{ name, status: "imported" }] },
    );
  }
  assertEquals(await home.out("mcp", "import", "--from", "copilot"), "Imported 0 MCP servers\n");
});

Deno.test("mcp import says what is wrong with the settings", async () => {
  await using home = await ExtensionHome.create();
  await home.write(".claude.json", "{");
  const { code, err } = await home.zag(["mcp", "import"]);
  assertEquals(code, 1);
  assert(err.includes("it is no JSON"), err);
});
