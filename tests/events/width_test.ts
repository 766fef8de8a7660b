import { unicodeWidth } from "../../src/events/render/width.ts";
import { assertEquals } from "../support/assert.ts";

const CASES: readonly [text: string, cells: number][] = [
  ["", 0],
  ["plain text", 10],
  ["é", 1],
  ["e\u0301", 1],
  ["Ж…—“”", 5],
  ["日本語", 6],
  ["한국어", 6],
  ["\u1112\u1161\u11ab", 2],
  ["ｱ", 1],
  ["Ａ", 2],
  ["，。", 4],
  ["🚀", 2],
  ["✓✗⚡", 4],
  ["❤", 1],
  ["❤\ufe0f", 2],
  ["⚡\ufe0f", 2],
  ["1\ufe0f\u20e3", 2],
  ["🇩🇪", 2],
  ["👍🏽", 4],
  ["a\u200bb\u200d\u202e", 2],
  ["a\xadb", 3],
  ["\x1b[1m\x07\n", 3],
  ["\u{20000}", 2],
  ["नमस्ते", 4],
];

for (const [text, cells] of CASES) {
  Deno.test(`unicodeWidth gives ${cells} for ${JSON.stringify(text)}`, () => {
    assertEquals(unicodeWidth(text), cells);
  });
}

Deno.test("unicodeWidth of a text is the sum over its characters as a person counts them", () => {
  const text = CASES.map(([part]) => part).join(" ");
  const parts = [...new Intl.Segmenter().segment(text)].map(({ segment }) => segment);
  assertEquals(parts.reduce((sum, part) => sum + unicodeWidth(part), 0), unicodeWidth(text));
});
