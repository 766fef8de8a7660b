import { structured } from "../../src/cli/structured_output.ts";
import { assertEquals } from "../support/assert.ts";

const VALUE = {
  name: "x",
  words: ["yes", "null", "1.0", "a: b", "#c", "", 'say "hi"', "C:\\temp", "two\nlines\x1b"],
  none: [],
  odd: { "two words": true },
  list: [{ a: { b: 1 } }, { a: { b: 2 } }],
};

Deno.test("structured: JSON on one line, or on many", async () => {
  assertEquals(await structured({ a: [1, 2] }, "json", false), '{"a":[1,2]}\n');
  assertEquals(await structured({ a: [1] }, "json", true), '{\n  "a": [\n    1\n  ]\n}\n');
});

Deno.test("structured: YAML quotes what would be read as something else", async () => {
  assertEquals(
    await structured(VALUE, "yaml", false),
    String.raw`name: x
words:
  - 'yes'
  - 'null'
  - '1.0'
  - 'a: b'
  - '#c'
  - ''
  - say "hi"
  - 'C:\temp'
  - "two\nlines\e"
none: []
odd:
  two words: true
list:
  - a:
      b: 1
  - a:
      b: 2
`,
  );
});

Deno.test("structured: YAML repeats an object and does not fold a line", async () => {
  const one = { text: "long ".repeat(40).trim() };
  assertEquals(
    await structured([one, one], "yaml", false),
    `- text: ${one.text}\n`.repeat(2),
  );
});

Deno.test("structured: TOML names tables by their path", async () => {
  assertEquals(
    await structured(VALUE, "toml", false),
    String.raw`name = "x"
words = ["yes","null","1.0","a: b","#c","","say \"hi\"","C:\\temp","two\nlines\u001b"]
none = []

[odd]
"two words" = true

[[list]]

[list.a]
b = 1

[[list]]

[list.a]
b = 2
`,
  );
});
