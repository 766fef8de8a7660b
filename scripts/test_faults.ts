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

/** The tables of a document like docs/faults.md. */
export function promises(markdown: string): Promised[] {
  const rows = markdown.split("\n").map((line) =>
    /^\| /.test(line) ? line.split(/(?<!\\)\|/).slice(1, -1).map((cell) => cell.trim()) : []
  );
  const isRule = (row: readonly string[] | undefined) => /^-+$/.test(row?.[0] ?? "");
  return rows.filter((row, index) => row.length > 0 && !isRule(row) && !isRule(rows[index + 1]))
    .map(([fault = "", does = "", test = ""]) => ({ fault, does, test }));
}

/**
 * The test files that hold tests with these titles, by title; one that nobody has is missing. A title
 * of a test may hold what only the test knows, such as a size: any text stands for that.
 */
export async function filesOf(titles: readonly string[]): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for await (const path of testFiles("tests")) {
    const names = titlesIn(await Deno.readTextFile(`${ROOT}${path}`));
    for (const title of titles) if (names.some((name) => name.test(title))) found.set(title, path);
  }
  return found;
}

/** Where the title of a test begins. */
const BEFORE_TITLE = String.raw`(?:Deno\.test\(|\bname:)\s*`;
const PLAIN = new RegExp(`${BEFORE_TITLE}"((?:[^"\\\\\n]|\\\\.)*)"`, "g");
const TEMPLATE = new RegExp(`${BEFORE_TITLE}\`((?:[^\`\\\\\n]|\\\\.)*)\``, "g");

/** What the titles in a test file match. */
function titlesIn(text: string): RegExp[] {
  const plain = [...text.matchAll(PLAIN)].map(([, name]) => quote(unescaped(name!)));
  const templates = [...text.matchAll(TEMPLATE)].map(([, name]) =>
    unescaped(name!).split(/\$\{(?:[^{}]|\{[^{}]*\})*\}/)
  )
    // One that says nothing by itself would stand for every title.
    .filter((parts) => parts.join("").length > 15)
    .map((parts) => parts.map(quote).join(".+"));
  return [...plain, ...templates].map((source) => new RegExp(`^${source}$`));
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/g, "$1");
}

function quote(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
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
const PARSERS = [
  ...["claude", "codex", "copilot", "gemini"].map((name) => `tests/${name}`),
  ...["mock", "ollama"].map((name) => `tests/${name}/events_test.ts`),
];

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
