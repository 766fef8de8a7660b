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
  assert(err.startsWith(`error: Cannot read "${home.path}/.claude.json": it is no JSON`), err);
});

const refused: [provider: string, file: string, text: string, reason: string][] = [
  ["codex", ".codex/config.toml", '[mcp_servers.a]\ncommand="c"\nenabled=false', "it is disabled"],
  [
    "codex",
    ".codex/config.toml",
    '[mcp_servers.a]\ncommand="c"\nenabled_tools=[]',
    "it may use some of its tools only (enabled_tools)",
  ],
  [
    "claude",
    ".claude.json",
    '{"mcpServers": {"a": {"command": "c", "disabled": true}}}',
    "it is disabled",
  ],
  [
    "gemini",
    ".gemini/settings.json",
    '{"mcpServers": {"a": {"command": "c", "includeTools": ["read"]}}}',
    "it may use some of its tools only (includeTools)",
  ],
  [
    "gemini",
    ".gemini/settings.json",
    '{"mcpServers": {"a": {"url": "https://x.test/sse"}}}',
    "zag knows no servers of type sse",
  ],
  [
    "gemini",
    ".gemini/settings.json",
    '{"mcp": {"excluded": ["a"]}, "mcpServers": {"a": {"command": "c"}}}',
    "it is disabled",
  ],
  [
    "gemini",
    ".gemini/settings.json",
    '{"mcp": {"allowed": ["b"]}, "mcpServers": {"a": {"command": "c"}}}',
    "it is disabled",
  ],
  [
    "copilot",
    ".copilot/mcp-config.json",
    '{"mcpServers": {"a": {"type": "local", "command": "c", "tools": ["read"]}}}',
    "it may use some of its tools only (tools)",
  ],
];

for (const [provider, file, text, reason] of refused) {
  Deno.test(`mcp import leaves to ${provider} what would mean more elsewhere: ${text}`, async () => {
    await using home = await ExtensionHome.create();
    await home.write(file, text);
    assertEquals(
      await home.out("mcp", "import", "--from", provider),
      `skipped a: ${reason}\nImported 0 MCP servers\n`,
    );
    assertEquals(await home.read(".zag/mcp/a.toml"), undefined);
  });
}

Deno.test("mcp import names what it cannot keep of a server", async () => {
  await using home = await ExtensionHome.create();
  const a = { command: "c", cwd: "/x", timeout: 5, trust: true, description: "d", env: {} };
  const b = { command: "c", disabled: false, tools: ["*"] };
  await home.write(".gemini/settings.json", JSON.stringify({ mcpServers: { a, b } }));
  const { servers } = JSON.parse(await home.out("mcp", "import", "--from", "gemini", "--json"));
  assertEquals(servers, [
    { name: "a", status: "imported", dropped: ["cwd", "timeout", "trust"] },
    { name: "b", status: "imported" },
  ]);
  assertEquals(JSON.parse(await home.out("mcp", "show", "a", "--json")).description, "d");
  await home.out("mcp", "remove", "a");
  await home.out("mcp", "remove", "b");
  assertEquals(
    await home.out("mcp", "import", "--from", "gemini"),
    "imported a, without cwd, timeout, trust\nimported b\nImported 2 MCP servers\n",
  );
});

Deno.test("mcp import of the servers of an agent gives it none of them twice", async () => {
  await using home = await ExtensionHome.create();
  const original = '{"mcpServers": {"own": {"command": "c"}}}';
  await home.write(".claude.json", original);
  await home.out("mcp", "import");
  assertEquals(
    await home.out("mcp", "sync", "-p", "claude"),
    "claude: 0 MCP servers, and 1 of its own in place of zag's\n",
  );
  assertEquals(await home.read(".claude.json"), original);
  assertEquals(await home.out("mcp", "sync", "-p", "codex"), "codex: 1 MCP server\n");
  // It comes as soon as the agent has none of its own, and goes when it has one again.
  await home.write(".claude.json", "{}");
  await home.out("mcp", "sync", "-p", "claude");
  assert((await home.read(".claude.json"))!.includes("zag-own"));
  await home.write(".claude.json", '{"mcpServers": {"own": {}, "zag-own": {}}}');
  await home.out("mcp", "sync", "-p", "claude");
  assertEquals(JSON.parse((await home.read(".claude.json"))!), { mcpServers: { own: {} } });
});
