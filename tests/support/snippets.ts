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

/** Checks the types of all, then runs one after the other, where the built-in agent is the default. */
export async function runSnippets(home: TestHome, snippets: readonly Snippet[]): Promise<void> {
  const folder = `${home.path}/snippets`;
  await Deno.mkdir(folder);
  await Deno.writeTextFile(`${folder}/deno.json`, JSON.stringify(linked()));
  await Deno.mkdir(`${home.path}/.zag`, { mode: 0o700 });
  await Deno.writeTextFile(`${home.path}/.zag/zag.jsonc`, '{"defaults": {"provider": "mock"}}');
  const paths: string[] = [];
  for (const [index, { text }] of snippets.entries()) {
    const path = `${folder}/${index}.ts`;
    await Deno.writeTextFile(path, text);
    paths.push(path);
  }
  const deno = async (args: readonly string[]) => {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [...args],
      cwd: folder,
      env: home.env({ NO_COLOR: "1" }),
      clearEnv: true,
      stdin: "null",
    }).output();
    const decoder = new TextDecoder();
    return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
  };
  const checked = await deno(["check", ...paths]);
  assertEquals(checked.code, 0, `${snippets[0]?.where}\n${checked.stderr}`);
  for (const [index, { where, text }] of snippets.entries()) {
    const { code, stdout, stderr } = await deno([
      "run",
      "-A",
      "--no-check",
      ...OFFLINE,
      paths[index]!,
    ]);
    assertEquals(code, 0, `${where}\n${text}\n${stderr}`);
    const lines = stdout.split("\n");
    for (const value of printed(text)) {
      const at = lines.indexOf(value);
      assert(at >= 0, `${where} does not print ${value}\n${text}\n${stdout}`);
      lines.splice(0, at + 1);
    }
  }
}
