/** Texts that are made to be slow, deep or torn apart. */
import {
  firstJson,
  type JsonCandidate,
  jsonCandidates,
  soleJson,
  syntaxErrorOf,
} from "../../src/json/find_json.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { randomOf } from "../support/recordings.ts";

function all(answer: string): JsonCandidate[] {
  return [...jsonCandidates(answer)];
}

function countOf(candidates: Iterable<JsonCandidate>): number {
  let count = 0;
  for (const _ of candidates) count++;
  return count;
}

Deno.test("jsonCandidates() comes to an end for hostile texts", () => {
  const size = 100_000;
  const texts: Record<string, [string, number]> = {
    brackets: ["[".repeat(size), 0],
    braces: ["{".repeat(size), 0],
    keys: ['{"'.repeat(size), 0],
    objects: ['{"a":'.repeat(size), 0],
    fences: ["```\n".repeat(size), 0],
    "both fences": ["~~~\n```\n".repeat(size), 0],
    backticks: ["`".repeat(size), 0],
    labels: ["```json ".repeat(size), 0],
    quotes: ['"'.repeat(size), 0],
    escapes: ['["\\'.repeat(size), 0],
    "broken objects": ['{"a":! '.repeat(size), 0],
    "trailing commas": ['{"a":1,} '.repeat(size), 0],
    "open strings": ['["x [ '.repeat(size), 0],
    "block quotes": ["> ".repeat(size) + "```json\n[1]", 1],
    "list items": ["- ".repeat(size) + "```json\n[1]", 1],
    "broken fences": ["```json\n{\n```\n".repeat(size / 4), 0],
    "fences in fences": [
      Array.from({ length: 900 }, (_, i) => "`".repeat(1000 - i)).join("\n") + "\nx".repeat(size),
      0,
    ],
    "white space": ["{    ".repeat(size), 0],
    "many objects": ["{} ".repeat(size), size],
    "cut off": ["[".repeat(size) + " x " + "[1]", 1],
    "empty lines": ["\n".repeat(size), 0],
    "blank lines": [" \n".repeat(size), 0],
    "late backtick": ["x\n".repeat(size) + "`", 0],
    "code spans": ["`x` ".repeat(size), 0],
    labelled: ["a: b: c: ".repeat(size), 0],
    bold: ["**".repeat(size), 0],
    "nearly scalars": ["tru\n".repeat(size), 0],
  };
  for (const [name, [text, count]] of Object.entries(texts)) {
    assertEquals(all(text).length, count, name);
    assertEquals(countOf(jsonCandidates(text, { scalars: true })), count, name);
    firstJson(text);
    syntaxErrorOf(text);
    syntaxErrorOf(text, "an integer");
    soleJson(text);
  }
});

Deno.test("jsonCandidates() overflows no stack at what is nested deeply", () => {
  const deep = "[".repeat(1_000_000) + "]".repeat(1_000_000);
  for (const answer of [deep, `x ${deep}`, "```\n" + deep + "\n```", `{"a":${deep}`]) {
    for (const { text } of jsonCandidates(answer)) assertEquals(text, deep);
  }
});

const JUNK = [
  ..."{}[]\"'\\`~>:,-.\n\n\n \t\r",
  "```",
  "````",
  "```json\n",
  "~~~\n",
  "\n```\n",
  "\n> ",
  "\n- ",
  "\r\n",
  '{"a":',
  '["',
  '\\"',
  "\\u00",
  "word",
  "null",
  "-1e5",
  "\ufeff",
  "\ud83d\ude00",
  "\ud800",
  "\u0000",
  "//",
];

Deno.test("jsonCandidates() gives what parses and does not overlap, whatever the text", () => {
  const random = randomOf(50_077);
  const pick = <T>(from: readonly T[]) => from[Math.floor(random() * from.length)]!;
  let candidates = 0;
  let scalars = 0;
  for (let round = 0; round < 6_000; round++) {
    let id = 0;
    const value = () =>
      pick([
        `{"id":${++id}}`,
        `[${++id}, "\`\`\`]"]`,
        `{\n  "id": ["${++id}"]\n}`,
        `[{"k":${++id}}]`,
      ]);
    const tokens = Array.from(
      { length: Math.floor(random() * 40) },
      () => random() < 0.2 ? value() : pick(JUNK),
    );
    const answer = tokens.join("");
    const found = all(answer);
    candidates += found.length;
    for (const { text, value } of found) assertEquals(JSON.parse(text), value);
    assertApart(answer, found);
    if (found[0]?.place !== "prose") assertEquals(firstJson(answer), found[0]);
    const first = firstJson(answer);
    assert(first === undefined || found.some(({ text }) => text === first.text), answer);
    assert(soleJson(answer).ok || syntaxErrorOf(answer) !== "");
    const more = [...jsonCandidates(answer, { scalars: true })];
    assertEquals(more.slice(0, found.length), found, answer);
    for (const { text, value, place } of more.slice(found.length)) {
      assertEquals([JSON.parse(text), place], [value, "scalar"], answer);
      assert(typeof value !== "object" || value === null);
      scalars++;
    }
  }
  assert(candidates > 3_000, `only ${candidates}`);
  assert(scalars > 100, `only ${scalars}`);
});

/** Asserts that each candidate has a place of its own in the answer. */
function assertApart(answer: string, candidates: readonly JsonCandidate[]): void {
  // In a block quote, a text does not stand in one piece.
  if (answer.includes(">")) return;
  let rest = answer;
  for (const { text } of candidates.toSorted((a, b) => b.text.length - a.text.length)) {
    const at = rest.indexOf(text);
    assert(at >= 0, JSON.stringify({ answer, text }));
    rest = rest.slice(0, at) + "\u0001".repeat(text.length) + rest.slice(at + text.length);
  }
}
