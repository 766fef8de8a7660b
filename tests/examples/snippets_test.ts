/** What documents show of the library is right: the guide, and the comments of its modules. */
import { inHome } from "../e2e/support.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { fromFileUrl } from "../support/paths.ts";
import { docComments, runSnippets, snippetsOf } from "../support/snippets.ts";

const ROOT = fromFileUrl(new URL("../../", import.meta.url));

async function* modules(directory: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(`${ROOT}${directory}`)) {
    const path = `${directory}/${name}`;
    if (isDirectory) yield* modules(path);
    else if (name.endsWith(".ts")) yield path;
  }
}

const documented: string[] = [];
for (const path of (await Array.fromAsync(modules("src"))).sort()) {
  const text = docComments(await Deno.readTextFile(`${ROOT}${path}`));
  const snippets = snippetsOf(path, text).filter(({ text }) => text.includes("@zag/cli/agent"));
  if (snippets.length === 0) continue;
  documented.push(path);
  Deno.test(
    `${path}: every example in its comments has right types and runs`,
    inHome((home) => runSnippets(home, snippets)),
  );
}

Deno.test("the library and its builder have examples in their comments", () => {
  for (const path of ["src/mod.ts", "src/agent/builder.ts"]) assert(documented.includes(path));
});

Deno.test(
  "docs/library.md: every program has right types, runs, and prints what it says",
  inHome(async (home) => {
    const snippets = snippetsOf("library.md", await Deno.readTextFile(`${ROOT}docs/library.md`));
    assert(snippets.length > 5);
    await runSnippets(home, snippets);
  }),
);

Deno.test("docs/library.md: every link leads to a file, and every example is linked", async () => {
  const page = await Deno.readTextFile(`${ROOT}docs/library.md`);
  const targets = [...page.matchAll(/\]\(([^)#]+)[^)]*\)|^\[\w+\]: ([^#\s]+)/gm)].map(
    ([, inline, reference]) => inline ?? reference!,
  );
  for (const target of targets) {
    assert((await Deno.stat(`${ROOT}docs/${target}`)).isFile, target);
  }
  const linked = targets.filter((target) => target.startsWith("../examples/"));
  const examples = (await Array.fromAsync(Deno.readDir(`${ROOT}examples`))).map(({ name }) =>
    `../examples/${name}`
  );
  assertEquals([...new Set(linked)].sort(), examples.sort());
});
