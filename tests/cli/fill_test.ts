import { fill } from "../../src/cli/fill.ts";
import { assertEquals } from "../support/assert.ts";

const rows: [string, string[], number | undefined, string][] = [
  ["T:", [], 10, "T:"],
  ["T:", ["one", "two"], 10, "T: one two"],
  ["T:", ["one", "two"], 9, "T: one\n   two"],
  ["T:", ["one", "two"], undefined, "T: one two"],
  ["", ["one", "two", "three"], 7, "one two\nthree"],
  ["T:", ["much-too-wide", "a", "b"], 6, "T: much-too-wide\n   a b"],
  ["", ["名前", "名前"], 8, "名前\n名前"],
  ["", ["名前", "名前"], 9, "名前 名前"],
];

for (const [title, items, width, expected] of rows) {
  Deno.test(`fill() puts ${items.length} items behind "${title}" into ${width} cells`, () => {
    assertEquals(fill(title, items, width), expected);
  });
}
