import {
  firstJson,
  type JsonCandidate,
  jsonCandidates,
  soleJson,
  syntaxErrorOf,
} from "../../src/json/find_json.ts";
import { assert, assertEquals } from "../support/assert.ts";

function all(answer: string): JsonCandidate[] {
  return [...jsonCandidates(answer)];
}

const found: [string, unknown][] = [
  ['{"a":1}', { a: 1 }],
  ['  \n{"a":1}\n ', { a: 1 }],
  ["[1,2]", [1, 2]],
  ['"text"', "text"],
  ["null", null],
  ["42", 42],
  ['```json\n{"a":1}\n```', { a: 1 }],
  ['```\n{"a":1}\n```', { a: 1 }],
  ['Here it is:\n\n```JSON\n{"a":1}\n```\nDone.', { a: 1 }],
  ['```js\nno json\n```\n```json\n{"a":1}\n```', { a: 1 }],
  ['The answer is {"a":{"b":[1,"}"]}} as you asked.', { a: { b: [1, "}"] } }],
  ['quotes \\" and {"a":"\\"}"} in it', { a: '"}' }],
  ["{oops} then [1, 2]", [1, 2]],
  ['{"text":"```json\\n{}\\n```"}', { text: "```json\n{}\n```" }],
  ['\ufeff{"a":1}', { a: 1 }],
  ['\ufeff\r\n{"a":\r\n1}\r\n', { a: 1 }],
  ["first [1, 2], last [3, 4]", [3, 4]],
  ["```json\n[1]\n```\n```json\n[2]\n```\n```\n[3]\n```\n[4]", [2]],
  ["```json\n[1]", [1]],
  ["~~~~json5 title=x\n[1]\n~~~~~\n", [1]],
  ["```json\n42\n```", 42],
  ["```json-schema\n{}\n```\n```\n[1]\n```", [1]],
  ['> ```json\n> {\n>   "a": 1\n> }\n> ```\nHow is that?', { a: 1 }],
  ["1. One:\n\n   ```json\n   [1]\n   ```\n2. Two", [1]],
  ["- ```json\n  [1]\n  ```\n", [1]],
  ["````markdown\n# Result\n```json\n[1]\n```\n````\nor [2]", [1]],
  ["```markdown\n# Result\n```json\n[1]\n```\n```\nor [2]", [1]],
  ['\\boxed{{"a":1}}', { a: 1 }],
  ['`{"a":1}` it is', { a: 1 }],
  ['He said "so [be" it {"a":1}', { a: 1 }],
  ['{"a":1,"a":2}', { a: 2 }],
  ['{"big":1e999}', { big: Infinity }],
];

for (const [text, value] of found) {
  Deno.test(`firstJson() in ${JSON.stringify(text).slice(0, 60)}`, () => {
    assertEquals(firstJson(text)?.value, value);
  });
}

const empty = [
  "",
  "  ",
  "no json",
  "{",
  "{'a':1}",
  '{"a":1',
  "```json\n{\n```",
  "}{",
  "```\n42\n```",
];
for (const text of [...empty, "It is 42.", 'It is "so".', "```json\n```", "tru", "nullx"]) {
  Deno.test(`firstJson() finds nothing in ${JSON.stringify(text)}`, () => {
    assertEquals(firstJson(text), undefined);
  });
}

const broken = [
  '{"a":[1],}',
  '{"items":[{"a":1},{"b":2}],"rest":"cut of',
  '{"a": 1, // one\n "items": [1, 2]\n}',
  "{'items': [1, 2]}",
  "{items: [1, 2]}",
  '[{"a":1,},{"b":2}]',
  '{"text":"with [1] in it","rest":',
  'Here: {"a": 1,, "b": {"c": [1]}} as asked.',
  '```json\n{"a":[1],}\n```',
];
for (const text of broken) {
  Deno.test(`firstJson() takes no piece of what is broken: ${JSON.stringify(text)}`, () => {
    assertEquals(firstJson(text), undefined);
    assertEquals(firstJson(`${text}\n\nCorrected:\n\n\`\`\`json\n[7]\n\`\`\``)?.value, [7]);
  });
}

