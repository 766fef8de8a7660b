import { messageText, plainText } from "../../src/events/render/plain_text.ts";
import { assertEquals } from "../support/assert.ts";

const rows: [string, string][] = [
  ["a\tb\nc", "a\tb\nc"],
  ["\x1b[1;31mred\x1b[0m", "red"],
  ["\x9b31mred", "red"],
  ["\x1b[?25l\x1b[2Kx", "x"],
  ["\x1b]0;title\x07x\x1b]8;;http://a\x1b\\y", "xy"],
  ["\x1bPq123\x1b\\z", "z"],
  ["a\x1b", "a"],
  ["a\x1b[", "a["],
  ["\x1b]0;never ends", "]0;never ends"],
  ["a\r\nb\r\r\nc", "a\nb\nc"],
  ["10%\r50%\r100%\r\ndone", "100%\ndone"],
  ["10%\r", "10%"],
  ["cr\rover", "over"],
  ["\x1bcx\x1b(0y\x1b7z\x1b", "xyz"],
  ["a\u202eb\u202c\u2066c\u2069", "abc"],
  ["a\b\x00\x7f\x85b", "ab"],
  ["日本 👩‍👩‍👧", "日本 👩‍👩‍👧"],
];

for (const [text, expected] of rows) {
  Deno.test(`plainText reads ${JSON.stringify(text)}`, () => {
    assertEquals(plainText(text), expected);
  });
}

const said: [string, string][] = [
  ["cr\rover", "cr\nover"],
  ["a\r\nb\r\r\nc\r", "a\nb\nc\n"],
  ["x\x1b]0;TITLE\x07\x1b[2J", "x"],
  ["\tone\n\ntwo \u202e\x9b1m", "\tone\n\ntwo "],
];

for (const [text, expected] of said) {
  Deno.test(`messageText reads ${JSON.stringify(text)}`, () => {
    assertEquals(messageText(text), expected);
  });
}
