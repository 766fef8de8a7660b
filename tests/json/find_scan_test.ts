import { scanValue } from "../../src/json/find_scan.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { randomOf } from "../support/recordings.ts";

Deno.test("scanValue() says where a value ends, or where it breaks and what is missing there", () => {
  for (
    const [text, end, expected] of [
      ["{} x", 2, undefined],
      [" \t\r\n[1] ", 7, undefined],
      ['"a"b', 3, undefined],
      ["-0.5e+3,", 7, undefined],
      ["01", 1, undefined],
      ["", 0, "value"],
      ["nul", 0, "value"],
      ["-", 0, "value"],
      ["+1", 0, "value"],
      ["[", 1, "element"],
      ["[1,]", 3, "value"],
      ["[1 2]", 3, "array comma"],
      ["{1}", 1, "member"],
      ['{"a"}', 4, "colon"],
      ['{"a":}', 5, "value"],
      ['{"a":1 "b"}', 7, "object comma"],
      ['{"a":1,}', 7, "key"],
      ["[1}", 2, "array comma"],
      ['"a\n"', 2, "string"],
      ['"a\u001f"', 2, "string"],
      ['"\\x"', 1, "string"],
      ['"\\u12g4"', 1, "string"],
      ['"a', 2, "string"],
    ] as const
  ) {
    const scan = scanValue(text, 0, text.length);
    assertEquals([scan.end, scan.expected], [end, expected], text);
  }
});

Deno.test("scanValue() does not look beyond its limit", () => {
  assertEquals(scanValue("x[1]", 1, 3), { end: 3, expected: "array comma", meant: false });
  assertEquals(scanValue("[123]", 0, 3).expected, "element");
  assertEquals(scanValue('"ab"', 0, 3), { end: 3, expected: "string", meant: false });
});

Deno.test("scanValue() tells broken JSON from a bracket in prose", () => {
  const meant = (text: string) => scanValue(text, 0, text.length).meant;
  for (const text of ['{"a":', "[1,", "[[", "[{", '{"a":1,}', '{"a":{"b']) {
    assert(meant(text), text);
  }
  for (const text of ["[", "{", '{"a"', "[1", "[see", "[[1,2] x", '["a" b', "{}"]) {
    assert(!meant(text), text);
  }
});

Deno.test("scanValue() takes for JSON exactly what JSON.parse does", () => {
  const random = randomOf(8259);
  const pick = (from: string) => from[Math.floor(random() * from.length)]!;
  const seeds = [
    '{"a":[1,-2.5e+10,true,false,null,"x\\n\\u00e9\\"\\\\"],"b":{},"":[[],[{}]]}',
    ' [ 0 , "\u2028\u007f" , { "k" : -0 } ] ',
    '"a \\/ \\b \\f \\ud800"',
    "[1E5,0.1,10,[[[[{}]]]]]",
  ];
  let valid = 0;
  for (let round = 0; round < 30_000; round++) {
    let text = seeds[round % seeds.length]!;
    for (let edits = Math.floor(random() * 4); edits > 0; edits--) {
      const at = Math.floor(random() * text.length);
      const added = random() < 0.7
        ? pick('{}[]",:\\ \n\t\r01-+.eEutrfnbx/\u00a0\ufeff\v\f\u0000')
        : "";
      text = text.slice(0, at) + added + text.slice(at + Math.floor(random() * 2));
    }
    const { end, expected } = scanValue(text, 0, text.length);
    const complete = !expected && /^[ \t\r\n]*$/.test(text.slice(end));
    if (complete) valid++;
    assertEquals(complete, parses(text), JSON.stringify(text));
  }
  assert(valid > 8_000 && valid < 22_000, String(valid));
});

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
