/** Whatever is looked for, the index and the prefilter find what reading every line finds. */
import { join } from "node:path";
import { Column, COLUMNS, gramsOf, ROWS } from "../../src/search/grams.ts";
import { compileQuery, type Query } from "../../src/search/query.ts";
import { eachLine, signedText } from "../../src/search/signed_text.ts";
import { fold, textsOf } from "../../src/search/text.ts";
import { parseLine } from "../../src/sessions/log_reader.ts";
import { inTemp } from "../sessions/support.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { entry, indexAll, searched, seeded } from "./support.ts";

/** Stands for a byte that is no text in any encoding that logs are in. */
const NO_TEXT = "\ue000";

/** What goes wrong if anything does: cases, escapes, marks, halves of characters. */
const PIECES = [
  ..."aAbBkKsSiInNuU01 ._-*($/<&'\"\\\n\r\t\0\x07\x1b\x7f\x85",
  ..."ßẞſKıİéÉµμΜσςΣǅǆÅåᾳ",
  ..."日本語漢字",
  "\u0307",
  "\u212a",
  "\u212b",
  "i\u0307",
  "e\u0301",
  "\u2028",
  "\ufeff",
  "\ufffd",
  NO_TEXT,
  "😀",
  "👩‍👧",
  "𐐀",
  "𐐨",
  "\ud83d",
  "\ude00",
  "\\n",
  "\\u0041",
  "  ",
  "error",
  "Kelvin",
  "the ",
  '","type":"',
];

type Random = () => number;

const below = (random: Random, limit: number) => Math.floor(random() * limit);
const pick = <T>(random: Random, list: readonly T[]): T => list[below(random, list.length)]!;

function randomText(random: Random, most: number): string {
  // Few different pieces in one text make it likely that a query is in several of them.
  const pieces = Array.from({ length: 1 + below(random, 12) }, () => pick(random, PIECES));
  return Array.from({ length: below(random, most) }, () => pick(random, pieces)).join("");
}

function randomEntry(random: Random, seq: number): Record<string, unknown> {
  const text = () => randomText(random, 40);
  const kinds: (() => Record<string, unknown>)[] = [
    () => ({ type: "assistant_message", content: text(), message_id: null }),
    () => ({ type: "user_message", role: "user", content: text(), message_id: null }),
    () => ({ type: "reasoning", content: text(), message_id: null }),
    () => ({
      type: "tool_call",
      tool_name: text(),
      tool_id: text(),
      input: { [text()]: text(), list: [text(), 12.5, true, null, { deep: text() }] },
    }),
    () => ({ type: "tool_result", tool_name: null, output: text(), error: text(), data: text() }),
    () => ({ type: "permission", tool_name: "Bash", description: text(), granted: true }),
    () => ({ type: "provider_status", message: text(), data: text() }),
    () => ({ type: "parse_warning", message: text(), raw: text() }),
    () => ({ type: "session_result", result: text() }),
    () => ({ type: "user_event", level: "info", message: text() }),
    () => ({ type: "usage_limit_hit", scope: "daily", raw: text() }),
    () => ({ type: "of_the_future", message: text() }),
    () => ({ type: "assistant_message", content: [text()], message_id: null }),
  ];
  return entry(seq, pick(random, kinds)());
}

