import { containersIn } from "../../src/json/find_spans.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { randomOf } from "../support/recordings.ts";

function textsIn(text: string): string[] {
  return containersIn(text, []).spans.map(({ start, end }) => text.slice(start, end));
}

Deno.test("containersIn() finds the outermost objects and arrays", () => {
  assertEquals(textsIn('a {"b":[{}]} c [] [[1]] "[2]"'), ['{"b":[{}]}', "[]", "[[1]]", "[2]"]);
});

Deno.test("containersIn() tries brackets inside of what only looked like a string", () => {
  assertEquals(textsIn('["so {"a":1} it is"'), ['{"a":1}']);
  assertEquals(textsIn('the {"x {"a":"}"} y'), ['{"a":"}"}']);
  assertEquals(textsIn('[see {"a":1}] [{"b":2} or so] {{"c":3}}'), [
    '{"a":1}',
    '{"b":2}',
    '{"c":3}',
  ]);
});

Deno.test("containersIn() leaves out what is inside of broken JSON, and says where that is", () => {
  for (
    const [text, found, broken] of [
      ['{"a":[1],} [2]', ["[2]"], 0],
      ['x {"a":1, /* [1] */ "b":[2]} [3]', ["[3]"], 2],
      ["{'a':[1]} [2]", ["[2]"], 0],
      ["{a:[1]} [2]", ["[2]"], 0],
      ['{"a":"}",\n"b":"[1]" oops [2]} [3]', ["[3]"], 0],
      ['{"a":"\\"}","b":[1],} [2]', ["[2]"], 0],
      ['[{"a":[1]},{"b":\nNo: [2]', ["[2]"], 0],
      ['[1,] then {"a":}', [], 10],
      ["{oops} [see 1] [2]", ["[2]"], undefined],
    ] as const
  ) {
    const { spans, broken: left } = containersIn(text, []);
    const at = left.at(-1)?.start;
    assertEquals([spans.map(({ start, end }) => text.slice(start, end)), at], [found, broken]);
  }
});

Deno.test("containersIn() says how far it leaves out what is broken", () => {
  for (
    const [text, left] of [
      ['{"a":[1],} [2] {b:[3]}!', ['{"a":[1],}', "{b:[3]}"]],
      ['x [{"a":[1]},{"b":\nNo: [2]', ['[{"a":[1]},{"b":\n']],
      ["{oops} [see 1]", []],
    ] as const
  ) {
    const { broken } = containersIn(text, []);
    assertEquals(broken.map(({ start, end }) => text.slice(start, end)), [...left]);
  }
});

Deno.test("containersIn() looks neither into nor across what is taken", () => {
  const text = "[1] [2, [3] ] [4]";
  const { spans } = containersIn(text, [{ start: 0, end: 3 }, { start: 8, end: 11 }]);
  assertEquals(spans.map(({ start, end }) => text.slice(start, end)), ["[4]"]);
});

Deno.test("containersIn() finds parts in order that are JSON, whatever the text", () => {
  const random = randomOf(31_337);
  const tokens = [
    "{",
    "}",
    "[",
    "]",
    '"',
    "\\",
    ",",
    ":",
    '"a"',
    '{"b":',
    "[1",
    "1",
    " ",
    "\n",
    "x",
  ];
  let found = 0;
  for (let round = 0; round < 20_000; round++) {
    const text = Array.from(
      { length: Math.floor(random() * 25) },
      () => tokens[Math.floor(random() * tokens.length)],
    ).join("");
    const { spans } = containersIn(text, []);
    let last = 0;
    for (const { start, end } of spans) {
      assert(start >= last && end > start, text);
      assert(typeof JSON.parse(text.slice(start, end)) === "object");
      last = end;
    }
    found += spans.length;
    // Prose before changes nothing, and what stands after it is found as well.
    const more = containersIn(`so it is: ${text}\u0000\n{"end":"of it"}`, []).spans;
    assert(more.length >= spans.length, text);
  }
  assert(found > 2_000, String(found));
});
