import { prepareModule } from "../../scripts/bundle.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { fromFileUrl } from "../support/paths.ts";

const prepare = (text: string) => prepareModule("src/agent/launch.ts", text);

Deno.test("prepareModule() makes what is imported when needed a part of the file", () => {
  const here = 'Promise.resolve().then(() => require("./x.ts"))';
  assertEquals(prepare('await import("./x.ts");'), `await ${here};`);
  assertEquals(prepare('await import(\n  "./x.ts",\n);'), `await ${here};`);
  assertEquals(prepare('import("./x.ts").then(f)'), `${here}.then(f)`);
  assertEquals(prepare('(await import("./x.ts")).name'), `(await ${here}).name`);
});

Deno.test("prepareModule() leaves types, packages and what is worth a file", () => {
  for (
    const text of [
      'type A = typeof import("./x.ts");',
      'type B = import("./x.ts").Name;',
      'type C = import("./x.ts").Name["key"];',
      'await import("ajv");',
      'await import("../man_page.ts");',
      'await import("./compile_form.ts");',
      'import { a } from "./x.ts";',
    ]
  ) assertEquals(prepare(text), text);
  const app = 'await import("./commands.ts");';
  assertEquals(prepareModule("src/cli/app.ts", app), app);
});

Deno.test("prepareModule() fetches Node's larger modules where they are used", () => {
  assertEquals(
    prepare('import { openSync, constants as C } from "node:fs";'),
    'const { openSync, constants: C } = globalThis.process.getBuiltinModule("node:fs");',
  );
  for (
    const text of ['import { join } from "node:path";', 'import type { Stats } from "node:fs";']
  ) {
    assertEquals(prepare(text), text);
  }
});

Deno.test("prepareModule() takes all pages of the manual into one file", async () => {
  const path = fromFileUrl(new URL("../../src/man/pages.ts", import.meta.url));
  const text = await Deno.readTextFile(path);
  const prepared = prepareModule("src/man/pages.ts", text);
  const pages = text.match(/\.md"/g)!.length;
  assert(pages > 30);
  assertEquals(
    prepared.match(/^import page\d+ from ".*\.md" with \{ type: "text" \};$/gm)?.length,
    pages,
  );
  assert(!/import\(/.test(prepared));
});
