import { renderMarkdown } from "../../src/events/render/markdown.ts";
import { unicodeWidth } from "../../src/events/render/width.ts";
import { assert, assertEquals } from "../support/assert.ts";

const plain = (text: string, width = 40) => renderMarkdown(text, { width, color: false });
const colored = (text: string, width = 40) => renderMarkdown(text, { width, color: true });

const rows: [string, string, string[]][] = [
  ["nothing", " \n\n ", []],
  ["a paragraph and another", "a\nb\n\nc", ["a", "b", "", "c"]],
  ["wrapping by words", "one two three four", ["one two", "three four"]],
  ["a word that is too long", "abcdefghijklmn", ["abcdefghij", "klmn"]],
  ["wide characters", "日本語のテキスト", ["日本語のテ", "キスト"]],
  ["a hard break", "a  \nb\\\nc", ["a", "b", "c"]],
  ["headings", "# A\n## B\nc", ["# A", "", "## B", "", "c"]],
  ["lists in lists", "- a\n  - b\n- c", ["• a", "  • b", "• c"]],
  ["numbers", "9. a\n10. b", [" 9. a", "10. b"]],
  ["a wrapped item", "- aa bb cc dd", ["• aa bb cc", "  dd"]],
  ["tasks", "- [x] a\n- [ ] b", ["[x] a", "[ ] b"]],
  ["a loose list", "- a\n\n  b\n- c", ["• a", "", "  b", "", "• c"]],
  ["quotes", "> a\n> > b", ["│ a", "│", "│ │ b"]],
  ["code", "```js\na\n\n\tb\n```", ["  a", "", "      b"]],
  ["code without an end", "```\na", ["  a"]],
  ["code is not wrapped", "    aaaa bbbb cccc", ["  aaaa bbbb cccc"]],
  ["code in text", "a `b` c", ["a `b` c"]],
  ["a link", "[a](b/c)", ["a (b/c)"]],
  ["a link that is its text", "<http://a.b>", ["http://a.b"]],
  ["an image", "![a](b)", ["a (b)"]],
  ["a rule", "a\n\n---", ["a", "", "──────────"]],
  ["HTML", "<b>a</b>", ["<b>a</b>"]],
  ["entities", "a &lt; b &amp;&amp; c", ["a < b && c"]],
  ["a number that stands for a control", "a&#27;[2J", ["a[2J"]],
  ["marks that mark nothing", "a * b _ c `", ["a * b _ c", "`"]],
  ["a table", "|a|b|\n|-|-:|\n|1|2|\n|33|44|", ["a  │  b", "───┼───", "1  │  2", "33 │ 44"]],
];

for (const [name, text, expected] of rows) {
  Deno.test(`renderMarkdown shows ${name}`, () => {
    assertEquals(plain(text, 10), expected);
  });
}

Deno.test("renderMarkdown breaks the cells of a table, and lists its rows where it has no room", () => {
  const table = "|Name|What it does|\n|-|-|\n|alpha|one two three four|\n|beta|five|";
  assertEquals(plain(table, 20), [
    "Name  │ What it does",
    "──────┼─────────────",
    "alpha │ one two",
    "      │ three four",
    "──────┼─────────────",
    "beta  │ five",
  ]);
  assertEquals(plain(table, 12), [
    "Name: alpha",
    "What it",
    "does: one",
    "two three",
    "four",
    "",
    "Name: beta",
    "What it",
    "does: five",
  ]);
});

Deno.test("renderMarkdown colours", () => {
  assertEquals(colored("**a** *b* `c` ~~d~~ **_e_**"), [
    "\x1b[1ma\x1b[0m \x1b[3mb\x1b[0m \x1b[36mc\x1b[0m \x1b[9md\x1b[0m \x1b[1;3me\x1b[0m",
  ]);
  assertEquals(colored("# A"), ["\x1b[1;4mA\x1b[0m"]);
  assertEquals(colored("[a](b)"), ["\x1b[4ma\x1b[0m \x1b[2m(b)\x1b[0m"]);
  assertEquals(colored("```\na\n```"), ["  \x1b[36ma\x1b[0m"]);
});

Deno.test("renderMarkdown ends a colour on each line", () => {
  assertEquals(colored("**one two**", 4), ["\x1b[1mone\x1b[0m", "\x1b[1mtwo\x1b[0m"]);
});

