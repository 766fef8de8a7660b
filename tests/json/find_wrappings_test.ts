/** An answer wraps its JSON in many ways, and shows other JSON besides. */
import { firstJson, jsonCandidates } from "../../src/json/find_json.ts";
import { assert, assertEquals } from "../support/assert.ts";

/** Puts the wanted JSON and a decoy into an answer. `json` is compact where it is in a sentence. */
interface Wrapping {
  name: string;
  answer(json: string, decoy: string): string;
  /** The wanted value stands in prose just as the decoy does: only a schema tells them apart. */
  inProse?: true;
  /** Takes numbers, strings, booleans and null too. */
  scalars?: true;
  /** The JSON is on one line. */
  oneLine?: true;
}

const fence = (json: string, label = "json", marks = "```", end = marks) =>
  `${marks}${label}\n${json}\n${end}`;
const indented = (text: string, by: string) => text.split("\n").map((line) => by + line).join("\n");

const WRAPPINGS: readonly Wrapping[] = [
  {
    name: "a labelled block between two decoys",
    answer: (json, decoy) => `Not ${decoy} but:\n\n${fence(json)}\n\nSo ${decoy} is wrong.`,
    scalars: true,
  },
  {
    name: "a labelled block right after the text",
    answer: (json, decoy) => `It was ${decoy}:\n${fence(json, "JSON")}`,
    scalars: true,
  },
  {
    name: "a block with a title",
    answer: (json, decoy) => `${decoy} was old.\n${fence(json, ' json title="x"')}\n`,
    scalars: true,
  },
  {
    name: "tildes",
    answer: (json, decoy) => `Like ${decoy}\n${fence(json, "jsonc", "~~~")}\n${decoy} no.`,
    scalars: true,
  },
  {
    name: "a long fence, closed by a longer one",
    answer: (json, decoy) => `See ${decoy}.\n${fence(json, "json5", "`````", "```````  ")}\nDone.`,
    scalars: true,
  },
  {
    name: "a block that nothing closes",
    answer: (json, decoy) => `In place of ${decoy}:\n\`\`\`json\n${json}\n`,
    scalars: true,
  },
  {
    name: "a block without a label",
    answer: (json, decoy) => `Not ${decoy}:\n${fence(json, "")}\n${decoy} it is not.`,
  },
  {
    name: "a block with another label",
    answer: (json, decoy) => `Not ${decoy}:\n${fence(json, "javascript")}\nDone.`,
  },
  {
    name: "an indented block",
    answer: (json, decoy) => `Not ${decoy}:\n${indented(fence(json), "   ")}\nDone.`,
    scalars: true,
  },
  {
    name: "a block in a list item",
    answer: (json, decoy) =>
      `1. I looked at ${decoy}.\n2. The result:\n\n${indented(fence(json), "   ")}\n3. Done.`,
    scalars: true,
  },
  {
    name: "a block in a list in a list",
    answer: (json, decoy) =>
      `- Steps with ${decoy}\n    - The result:\n${indented(fence(json), "      ")}\n`,
    scalars: true,
  },
  {
    name: "a block that opens a list item",
    answer: (json, decoy) =>
      `- ${indented(fence(json), "  ").trimStart()}\n- and ${decoy} is nothing`,
    scalars: true,
  },
  {
    name: "a block in a block quote",
    answer: (json, decoy) => `Not ${decoy}:\n\n${indented(fence(json), "> ")}\nDone.`,
    scalars: true,
  },
  {
    name: "a block in two block quotes",
    answer: (json, decoy) => `Not ${decoy}:\n\n${indented(fence(json), "> >")}\n> Done.`,
    scalars: true,
  },
  {
    name: "a block in Markdown in a block",
    answer: (json, decoy) =>
      `${decoy} no.\n${fence(`# Result\n\n${fence(json)}\n`, "markdown", "````")}\nDone.`,
    scalars: true,
  },
  {
    name: "a block in a block with as long a fence",
    answer: (json, decoy) => `${decoy} no.\n${fence(`Result:\n${fence(json)}`, "md")}\nDone.`,
    scalars: true,
  },
  {
    name: "a block in a block of the other kind",
    answer: (json, decoy) => `${decoy}.\n${fence(fence(json, "json", "~~~"), "md")}\n${decoy}.`,
    scalars: true,
  },
  {
    name: "the last of several blocks",
    answer: (json, decoy) =>
      `Draft ${decoy}:\n${fence('{"draft":1}')}\nResult:\n${fence(json)}\nNot ${decoy}.`,
    scalars: true,
  },
  {
    name: "a labelled block before others",
    answer: (json, decoy) =>
      `${fence(json)}\nTo test ${decoy}:\n${fence("curl -d '{\"test\":1}'", "sh")}\n${
        fence("[1, 2]", "")
      }\n`,
    scalars: true,
  },
  {
    name: "a block after one that is broken",
    answer: (json, decoy) => `Not ${decoy}:\n${fence('{"id": 1,}')}\nbut:\n${fence(json)}\n`,
    scalars: true,
  },
  {
    name: "lines of its own",
    answer: (json, decoy) => `Not ${decoy}, but:\n\n${json}\n\nSo ${decoy} is wrong.`,
  },
  {
    name: "indented lines of its own, without blank lines",
    answer: (json, decoy) => `Not ${decoy}, but:\n${indented(json, "  ")} \t\nI hope that helps.`,
  },
  {
    name: "lines of its own at the start",
    answer: (json, decoy) => `${json}\nSo ${decoy} is wrong.`,
  },
  {
    name: "lines of its own at the end, after another object",
    answer: (json, decoy) => `Not ${decoy}:\n{"old": true}\n\n${json}`,
  },
  {
    name: "a block that holds more than JSON",
    answer: (json, decoy) => `Not ${decoy}:\n${fence(`// result\n${json}`)}\n${decoy} no.`,
  },
  {
    name: "a code span",
    answer: (json, decoy) => `Not \`${decoy}\`, it is \`${json}\`.`,
    inProse: true,
    oneLine: true,
  },
  {
    name: "a sentence, before the decoy",
    answer: (json, decoy) => `The result is ${json}, in place of ${decoy}.`,
    inProse: true,
  },
  {
    name: "a sentence, after the decoy",
    answer: (json, decoy) => `In place of ${decoy} the result is ${json}, "as asked".`,
    inProse: true,
  },
  {
    name: "tags and brackets",
    answer: (json, decoy) => `<answer a="{">(${json})</answer> [not ${decoy}]`,
    inProse: true,
  },
  {
    name: "a fence on one line",
    answer: (json, decoy) => `Not ${decoy}.\n\`\`\`json ${json} \`\`\`\n${decoy} no.`,
    inProse: true,
    oneLine: true,
  },
];

