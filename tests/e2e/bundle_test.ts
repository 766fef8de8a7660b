/** The bundles do what the source does, with nothing but Deno. */
import { makeBundle } from "../../scripts/bundle.ts";
import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import { fromFileUrl } from "../support/paths.ts";
import { type Finished, TestHome, type ZagOptions } from "../support/zag.ts";
import { leftovers, script } from "./support.ts";

/** What the tests of the program are started on is a bundle as well. */
const SOURCE = fromFileUrl(new URL("../../main.ts", import.meta.url));

/** No network, no package, and no cache of either. */
const OFFLINE = ["--cached-only", "--no-remote", "--no-npm", "--no-prompt"];

/** A home that holds the bundles, and the cache of a Deno that was never used. */
async function inBundle(
  test: (bundle: {
    home: TestHome;
    zag(args: string[], options?: ZagOptions): Promise<Finished>;
    /** Runs a module that imports the library. */
    program(text: string): Promise<Finished>;
  }) => Promise<void>,
): Promise<void> {
  await using home = await TestHome.create();
  const folder = `${home.path}/a bundle`;
  await Deno.mkdir(folder);
  await copy(await bundle, folder);
  const run = async (args: string[], options: ZagOptions = {}): Promise<Finished> => {
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", ...OFFLINE, ...args],
      cwd: home.work,
      env: home.env({ DENO_DIR: `${home.path}/unused`, ...options.env }),
      clearEnv: true,
      stdin: "null",
    });
    const { code, signal, stdout, stderr } = await child.output();
    const decoder = new TextDecoder();
    return { code, signal, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
  };
  await test({
    home,
    zag: (args, options) => run([`${folder}/zag.js`, ...args], options),
    async program(text) {
      const path = `${home.work}/program.js`;
      const library = new URL(`file://${folder}/zag-agent.js`).href;
      await Deno.writeTextFile(path, text.replace("LIBRARY", library));
      return await run([path]);
    },
  });
  assertEquals(await leftovers(home), []);
}

const folder = Deno.makeTempDirSync({ prefix: "zag-bundle-test-" });
const bundle = makeBundle({ outdir: folder, minify: true }).then(() => folder);
addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

async function copy(from: string, to: string): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (!isDirectory) await Deno.copyFile(`${from}/${name}`, `${to}/${name}`);
    else {
      await Deno.mkdir(`${to}/${name}`);
      await copy(`${from}/${name}`, `${to}/${name}`);
    }
  }
}

Deno.test("the bundle says its version and shows its help and its manual", () =>
  inBundle(async ({ home, zag }) => {
    const source = async (args: string[]) => {
      const { stdout } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", SOURCE, ...args],
        cwd: home.work,
        env: home.env(),
        clearEnv: true,
        stdin: "null",
      }).output();
      return new TextDecoder().decode(stdout);
    };
    for (const args of [["--version"], ["--help"], ["exec", "--help"], ["man", "exec"]]) {
      const { code, stdout, stderr } = await zag(args);
      assertEquals([code, stderr], [0, ""], args.join(" "));
      assertEquals(stdout, await source(args), args.join(" "));
    }
  }));

Deno.test("the bundle starts itself again: as mock agent, in the background, and as shim", () =>
  inBundle(async ({ home, zag }) => {
    const command = ["sh", "-c", "zag whoami --json && zag --version"] as const;
    const env = script([{ do: "run", command }]);
    const exec = await zag(["-p", "mock", "exec", "hi"], { env });
    assertEquals(exec.code, 0, exec.stderr);
    const [log] = await home.logs();
    assertStringIncludes(JSON.stringify(log), "zag 1.");
    const spawned = await zag(["-p", "mock", "spawn", "hello"]);
    assertEquals(spawned.code, 0, spawned.stderr);
    assertEquals((await zag(["wait", spawned.stdout.trim()])).code, 0);
    assertEquals((await zag(["output", spawned.stdout.trim()])).stdout, "hello\n");
  }));

