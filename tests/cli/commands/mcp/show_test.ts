import { assert, assertEquals } from "../../../support/assert.ts";
import { ExtensionHome } from "../extensions.ts";

Deno.test("mcp show prints what is set, and hides values", async () => {
  await using home = await ExtensionHome.create();
  await home.out(
    "mcp",
    "add",
    "a",
    "--global",
    "--command",
    "c",
    "--env",
    "T=s3cret",
    "--args",
    "-y",
  );
  assertEquals(
    await home.out("mcp", "show", "a"),
    "Name:        a\nTransport:   stdio\nCommand:     c\nArguments:   -y\nScope:       global\n" +
      "Path:        ~/.zag/mcp/a.toml\nEnvironment:\n  T=***\n",
  );
  assert((await home.out("mcp", "show", "a", "--reveal")).includes("T=s3cret"));
});

Deno.test("mcp show --json prints an object with every value hidden", async () => {
  await using home = await ExtensionHome.create();
  const url = ["--url", "https://x.test", "--header", "X=s3cret", "--bearer-token-env-var", "T"];
  await home.out("mcp", "add", "a", "--global", ...url);
  assertEquals(JSON.parse(await home.out("mcp", "show", "a", "--json")), {
    name: "a",
    description: "",
    transport: "http",
    url: "https://x.test",
    bearer_token_env_var: "T",
    args: [],
    headers: { X: "***" },
    env: {},
    scope: "global",
    path: "~/.zag/mcp/a.toml",
  });
});

Deno.test("mcp show reads nothing for a name that is a path, and says that there is none", async () => {
  await using home = await ExtensionHome.create();
  await home.write(".zag/outside.toml", 'command = "x"');
  const outside = await home.zag(["mcp", "show", "../outside"]);
  assertEquals(outside.code, 64);
  assert(outside.err.includes('Cannot use "../outside" as the name'), outside.err);
  const none = await home.zag(["mcp", "show", "none"]);
  assertEquals(none.code, 1);
  assert(none.err.startsWith('error: Cannot find MCP server "none": there is none\n'), none.err);
});
