import { marked, type Token, type Tokens } from "marked";
import { fenceContent, fencesIn, innermostFences } from "../../src/json/markdown_fences.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { randomOf } from "../support/recordings.ts";

function blocks(text: string, find = fencesIn): [string, string][] {
  return find(text).map((fence) => [fence.info, fenceContent(text, fence)]);
}

Deno.test("fencesIn() finds blocks by the rules of CommonMark", () => {
  for (
    const [text, found] of [
      ["```json\n1\n```", [["json", "1\n"]]],
      ["~~~ a ` b\n1\n~~~~ \n2", [["a ` b", "1\n"]]],
      ["````\n```\n~~~~\n````", [["", "```\n~~~~\n"]]],
      ["```\n1\n``` x\n2", [["", "1\n``` x\n2"]]],
      ["```\n```", [["", ""]]],
      ["```", [["", ""]]],
      ["``\n1\n``", []],
      ["``` a ` b\n1", []],
      ["   ```\n1\n   ```\n2", [["", "1\n"]]],
      ["    ```\n1", []],
      ["\t```\n1", []],
      ["```\n1\n    ```\n2", [["", "1\n    ```\n2"]]],
      ["x ```\n1", []],
      ["```js\r\n1\r\n```\r\n2", [["js", "1\r\n"]]],
      ["```js\r1\r```\r2", [["js", "1\r"]]],
      ["\ufeff```js\n1\n```", [["js", "1\n"]]],
      ["> ```\n> 1\n>2\n> ```\n3", [["", "1\n2\n"]]],
      ["> ```\n> 1\n2", [["", "1\n"]]],
      ["> > ```\n> > 1\n> 2", [["", "1\n"]]],
      ["> - ```\n>   1\n>   ```\n", [["", "  1\n"]]],
      ["> ```\n> 1\n~~~\n2\n~~~", [["", "1\n"], ["", "2\n"]]],
      ["> - a\n>\n>     ```\n>     1\n>     ```", [["", "    1\n"]]],
      ["- a\n\n  ```\n  1\n  ```\n", [["", "  1\n"]]],
      ["10. a\n    ```\n    1\n    ```\n2", [["", "    1\n"]]],
      ["- a\n\nb\n\n     ```\n1", []],
      ["```\n1\n```\n~~~\n2\n~~~", [["", "1\n"], ["", "2\n"]]],
    ] as [string, [string, string][]][]
  ) {
    assertEquals(blocks(text), found, JSON.stringify(text));
  }
});

Deno.test("fencesIn() keeps a block in a list item open where the text is indented less", () => {
  assertEquals(blocks("1. a\n   ```\n1\n   ```\n2"), [["", "1\n"]]);
});

Deno.test("fencesIn() says where the fences themselves begin and end", () => {
  const text = "a\n > ~~~ x\n > 1\n > ~~~\nb";
  const [fence] = fencesIn(text);
  assertEquals(text.slice(fence!.from, fence!.to), " > ~~~ x\n > 1\n > ~~~\n");
  assertEquals(text.slice(fence!.start, fence!.end), " > 1\n");
});

Deno.test("innermostFences() gives the blocks in a block in its place", () => {
  const inner = "```a\n1\n```\n~~~b\n2\n~~~\n";
  assertEquals(blocks(`\`\`\`\`md\n# x\n${inner}\`\`\`\`\n~~~c\n3\n~~~`, innermostFences), [
    ["a", "1\n"],
    ["b", "2\n"],
    ["c", "3\n"],
  ]);
  assertEquals(blocks("> ````md\n> > ```a\n> > 1\n> > ```\n> ````", innermostFences), [[
    "a",
    "1\n",
  ]]);
});

Deno.test("fencesIn() agrees with a parser of Markdown", () => {
  const random = randomOf(4711);
  const lines = ["```", "````", "~~~", "~~~~", "``` ", "```json", "~~~ b c", "``", "``` a`b", "x"];
  const indents = ["", "", "", " ", "   "];
  let found = 0;
  for (let round = 0; round < 5_000; round++) {
    const picked = Array.from({ length: Math.floor(random() * 14) }, () => {
      const line = lines[Math.floor(random() * lines.length)]!;
      return indents[Math.floor(random() * indents.length)] + line;
    });
    // An indented x in a block is shown without the indentation of the fence: not compared here.
    const text = picked.join("\n");
    const expected = marked.lexer(text).filter(isFence).map(({ text }) =>
      text.replace(/^ +/gm, "")
    );
    const got = blocks(text).map(([, content]) => content.replace(/^ +/gm, "").replace(/\n$/, ""));
    assertEquals(got, expected, JSON.stringify(text));
    found += got.length;
  }
  assert(found > 5_000, String(found));
});

function isFence(token: Token): token is Tokens.Code {
  return token.type === "code" && token.codeBlockStyle !== "indented";
}
