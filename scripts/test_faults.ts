/**
 * Runs the tests behind the promises of docs/faults.md: the files that hold them, whole.
 *
 * `deno run -A scripts/test_faults.ts [ARGUMENT...]`
 *
 * Arguments (`--filter=TEXT`, `--fail-fast`) go to `deno test`; the sizes of docs/testing.md make it
 * run longer. Exits with 1 when a test fails.
 *
 * @module
 */
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../", import.meta.url));

/** A promise: what goes wrong, what zag does, and the title of the test that holds it to that. */
export interface Promised {
  readonly fault: string;
  readonly does: string;
  readonly test: string;
}

/** The table of a document like docs/faults.md. */
export function promises(markdown: string): Promised[] {
  const rows = markdown.split("\n").filter((line) => /^\| /.test(line)).map((line) =>
    line.split(/(?<!\\)\|/).slice(1, -1).map((cell) => cell.trim())
  );
  return rows.slice(1).filter(([first]) => !/^-+$/.test(first ?? "")).map((
    [fault, does, test],
  ) => ({
    fault: fault ?? "",
    does: does ?? "",
    test: test ?? "",
  }));
}

/** The test files that hold tests with these titles, by title; one that nobody has is missing. */
export async function filesOf(titles: readonly string[]): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for await (const path of testFiles("tests")) {
    const text = await Deno.readTextFile(`${ROOT}${path}`);
    for (const title of titles) {
      // A title may hold what only the test knows: a size, or who it is about.
      const [start = "", ...rest] = title.split(/\b160\b/);
      const whole = JSON.stringify(start).slice(0, -1);
      const isThere = text.includes(whole) || text.includes(`\`${start}`);
      if (isThere && rest.every((part) => text.includes(part))) found.set(title, path);
    }
  }
  return found;
}

async function* testFiles(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(`${ROOT}${folder}`)) {
    const path = `${folder}/${name}`;
    if (isDirectory) yield* testFiles(path);
    else if (path.endsWith("_test.ts")) yield path;
  }
}

/** The test files of the document, each once. */
export async function faultFiles(): Promise<string[]> {
  const titles = promises(await Deno.readTextFile(`${ROOT}docs/faults.md`)).map(({ test }) => test);
  return [...new Set((await filesOf(titles)).values())].sort();
}

/** Whatever reads what an agent prints is fed with damaged recordings. */
const PARSERS = ["claude", "codex", "copilot", "gemini"].map((name) => `tests/${name}`);

if (import.meta.main) {
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: [
      "test",
      "-A",
      "--parallel",
      "--no-check",
      ...Deno.args,
      ...await faultFiles(),
      ...PARSERS,
    ],
    cwd: ROOT,
  }).spawn().status;
  Deno.exit(success ? 0 : 1);
}
