import { capabilityReport } from "../../../src/agent/capability_report.ts";
import { discoverCommand } from "../../../src/cli/commands/discover.ts";
import { createApp } from "../../../src/cli/create_app.ts";
import { loadProvider, PROVIDER_NAMES, TIERS } from "../../../src/providers/registry.ts";
import { fakeContext } from "../../fakes/context.ts";
import { assert, assertEquals, assertStringIncludes } from "../../support/assert.ts";
import { TestHome } from "../../support/zag.ts";

/** Where nothing is installed and no server answers. */
async function discover(home: TestHome, ...args: string[]) {
  const env = home.env({ PATH: home.bin, OLLAMA_HOST: "127.0.0.1:1" });
  const ctx = fakeContext({ env, cwd: home.work });
  const code = await createApp([discoverCommand]).run(args, ctx);
  return { code, out: ctx.out, err: ctx.err };
}

/** In the order in which they are shown. */
const NAMES = [...new Set([...TIERS, ...PROVIDER_NAMES])];
const reportOf = async (name: string) => capabilityReport((await loadProvider(name))!);

Deno.test("discover: JSON holds a capability object for every provider", async () => {
  await using home = await TestHome.create();
  const { code, out, err } = await discover(home, "discover", "--json");
  assertEquals([code, err], [0, ""]);
  assertEquals(out.trimEnd().includes("\n"), false);
  const entries: Record<string, unknown>[] = JSON.parse(out);
  assertEquals(entries.map(({ provider }) => provider), NAMES);
  for (const { installed: _, usable: __, reason: ___, ...rest } of entries) {
    assertEquals<unknown>(rest, await reportOf(String(rest.provider)));
  }
});

Deno.test("discover: -f json is --json, and --pretty makes it long", async () => {
  await using home = await TestHome.create();
  const { out } = await discover(home, "discover", "--json");
  assertEquals((await discover(home, "discover", "-f", "json")).out, out);
  assertEquals((await discover(home, "--json", "discover", "-f", "json")).out, out);
  const pretty = (await discover(home, "discover", "--json", "--pretty")).out;
  assertEquals(pretty, JSON.stringify(JSON.parse(out), null, 2) + "\n");
});

Deno.test("discover: the object of one provider, and the same in the other formats", async () => {
  await using home = await TestHome.create();
  const { out } = await discover(home, "-p", "MOCK", "discover", "--json");
  const expected = { installed: true, usable: true, ...await reportOf("mock") };
  assertEquals(JSON.parse(out), expected);
  const yaml = (await discover(home, "discover", "-p", "mock", "-f", "yaml")).out;
  assert(yaml.startsWith("provider: mock\ninstalled: true\nusable: true\n"), yaml);
  const toml = (await discover(home, "discover", "-p", "mock", "-f", "toml")).out;
  assert(toml.startsWith('provider = "mock"\ninstalled = true\nusable = true\n'), toml);
});

Deno.test("discover: TOML holds the list under providers, YAML at its top", async () => {
  await using home = await TestHome.create();
  const toml = (await discover(home, "discover", "-f", "toml")).out;
  assertEquals(toml.match(/^\[\[providers\]\]$/gm)?.length, NAMES.length);
  const yaml = (await discover(home, "discover", "-f", "yaml")).out;
  assertEquals([...yaml.matchAll(/^- provider: (\w+)$/gm)].map((match) => match[1]), NAMES);
});

Deno.test("discover: the table has a line for every provider and says why not", async () => {
  await using home = await TestHome.create();
  const { code, out, err } = await discover(home, "discover");
  assertEquals([code, err], [0, ""]);
  const [head, rule, ...lines] = out.split("\n");
  assertEquals(
    head,
    "PROVIDER   DEFAULT MODEL                MODELS RESUME JSON   LOGS    STATUS",
  );
  assertEquals(rule, "-".repeat(80));
  assertEquals(lines.slice(0, NAMES.length).map((line) => line.split(" ")[0]), NAMES);
  const mock = lines[NAMES.indexOf("mock")];
  assertEquals(
    mock,
    "mock       mock-medium                       3 native by zag full    built in",
  );
  for (const name of TIERS) {
    assert(lines[NAMES.indexOf(name)]!.endsWith(" missing"), name);
    assertStringIncludes(out, `install it: ${(await loadProvider(name))!.binary!.install}`);
  }
});

Deno.test("discover: all about one provider", async () => {
  await using home = await TestHome.create();
  const { out } = await discover(home, "discover", "-p", "mock");
  assertStringIncludes(
    out,
    `Mock agent (mock)

Status:        can be used
Program:       built in
Default model: mock-medium

Sizes:
  small   mock-small
  medium  mock-medium
  large   mock-large

Models:
  - mock-small
  - mock-medium
  - mock-large

Features:
  interactive           native
`,
  );
  assertStringIncludes(out, "\n  session_logs          native, full\n");
  assertStringIncludes(out, "\n  json_schema           by zag\n");
  assertStringIncludes(out, "\n  streaming_input       native, queue\n");
  assertStringIncludes(out, "\n  sandbox               no\n");
});

Deno.test("discover: all about a provider that is not installed", async () => {
  await using home = await TestHome.create();
  const { out } = await discover(home, "discover", "-p", "claude");
  assertStringIncludes(
    out,
    `
Status:        cannot be used here
Reason:        there is no program "claude" on PATH
Install:       npm install -g @anthropic-ai/claude-code
Program:       not on PATH
`,
  );
});

