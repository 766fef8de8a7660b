/** What documents show of the library is right: the guide, and the comments of its modules. */
import { inHome } from "../e2e/support.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { fromFileUrl } from "../support/paths.ts";
import {
  checkSnippets,
  docComments,
  runSnippets,
  type Snippet,
  snippetsOf,
} from "../support/snippets.ts";

const ROOT = fromFileUrl(new URL("../../", import.meta.url));

async function* modules(directory: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(`${ROOT}${directory}`)) {
    const path = `${directory}/${name}`;
    if (isDirectory) yield* modules(path);
    else if (name.endsWith(".ts")) yield path;
  }
}

const documented = new Map<string, Snippet[]>();
for (const path of (await Array.fromAsync(modules("src"))).sort()) {
  const text = docComments(await Deno.readTextFile(`${ROOT}${path}`));
  const snippets = snippetsOf(path, text).filter(({ text }) => text.includes("@zag/cli/agent"));
  if (snippets.length === 0) continue;
  documented.set(path, snippets);
  Deno.test(
    `${path}: every example in its comments runs`,
    inHome((home) => runSnippets(home, snippets)),
  );
}

const guide = snippetsOf("library.md", await Deno.readTextFile(`${ROOT}docs/library.md`));

Deno.test(
  "docs/library.md: every program runs, and prints what it says",
  inHome((home) => runSnippets(home, guide)),
);

// One by one they would make the library's types be checked each time.
Deno.test(
  "every program of docs/library.md and of the modules' comments has right types",
  inHome((home) => checkSnippets(home, [...guide, ...documented.values()].flat())),
);

Deno.test("the library, its builder and its guide have examples", () => {
  for (const path of ["src/mod.ts", "src/agent/builder.ts"]) assert(documented.has(path));
  assert(guide.length > 5);
});

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
