/**
 * Makes the two bundles, which run offline with any Deno and need no package:
 *
 * - `dist/zag.js`, the program
 * - `dist/zag-agent.js`, the library
 *
 * and `dist/zag/` beside them, with the parts that both load. The three belong together.
 *
 * `deno run -A scripts/bundle.ts [--outdir=DIR] [--no-minify] [--release-url=URL]`
 *
 * The URL is where `zag upgrade` of this build looks for newer ones; see docs/release.md.
 *
 * Deno looks at every file that stands in a literal `import()` before the first line runs, and V8
 * reads every byte of a file that it runs. So one file is slow (all of it is read to print a
 * version), and a file for each `import()` is slow too (hundreds are looked at). Here only what is
 * large and seldom needed stays a file of its own: the packages, the pages of the manual, and the
 * commands as seen from `--version`. All other `import()` become calls that run a part of the same
 * file when it is first needed, as they would in a single file.
 *
 * @module
 */
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import config from "../deno.json" with { type: "json" };

const ROOT = fileURLToPath(new URL("../", import.meta.url));

/** How the bundles are made. */
export interface BundleOptions {
  /** Directory that takes them; made if it is missing. */
  readonly outdir: string;
  /** Short names and no blanks; without it the text can be read. */
  readonly minify: boolean;
  /** Where `zag upgrade` looks; none by default. */
  readonly releaseUrl?: string | undefined;
}

/** What was made. */
export interface Bundle {
  /** Absolute paths of `zag.js` and `zag-agent.js`. */
  readonly program: string;
  readonly library: string;
  /** Files in `zag/`, and bytes of everything. */
  readonly parts: number;
  readonly bytes: number;
}

/** The bundles cannot be made as they have to be. */
export class BundleError extends Error {
  override name = "BundleError";
}

/** What both bundles load lies in a directory of this name. */
const PARTS = "zag";
const ENTRIES = { "zag.js": "zag.ts", "zag-agent.js": "zag-agent.ts" } as const;
/** A module that starts the program again finds it by this. */
const FROM_SOURCE = 'import.meta.resolve("../../main.ts")';
const FROM_PARTS = 'import.meta.resolve("../zag.js")';
/**
 * Modules that few commands need, with what only they import: the pages of the manual, and the package
 * for JSON Schema. A package that is imported by a part of a file is read with all of that file.
 */
const WORTH_A_FILE = ["man_page.ts", "compile_form.ts"];
const RELEASE_URL = 'RELEASE_URL: string = ""';

/**
 * Makes the bundles.
 *
 * @throws {BundleError} When Deno cannot, or what it made is not what was expected.
 */
export async function makeBundle(
  { outdir, minify, releaseUrl }: BundleOptions,
): Promise<Bundle> {
  const stage = await Deno.realPath(await Deno.makeTempDir({ prefix: "zag-bundle-" }));
  try {
    await stageSources(stage);
    if (releaseUrl !== undefined) await stampReleaseUrl(stage, releaseUrl);
    const made = join(stage, "made");
    await deno(stage, [
      "bundle",
      "--quiet",
      "--platform=deno",
      "--code-splitting",
      `--outdir=${made}`,
      ...Object.values(ENTRIES),
    ]);
    const small = join(stage, "small");
    if (minify) await minifyAll(stage, made, small);
    return await place(minify ? small : made, outdir);
  } finally {
    await Deno.remove(stage, { recursive: true });
  }
}

async function deno(cwd: string, args: readonly string[]): Promise<void> {
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  if (code === 0) return;
  const said = new TextDecoder().decode(stderr).trim();
  throw new BundleError(`${args.slice(0, 3).join(" ")} failed:\n${said}`);
}

/**
 * Shortens names and drops blanks in all modules of a directory, and nothing else: `deno bundle --minify`
 * also joins statements, and of a `using` whose variable is read once only the value is left, which
 * is then never disposed of.
 *
 * @param cwd Directory of the configuration that knows the packages.
 * @throws {BundleError} When it cannot be done, or a declaration would be lost.
 */
export async function minifyAll(cwd: string, from: string, to: string): Promise<void> {
  const names = [...Deno.readDirSync(from)].map(({ name }) => name);
  await deno(cwd, [
    "run",
    "--quiet",
    "--allow-all",
    config.imports.esbuild,
    "--minify-whitespace",
    "--minify-identifiers",
    "--legal-comments=none",
    "--charset=utf8",
    "--log-level=warning",
    `--outdir=${to}`,
    ...names.map((name) => join(from, name)),
  ]);
  for (const name of names) {
    const [before, after] = [from, to].map((dir) => disposals(join(dir, name)));
    if (before === after) continue;
    throw new BundleError(
      `${name} has ${before} "using" declarations, and ${after} once it is small`,
    );
  }
}

function disposals(path: string): number {
  return Deno.readTextFileSync(path).match(/\busing [\w$]+\s*=/g)?.length ?? 0;
}

async function stageSources(stage: string): Promise<void> {
  for (const name of ["deno.json", "deno.lock"]) {
    await Deno.copyFile(join(ROOT, name), join(stage, name));
  }
  await Deno.copyFile(join(ROOT, "main.ts"), join(stage, ENTRIES["zag.js"]));
  await Deno.writeTextFile(join(stage, ENTRIES["zag-agent.js"]), 'export * from "./src/mod.ts";\n');
  // The manual takes pages from there.
  await stageFolder(stage, "docs");
  await stageFolder(stage, "src");
}

