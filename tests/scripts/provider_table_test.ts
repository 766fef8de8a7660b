import { DOCUMENT, withTables } from "../../scripts/provider_table.ts";
import { TIERS } from "../../src/providers/registry.ts";
import { assertEquals, assertMatch, assertRejects } from "../support/assert.ts";

const committed = await Deno.readTextFile(DOCUMENT);

Deno.test("provider_table: docs/providers.md has the tables that the providers give", async () => {
  const fresh = await withTables(committed);
  assertEquals(committed, fresh, "Run: deno run -A scripts/provider_table.ts");
});

Deno.test("provider_table: wrong tables are replaced, and nothing else", async () => {
  const wrong = committed.replaceAll(/^\| .*\n/gm, "| wrong |\n");
  assertEquals(await withTables(wrong), await withTables(committed));
});

Deno.test("provider_table: every provider of the tiers has its column", () => {
  const [head = ""] = committed.match(/^\| feature .*$/m) ?? [];
  const names = head.split("|").map((cell) => cell.trim()).filter((cell) => cell !== "");
  assertEquals(names, ["feature", ...TIERS]);
});

Deno.test("provider_table: a document without the markers is refused", async () => {
  const error = await assertRejects(() => withTables(committed.replace("end of features", "")));
  assertMatch(error.message, /lacks .*end of features/);
});

Deno.test("provider_table: every provider of the tiers is written about", () => {
  for (const name of TIERS) assertMatch(committed, new RegExp(`^## .* \\(\`${name}\`\\)$`, "m"));
});
