import {
  indent,
  jsonForTerminal,
  oneLine,
  paint,
  shorten,
  withoutControls,
} from "../../src/events/render/text.ts";
import { assert, assertEquals } from "../support/assert.ts";

const FAMILY = "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}\u{200d}\u{1f466}";
const FLAG = "\u{1f1e9}\u{1f1ea}";
const ACCENT = "e\u0301";

const rows: [string, number, string][] = [
  ["abc", 3, "abc"],
  ["abcd", 3, "abc..."],
  ["", 3, ""],
  ["a\nb", 9, "a\\nb"],
  ["a\r\nb", 9, "a\\nb"],
  ["a\nb", 2, "a..."],
  ["ab\n", 4, "ab\\n"],
  ["ab\n", 3, "ab..."],
  ["\u{1f600}\u{1f600}", 1, "\u{1f600}..."],
  ["\u{1f600}\u{1f600}", 2, "\u{1f600}\u{1f600}"],
  [FAMILY + FAMILY, 1, `${FAMILY}...`],
  [FLAG + FLAG, 1, `${FLAG}...`],
  [ACCENT + ACCENT, 1, `${ACCENT}...`],
  ["\ud800abc", 2, "\ud800a..."],
];

for (const [text, limit, expected] of rows) {
  Deno.test(`oneLine() of ${JSON.stringify(text)} cut to ${limit}`, () => {
    assertEquals(oneLine(text, limit), expected);
  });
}

Deno.test("oneLine() never cuts inside of what a person sees as one character", () => {
  const parts = [
    "a",
    "\n",
    "\r\n",
    FAMILY,
    FLAG,
    ACCENT,
    "\u{1f44d}\u{1f3fd}",
    "\u0e01\u0e33",
    "\uac01",
  ];
  const graphemes = new Intl.Segmenter();
  let seed = 7;
  const next = (count: number) => (seed = seed * 48271 % 2147483647) % count;
  for (let round = 0; round < 500; round++) {
    const text = Array.from({ length: next(30) }, () => parts[next(parts.length)]).join("");
    const limit = next(25);
    const shown = oneLine(text, limit);
    const kept = shown.endsWith("...") ? shown.slice(0, -3) : shown;
    const whole = text.replace(/\r?\n/g, "\\n");
    assert(whole.startsWith(kept), `${JSON.stringify(kept)} of ${JSON.stringify(whole)}`);
    const bounds = new Set([...graphemes.segment(whole)].map(({ index }) => index));
    assert(kept === whole || bounds.has(kept.length), JSON.stringify({ text, kept }));
    assertEquals(shown.endsWith("..."), kept !== whole);
  }
});

Deno.test("oneLine() looks at no more of a long text than it shows", () => {
  const text = "x\n".repeat(5_000_000);
  const start = performance.now();
  for (let round = 0; round < 1000; round++) oneLine(text, 80);
  assert(performance.now() - start < 10_000, "1,000 cuts do not read 10 GB");
});

Deno.test("oneLine() does not break inside of a character that is longer than it looks at", () => {
  const tower = `e${"\u0301".repeat(10_000)}`;
  assertEquals(oneLine(`a${tower}`, 5), "a...");
});

Deno.test("shorten() keeps less of a text that is too long", () => {
  assertEquals(shorten("abcdef", 6, 3), "abcdef");
  assertEquals(shorten("abcdefg", 6, 3), "abc...");
  assertEquals(shorten(FAMILY.repeat(7), 6, 3), `${FAMILY.repeat(3)}...`);
  assertEquals(shorten("a\nb", 3, 3), "a\nb");
});

Deno.test("indent() puts the prefix before every line and drops the last newlines", () => {
  assertEquals(indent("a\n\nb\n\n", "  "), "  a\n  \n  b");
  assertEquals(indent("", "> "), "> ");
});

Deno.test("paint() colours only where colour is wanted", () => {
  assertEquals([paint("a", "31", true), paint("a", "31", false)], ["\x1b[31ma\x1b[0m", "a"]);
});

Deno.test("withoutControls() keeps text, newlines and tabs, and nothing that drives a terminal", () => {
  let all = "";
  for (let code = 0; code < 0x110; code++) all += String.fromCharCode(code);
  const kept = withoutControls(all);
  assertEquals(kept.slice(0, 2), "\t\n");
  assertEquals(kept.length, 2 + (0x7f - 0x20) + (0x110 - 0xa0));
  assertEquals(withoutControls(`a\x1b[31m${FAMILY}`), `a[31m${FAMILY}`);
});

/** Overrides and isolates of the writing direction. */
const BIDI = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069";

Deno.test("withoutControls() takes away what turns the writing direction, and no other mark", () => {
  assertEquals(withoutControls(`a${BIDI}b`), "ab");
  const others = "\u2029\u202f\u2065\u206a\u200e\u200f שלום";
  assertEquals(withoutControls(others), others);
});

Deno.test("jsonForTerminal() keeps the value, and escapes what would drive the terminal", () => {
  const value = { text: `\x1b]0;t\x07\t\r\n\x7f\x80\x9b2J\x9f\xa0é${BIDI}${FAMILY}` };
  const json = jsonForTerminal(JSON.stringify(value));
  assertEquals(JSON.parse(json), value);
  assertEquals(json, withoutControls(json));
  assertEquals(jsonForTerminal('"\x9b\u202e"'), '"\\u009b\\u202e"');
  assertEquals(jsonForTerminal("no\x1bJSON\rat all\r"), "no\\u001bJSON\\u000dat all\r");
  for (const plain of ['{"a": "é日本"}', `["${FAMILY}\t"]\n`]) {
    assertEquals(jsonForTerminal(plain), plain);
  }
});