async function stampReleaseUrl(stage: string, url: string): Promise<void> {
  const path = join(stage, "src/release_url.ts");
  const text = await Deno.readTextFile(path);
  if (!text.includes(RELEASE_URL)) throw new BundleError("src/release_url.ts has no empty address");
  const address = JSON.stringify(url.replace(/\/+$/, ""));
  await Deno.writeTextFile(
    path,
    text.replace(RELEASE_URL, () => `RELEASE_URL: string = ${address}`),
  );
}

async function stageFolder(stage: string, folder: string): Promise<void> {
  await Deno.mkdir(join(stage, folder));
  for await (const { name, isDirectory } of Deno.readDir(join(ROOT, folder))) {
    const path = `${folder}/${name}`;
    if (isDirectory) await stageFolder(stage, path);
    else if (!path.endsWith(".ts")) await Deno.copyFile(join(ROOT, path), join(stage, path));
    else {
      const text = await Deno.readTextFile(join(ROOT, path));
      await Deno.writeTextFile(join(stage, path), prepareModule(path, text));
    }
  }
}

/**
 * The text of a module as it is bundled: what it imports when needed becomes a part of its own file,
 * unless it is worth a file.
 *
 * @param path Relative to the repository, with slashes.
 */
export function prepareModule(path: string, text: string): string {
  if (path === "src/man/pages.ts") return importPagesAtOnce(text);
  // As seen from here everything is worth a file: `--version` needs none of it.
  if (path === "src/cli/app.ts") return text;
  return loadLate(text).replace(
    /(?<!typeof\s+|[\w.])import\(\s*"(\.[^"]+\.ts)",?\s*\)(?!\s*\.(?!then\b|catch\b|finally\b)|\s*\[)/g,
    (whole, target: string) =>
      WORTH_A_FILE.some((name) => target.endsWith(`/${name}`))
        ? whole
        : `Promise.resolve().then(() => require("${target}"))`,
  );
}

/**
 * A part of a file runs late, but what it imports is loaded with the file: for these of Node's modules
 * that is a fourth of the time of a command that needs none of them.
 */
function loadLate(text: string): string {
  return text.replace(
    /^import (\{[^}]*\}) from "(node:(?:buffer|crypto|fs))";$/gm,
    (_, names: string, module: string) =>
      `const ${names.replaceAll(" as ", ": ")} = globalThis.process.getBuiltinModule("${module}");`,
  );
}

function importPagesAtOnce(text: string): string {
  const imports: string[] = [];
  const changed = text.replace(
    /import\(\s*"(\.[^"]+\.md)",\s*\{\s*with: \{ type: "text" \},?\s*\},?\s*\)/g,
    (_, page: string) => {
      const name = `page${imports.length}`;
      imports.push(`import ${name} from "${page}" with { type: "text" };\n`);
      return `Promise.resolve({ default: ${name} })`;
    },
  );
  return imports.join("") + changed;
}

async function place(made: string, outdir: string): Promise<Bundle> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(made)) names.push(name);
  const parts = names.filter((name) => !Object.hasOwn(ENTRIES, name));
  await Deno.mkdir(outdir, { recursive: true });
  await Deno.remove(join(outdir, PARTS), { recursive: true }).catch(ignoreMissing);
  await Deno.mkdir(join(outdir, PARTS));
  let bytes = 0;
  let again = 0;
  for (const name of names) {
    const isPart = parts.includes(name);
    let text = await Deno.readTextFile(join(made, name));
    again += text.split(FROM_SOURCE).length - 1;
    text = isPart ? text.replaceAll(FROM_SOURCE, FROM_PARTS) : inParts(text, parts);
    if (text.includes(FROM_SOURCE)) {
      throw new BundleError(`${name} would start zag from a file that is not there`);
    }
    const path = join(outdir, isPart ? PARTS : "", name);
    await Deno.writeTextFile(path, text);
    bytes += new TextEncoder().encode(text).length;
  }
  if (again !== 1) {
    throw new BundleError(
      `${FROM_SOURCE} stands ${again} times in what deno bundle made: scripts/bundle.ts has to ` +
        "know each place from which zag starts itself again",
    );
  }
  const [program, library] = Object.keys(ENTRIES).map((name) => resolve(outdir, name));
  return { program: program!, library: library!, parts: parts.length, bytes };
}

/** The text of an entry, with the paths of its parts in their directory. */
function inParts(text: string, parts: readonly string[]): string {
  return text.replace(
    /((?:\bfrom|\bimport|\bimport\()\s*)"\.\/([^"\/]+)"/g,
    (whole, start: string, name: string) =>
      parts.includes(name) ? `${start}"./${PARTS}/${name}"` : whole,
  );
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}

async function main(args: readonly string[]): Promise<number> {
  const unknown = args.find((arg) => !/^--(no-minify|outdir=.+|release-url=https?:.+)$/.test(arg));
  if (unknown !== undefined) {
    console.error(`Cannot use ${JSON.stringify(unknown)}: see the head of scripts/bundle.ts`);
    return 64;
  }
  const value = (flag: string) =>
    args.find((arg) => arg.startsWith(`${flag}=`))?.slice(flag.length + 1);
  const outdir = resolve(value("--outdir") ?? join(ROOT, "dist"));
  const minify = !args.includes("--no-minify");
  try {
    const bundle = await makeBundle({ outdir, minify, releaseUrl: value("--release-url") });
    const size = `${(bundle.bytes / 1e6).toFixed(2)} MB`;
    console.log(bundle.program);
    console.log(bundle.library);
    console.log(`${join(dirname(bundle.program), PARTS)}: ${bundle.parts} files, ${size} in all`);
    return 0;
  } catch (error) {
    if (!(error instanceof BundleError)) throw error;
    console.error(`Cannot make the bundles: ${error.message}`);
    return 1;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