const DECOYS = [
  '{"id":"x","items":3}',
  '{"example":{"id":1}}',
  "[1, 2]",
  "[]",
  '{"id": 1, ...}',
  "{'id': 1, 'items': [2]}",
  '{"quote":"\\" ``` {"}',
  '[see "note]',
];

const tag = (value: unknown): boolean =>
  typeof value === "object" && value !== null && (value as { kind?: unknown }).kind === "wanted";

const OBJECTS = [
  { kind: "wanted" },
  { kind: "wanted", id: 1, items: [{ deep: [[], {}] }, "}", "]", '"', "\\"] },
  { kind: "wanted", text: '```json\n{"id":1}\n```\n~~~\n> \r\n' },
  { kind: "wanted", "```": '[1] {"a":2} é \ud83d\ude00 \u2028', none: null, size: -1.5e-7 },
];
const SCALARS = [42, "text with {} and ```", true, null];

interface Sample {
  value: unknown;
  json: string;
  validates(value: unknown): boolean;
}

function samples({ scalars, oneLine }: Wrapping): Sample[] {
  const objects = OBJECTS.flatMap((value) => [
    { value, json: JSON.stringify(value), validates: tag },
    ...(oneLine ? [] : [{ value, json: JSON.stringify(value, null, 2), validates: tag }]),
  ]).filter(({ json }) => !oneLine || !json.includes("`"));
  const simple = SCALARS.map((value) => ({
    value,
    json: JSON.stringify(value),
    validates: (found: unknown) => typeof found !== "object" || found === null,
  }));
  return [...objects, ...(scalars ? simple : [])];
}

const answers = new Set<string>();

for (const wrapping of WRAPPINGS) {
  Deno.test(`jsonCandidates() finds the JSON in ${wrapping.name}`, () => {
    for (const { value, json, validates } of samples(wrapping)) {
      for (const decoy of DECOYS) {
        const plain = wrapping.answer(json, decoy);
        for (const lines of [plain, plain.replaceAll("\n", "\r\n")]) {
          for (const answer of [lines, `\ufeff${lines}`, `\r\n ${"\n"}${lines}\n\n `]) {
            answers.add(answer);
            const found = jsonCandidates(answer).find(({ value }) => validates(value));
            assertEquals(found?.value, value, answer);
            if (wrapping.inProse) assertEquals(found?.place, "prose", answer);
            else assertEquals(firstJson(answer)?.value, value, answer);
          }
        }
      }
    }
  });
}

Deno.test("the wrappings are more than two hundred", () => {
  assert(answers.size > 200, `only ${answers.size}`);
});
