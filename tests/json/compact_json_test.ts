import { compactJson } from "../../src/json/compact_json.ts";
import { assertEquals, assertThrows } from "../support/assert.ts";

function compact(text: string): string {
  return compactJson({ text, value: JSON.parse(text) });
}

const rows: [text: string, line: string][] = [
  ['{\n  "a": [1, true, null],\r\n\t"b": "x\\n y"\n}', '{"a":[1,true,null],"b":"x\\n y"}'],
  ["  7 ", "7"],
  ['"\\u00e9 \\ud83d\\ude00"', '"é 😀"'],
  ['"\\ud800"', '"\\ud800"'],
  // Of a key that is there twice the last one is what was checked.
  ['{"a":1,"b":2,"a":3}', '{"a":3,"b":2}'],
  ['{"__proto__":{"x":1}}', '{"__proto__":{"x":1}}'],
  // Numbers that this program cannot count with.
  ['{"id": 12345678901234567890}', '{"id":12345678901234567890}'],
  ["[0.1000000000000000055511151231257827]", "[0.1000000000000000055511151231257827]"],
  ["[1e400, -1E+2, 1e-7]", "[1e400,-1E+2,1e-7]"],
  // Numbers that this program would write in another way.
  ["[-0, 0.10, 1.50, 2.0]", "[-0,0.10,1.50,2.0]"],
  ['{"a": 0.0000001, "b": -0.0}', '{"a":0.0000001,"b":-0.0}'],
  [" -0 ", "-0"],
  ['{"a": 1e5, "a": 2, "__proto__": 3}', '{"a":2,"__proto__":3}'],
  ['"12345678901234567890"', '"12345678901234567890"'],
];

for (const [text, line] of rows) {
  Deno.test(`compactJson() of ${JSON.stringify(text)}`, () => {
    assertEquals(compact(text), line);
  });
}

Deno.test("compactJson() writes values of any depth, or throws a RangeError", () => {
  const deep = (inner: string) => "[".repeat(200_000) + inner + "]".repeat(200_000);
  assertEquals(compact(deep(" ")), deep(""));
  assertThrows(() => compact(deep("1e400")), RangeError);
});

/** The same texts in each run. */
function numbers(count: number): string[] {
  let seed = 1;
  const below = (most: number) => (seed = (seed * 48271) % 2147483647) % most;
  const digits = (most: number) =>
    Array.from({ length: 1 + below(most) }, () => below(3) * below(6));
  return Array.from({ length: count }, () => {
    const whole = below(2) ? "0" : `${1 + below(9)}${below(2) ? digits(18).join("") : ""}`;
    const fraction = below(3) ? `.${digits(20).join("")}` : "";
    const exponent = below(4)
      ? ""
      : `${below(2) ? "e" : "E"}${["", "+", "-"][below(3)]}${below(99)}`;
    return `${below(2) ? "-" : ""}${whole}${fraction}${exponent}`;
  });
}

Deno.test("compactJson() writes every number as it was written", () => {
  for (const number of numbers(20_000)) {
    assertEquals(compact(` [ ${number} , {"n" : ${number}}]\n`), `[${number},{"n":${number}}]`);
  }
});
