import { describeSyntaxError } from "../../src/json/find_error.ts";
import { assertEquals } from "../support/assert.ts";

Deno.test("describeSyntaxError() names the place, what was expected and what stands there", () => {
  for (
    const [text, described] of [
      ["", "line 1, column 1: expected a value, found the end of the text"],
      ["[1,\n2,\r\n]", 'line 3, column 1: expected a value, found "]"'],
      ["{\r'a':1}", 'line 2, column 1: expected a key in double quotes or "}", found "\'"'],
      ['{"a" 1}', 'line 1, column 6: expected ":", found "1"'],
      ['{"a":1 "b":2}', 'line 1, column 8: expected "," or "}", found a string'],
      ['["\ud83d\ude00é" x]', 'line 1, column 7: expected "," or "]", found "x"'],
      ["[1] // done", 'line 1, column 5: expected the end, found "/"'],
      ["\ufeff[1}", 'line 1, column 3: expected "," or "]", found "}"'],
      ["[undefined]", 'line 1, column 2: expected a value or "]", found "undefined"'],
      [
        `[${"x".repeat(50)}]`,
        `line 1, column 2: expected a value or "]", found "${"x".repeat(20)}"`,
      ],
      ["[\u001b[31m]", 'line 1, column 2: expected a value or "]", found U+001B'],
      ["[\u202e1]", 'line 1, column 2: expected a value or "]", found U+202E'],
      ["[\u00a01]", 'line 1, column 2: expected a value or "]", found U+00A0'],
      ["[\ud800]", 'line 1, column 2: expected a value or "]", found U+D800'],
      ["[\u201ca\u201d]", 'line 1, column 2: expected a value or "]", found "\u201c"'],
      ['["a', "line 1, column 4: the text ends inside of a string"],
      ['["a\tb"]', "line 1, column 4: a string holds the control character U+0009"],
      ['["\\d"]', 'line 1, column 3: "\\d" is no escape of JSON'],
      ['["\\u12"]', 'line 1, column 3: "\\u12" is no escape of JSON'],
      ['["\\\u0007"]', 'line 1, column 3: "\\" is no escape of JSON'],
      [
        '{"a": "b\n"}',
        "line 1, column 9: a string goes over the end of the line: " +
        "close it, or write the line break as \\n",
      ],
      ["[1]", "it is nested too deeply"],
    ] as const
  ) {
    assertEquals(describeSyntaxError(text), described);
  }
});

Deno.test("describeSyntaxError() begins where it is told, and counts from the text's start", () => {
  const text = "So:\n it is [1,] or";
  assertEquals(
    describeSyntaxError(text, text.indexOf("[")),
    'line 2, column 11: expected a value, found "]"',
  );
});
