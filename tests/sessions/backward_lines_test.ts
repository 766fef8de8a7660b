import { BackwardLines } from "../../src/sessions/backward_lines.ts";
import { assertEquals } from "../support/assert.ts";

/** Reads a text from its end in pieces of the given size. */
function linesOf(text: string, size: number): string[] {
  const bytes = new TextEncoder().encode(text);
  const lines = new BackwardLines();
  const found: Uint8Array[] = [];
  for (let end = bytes.length; end > 0; end -= size) {
    found.push(...lines.push(bytes.slice(Math.max(0, end - size), end)));
  }
  found.push(...lines.end());
  return found.map((line) => new TextDecoder().decode(line));
}

Deno.test("BackwardLines gives the same lines whatever the size of its reads", () => {
  const table: [string, string[]][] = [
    ["", []],
    ["\n", []],
    ["a", ["a"]],
    ["a\n", ["a"]],
    ["\na\n\n\nbc\n", ["bc", "a"]],
    ["ä€\n\u{1f600}x\nlast", ["last", "\u{1f600}x", "ä€"]],
    ["one\ntwo\nthree\n", ["three", "two", "one"]],
  ];
  for (const [text, expected] of table) {
    for (let size = 1; size <= 20; size++) assertEquals(linesOf(text, size), expected);
  }
});
