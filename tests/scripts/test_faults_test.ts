import { faultFiles, filesOf, promises } from "../../scripts/test_faults.ts";
import { fromFileUrl } from "../support/paths.ts";
import { assert, assertEquals } from "../support/assert.ts";

const DOCUMENT = fromFileUrl(new URL("../../docs/faults.md", import.meta.url));

Deno.test("docs/faults.md names a test that there is for each promise", async () => {
  const all = promises(await Deno.readTextFile(DOCUMENT));
  assert(all.length > 80);
  const titles = all.map(({ test }) => test);
  const found = await filesOf(titles);
  assertEquals(titles.filter((title) => !found.has(title)), []);
  assertEquals(all.filter(({ fault, does }) => fault === "" || does === ""), []);
  assert((await faultFiles()).length > 40);
});

Deno.test("promises() reads the rows of all tables, with what stands in their cells", () => {
  const table = (row: string) => `text\n\n| a | b | c |\n| - | - | - |\n${row}\n\nmore\n`;
  assertEquals(promises(table("| x | y \\| z | a test |") + table("| u | v | w |")), [
    { fault: "x", does: "y \\| z", test: "a test" },
    { fault: "u", does: "v", test: "w" },
  ]);
});

Deno.test("filesOf() finds titles that hold a size, and none that is only the beginning of one", async () => {
  const whole = "commands are right about 10000 sessions";
  const cut = "exec ends what a killed zag has left";
  const found = await filesOf([whole, cut]);
  assertEquals([...found], [[whole, "tests/e2e/state_large_test.ts"]]);
});

Deno.test("filesOf() leaves out a title that no test has", async () => {
  const [title] = ["nobody would call a" + " test like this"];
  assertEquals((await filesOf([title])).size, 0);
});
