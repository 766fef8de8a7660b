/** The table of docs/library.md is true: of setters, of methods, and of the tests that show them. */
import { AgentBuilder } from "../../src/mod.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { fromFileUrl } from "../support/paths.ts";

const ROOT = fromFileUrl(new URL("../../", import.meta.url));

/** Names of the `AgentBuilder` of zag 0.18, in its own spelling. */
interface Original {
  readonly setters: readonly string[];
  readonly methods: readonly string[];
}

interface Row {
  readonly name: string;
  /** The name in Rust; undefined for what is new. */
  readonly original: string | undefined;
  readonly test: string;
}

const original: Original = JSON.parse(
  await Deno.readTextFile(`${ROOT}tests/fixtures/library/original_setters.json`),
);
const page = await Deno.readTextFile(`${ROOT}docs/library.md`);

/** The table whose first column is headed so. */
function table(head: string): Row[] {
  const lines = page.split("\n");
  const start = lines.findIndex((line) => line.startsWith(`| ${head} `) && /\| Rust /.test(line));
  assert(start >= 0, head);
  const rows: Row[] = [];
  for (const line of lines.slice(start + 2)) {
    const [, name, rust, test] = /^\| `(\w+)`\s*\| (`\w+`|new)\s*\| (.*?)\s*\|$/.exec(line) ?? [];
    if (name === undefined) break;
    rows.push({ name, original: rust === "new" ? undefined : rust!.slice(1, -1), test: test! });
  }
  return rows;
}

/** Methods that return the builder, and those that do not, by their names. */
function methods(): { setters: string[]; others: string[] } {
  const names = Object.getOwnPropertyNames(AgentBuilder.prototype).filter((name) =>
    name !== "constructor"
  );
  const builder = new AgentBuilder();
  const isSetter = (name: string): boolean => {
    const method: unknown = Reflect.get(AgentBuilder.prototype, name);
    assert(typeof method === "function");
    // Methods that run an agent say so, and must not be called here.
    if (/^(async|\*)/.test(Function.prototype.toString.call(method))) return false;
    // Each takes one of these, and refuses the others.
    return [{}, "A", 1, true, () => {}].some((value) => {
      try {
        return method.call(builder, value, "") === builder;
      } catch {
        return false;
      }
    });
  };
  return {
    setters: names.filter(isSetter).sort(),
    others: names.filter((name) => !isSetter(name)).sort(),
  };
}

function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Titles of the tests in a directory. */
async function titles(directory: string): Promise<Set<string>> {
  const found = new Set<string>();
  for await (const { name } of Deno.readDir(directory)) {
    if (!name.endsWith("_test.ts")) continue;
    const text = await Deno.readTextFile(`${directory}/${name}`);
    for (const [, title] of text.matchAll(/Deno\.test\(\s*"([^"\n]+)"/g)) found.add(title!);
  }
  return found;
}

Deno.test("docs/library.md lists each setter, and each method that runs an agent", () => {
  const { setters, others } = methods();
  assert(setters.length > 40);
  assertEquals(table("Setter").map(({ name }) => name).sort(), setters);
  assertEquals(table("Method").map(({ name }) => name).sort(), others);
});

Deno.test("docs/library.md has a row for each setter and method of the Rust builder", () => {
  for (
    const [head, names] of [["Setter", original.setters], ["Method", original.methods]] as const
  ) {
    const rows = table(head).filter((row) => row.original !== undefined);
    assertEquals(rows.map((row) => row.original).sort(), [...names].sort());
    for (const row of rows) assertEquals(snakeCase(row.name), row.original);
  }
});

Deno.test("docs/library.md names tests that there are, and that call what they show", async () => {
  const known = new Set([
    ...await titles(`${ROOT}tests/agent`),
    ...await titles(`${ROOT}tests/examples`),
  ]);
  const programs = await Promise.all(
    ["setters", "library", "limits"].map((name) =>
      Deno.readTextFile(`${ROOT}tests/agent/children/${name}.ts`)
    ),
  );
  for (const { name, test } of [...table("Setter"), ...table("Method")]) {
    assert(known.has(test), `${name}: ${test}`);
    assert(programs.some((text) => text.includes(`.${name}(`)), name);
  }
});
