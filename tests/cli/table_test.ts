import { clip, type Column, table, type TableOptions } from "../../src/cli/table.ts";
import { unicodeWidth } from "../../src/events/render/width.ts";
import { assert, assertEquals } from "../support/assert.ts";

interface Row {
  id: string;
  name: string;
  size?: number;
}

const COLUMNS: readonly Column<Row>[] = [
  { title: "ID", cell: ({ id }) => id, short: ({ id }) => [...id].slice(0, 4).join("") },
  { title: "NAME", cell: ({ name }) => name, min: 4 },
  { title: "SIZE", cell: ({ size }) => String(size ?? ""), align: "right", drop: 1 },
];

const ROWS: readonly Row[] = [
  { id: "0123456789", name: "first of them", size: 5 },
  { id: "abcdefghij", name: "b", size: 12345 },
  { id: "klmnopqrst", name: "third" },
];

function lines(rows: readonly Row[], width: number | undefined, more: Partial<TableOptions> = {}) {
  return table(rows, COLUMNS, { width, ...more }).split("\n");
}

Deno.test("table() is as wide as its contents at a pipe", () => {
  const name = "n".repeat(500);
  assertEquals(lines([{ id: "a", name, size: 1 }], undefined), [
    `ID  NAME${" ".repeat(498)}SIZE`,
    `a   ${name}     1`,
    "",
  ]);
});

Deno.test("table() of nothing is its title", () => {
  for (const width of [undefined, 80]) assertEquals(lines([], width), ["ID  NAME  SIZE", ""]);
  assertEquals(table([], [], { width: 10 }), "\n");
});

Deno.test("table() gives up what matters least, in turn", () => {
  assertEquals(lines(ROWS, 32), [
    "ID          NAME            SIZE",
    "0123456789  first of them      5",
    "abcdefghij  b              12345",
    "klmnopqrst  third",
    "",
  ]);
  assertEquals(lines(ROWS, 31)[1], "0123  first of them      5", "the short ids");
  assertEquals(lines(ROWS, 22)[1], "0123  first of…      5", "the widest column");
  assertEquals(lines(ROWS, 17)[1], "0123  fir…      5", "down to the narrowest");
  assertEquals(lines(ROWS, 16), ["ID    NAME", "0123  first of …", "abcd  b", "klmn  third", ""]);
  assertEquals(lines(ROWS, 8), ["ID    N…", "0123  f…", "abcd  b", "klmn  t…", ""]);
  assertEquals(lines(ROWS, 3), ["ID", "01…", "ab…", "kl…", ""]);
  assertEquals(lines(ROWS, 0), ["", "", "", "", ""]);
});

Deno.test("table() keeps every row on one line, whatever stands in its cells", () => {
  const rows = [
    { id: "id", name: "two\nlines\r\nand\ttabs  and spaces " },
    { id: "id", name: "\x1b[31mred\x1b[0m \x07\x9b2J\u2028end" },
    { id: "id", name: "" },
  ];
  assertEquals(lines(rows, undefined).map((line) => line.slice(4)), [
    "NAME                           SIZE",
    "two lines and tabs and spaces",
    "[31mred[0m 2J end",
    "",
    "",
  ]);
});

Deno.test("table() counts cells of the terminal, not characters", () => {
  const rows = [{ id: "日本語", name: "e\u0301te\u0301", size: 1 }, {
    id: "🚀",
    name: "x",
    size: 2,
  }];
  const whole: readonly Column<Row>[] = COLUMNS.map(({ short: _, ...column }) => column);
  assertEquals(
    table(rows, whole, { width: undefined }),
    [
      "ID      NAME  SIZE",
      "日本語  e\u0301te\u0301      1",
      "🚀      x        2",
      "",
    ].join("\n"),
  );
});

Deno.test("table() never exceeds the terminal, and cuts no character in half", () => {
  const alphabet = [..."abc 日本🚀é—", "👨‍👩‍👧", "e\u0301", "🇩🇪", "\x1b[1m", "\n"];
  let seed = 7;
  const random = (below: number) => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return Math.floor(seed / 2147483648 * below);
  };
  const text = () =>
    Array.from({ length: random(30) }, () => alphabet[random(alphabet.length)]).join("");
  for (let round = 0; round < 300; round++) {
    const rows = Array.from(
      { length: random(6) },
      () => ({ id: text(), name: text(), size: random(1e6) }),
    );
    const width = random(60);
    const shown = lines(rows, width);
    assertEquals(shown.length, rows.length + 2);
    for (const line of shown) {
      assert(
        unicodeWidth(line) <= width,
        `${unicodeWidth(line)} > ${width}: ${JSON.stringify(line)}`,
      );
      assert(!/[\ud800-\udbff](?![\udc00-\udfff])/.test(line), "half a surrogate pair");
    }
  }
});

Deno.test("table() colours titles and cells without moving anything", () => {
  const colored: readonly Column<Row>[] = COLUMNS.map((column) => ({
    ...column,
    paint: (text, { size }) => size === 5 ? `<${text}>` : text,
  }));
  const shown = table(ROWS, colored, { width: 22, paint: (text) => `[${text}]` }).split("\n");
  assertEquals(shown[0], "[ID    NAME        SIZE]");
  assertEquals(shown[1], "<0123>  <first of…>      <5>");
  assertEquals(shown.map((line) => line.replace(/[<>[\]]/g, "")), lines(ROWS, 22));
});

Deno.test("table() takes many rows", () => {
  const rows = Array.from(
    { length: 200_000 },
    (_, index) => ({ id: `${index}`, name: "n", size: index }),
  );
  assertEquals(lines(rows, 80).length, 200_002);
});

Deno.test("clip() ends what is too wide in one mark", () => {
  const table: [string, number, string][] = [
    ["short", 5, "short"],
    ["longer", 5, "long…"],
    ["日本語", 5, "日本…"],
    ["日本語", 4, "日…"],
    ["日本語", 1, "…"],
    ["👨‍👩‍👧x", 2, "…"],
    ["any", 0, ""],
    ["any", -3, ""],
    ["", 0, ""],
  ];
  for (const [text, width, expected] of table) assertEquals(clip(text, width), expected, text);
});

Deno.test("table() cuts off the beginning where the end says more", () => {
  const columns: readonly Column<Row>[] = [
    { title: "NAME", cell: ({ name }) => name, min: 4, cut: "start" },
    { title: "ID", cell: ({ id }) => id },
  ];
  const rows = [{ id: "a", name: "/a/b/日本/c" }, { id: "b", name: "/x" }];
  const shown = (width: number) => table(rows, columns, { width }).split("\n").slice(0, 3);
  assertEquals(shown(15), ["NAME         ID", "/a/b/日本/c  a", "/x           b"]);
  assertEquals(shown(12), ["NAME      ID", "…/日本/c  a", "/x        b"]);
  assertEquals(shown(10), ["NAME    ID", "…本/c   a", "/x      b"]);
  assertEquals(shown(9), ["NAME   ID", "…本/c  a", "/x     b"]);
});