Deno.test("discover --models: names below their providers, or alone", async () => {
  await using home = await TestHome.create();
  const all = (await discover(home, "discover", "--models")).out;
  assertStringIncludes(
    all,
    "\nmock (default: mock-medium)\n  - mock-small\n  - mock-medium\n  - mock-large\n",
  );
  assertEquals([...all.matchAll(/^(\w+) \(default: /gm)].map((match) => match[1]), NAMES);
  const bare = (await discover(home, "discover", "--models", "-p", "mock")).out;
  assertEquals(bare, "mock-small\nmock-medium\nmock-large\n");
});

Deno.test("discover --models: the lists for programs", async () => {
  await using home = await TestHome.create();
  const mock = {
    provider: "mock",
    default_model: "mock-medium",
    models: ["mock-small", "mock-medium", "mock-large"],
  };
  const one = await discover(home, "discover", "--models", "-p", "mock", "--json");
  assertEquals(JSON.parse(one.out), [mock]);
  const all = await discover(home, "discover", "--models", "--json");
  assertEquals(JSON.parse(all.out).map(({ provider }: typeof mock) => provider), NAMES);
  const yaml = await discover(home, "discover", "--models", "-p", "mock", "-f", "yaml");
  assert(yaml.out.startsWith("- provider: mock\n  default_model: mock-medium\n"), yaml.out);
});

const resolved: [string[], string, unknown][] = [
  [["-p", "mock", "--resolve", "L"], "L -> mock-large\n", {
    input: "L",
    resolved: "mock-large",
    is_alias: true,
    provider: "mock",
  }],
  [["-p", "mock", "--resolve", "mock-small"], "mock-small is no alias: mock takes it as it is\n", {
    input: "mock-small",
    resolved: "mock-small",
    is_alias: false,
    provider: "mock",
  }],
  [["-p", "mock", "--resolve", "default"], "default -> mock-medium\n", {
    input: "default",
    resolved: "mock-medium",
    is_alias: true,
    provider: "mock",
  }],
  [["-p", "claude", "--resolve", "small"], "small -> haiku\n", {
    input: "small",
    resolved: "haiku",
    is_alias: true,
    provider: "claude",
  }],
];

for (const [args, text, expected] of resolved) {
  Deno.test(`discover ${args.join(" ")}`, async () => {
    await using home = await TestHome.create();
    const plain = await discover(home, "discover", ...args);
    assertEquals(plain, { code: 0, out: text, err: "" });
    assertEquals(JSON.parse((await discover(home, "discover", ...args, "--json")).out), expected);
  });
}

Deno.test("discover --resolve: without a name, with the configured provider", async () => {
  await using home = await TestHome.create();
  const first = await discover(home, "discover", "--resolve", "small", "--json");
  assertEquals(JSON.parse(first.out).provider, TIERS[0]);
  await Deno.mkdir(`${home.path}/.zag`);
  await Deno.writeTextFile(`${home.path}/.zag/zag.jsonc`, '{"defaults": {"provider": "mock"}}');
  const configured = await discover(home, "discover", "--resolve", "small");
  assertEquals(configured.out, "small -> mock-small\n");
});

Deno.test("discover --resolve: a name that may be newer than the list", async () => {
  await using home = await TestHome.create();
  const args = ["discover", "-p", "claude", "--resolve", "claude-new-9"];
  const { code, out, err } = await discover(home, ...args);
  assertEquals([code, out], [0, "claude-new-9 is no alias: claude takes it as it is\n"]);
  assertStringIncludes(err, 'warning: claude is not known to have a model "claude-new-9"');
  assertEquals((await discover(home, "-q", ...args)).err, "");
});

Deno.test("discover: what a terminal would obey is left out", async () => {
  await using home = await TestHome.create();
  const model = "odd\x1b[31m\x9bmodel";
  const { out } = await discover(home, "-q", "discover", "-p", "claude", "--resolve", model);
  assertEquals(out, "odd[31mmodel is no alias: claude takes it as it is\n");
});

const refused: [string[], string, number][] = [
  [["--json", "-f", "yaml"], "--json together with -f yaml", 64],
  [["--models", "--resolve", "x"], "--models together with --resolve", 64],
  [["--models", "-f", "toml"], "--models together with -f toml: TOML has no arrays", 64],
  [["--pretty"], "--pretty without --json", 64],
  [["--pretty", "-f", "toml"], "--pretty together with -f toml", 64],
  [["-f", "xml"], "json, yaml, toml", 64],
  [["-p", "auto"], `Unknown provider "auto": it must be one of ${PROVIDER_NAMES.join(", ")}`, 64],
  [["-p", "mock", "--resolve", "gpt"], "mock-small, mock-medium, mock-large", 64],
  [["-r", "nowhere"], "as the root: no such directory", 1],
];

for (const [args, message, expected] of refused) {
  Deno.test(`discover: refuses "${args.join(" ")}"`, async () => {
    await using home = await TestHome.create();
    const { code, out, err } = await discover(home, "discover", ...args);
    assertStringIncludes(err, message);
    assertEquals([code, out], [expected, ""]);
  });
}

Deno.test("discover --resolve says what no model is meant by, and what cannot be told", async () => {
  await using home = await TestHome.create();
  const own = await discover(home, "discover", "--resolve", "default", "-p", "claude");
  assertEquals(own.out, "default passes no model: claude uses its own\n");
  const auto = await discover(home, "discover", "--resolve", "auto", "-p", "claude");
  assertEquals([auto.code, auto.out], [64, ""]);
  assertStringIncludes(auto.err, "Cannot resolve auto");
});
