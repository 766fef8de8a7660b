import { assert, assertEquals } from "../../../support/assert.ts";
import { ExtensionHome } from "../extensions.ts";

Deno.test("mcp list says how to add one where there is none", async () => {
  await using home = await ExtensionHome.create();
  assertEquals(
    await home.out("mcp", "list"),
    "No MCP servers. Add one: zag mcp add NAME --command PROGRAM\n",
  );
  assertEquals(await home.out("mcp", "list", "--json"), "[]\n");
});

Deno.test("mcp list shows the project's server before the global one of its name", async () => {
  await using home = await ExtensionHome.create();
  await home.out("mcp", "add", "b", "--global", "--url", "https://me:s3cret@x.test/mcp");
  await home.out("mcp", "add", "a", "--global", "--command", "all");
  await home.out(
    "mcp",
    "add",
    "a",
    "--command",
    "mine",
    "--description",
    "d",
    "--args",
    "-x",
    "a b",
  );
  assertEquals(
    await home.out("mcp", "list"),
    "NAME  TRANSPORT  SCOPE    COMMAND/URL             DESCRIPTION\n" +
      'a     stdio      project  mine -x "a b"           d\n' +
      "b     http       global   https://***@x.test/mcp\n",
  );
  const all = await home.zag(["mcp", "list", "--json"], { cwd: home.path });
  assertEquals(JSON.parse(all.out)[0].command, "all");
});

Deno.test("mcp list --json hides values unless --reveal is given", async () => {
  await using home = await ExtensionHome.create();
  await home.out("mcp", "add", "a", "--command", "c", "--env", "TOKEN=s3cret");
  await home.out("mcp", "add", "b", "--url", "https://me:s3cret@x.test", "--header", "X=s3cret");
  const hidden = await home.out("mcp", "--json", "list");
  assert(!hidden.includes("s3cret"), hidden);
  assertEquals(JSON.parse(hidden)[0].env, { TOKEN: "***" });
  const shown = JSON.parse(await home.out("mcp", "list", "--json", "--reveal"));
  assertEquals([shown[0].env.TOKEN, shown[1].headers.X], ["s3cret", "s3cret"]);
  assertEquals(shown[1].url, "https://me:s3cret@x.test");
});

const bad: [text: string, reason: string][] = [
  ["= 1", "Parse error"],
  ['transport = "sse"', 'the transport must be stdio or http, not "sse"'],
  ["", "a stdio server needs a command"],
  ['comand = "x"', 'unknown key "comand"'],
  ['command = "x"\nargs = "y"', '"args" must be a list of texts'],
  ['command = "x"\nenv = { A = 1 }', '"env" must be a table of texts'],
  ['name = "other"\ncommand = "x"', 'it says the name "other"'],
];

for (const [text, reason] of bad) {
  Deno.test(`mcp list leaves out and tells of ${JSON.stringify(text)}`, async () => {
    await using home = await ExtensionHome.create();
    await home.write(".zag/mcp/bad.toml", text);
    const { code, out, err } = await home.zag(["mcp", "list", "--json"]);
    assertEquals([code, out], [0, "[]\n"]);
    assert(err.includes(reason), err);
  });
}

Deno.test("mcp list and show hide what may be a secret in addresses and arguments", async () => {
  await using home = await ExtensionHome.create();
  const url = "https://s3cret@x.test/mcp?a=s3cret&b=s3cret#c";
  await home.out("mcp", "add", "a", "--url", url);
  const args = [
    ["--api-key", "s3cret", "--port", "80"],
    ["--github-token=s3cret", "-e", "GITHUB_TOKEN=s3cret", "API_SECRET=s3cret"],
    ["--password", "-s", "https://me:s3cret@x.test/?q=s3cret"],
    ["-H", "X-Any: s3cret", "Authorization: Bearer s3cret"],
  ].flat();
  await home.out("mcp", "add", "b", "--command", "c", "--args", ...args);
  const all = await Promise.all([
    home.out("mcp", "list"),
    home.out("mcp", "list", "--json"),
    home.out("mcp", "show", "a"),
    home.out("mcp", "show", "b"),
    home.out("mcp", "show", "b", "--json"),
  ]);
  for (const text of all) assert(!text.includes("s3cret"), text);
  assert(all[2]!.includes("https://***@x.test/mcp?a=***&b=***#c"), all[2]);
  assert(
    all[3]!.includes("--api-key *** --port 80 --github-token=*** -e GITHUB_TOKEN=***"),
    all[3],
  );
  assert(all[3]!.includes('--password -s "https://***@x.test/?q=***"'), all[3]);
  const shown = JSON.parse(await home.out("mcp", "show", "b", "--json", "--reveal"));
  assertEquals(shown.args, args);
});

Deno.test("mcp list says once, on one line, where a file is no TOML", async () => {
  await using home = await ExtensionHome.create();
  await home.write(".zag/mcp/bad.toml", 'name = "bad"\ncommand = "x\n');
  const { err } = await home.zag(["mcp", "list"]);
  assert(
    /^warning: Cannot use [^\n]*: it is no TOML \(line 2, column \d+: [^\n]*\)\n$/.test(err),
    err,
  );
});
