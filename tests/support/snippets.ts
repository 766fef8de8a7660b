/** Programs that stand in documents: their types are checked, they are run, and print what they say. */
import { assert, assertEquals } from "./assert.ts";
import { linked, OFFLINE } from "./consumer.ts";
import type { TestHome } from "./zag.ts";

/** A program as a document shows it. */
export interface Snippet {
  /** The document, for whoever reads that it failed. */
  readonly where: string;
  readonly text: string;
}

/** The programs of a Markdown text; what is marked as `ts ignore` is none. */
export function snippetsOf(where: string, text: string): Snippet[] {
  return [...text.matchAll(/^```ts\n([^]*?)^```$/gm)].map(([, text]) => ({ where, text: text! }));
}

/** The Markdown in the documentation comments of a module. */
export function docComments(module: string): string {
  return [...module.matchAll(/^ *\/\*\*\n([^]*?)^ *\*\//gm)].map(([, comment]) =>
    comment!.replaceAll(/^ *\* ?/gm, "")
  ).join("\n");
}

/** What lines say that they print: `console.log(...); // this`. */
function printed(text: string): string[] {
  return [...text.matchAll(/console\.log\(.*\);? \/\/ (.+)$/gm)].map(([, value]) =>
    /^"/.test(value!) ? JSON.parse(value!) : value!
  );
}

/** Where snippets lie, each as a program, and import the library as somebody else's program does. */
async function layOut(home: TestHome, snippets: readonly Snippet[]): Promise<string[]> {
  const folder = `${home.path}/snippets`;
  await Deno.mkdir(folder);
  await Deno.writeTextFile(`${folder}/deno.json`, JSON.stringify(linked()));
  const paths = snippets.map((_, index) => `${folder}/${index}.ts`);
  await Promise.all(snippets.map(({ text }, index) => Deno.writeTextFile(paths[index]!, text)));
  return paths;
}

async function deno(home: TestHome, args: readonly string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: `${home.path}/snippets`,
    env: home.env({ NO_COLOR: "1" }),
    clearEnv: true,
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** Checks the types of all of them; what is wrong names the file, whose number is a snippet's place. */
export async function checkSnippets(home: TestHome, snippets: readonly Snippet[]): Promise<void> {
  const paths = await layOut(home, snippets);
  const { code, stderr } = await deno(home, ["check", ...paths]);
  const list = snippets.map(({ where }, index) => `${index}.ts: ${where}`).join("\n");
  assertEquals(code, 0, `${stderr}\n${list}`);
}

/** Runs one after the other, where the built-in agent is the default. */
export async function runSnippets(home: TestHome, snippets: readonly Snippet[]): Promise<void> {
  const paths = await layOut(home, snippets);
  await Deno.mkdir(`${home.path}/.zag`, { mode: 0o700 });
  await Deno.writeTextFile(`${home.path}/.zag/zag.jsonc`, '{"defaults": {"provider": "mock"}}');
  for (const [index, { where, text }] of snippets.entries()) {
    const run = ["run", "-A", "--no-check", ...OFFLINE, paths[index]!];
    const { code, stdout, stderr } = await deno(home, run);
    assertEquals(code, 0, `${where}\n${text}\n${stderr}`);
    const lines = stdout.split("\n");
    for (const value of printed(text)) {
      const at = lines.indexOf(value);
      assert(at >= 0, `${where} does not print ${value}\n${text}\n${stdout}`);
      lines.splice(0, at + 1);
    }
  }
}
