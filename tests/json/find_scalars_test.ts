import { jsonCandidates } from "../../src/json/find_json.ts";
import { scalarsIn } from "../../src/json/find_scalars.ts";
import { assertEquals } from "../support/assert.ts";

function textsIn(text: string): string[] {
  return [...scalarsIn(text, [])].map(({ start, end }) => text.slice(start, end));
}

Deno.test("scalarsIn() finds what is alone on its line, whatever marks it", () => {
  for (
    const line of [
      "5",
      "  5\t",
      "**5**",
      "- 5",
      "* 5",
      "1. 5",
      "2) **5**",
      "> 5",
      "> > - 5",
      "Answer: 5",
      "Answer:5",
      "**Answer:** 5",
      "**Answer**: 5",
      "**Answer: 5**",
      "- The answer is: **5**",
      "Résultat: 5",
      "`5`",
      "Answer: `5`",
      "```5```",
      "\ufeff5",
    ]
  ) {
    for (const text of [line, `So:\n${line}\nDone.`, `So:\r\n\r\n${line}\r\n`, `x\r${line}\rx`]) {
      assertEquals(textsIn(text), ["5"], JSON.stringify(text));
    }
  }
});

Deno.test("scalarsIn() knows every kind", () => {
  const kinds = [
    "-0.5e+3",
    "true",
    "false",
    "null",
    '"a \\" {b} \\u00e9"',
    '""',
    "12345678901234567890",
  ];
  for (const kind of kinds) {
    assertEquals(textsIn(`Answer:\n${kind}\n`), [kind]);
    assertEquals(textsIn(`It is \`${kind}\` then`), [kind]);
  }
});

Deno.test("scalarsIn() finds none in a sentence, and no part of something else", () => {
  for (
    const text of [
      "",
      "The answer is 5",
      "The answer is 5.",
      "5 apples",
      "5.",
      "5, 6",
      "05",
      "1/2",
      "-",
      "5%",
      "2026-01-02",
      "True",
      "nullx",
      "'red'",
      "red",
      'He said "red"',
      '"red" or "blue"',
      '"red\nblue"',
      "There are two, as I said: 5",
      "12:30",
      "`x` 5",
      "`5 apples` and `arr[5]`",
      "a `\n5 x`",
      `${"word ".repeat(20)}: 5`,
    ]
  ) {
    assertEquals(textsIn(text), [], JSON.stringify(text));
  }
});

Deno.test("scalarsIn() goes from the last line to the first, and then through code spans", () => {
  const text = "`1` or `2`\n3\nsee `4`\nAnswer: `5`\nas `` 6 `` says\n7";
  assertEquals(textsIn(text), ["7", "5", "3", "6", "4", "2", "1"]);
});

Deno.test("scalarsIn() leaves out what begins in a part that is taken", () => {
  const text = "1\n2\n`3` x\n4";
  assertEquals([...scalarsIn(text, [{ start: 2, end: 3 }, { start: 4, end: 9 }])], [
    { start: 10, end: 11 },
    { start: 0, end: 1 },
  ]);
});

Deno.test("jsonCandidates() gives scalars last, and only where they are asked for", () => {
  const answer = 'Answer: 5\n\nNot {"a":1}.\n\n```json\n6\n```\n[\n7,\n8\n]\n"with [9]"';
  const all = [...jsonCandidates(answer, { scalars: true })];
  assertEquals(all.map(({ value, place }) => [value, place]), [
    [6, "fence"],
    [[7, 8], "block"],
    [[9], "prose"],
    [{ a: 1 }, "prose"],
    ["with [9]", "scalar"],
    [5, "scalar"],
  ]);
  assertEquals([...jsonCandidates(answer)], all.slice(0, 4));
});

Deno.test("jsonCandidates() takes no scalar out of an array, or of broken JSON", () => {
  for (
    const answer of [
      "So:\n[\n5\n]",
      '```json\n{"a":\n5\n}\n```',
      "{'a': [\n5\n]}",
      '{"a": [\n5,\n],}',
      '> ```json\n> {"a":\n> 5\n> }\n> ```',
      '{"a":\n5\n',
    ]
  ) {
    const found = [...jsonCandidates(answer, { scalars: true })];
    assertEquals(found.filter(({ place }) => place === "scalar"), [], answer);
  }
  assertEquals([...jsonCandidates("5", { scalars: true })], [{
    value: 5,
    text: "5",
    place: "whole",
  }]);
});
