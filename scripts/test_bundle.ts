/**
 * Runs the tests with the bundle as the program under test, in place of the source. With the runtime
 * of compiled programs in `DENORT_BIN` it compiles the bundle and runs the same tests on that too;
 * without, it says that they were not run.
 *
 * `deno run -A scripts/test_bundle.ts [--all] [FILE...] [ARGUMENT...]`
 *
 * Without a file: all test files that start the program, but for those of the real agents. `--all`:
 * also those that start no program, and a few once more from source. Arguments (`--filter=TEXT`,
 * `--fail-fast`) go to `deno test`. Exits with 1 when a test fails.
 *
 * The bundle is made of the source in two seconds and starts faster, so the tests take less time on
 * it than on the source. What can differ between the two is what is run from source as well.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { makeBundle } from "./bundle.ts";
import { CompileError, compileFor, type Target } from "./compile.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const TESTS = "tests";
/** These need programs that have to be installed; scripts/test_providers.ts runs them. */
const PROVIDERS = `${TESTS}/providers`;
/** Whatever imports this starts the program. */
const STARTER = `${TESTS}/support/zag.ts`;

/**
 * Run from source too: how zag starts itself again (agents, background, terminal), what it loads only
 * when it needs it (packages, pages of the manual), and the documents, which name `main.ts`.
 */
export const FROM_SOURCE: readonly string[] = [
  `${TESTS}/readme_test.ts`,
  `${TESTS}/exit_mode_docs_test.ts`,
  `${TESTS}/cli/commands/man_test.ts`,
  `${TESTS}/cli/commands/upgrade_test.ts`,
  `${TESTS}/e2e/exec_environment_test.ts`,
  `${TESTS}/e2e/exec_json_schema_test.ts`,
  `${TESTS}/e2e/mcp_test.ts`,
  `${TESTS}/e2e/run_terminal_test.ts`,
  `${TESTS}/e2e/spawn_test.ts`,
];

/** Those of them that show what documents say: once is enough, as the documents have it. */
const DOCUMENTS = FROM_SOURCE.filter((path) => !/\/(cli|e2e)\//.test(path));

/** What the command line asks for. */
export interface TestRequest {
  readonly all: boolean;
  readonly files: readonly string[];
  /** For `deno test`. */
  readonly rest: readonly string[];
}

/** Tells what is a file or a folder from what is for `deno test`. */
export function parseRequest(args: readonly string[]): TestRequest {
  const isFile = (arg: string) => !arg.startsWith("-") && existsSync(arg);
  return {
    all: args.includes("--all"),
    files: args.filter(isFile),
    rest: args.filter((arg) => !isFile(arg) && arg !== "--all"),
  };
}

/**
 * The test files that start the program: those that import what starts it, be it by way of others.
 *
 * @param root The repository.
 * @returns Paths relative to it, with slashes, sorted.
 */
export async function filesThatStartTheProgram(root: string): Promise<string[]> {
  const imports = new Map<string, string[]>();
  for await (const path of modules(root, TESTS)) {
    const text = await Deno.readTextFile(join(root, path));
    const found = [...text.matchAll(/\b(?:from|import)\s*\(?\s*"(\.{1,2}\/[^"]+\.ts)"/g)];
    imports.set(path, found.map(([, target]) => slashes(join(dirname(path), target!))));
  }
  const starting = new Set([STARTER]);
  for (let before = 0; before < starting.size;) {
    before = starting.size;
    for (const [path, targets] of imports) {
      if (targets.some((target) => starting.has(target))) starting.add(path);
    }
  }
  return [...starting].filter((path) =>
    path.endsWith("_test.ts") && !path.startsWith(`${PROVIDERS}/`)
  ).sort();
}

async function* modules(root: string, folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(join(root, folder))) {
    const path = `${folder}/${name}`;
    if (isDirectory) yield* modules(root, path);
    else if (name.endsWith(".ts")) yield path;
  }
}

function slashes(path: string): string {
  return path.replaceAll("\\", "/");
}

/** Runs `deno test`; types are checked by "deno task check". */
async function test(args: readonly string[], env: Record<string, string>): Promise<boolean> {
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: ["test", "-A", "--parallel", "--no-check", ...args],
    cwd: ROOT,
    env: { ZAG_TEST_MAIN: "", ZAG_TEST_BIN: "", ...env },
  }).spawn().status;
  return success;
}

async function compile(bundle: string, outdir: string): Promise<string | undefined> {
  try {
    return await compileFor(Deno.build.target as Target, { bundle, outdir });
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    console.error(error.message);
    return undefined;
  }
}

async function main(args: readonly string[]): Promise<number> {
  const { all, files: named, rest } = parseRequest(args);
  const stage = await Deno.realPath(await Deno.makeTempDir({ prefix: "zag-under-test-" }));
  // Some tests start zag as another user.
  if (Deno.build.os !== "windows") await Deno.chmod(stage, 0o755);
  const results: [what: string, passed: boolean][] = [];
  const run = async (what: string, files: readonly string[], env: Record<string, string>) => {
    console.log(`\n-- ${what}`);
    results.push([what, await test([...rest, ...files], env)]);
  };
  try {
    const files = named.length > 0
      ? named.map((path) => slashes(relative(ROOT, path)))
      : await filesThatStartTheProgram(ROOT);
    const { program: bundle } = await makeBundle({ outdir: stage, minify: true });
    const onBundle = { ZAG_TEST_MAIN: bundle };
    if (all && named.length === 0) {
      const ignored = [PROVIDERS, ...DOCUMENTS].join(",");
      await run("on the bundle", [`--ignore=${ignored}`, TESTS], onBundle);
      await run("a part from source", FROM_SOURCE, {});
    } else {
      await run("on the bundle", files, onBundle);
    }
    if (Deno.env.get("DENORT_BIN")) {
      const what = "on the compiled program";
      const compiled = await compile(bundle, stage);
      if (compiled === undefined) results.push([what, false]);
      else await run(what, files, { ...onBundle, ZAG_TEST_BIN: compiled });
    }
  } finally {
    await Deno.remove(stage, { recursive: true });
  }
  console.log();
  for (const [what, passed] of results) console.log(`${passed ? "passed" : "FAILED"}: ${what}`);
  if (!Deno.env.get("DENORT_BIN")) {
    console.log("The compiled program was not tested: DENORT_BIN is not set");
  }
  return results.every(([, passed]) => passed) ? 0 : 1;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
