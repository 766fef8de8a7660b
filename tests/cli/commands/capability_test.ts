import { capabilityReport } from "../../../src/agent/capability_report.ts";
import { capabilityCommand } from "../../../src/cli/commands/capability.ts";
import { createApp } from "../../../src/cli/create_app.ts";
import { loadProvider, PROVIDER_NAMES, TIERS } from "../../../src/providers/registry.ts";
import { fakeContext } from "../../fakes/context.ts";
import { assertEquals, assertStringIncludes } from "../../support/assert.ts";
import { TestHome } from "../../support/zag.ts";

async function capability(home: TestHome, args: readonly string[]) {
  const ctx = fakeContext({ env: home.env(), cwd: home.work });
  const code = await createApp([capabilityCommand]).run(args, ctx);
  return { code, out: ctx.out, err: ctx.err };
}

async function configure(home: TestHome, text: string, directory = ""): Promise<void> {
  await Deno.mkdir(`${home.path}/.zag${directory}`, { recursive: true });
  await Deno.writeTextFile(`${home.path}/.zag${directory}/zag.jsonc`, text);
}

const reportOf = async (name: string) => capabilityReport((await loadProvider(name))!);

for (const name of PROVIDER_NAMES) {
  Deno.test(`capability: the report of ${name}, on one line`, async () => {
    await using home = await TestHome.create();
    const ran = await capability(home, ["capability", "-p", name]);
    assertEquals(ran, { code: 0, out: `${JSON.stringify(await reportOf(name))}\n`, err: "" });
  });
}

Deno.test("capability: the provider may stand before the command, in any case", async () => {
  await using home = await TestHome.create();
  const { out } = await capability(home, ["-p", "MOCK", "capability"]);
  assertEquals(JSON.parse(out).provider, "mock");
});

Deno.test("capability: without a name, the first provider of the tiers", async () => {
  await using home = await TestHome.create();
  const { out } = await capability(home, ["capability"]);
  assertEquals(JSON.parse(out).provider, TIERS[0]);
});

Deno.test("capability: without a name, the configured provider", async () => {
  await using home = await TestHome.create();
  await configure(home, '{"defaults": {"provider": "mock"}}');
  assertEquals(JSON.parse((await capability(home, ["capability"])).out).provider, "mock");
});

Deno.test("capability: the project of --root says which provider is configured", async () => {
  await using home = await TestHome.create();
  const root = `${home.path}/elsewhere`;
  await Deno.mkdir(root);
  const { projectKey } = await import("../../../src/config/project.ts");
  const own = '{"defaults": {"provider": "mock"}}';
  await configure(home, own, `/projects/${await projectKey(root)}`);
  const { out } = await capability(home, ["capability", "-r", root]);
  assertEquals(JSON.parse(out).provider, "mock");
  assertEquals(JSON.parse((await capability(home, ["capability"])).out).provider, TIERS[0]);
});

Deno.test("capability: the other formats", async () => {
  await using home = await TestHome.create();
  const first = async (...args: string[]) =>
    (await capability(home, ["capability", "-p", "mock", ...args])).out.split("\n")[0];
  assertEquals(await first("--pretty"), "{");
  assertEquals(await first("-f", "json", "--pretty"), "{");
  assertEquals(await first("-f", "yaml"), "provider: mock");
  assertEquals(await first("--format=toml"), 'provider = "mock"');
});

const NAMES = `it must be one of ${PROVIDER_NAMES.join(", ")}`;

const refused: [string[], string, number][] = [
  [["-p", "auto"], `Unknown provider "auto": ${NAMES}`, 64],
  [["-p", "constructor"], `Unknown provider "constructor": ${NAMES}`, 64],
  [["-f", "xml"], "json, yaml, toml", 64],
  [["--pretty", "-f", "yaml"], "--pretty together with -f yaml", 64],
  [["-r", "nowhere"], "as the root: no such directory", 1],
];

for (const [args, message, expected] of refused) {
  Deno.test(`capability: refuses "${args.join(" ")}"`, async () => {
    await using home = await TestHome.create();
    const { code, out, err } = await capability(home, ["capability", ...args]);
    assertStringIncludes(err, message);
    assertEquals([code, out], [expected, ""]);
  });
}

Deno.test("capability: says where the configuration is wrong", async () => {
  await using home = await TestHome.create();
  await configure(home, '{"defaults": {"provider": 7}}');
  const { code, out, err } = await capability(home, ["capability", "-p", "mock"]);
  assertStringIncludes(err, `${home.path}/.zag/zag.jsonc:1:27: defaults.provider`);
  assertEquals([code, out], [1, ""]);
});

Deno.test("capability: a configured auto stands for the provider that is used without it", async () => {
  await using home = await TestHome.create();
  await configure(home, '{"defaults": {"provider": "auto"}}');
  const { code, out } = await capability(home, ["capability"]);
  assertEquals([code, JSON.parse(out).provider], [0, TIERS[0]]);
});

Deno.test("capability: --json is what it prints anyway, and no other format", async () => {
  await using home = await TestHome.create();
  const plain = await capability(home, ["capability", "-p", "mock"]);
  assertEquals(await capability(home, ["capability", "-p", "mock", "--json"]), plain);
  const both = await capability(home, ["capability", "-p", "mock", "--json", "-f", "yaml"]);
  assertEquals(both.code, 64);
  assertStringIncludes(both.err, "Cannot use --json together with -f yaml");
});
