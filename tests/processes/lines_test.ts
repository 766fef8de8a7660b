import { LineSplitter, type OverlongLine } from "../../src/processes/lines.ts";
import { assert, assertEquals } from "../support/assert.ts";

const encoder = new TextEncoder();

/** What the splitter shall do, as slowly and plainly as possible. */
function reference(bytes: Uint8Array): string[] {
  const text = new TextDecoder("utf-8").decode(bytes);
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines.map((line) => line.endsWith("\r") ? line.slice(0, -1) : line);
}

function split(bytes: Uint8Array, sizes: () => number, options = {}): string[] {
  const splitter = new LineSplitter(options);
  const lines: string[] = [];
  for (let start = 0; start < bytes.length;) {
    const size = sizes();
    // A copy that is wiped afterwards: whoever reads may use the same buffer again.
    const chunk = bytes.slice(start, start + size);
    lines.push(...splitter.push(chunk));
    chunk.fill(0x58);
    start += size;
  }
  const last = splitter.end();
  if (last !== undefined) lines.push(last);
  return lines;
}

/** Repeatable numbers from 0 to below 1. */
function random(seed: number): () => number {
  return () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed / 2 ** 32;
  };
}

const PIECES = [
  "\n",
  "\r\n",
  "\r",
  "{}",
  '{"type":"x"}',
  "é",
  "→",
  "😀",
  "\ufeff",
  "\u2028",
  "\0",
  "x".repeat(1500),
];
const BROKEN = [[0xff], [0xc3], [0xe2, 0x86], [0xf0, 0x9f, 0x98], [0x80], [0xed, 0xa0, 0x80]];

function randomBytes(seed: number): Uint8Array {
  const next = random(seed);
  const pick = <T>(list: readonly T[]) => list[Math.floor(next() * list.length)]!;
  const bytes: number[] = [];
  for (let count = Math.floor(next() * 40); count > 0; count--) {
    if (next() < 0.15) bytes.push(...pick(BROKEN));
    else if (next() < 0.3) bytes.push(10);
    else bytes.push(...encoder.encode(pick(PIECES)));
  }
  return new Uint8Array(bytes);
}

Deno.test("LineSplitter gives the same lines however the bytes are cut", () => {
  for (let seed = 1; seed <= 400; seed++) {
    const bytes = randomBytes(seed);
    const expected = reference(bytes);
    const next = random(seed + 7);
    const cuts: [string, () => number][] = [
      ["whole", () => Infinity],
      ["one by one", () => 1],
      ["7 bytes", () => 7],
      ["at random", () => 1 + Math.floor(next() * 90)],
    ];
    for (const [name, sizes] of cuts) {
      assertEquals(split(bytes, sizes), expected, `seed ${seed}, ${name}`);
    }
  }
});

Deno.test("LineSplitter splits at line feeds alone", () => {
  const rows: [string, string[]][] = [
    ["", []],
    ["\n", [""]],
    ["\n\n", ["", ""]],
    ["a", ["a"]],
    ["a\n", ["a"]],
    ["a\r\nb\r\n", ["a", "b"]],
    ["a\rb\n", ["a\rb"]],
    ["a\r\r\n", ["a\r"]],
    ["\r\n\r\n", ["", ""]],
    ["a\r", ["a"]],
    ["a\u2028b\u0085c\vd\n", ["a\u2028b\u0085c\vd"]],
    ["\ufeff{}\n\ufeff{}\n", ["{}", "\ufeff{}"]],
    ["\ufeff", [""]],
  ];
  for (const [text, lines] of rows) {
    for (const size of [1, 2, 3, Infinity]) {
      assertEquals(split(encoder.encode(text), () => size), lines, JSON.stringify(text));
    }
  }
});

Deno.test("LineSplitter returns a line as soon as it is complete", () => {
  const splitter = new LineSplitter();
  assertEquals(splitter.push(encoder.encode('{"a":1}\r\n{"b"')), ['{"a":1}']);
  assertEquals(splitter.push(encoder.encode(":2}\r")), []);
  assertEquals(splitter.push(encoder.encode("\n")), ['{"b":2}']);
  assertEquals(splitter.end(), undefined);
  assertEquals(splitter.end(), undefined);
});

Deno.test("LineSplitter takes a line of 10 MB in linear time", () => {
  const chunk = new Uint8Array(50_000).fill(0x61);
  const splitter = new LineSplitter();
  // A splitter that starts over with each chunk would copy 1 GB.
  const copied = bytesCopied(() => {
    for (let count = 0; count < 200; count++) assertEquals(splitter.push(chunk), []);
    const lines = splitter.push(encoder.encode("\nnext\n"));
    assertEquals(lines.map((line) => line.length), [10_000_000, 4]);
  });
  assert(copied < 60_000_000, `copied ${copied} bytes`);
});

Deno.test("LineSplitter reports a line that is too long and goes on with the next", () => {
  const long = "é".repeat(3000);
  const bytes = encoder.encode(`first\n${long}\nmiddle\n12345678901\n1234567890\n${long}`);
  for (const size of [1, 7, 1000, Infinity]) {
    const reports: OverlongLine[] = [];
    const onOverlong = (line: OverlongLine) => reports.push(line);
    const lines = split(bytes, () => size, { maxBytes: 10, onOverlong });
    assertEquals(lines, ["first", "middle", "1234567890"]);
    assertEquals(reports.map(({ index, bytes }) => [index, bytes]), [[1, 6000], [3, 11], [
      5,
      6000,
    ]]);
    assertEquals(reports[0]?.head, "é".repeat(512));
    assertEquals(reports[1]?.head, "12345678901");
  }
});

Deno.test("LineSplitter cuts the head of an overlong line between characters", () => {
  const bytes = encoder.encode("x" + "→".repeat(1000));
  let head = "";
  split(bytes, () => 10, { maxBytes: 100, onOverlong: (line: OverlongLine) => head = line.head });
  assertEquals(head, "x" + "→".repeat(341));
});

Deno.test("LineSplitter holds no more of an overlong line than its head", () => {
  const splitter = new LineSplitter({ maxBytes: 100_000 });
  const chunk = new Uint8Array(60_000).fill(0x61);
  const copied = bytesCopied(() => {
    for (let count = 0; count < 2000; count++) assertEquals(splitter.push(chunk), []);
    assertEquals(splitter.push(encoder.encode("\nnext\n")), ["next"]);
  });
  assert(copied < 200_000, `copied ${copied} bytes`);
});

/** How many bytes are copied from one array into another meanwhile. */
function bytesCopied(action: () => void): number {
  const set = Uint8Array.prototype.set;
  let copied = 0;
  Uint8Array.prototype.set = function (source: ArrayLike<number>, offset?: number) {
    copied += source.length;
    set.call(this, source, offset);
  };
  try {
    action();
  } finally {
    Uint8Array.prototype.set = set;
  }
  return copied;
}