/** The line as one of the writers there are would have written it. */
function written(random: Random, value: unknown): string {
  const json = JSON.stringify(value, null, random() < 0.1 ? " " : undefined)
    .replaceAll("\n", "");
  const escape = (char: string) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
  switch (below(random, 8)) {
    case 0:
      return json.replace(/[\x7f-\uffff]/g, escape);
    case 1:
      return json.replace(/[<>&']/g, escape);
    case 2:
      return json.replaceAll("/", "\\/");
    case 3:
      return json.replace(
        /(?<![\\\w])[a-z](?=[^"\\]*")/g,
        (char) => random() < 0.1 ? escape(char).toUpperCase().replace("U", "u") : char,
      );
    case 4:
      return json + "\r";
    case 5:
      return random() < 0.3 ? json.slice(0, below(random, json.length)) : json;
    default:
      return json;
  }
}

function randomLog(random: Random, first: number): string {
  let text = "";
  const count = below(random, 60);
  for (let seq = first; seq < first + count; seq++) {
    text += written(random, randomEntry(random, seq)) + "\n";
    if (random() < 0.05) text += "\n";
  }
  return text;
}

/** Writes a log, with bytes in it that are no text. */
async function writeLog(path: string, text: string): Promise<void> {
  const bytes = text.split(NO_TEXT).flatMap((part, at) => [
    ...at > 0 ? [0xff] : [],
    ...new TextEncoder().encode(part),
  ]);
  await Deno.writeFile(path, new Uint8Array(bytes), { append: true });
}

/** Every event of these logs, without any of the code that finds lines. */
function everyEvent(paths: readonly string[]) {
  return paths.flatMap((path) =>
    Deno.readTextFileSync(path).split("\n").flatMap((line) => {
      const { event } = parseLine(line);
      return event ? [{ name: `${path} ${event.seq}`, event }] : [];
    })
  );
}

function randomQuery(random: Random, texts: readonly string[]): Query & { text: string } {
  const caseSensitive = random() < 0.4;
  const source = random() < 0.8 && texts.length > 0 ? pick(random, texts) : randomText(random, 12);
  const start = below(random, source.length);
  let text = source.slice(start, start + 1 + below(random, 12)) || pick(random, PIECES);
  if (random() < 0.3) text = random() < 0.5 ? text.toUpperCase() : text.toLowerCase();
  if (random() < 0.7) return { text, caseSensitive };
  const quote = (part: string) => part.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
  const half = text.length >> 1;
  const [a, b] = [quote(text.slice(0, half)), quote(text.slice(half))];
  const regex = pick(random, [
    `${a}${b}`,
    `${a}.*${b}`,
    `${a}|${b}`,
    `(?:${a}|x)${b}`,
    `${a}+${b}?`,
    `^${a}${b}`,
    `${a}[${b || "x"}]`,
    `${a}\\s*${b}$`,
    `${a}{1,2}${b}`,
    `\\b${a}(?=${b})`,
    `(?<!${a})${b}`,
    `${a}\\n?${b}`,
    text,
  ]);
  return { text: regex, regex: true, caseSensitive };
}

/** `ZAG_SEARCH_ROUNDS` asks for more. */
const ROUNDS = Number(Deno.env.get("ZAG_SEARCH_ROUNDS") ?? 8);

Deno.test("searchLogs() finds with an index what reading every line finds", async () => {
  let asked = 0;
  let narrowed = 0;
  let found = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const random = seeded(7000 + round);
    await inTemp(async (dir) => {
      const index = join(dir, "search.db");
      const paths = Array.from({ length: 4 }, (_, at) => join(dir, `${at}.jsonl`));
      const columnBytes = pick(random, [1, 700, 3000, 256 * 1024]);
      for (const path of paths) await writeLog(path, randomLog(random, 1));
      // What comes later is found too, whether it is indexed in a second step or not at all.
      for (let step = 0; step < 2; step++) {
        const { state } = await indexAll(index, paths.slice(step), { columnBytes });
        assertEquals(state, "done");
        for (const path of paths.slice(0, 3)) {
          const torn = random() < 0.3 ? '{"seq":9,"type":"stderr","mess' : "";
          await writeLog(path, randomLog(random, 100) + torn);
        }
      }
      const events = everyEvent(paths);
      const texts = events.flatMap(({ event }) => textsOf(event));
      for (let ask = 0; ask < 150; ask++) {
        const query = randomQuery(random, texts);
        let compiled;
        try {
          compiled = compileQuery(query);
        } catch {
          continue;
        }
        const matches = (text: string) =>
          query.caseSensitive ? text.includes(query.text) : fold(text).includes(fold(query.text));
        const expected = events.filter(({ event }) =>
          query.regex ? compiled.find(event) !== undefined : textsOf(event).some(matches)
        ).map(({ name }) => name);
        const says = `round ${round}: ${JSON.stringify(query)}`;
        assertEquals(searched(paths, compiled).found, expected, `without an index, ${says}`);
        const indexed = searched(paths, compiled, index);
        assertEquals(indexed.found, expected, `with an index, ${says}`);
        asked++;
        if (indexed.totals.read < indexed.totals.bytes) narrowed++;
        found += expected.length;
      }
    });
  }
  // A search that never narrows down, or never finds anything, would prove nothing.
  const says = `${asked} asked, ${narrowed} narrowed, ${found} found`;
  assert(asked > 120 * ROUNDS && narrowed > 40 * ROUNDS && found > 800 * ROUNDS, says);
});

Deno.test("gramsOf() names only rows that a column has for every line around the text", () => {
  const random = seeded(42);
  const column = new Column();
  let named = 0;
  for (let round = 0; round < 5000; round++) {
    const text = randomText(random, 60).replaceAll(NO_TEXT, "");
    const start = below(random, text.length);
    const part = text.slice(start, start + below(random, 20));
    const bytes = new TextEncoder().encode(written(random, { seq: 1, content: text }) + "\n");
    // A line that is cut in the middle says nothing.
    if (!parseLine(new TextDecoder().decode(bytes).replace("{", '{"type":"x",')).event) continue;
    column.clear();
    eachLine(
      { buffer: bytes, length: bytes.length, offset: 0, torn: false },
      (sign) => sign(column),
    );
    const table = new Uint32Array(ROWS);
    column.writeTo(table, round % COLUMNS);
    const has = (row: number) => (table[row]! >>> (round % COLUMNS) & 1) === 1;
    assertEquals(table.filter((row) => row !== 0).length, column.count());
    for (const row of gramsOf(signedText(part))) {
      named++;
      assert(has(row), JSON.stringify([text, part]));
    }
  }
  assert(named > 10_000, `${named}`);
});

Deno.test("signedText() stands in what is made of a line, however the line was written", () => {
  const spellings: [text: string, json: string][] = [
    ["plain text", "plain text"],
    ["Plain TEXT", "pLAIN text"],
    ["src/cli/app.ts", "src\\/cli\\/app.ts"],
    ["<b>bold</b>", "\\u003cb\\u003ebold\\u003c/b\\u003e"],
    ["letters", "l\\u0065tt\\u0045rs"],
    ["caf\u00e9 noir", "CAF\u00c9 noir"],
    ["caf\u00e9 noir", "caf\\u00E9 noir"],
    ["\x1b[31mred", "\\u001B[31mred"],
    ["\x1b[31mred", "\\u001b[31mred"],
    ["two\nlines", "two\\u000alines"],
    ["two\nlines", "two\\nlines"],
    ["back\\u0041slash", "back\\\\u0041slash"],
    ["back\\/slash", "back\\\\/slash"],
    ['say "so"', 'say \\"so\\"'],
    ["\u65e5\u672c", "\\u65e5\\u672c"],
    ["\u65e5", "x\u65e5y"],
    ["\u{1f600}!", "\\ud83d\\ude00!"],
  ];
  const column = new Column();
  for (const [text, json] of spellings) {
    const bytes = new TextEncoder().encode(`{"seq":1,"type":"stderr","message":"a ${json} b"}\n`);
    column.clear();
    eachLine(
      { buffer: bytes, length: bytes.length, offset: 0, torn: false },
      (sign) => sign(column),
    );
    const table = new Uint32Array(ROWS);
    column.writeTo(table, 0);
    const rows = gramsOf(signedText(text));
    assert(rows.length > 0, text);
    assert(rows.every((row) => table[row] === 1), json);
  }
});