Deno.test("the bundle has the packages that a command loads when it needs them", () =>
  inBundle(async ({ home, zag }) => {
    // JSON Schema of three drafts, each a class of its own.
    for (const draft of ["draft-07/schema#", "draft/2019-09/schema", "draft/2020-12/schema"]) {
      const $schema = `http${draft.startsWith("draft/") ? "s" : ""}://json-schema.org/${draft}`;
      const schema = { $schema, type: "object", required: ["n"] };
      const { code, stdout, stderr } = await zag(
        ["-p", "mock", "exec", "--json-schema", JSON.stringify(schema), "hi"],
        { env: script([{ do: "say", text: '{"n":1}' }]) },
      );
      assertEquals([code, stdout], [0, '{"n":1}\n'], stderr);
    }
    // YAML, TOML and JSON with comments.
    await Deno.mkdir(`${home.path}/.codex`);
    await Deno.writeTextFile(`${home.path}/.codex/config.toml`, '[mcp_servers.x]\ncommand = "y"\n');
    const imported = await zag(["mcp", "import", "--from", "codex"]);
    assertEquals(imported.code, 0, imported.stderr);
    assertStringIncludes((await zag(["mcp", "list"])).stdout, "x");
    assertEquals((await zag(["config", "set", "defaults.provider", "mock"])).code, 0);
    assertEquals((await zag(["exec", "hi"])).code, 0);
  }));

Deno.test("the bundle loads none of Node's larger modules before they are needed", async () => {
  const parts = `${await bundle}/zag`;
  for await (const { name } of Deno.readDir(parts)) {
    const text = await Deno.readTextFile(`${parts}/${name}`);
    assertEquals(/(?:from|import) ?"node:(?:fs|buffer|crypto)"/.exec(text)?.[0], undefined, name);
  }
});

Deno.test("the bundled library runs agents from a program elsewhere", () =>
  inBundle(async ({ program }) => {
    const { code, stdout, stderr } = await program(`
      import { AgentBuilder, ZagError } from "LIBRARY";
      const output = await new AgentBuilder().provider("mock").exec("hello");
      console.log(output.result);
      const error = await new AgentBuilder().provider("nobody").exec("hello").catch((e) => e);
      console.log(error instanceof ZagError, error.name);
    `);
    assertEquals([code, stdout], [0, "hello\ntrue InvalidProviderError\n"], stderr);
  }));

Deno.test("the library of the bundle ends its clocks with the call that they are for", () =>
  inBundle(async ({ program }) => {
    const started = Date.now();
    const { code, stdout, stderr } = await program(`
      import { AgentBuilder } from "LIBRARY";
      const output = await new AgentBuilder().provider("mock").timeout("30s").exec("hello");
      const resumed = new AgentBuilder().provider("mock").autoResume().timeout("30s");
      console.log(output.result, (await resumed.exec("again")).result);
    `);
    assertEquals([code, stdout], [0, "hello again\n"], stderr);
    // A clock that nobody stopped keeps the program for the whole time limit.
    assert(Date.now() - started < 30_000, "the program stayed for its time limit");
  }));

Deno.test("the bundle is complete without anything that is not in it", async () => {
  const dir = await bundle;
  for (const file of [`${dir}/zag.js`, `${dir}/zag-agent.js`]) {
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["info", "--json", "--no-config", file],
      env: { DENO_DIR: `${dir}/.deno` },
    }).output();
    const { modules } = JSON.parse(new TextDecoder().decode(stdout)) as {
      modules: { specifier: string; error?: string; kind?: string }[];
    };
    const elsewhere = modules.filter(({ specifier, error }) =>
      error !== undefined || !(specifier.startsWith(`file://${dir}/`) || /^node:/.test(specifier))
    );
    assertEquals(elsewhere, []);
    assert(modules.length > 5);
  }
});
