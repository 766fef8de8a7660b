import { minifyAll, prepareModule } from "../../scripts/bundle.ts";
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

/** Each way to dispose of something; prints what was done. */
const USING = `
class Thing {
  constructor(name) { this.name = name; console.log("made", name); }
  use() { console.log("used", this.name); return this.name; }
  [Symbol.dispose]() { console.log("disposed of", this.name); }
  async [Symbol.asyncDispose]() { console.log("waited for", this.name); }
}
function once() { using thing = new Thing("once"); thing.use(); }
function optional(given) { using thing = given ? new Thing("optional") : undefined; thing?.use(); }
function returned() { using thing = new Thing("returned"); return thing.use(); }
function unused() { using _thing = new Thing("unused"); console.log("worked"); }
function two() { using a = new Thing("a"); using b = new Thing("b"); return a.use() + b.use(); }
async function later() { await using thing = new Thing("later"); return thing.use(); }
once(); optional(true); returned(); unused(); two(); await later();
`;

Deno.test("minifyAll() leaves every disposal where it was", async () => {
  const dir = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${dir}/from`);
    await Deno.writeTextFile(`${dir}/from/using.js`, USING);
    await minifyAll(fromFileUrl(new URL("../../", import.meta.url)), `${dir}/from`, `${dir}/to`);
    const said = await Promise.all(["from", "to"].map(async (name) => {
      const { stdout } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "--no-config", `${dir}/${name}/using.js`],
      }).output();
      return new TextDecoder().decode(stdout).trimEnd().split("\n");
    }));
    assertEquals(said[1], said[0]);
    assertEquals(said[0]!.filter((line) => /^(disposed of|waited for)/.test(line)).length, 7);
    const sizes = ["from", "to"].map((name) => Deno.statSync(`${dir}/${name}/using.js`).size);
    assert(sizes[1]! < sizes[0]!);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