Deno.test("firstJson() takes of the JSON in prose the longest that says something", () => {
  for (
    const [answer, value] of [
      ["I cannot do that [1].", undefined],
      ["Use `arr[0]` and call {}", undefined],
      ["See [[1]](x), [[]], [true], [null], [], {} and [-1.5e3].", undefined],
      ['- [ ] to do ["x"] in it', undefined],
      ['See [1] and [2]. The answer: {"a":1}. Refs: [3]', { a: 1 }],
      ['It is {"":0}, not {}', { "": 0 }],
      ["It is [1, 2] as in [3]", [1, 2]],
      ['It is ["green"], see ["x"] and [4]', ["green"]],
      ['It is [{"a":1}], see [{}]', [{ a: 1 }]],
      ["It is [[1, 2]], see [3, 4]", [[1, 2]]],
      ['It is {"a":1,"b":2}, as {"a":3} is old', { a: 1, b: 2 }],
      // What stands by itself was meant as it is.
      ['It is\n[1]\nand not {"a":1}', [1]],
      ["It is\n```\n{}\n```\nand not [1, 2]", {}],
      ["[1]", [1]],
    ] as const
  ) {
    assertEquals(firstJson(answer)?.value, value, answer);
  }
});

Deno.test("firstJson() overflows no stack at a list in a list in a list", () => {
  const deep = "[".repeat(2_000) + "1" + "]".repeat(2_000);
  assertEquals(firstJson(`x ${deep} y`), undefined);
});

Deno.test("jsonCandidates() goes from the likeliest to the least likely", () => {
  const answer = [
    'Not [1] and not {"two": 2}.',
    "[3]",
    "```",
    "[4]",
    "```",
    "```json",
    "[5]",
    "```",
    '  {"six":',
    "    6}  ",
    "```js",
    "[7]",
    "```",
    "~~~ JSON",
    "8",
    "~~~",
    "or [9]",
  ].join("\n");
  assertEquals(all(answer).map(({ text, place }) => [text.replace(/\s+/g, ""), place]), [
    ["8", "fence"],
    ["[5]", "fence"],
    ["[7]", "fence"],
    ["[4]", "fence"],
    ['{"six":6}', "block"],
    ["[3]", "block"],
    ["[9]", "prose"],
    ['{"two":2}', "prose"],
    ["[1]", "prose"],
  ]);
});

Deno.test("jsonCandidates() gives the text without what is around it", () => {
  for (
    const [answer, place] of [
      ['\ufeff \r\n{ "a": 1 }\r\n', "whole"],
      ['x\r\n```json\r\n\r\n  { "a": 1 } \r\n```\r\ny', "fence"],
      ['> ```\n>{ "a": 1 }\n> ```', "fence"],
      ['x\r\n\t{ "a": 1 } \r\ny', "block"],
      ['x { "a": 1 } y', "prose"],
    ] as const
  ) {
    assertEquals(all(answer), [{ value: { a: 1 }, text: '{ "a": 1 }', place }]);
  }
});

Deno.test("jsonCandidates() has nothing more where all of the text is JSON", () => {
  assertEquals(all('[{"a":[1]},"```json\\n[2]\\n```"]').length, 1);
});

Deno.test("jsonCandidates() leaves it to JSON.parse what values become", () => {
  const [found] = all('x {"__proto__":{"a":1},"n":1e400,"s":"\\ud800"} y');
  assertEquals(Object.keys(found!.value as object), ["__proto__", "n", "s"]);
  assertEquals(({} as { a?: number }).a, undefined);
  assertEquals((found!.value as { s: string }).s, "\ud800");
});

Deno.test("jsonCandidates() does only the work that is asked for", () => {
  const parse = JSON.parse;
  const seen: string[] = [];
  JSON.parse = (text: string) => {
    seen.push(text);
    return parse(text);
  };
  try {
    firstJson("[1]\n```json\n[2]\n```\n```json\n[3]\n```\n");
  } finally {
    JSON.parse = parse;
  }
  assertEquals(seen.at(-1), "[3]");
  assertEquals(seen.includes("[2]"), false);
});

Deno.test("jsonCandidates() takes a parser that cannot go deeper for no JSON", () => {
  const parse = JSON.parse;
  JSON.parse = () => {
    throw new RangeError("Maximum call stack size exceeded");
  };
  try {
    assertEquals(all("[1]"), []);
    assertEquals(soleJson("[1]"), { ok: false, reason: "it is no JSON: it is nested too deeply" });
  } finally {
    JSON.parse = parse;
  }
});