Deno.test("renderMarkdown lets no escape sequence of a text through", () => {
  const text =
    "a &#27;[1m \x1b[31mred\x1b[0m `\x1b]0;t\x07x`\n\n```\n\x1b[2J\x9b1mb\n```\n[\x1b[1m](\x1b[2m)";
  // deno-lint-ignore no-control-regex
  assert(!/[\x1b\x07\x9b]/.test(plain(text).join("\n")));
});

Deno.test("renderMarkdown shows a long text in pieces as it shows it whole", () => {
  const part =
    "## Part\n\nSome *text* here.\n\n- a\n\n  b\n\n```sh\nls\n\n# no heading\n```\n\nmore\n\n";
  const once = plain(part);
  const many = plain(part.repeat(500));
  assertEquals(many.length, (once.length + 1) * 500 - 1);
  for (let at = 0; at < many.length; at += once.length + 1) {
    assertEquals(many.slice(at, at + once.length), once);
  }
});

Deno.test("renderMarkdown counts on where a long list was cut", () => {
  const items = Array.from({ length: 800 }, (_, index) => `${index + 1}. item ${index + 1}`);
  const lines = plain(items.join("\n\n")).filter((line) => line !== "");
  assertEquals(lines.map((line) => line.trim()), items);
});

const NASTY: Record<string, (length: number) => string> = {
  quotes: (length) => ">".repeat(length),
  numbers: (length) => "1. ".repeat(length / 3),
  bullets: (length) => "- > ".repeat(length / 4),
  stars: (length) => "*a ".repeat(length / 3),
  underscores: (length) => "a_".repeat(length / 2),
  brackets: (length) => "[".repeat(length),
  links: (length) => "[a](".repeat(length / 4),
  ticks: (length) => "`a``".repeat(length / 4),
  tags: (length) => "<a ".repeat(length / 3),
  address: (length) => "a".repeat(length - 1) + "@",
  url: (length) => "http://a.b" + "&a;".repeat(length / 3),
  spaces: (length) => " ".repeat(length) + "a",
  cells: (length) => "|a".repeat(length / 2) + "\n" + "|-".repeat(length / 2),
  nested: (length) =>
    Array.from({ length: Math.sqrt(length) }, (_, index) => " ".repeat(index * 2) + "- a").join(
      "\n",
    ),
  fences: (length) => "```\n".repeat(length / 4),
  returns: (length) => "\r".repeat(length) + "a",
  escapes: (length) => "\x1b[".repeat(length / 2),
  titles: (length) => "\x1b]0;".repeat(length / 4),
  lines: (length) => "a_b_\n".repeat(length / 5),
};

for (const [name, make] of Object.entries(NASTY)) {
  Deno.test(`renderMarkdown comes to an end with a long text of ${name}`, () => {
    for (const length of [500, 7_000, 200_000]) {
      for (const line of plain(make(length), 60)) {
        assert(line.startsWith("  ") || unicodeWidth(line) <= 60, line);
      }
    }
  });
}

Deno.test("renderMarkdown shows anything, and keeps every word of it", () => {
  const parts = [
    ..."*_`~#>-+|[]()!<&\\\n\t ",
    ..."\n\n  |1. |- |- [ ] |```\n|~~~\n|    |日本|👩‍👩‍👧|e\u0301|http://a.b/c|**|__|\x1b[31m|\r\n"
      .split("|"),
    "|a|b|\n|-|-|\n",
    "word",
    "&#27;[1m",
    "&#x9b;",
  ];
  let state = 11;
  const random = (below: number) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >> 8) % below;
  };
  for (let round = 0; round < 1500; round++) {
    let text = "";
    let words = 0;
    for (let count = random(60); count > 0; count--) {
      const part = parts[random(parts.length)]!;
      if (part === "word") text += ` word${words++} `;
      else text += part;
    }
    const width = 20 + random(60);
    const lines = colored(text, width);
    // deno-lint-ignore no-control-regex
    const said = lines.join("\n").replace(/\x1b\[[\d;]*m/g, "");
    // deno-lint-ignore no-control-regex
    assert(!/[\x00-\x08\x0b-\x1f\x7f-\x9f]/.test(said), JSON.stringify(text));
    assertEquals(plain(text, width).join("").includes("\x1b"), false);
    assert(lines.every((line) => !line.includes("\n")), JSON.stringify(text));
  }
});
