import { faultFiles, filesOf, promises } from "../../scripts/test_faults.ts";
import { fromFileUrl } from "../support/paths.ts";
import { assert, assertEquals } from "../support/assert.ts";

const DOCUMENT = fromFileUrl(new URL("../../docs/faults.md", import.meta.url));

Deno.test("docs/faults.md names a test that there is for each promise", async () => {
  const all = promises(await Deno.readTextFile(DOCUMENT));
  assert(all.length > 30);
  const titles = all.map(({ test }) => test);
  const found = await filesOf(titles);
  assertEquals(titles.filter((title) => !found.has(title)), []);
  assertEquals(all.filter(({ fault, does }) => fault === "" || does === ""), []);
  assert((await faultFiles()).length > 10);
});

Deno.test("promises() reads the rows of a table, with what stands in its cells", () => {
  const table = "text\n\n| a | b | c |\n| - | - | - |\n| x | y \\| z | a test |\n\nmore\n";
  assertEquals(promises(table), [{ fault: "x", does: "y \\| z", test: "a test" }]);
});

Deno.test("filesOf() leaves out a title that no test has", async () => {
  const [title] = ["nobody would call a" + " test like this"];
  assertEquals((await filesOf([title])).size, 0);
});