Deno.test("firstJson() finds 8 MB of JSON wherever it stands", () => {
  const value = Array.from({ length: 60_000 }, (_, id) => ({
    id,
    name: `name "${id}" {é}`,
    code: "```json\n{}\n```",
    list: [1.5, -3e10, true, null, {}],
    text: "\\ and more of it, and a little more",
  }));
  const json = JSON.stringify(value, null, 1);
  assert(json.length > 8_000_000);
  for (
    const [answer, place] of [
      [json, "whole"],
      [`Not [1]:\n\`\`\`json\n${json}\n\`\`\`\nDone.`, "fence"],
      [`Not [1]:\r\n${json.replaceAll("\n", "\r\n")}\r\nDone.`, "block"],
      [`Not [1], but ${JSON.stringify(value)}!`, "prose"],
    ] as const
  ) {
    const found = [...jsonCandidates(answer)].find(({ text }) => text !== "[1]");
    assertEquals(found?.place, place);
    assertEquals(JSON.stringify(found?.value), JSON.stringify(value));
  }
});

Deno.test("soleJson() takes the whole text, or the one code block that is all there is", () => {
  for (
    const [text, value, json] of [
      ["{}", {}, "{}"],
      ["\ufeff 42\r\n", 42, "42"],
      ['"```json"', "```json", '"```json"'],
      ["```json\n[1]\n```\n", [1], "[1]"],
      ["\n~~~\n 42 \n~~~", 42, "42"],
      ["```json\n[1]", [1], "[1]"],
      ["> ```\n> [1,\n> 2]\n> ```", [1, 2], "[1,\n2]"],
    ] as const
  ) {
    assertEquals(soleJson(text), { ok: true, value, text: json });
  }
});

Deno.test("soleJson() says why a text is no JSON, and where", () => {
  const noSole = "there is more in it than one code block with JSON";
  for (
    const [text, reason] of [
      ["", "it is empty"],
      [" \ufeff\r\n", "it is empty"],
      ["```json\n\n```", "the code block is empty"],
      ["Here: [1]", 'it is no JSON: line 1, column 1: expected a value, found "Here"'],
      ["[1] is it", 'it is no JSON: line 1, column 5: expected the end, found "is"'],
      ["Here:\n```json\n[1]\n```", noSole],
      ["```json\n[1]\n```\n```json\n[1]\n```", noSole],
      [
        '```json\n{"a":\n 1,}\n```',
        'the code block is no JSON: line 2, column 4: expected a key in double quotes, found "}"',
      ],
    ] as const
  ) {
    assertEquals(soleJson(text), { ok: false, reason });
  }
});

Deno.test("syntaxErrorOf() says what of an answer was meant to be JSON, and why it is none", () => {
  for (
    const [answer, reason] of [
      [" \n", "it is empty"],
      ["I cannot do that.", "there is no object and no array in it"],
      ['{"a":1', 'line 1, column 7: expected "," or "}", found the end of the text'],
      [
        "So:\n{'a': 1} it is",
        'line 2, column 2: expected a key in double quotes or "}", found "\'"',
      ],
      [
        'Not {"b":]:\n```json\n\n{"a":}\n```',
        'in the code block, line 2, column 6: expected a value, found "}"',
      ],
      ["```sh\nls\n```\nSo [1,]", 'line 4, column 7: expected a value, found "]"'],
      [
        "I cannot [1].",
        "what looks like it in the middle of the text says too little to be the answer",
      ],
    ] as const
  ) {
    assertEquals(syntaxErrorOf(answer), reason);
  }
});

Deno.test("syntaxErrorOf() names the scalar that is wanted, and what is wrong with a string", () => {
  const wanted = "expected is a string in double quotes alone";
  for (
    const [answer, reason] of [
      ["", "it is empty"],
      ["It is red.", wanted],
      ["It is {'a': 1} [1", wanted],
      ["```json\n{,}\n```", wanted],
      ['"red', `line 1, column 5: the text ends inside of a string; ${wanted}`],
      [
        '```\n"red" it is\n```',
        'in the code block, line 1, column 7: expected the end, found "it"; ' + wanted,
      ],
    ] as const
  ) {
    assertEquals(syntaxErrorOf(answer, "a string in double quotes"), reason);
  }
});
