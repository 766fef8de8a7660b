import { assert, assertEquals } from "../../../support/assert.ts";
import { ExtensionHome } from "../extensions.ts";

const ORIGINAL = '// mine\n{"mcpServers": {"a": {"command": "x"}, },}';

Deno.test("mcp remove takes a server from both scopes and from the agents, to the byte", async () => {
  await using home = await ExtensionHome.create();
  await home.write(".gemini/settings.json", ORIGINAL);
  await home.write(".codex/config.toml", "a = 1 # mine");
  await home.out("mcp", "add", "one", "--command", "c");
  await home.out("mcp", "add", "one", "--global", "--command", "c");
  await home.out("mcp", "add", "two", "--command", "c");
  await home.out("mcp", "sync");
  assertEquals(
    await home.out("mcp", "remove", "one"),
    "Removed MCP server: one (project and global; also from codex, gemini)\n",
  );
  assert(!(await home.read(".codex/config.toml"))!.includes("zag-one"));
  assert((await home.read(".codex/config.toml"))!.includes("zag-two"));
  assertEquals(JSON.parse(await home.out("mcp", "remove", "two", "--json")), {
    removed: "two",
    scopes: ["project"],
    providers: ["codex", "gemini"],
    failures: [],
  });
  assertEquals(await home.read(".gemini/settings.json"), ORIGINAL);
  assertEquals(await home.read(".codex/config.toml"), "a = 1 # mine");
  assertEquals((await home.zag(["mcp", "show", "one"])).code, 1);
});

Deno.test("mcp remove undoes files that lie elsewhere, and ones that are forgotten", async () => {
  await using home = await ExtensionHome.create();
  await home.out("mcp", "add", "one", "--command", "c");
  const env = { CODEX_HOME: `${home.path}/moved` };
  await home.zag(["mcp", "sync", "-p", "codex"], { env });
  assert((await home.read("moved/config.toml"))!.includes("zag-one"));
  await home.out("mcp", "sync", "-p", "copilot");
  await Deno.remove(`${home.path}/.zag/sync/copilot.json`);
  await home.out("mcp", "remove", "one");
  assertEquals(await home.read("moved/config.toml"), undefined);
  assertEquals(JSON.parse((await home.read(".copilot/mcp-config.json"))!), { mcpServers: {} });
});

Deno.test("mcp remove ends with 1 when an agent's file cannot be read, and names it", async () => {
  await using home = await ExtensionHome.create();
  await home.out("mcp", "add", "one", "--command", "c");
  await home.out("mcp", "sync", "-p", "gemini");
  await home.write(".gemini/settings.json", '{"zag-one"');
  const { code, err } = await home.zag(["mcp", "remove", "one"]);
  assertEquals(code, 1);
  assert(err.includes(`Cannot change "${home.path}/.gemini/settings.json"`), err);
  assertEquals(await home.read(".gemini/settings.json"), '{"zag-one"');
});

Deno.test("mcp remove says that there is no such server", async () => {
  await using home = await ExtensionHome.create();
  const { code, err } = await home.zag(["mcp", "remove", "none"]);
  assertEquals(code, 1);
  assert(err.startsWith('error: Cannot remove MCP server "none": there is none\n'), err);
});

Deno.test("mcp remove --global leaves the project's server, and says what was removed", async () => {
  await using home = await ExtensionHome.create();
  await home.out("mcp", "add", "one", "--command", "mine");
  await home.out("mcp", "add", "one", "--global", "--command", "all");
  assertEquals(
    await home.out("mcp", "remove", "one", "--global"),
    "Removed MCP server: one (global)\n",
  );
  assert((await home.out("mcp", "show", "one")).includes("mine"));
  assertEquals((await home.zag(["mcp", "remove", "one", "--global"])).code, 1);
  assertEquals(await home.out("mcp", "remove", "one"), "Removed MCP server: one (project)\n");
});
