import * as library from "../../src/mod.ts";
import { fromFileUrl } from "../support/paths.ts";
import { assert, assertEquals } from "../support/assert.ts";

const ROOT = new URL("../../", import.meta.url);

/** The text of all files below a folder whose names end like that, one after the other. */
async function textOf(folder: URL, ending: string): Promise<string> {
  const texts: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) texts.push(await textOf(new URL(`${name}/`, folder), ending));
    else if (name.endsWith(ending)) texts.push(await Deno.readTextFile(new URL(name, folder)));
  }
  return texts.join("\n");
}

Deno.test("src/mod.ts exports nothing that no test uses, unless a document explains it", async () => {
  const texts = await Promise.all([
    textOf(new URL("tests/library/", ROOT), ".ts"),
    textOf(new URL("tests/agent/", ROOT), ".ts"),
    textOf(new URL("docs/", ROOT), ".md"),
  ]);
  const words = new Set(texts.join("\n").match(/\w+/g));
  const unknown = Object.keys(library).filter((name) => !words.has(name));
  assertEquals(unknown, []);
  for (const [room, members] of Object.entries({ skills: library.skills, mcp: library.mcp })) {
    const called = Object.keys(members).filter((name) => !texts[0]!.includes(`${room}.${name}(`));
    assertEquals(called, [], room);
  }
});

Deno.test("docs/library.md names everything that src/mod.ts exports, in code", async () => {
  const page = await Deno.readTextFile(new URL("docs/library.md", ROOT));
  const named = new Set([...page.matchAll(/`(\w+)(?:\([^`]*\))?`/g)].map((match) => match[1]!));
  const programs = [...page.matchAll(/```ts\n([^]*?)```/g)].map((match) => match[1]!).join("\n");
  const used = new Set(programs.match(/\w+/g));
  const missing = Object.keys(library).filter((name) => !named.has(name) && !used.has(name));
  assertEquals(missing, []);
});

Deno.test("src/mod.ts loads nothing at once that only some calls need", async () => {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", fromFileUrl(new URL("src/mod.ts", ROOT))],
  }).output();
  const { roots, modules } = JSON.parse(new TextDecoder().decode(stdout)) as {
    roots: string[];
    modules: {
      specifier: string;
      dependencies?: { isDynamic?: boolean; code?: { specifier?: string } }[];
    }[];
  };
  const loaded = new Set<string>();
  const visit = (specifier: string) => {
    if (loaded.has(specifier)) return;
    loaded.add(specifier);
    const module = modules.find((each) => each.specifier === specifier);
    for (const { isDynamic, code } of module?.dependencies ?? []) {
      if (!isDynamic && code?.specifier !== undefined) visit(code.specifier);
    }
  };
  roots.forEach(visit);
  assert(loaded.size > 10);
  const rooms =
    /\/src\/(orchestration|extensions|workspace|import|diagnostics|cli)\/(?!errors\.ts$)/;
  assertEquals([...loaded].filter((specifier) => rooms.test(specifier)), []);
});
