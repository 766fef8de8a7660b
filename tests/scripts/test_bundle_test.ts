import { filesThatStartTheProgram, FROM_SOURCE, parseRequest } from "../../scripts/test_bundle.ts";
import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import { fromFileUrl } from "../support/paths.ts";

const ROOT = fromFileUrl(new URL("../../", import.meta.url));
const SCRIPT = `${ROOT}scripts/test_bundle.ts`;

Deno.test("parseRequest() tells files from what is for deno test", () => {
  assertEquals(parseRequest(["--all", "--filter=x", SCRIPT, "--filter", "no file"]), {
    all: true,
    files: [SCRIPT],
    rest: ["--filter=x", "--filter", "no file"],
  });
});

Deno.test("filesThatStartTheProgram() finds all end-to-end tests, and none that starts nothing", async () => {
  const files = await filesThatStartTheProgram(ROOT);
  const names = [...Deno.readDirSync(`${ROOT}tests/e2e`)].map(({ name }) => `tests/e2e/${name}`);
  const missing = names.filter((name) => name.endsWith("_test.ts") && !files.includes(name));
  assertEquals(missing, []);
  // By way of a module of its own folder.
  assert(files.includes("tests/cli/commands/session/list_test.ts"));
  assert(!files.includes("tests/json/find_json_test.ts"));
  assertEquals(files.filter((path) => path.startsWith("tests/providers/")), []);
  for (const path of FROM_SOURCE) assert(files.includes(path), path);
});

Deno.test("end-to-end tests start the program under test, not always the source", async () => {
  for await (const { name } of Deno.readDir(`${ROOT}tests/e2e`)) {
    if (!name.endsWith(".ts") || name === "bundle_test.ts") continue;
    const text = await Deno.readTextFile(`${ROOT}tests/e2e/${name}`);
    assert(!/main\.ts", import\.meta/.test(text), `${name}: use ZAG of tests/support/zag.ts`);
    assert(!/"run",\s*"-A",[^\]]*\bMAIN\b/.test(text), `${name}: use ZAG of tests/support/zag.ts`);
  }
});

/** Runs the script on a test of one line. */
async function script(line: string, env: Record<string, string> = {}) {
  const dir = await Deno.makeTempDir();
  try {
    const path = `${dir}/one_test.ts`;
    await Deno.writeTextFile(path, `Deno.test("one", () => {\n${line}\n});\n`);
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", SCRIPT, path],
      env: { NO_COLOR: "1", DENORT_BIN: "", ...env },
    }).output();
    const text = new TextDecoder();
    return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("test_bundle.ts runs tests on a bundle, and says that no compiled program was tested", async () => {
  const { code, stdout, stderr } = await script(`
    const main = Deno.env.get("ZAG_TEST_MAIN");
    if (!main.endsWith("/zag.js")) throw new Error(main);
    if (Deno.env.get("ZAG_TEST_BIN")) throw new Error("there is a program");
    Deno.statSync(main);
    console.log("the main is " + main);
  `);
  assertEquals(code, 0, stdout + stderr);
  const summary = stdout.split("\n").slice(-3);
  assertEquals(summary, [
    "passed: on the bundle",
    "The compiled program was not tested: DENORT_BIN is not set",
    "",
  ]);
  const bundle = /the main is (.*)/.exec(stdout)![1]!;
  assertEquals(await Deno.stat(bundle).catch(() => "gone"), "gone");
});

Deno.test("test_bundle.ts fails with its tests, and without a program where one was asked for", async () => {
  const failed = await script('throw new Error("no luck");');
  assertEquals(failed.code, 1);
  assertStringIncludes(failed.stdout, "\nFAILED: on the bundle\n");
  // It is a deno, not the runtime of compiled programs.
  const compiled = await script("", { DENORT_BIN: Deno.execPath() });
  assertEquals(compiled.code, 1, compiled.stdout);
  assertStringIncludes(
    compiled.stdout,
    "\npassed: on the bundle\nFAILED: on the compiled program\n",
  );
  assertStringIncludes(compiled.stderr, "What was compiled is not zag");
  assert(!compiled.stdout.includes("was not tested"));
});
