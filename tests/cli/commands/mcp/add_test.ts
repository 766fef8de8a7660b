import { assert, assertEquals } from "../../../support/assert.ts";
import { ExtensionHome } from "../extensions.ts";

Deno.test("mcp add keeps a server for the project, and --global for all", async () => {
  await using home = await ExtensionHome.create();
  const said = await home.out("mcp", "add", "one", "--command", "server");
  const path = /^Added MCP server: one \(project\)\n~\/(\S+\/mcp\/one\.toml)\n$/.exec(said)?.[1];
  assertEquals(
    await home.read(path!),
    'name = "one"\ntransport = "stdio"\ncommand = "server"\n',
  );
  assertEquals((await Deno.stat(`${home.path}/${path}`)).mode! & 0o777, 0o600);
  assertEquals(
    await home.out("mcp", "--json", "add", "two", "--global", "--url", "https://x.test/mcp"),
    '{"added":"two","scope":"global","path":"~/.zag/mcp/two.toml"}\n',
  );
  assertEquals(
    await home.read(".zag/mcp/two.toml"),
    'name = "two"\ntransport = "http"\nurl = "https://x.test/mcp"\n',
  );
});

const args: [after: string[], expected: string[], more?: Record<string, unknown>][] = [
  [["--args", "-y", "pkg"], ["-y", "pkg"]],
  [["--args", "-h", "--", "-q", "--unknown", "--verbose"], [
    "-h",
    "--",
    "-q",
    "--unknown",
    "--verbose",
  ]],
  [["--args", "a", "--description", "b"], ["a"], { description: "b" }],
  [["--args", "a", "--description=b", "--args", "c"], ["a", "c"], { description: "b" }],
  [["--args=--url", "--args=", "--args=--"], ["--url", "", "--"]],
  [["--args", "--", "--json"], ["--"]],
];

for (const [after, expected, more] of args) {
  Deno.test(`mcp add reads ${after.join(" ")}`, async () => {
    await using home = await ExtensionHome.create();
    await home.out("mcp", "add", "one", "--command", "c", ...after);
    const shown = JSON.parse(await home.out("mcp", "show", "one", "--json"));
    assertEquals(shown.args, expected);
    for (const [key, value] of Object.entries(more ?? {})) assertEquals(shown[key], value);
  });
}

Deno.test("mcp add shows its help when that is asked for", async () => {
  await using home = await ExtensionHome.create();
  for (const asked of [["-h"], ["--help"], ["--args", "x", "--help"]]) {
    assert(
      (await home.out("mcp", "add", "one", ...asked)).startsWith("Usage: zag [flags] mcp add"),
    );
  }
});

const refused: [args: string[], code: number, message: string][] = [
  [["one"], 64, 'Cannot add MCP server "one": a stdio server needs a command'],
  [["one", "--transport", "http"], 64, "an http server needs a url"],
  [["one", "--transport", "sse"], 64, "it must be one of stdio, http"],
  [["one", "--url", "ftp://x"], 64, "must begin with http:// or https://"],
  [["one", "--url", "https://x", "--command", "c"], 64, "an http server has no command"],
  [["one", "--url", "https://x", "--env", "A=1"], 64, "an http server has no env"],
  [["one", "--command", "c", "--header", "A=1"], 64, "a stdio server has no headers"],
  [
    ["one", "--url", "https://x", "--bearer-token-env-var", "TK", "--header", "authorization: a"],
    64,
    'the bearer token is its header "authorization": give one of them',
  ],
  [["one", "--command", "c", "--env", "A"], 64, "write it KEY=VALUE"],
  [["one", "--command", "c", "--env", "A B=1"], 64, '"A B" cannot be a variable\'s name'],
  [["one", "--url", "https://x", "--header", "A€=1"], 64, '"A€" cannot be a header\'s name'],
  [["one", "--command", "c", "--args"], 64, 'Missing value for "--args"'],
  [["../one", "--command", "c"], 64, 'Cannot use "../one" as the name of an MCP server'],
  [["zag-one", "--command", "c"], 64, 'Cannot use "zag-one" as the name of an MCP server'],
  [["kept", "--command", "c", "--global"], 1, 'Cannot add MCP server "kept": it exists'],
];

for (const [given, expected, message] of refused) {
  Deno.test(`mcp add refuses ${given.join(" ")}`, async () => {
    await using home = await ExtensionHome.create();
    await home.out("mcp", "add", "kept", "--global", "--command", "mine");
    const { code, out, err } = await home.zag(["mcp", "add", ...given]);
    assertEquals([code, out], [expected, ""]);
    assert(err.includes(message), err);
    assert((await home.read(".zag/mcp/kept.toml"))!.includes("mine"));
    assertEquals([...Deno.readDirSync(`${home.path}/.zag/mcp`)].length, 1);
  });
}

Deno.test("mcp add outside of a project wants --global or --root", async () => {
  await using home = await ExtensionHome.create();
  const add = ["mcp", "add", "one", "--command", "c"];
  const { code, err } = await home.zag(add, { cwd: home.path });
  assertEquals(code, 1);
  assert(err.startsWith('error: Cannot add MCP server "one" here: this directory belongs to no'));
  assert(err.includes("--global"), err);
  await home.out(...add, "--root", home.home.work);
  assert((await home.out("mcp", "list")).includes("one"));
});

Deno.test("mcp add takes a header as it is written, and never says a secret again", async () => {
  await using home = await ExtensionHome.create();
  const web = ["mcp", "add", "web", "--url", "https://x.test"];
  await home.out(...web, "--header", "Authorization: Bearer a=b:c", "--header", "X=y: z");
  const { headers } = JSON.parse(await home.out("mcp", "show", "web", "--json", "--reveal"));
  assertEquals(headers, { Authorization: "Bearer a=b:c", X: "y: z" });
  const bad: string[][] = [
    ["--header", "Bearer sekret"],
    ["--header", "Authorization Bearer sekret=="],
    ["--url", "ftp://me:sekret@x.test"],
  ];
  for (const args of bad) {
    const { code, err } = await home.zag(["mcp", "add", "two", ...web.slice(3), ...args]);
    assertEquals(code, 64);
    assert(!err.includes("sekret"), err);
  }
  const env = await home.zag(["mcp", "add", "two", "--command", "c", "--env", "sekret"]);
  assert(env.code === 64 && !env.err.includes("sekret"), env.err);
});
