import { parse, type ParseError, visit } from "jsonc-parser";
import { ConfigError } from "../../src/config/config.ts";
import { editText } from "../../src/config/edit_text.ts";
import { type ConfigValue, SETTINGS } from "../../src/config/keys.ts";
import { assert, assertEquals, assertRejects } from "../support/assert.ts";

/** Random numbers below a limit, the same ones for the same seed. */
function randoms(seed: number): (limit: number) => number {
  let state = seed * 2654435761 >>> 0 || 1;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}

/** Values, and objects of them. */
interface Sections {
  [name: string]: ConfigValue | Sections;
}

/** The object that holds a setting, made with those around it unless `make` is false. */
function holder(settings: Sections, key: string, make: boolean): [Sections | undefined, string] {
  const names = key.split(".");
  const name = names.pop()!;
  let object: Sections | undefined = settings;
  for (const each of names) {
    if (make) object![each] ??= {};
    object = object?.[each] as Sections | undefined;
  }
  return [object, name];
}

const keys = [...SETTINGS.keys()];
const VALUES: readonly ConfigValue[] = [
  true,
  false,
  7,
  4294967295,
  "",
  'a "b" \\',
  "// no /* ,}",
  "ü\n",
  [],
  ["a, // b", "]"],
];

/** Settings of a seed as a file full of comments, commas and odd layout. */
function oddFile(random: (limit: number) => number): { text: string; settings: Sections } {
  const newline = random(4) === 0 ? "\r\n" : "\n";
  let comments = 0;
  const gap = (): string => {
    const pieces: string[] = [];
    for (let left = random(4); left > 0; left--) {
      switch (random(5)) {
        case 0:
          pieces.push(`// c${comments++} "a": 1, }${newline}`);
          break;
        case 1:
          pieces.push(`/* c${comments++}, "b": {${random(2) ? newline : " "}*/`);
          break;
        case 2:
          pieces.push(newline + " ".repeat(random(6)));
          break;
        case 3:
          pieces.push("\t");
          break;
        default:
          pieces.push(" ");
      }
    }
    return pieces.join("");
  };
  const object = (members: string[]): string => {
    const trailing = members.length > 0 && random(2) ? `,${gap()}` : "";
    return `{${gap()}${members.join(`${gap()},${gap()}`)}${gap()}${trailing}}`;
  };
  const settings: Sections = {};
  for (const key of keys) {
    if (random(3) === 0) {
      const [object, name] = holder(settings, key, true);
      object![name] = VALUES[random(VALUES.length)]!;
    } else if (random(9) === 0) holder(settings, key, true);
  }
  const write = (body: Sections): string =>
    object(
      Object.entries(body).map(([name, value]) => {
        const isObject = typeof value === "object" && !Array.isArray(value);
        const text = isObject ? write(value as Sections) : JSON.stringify(value);
        return `"${name}"${gap()}:${gap()}${text}`;
      }),
    );
  const text = gap() + write(settings) + gap();
  return { text: (random(8) === 0 ? "\ufeff" : "") + text, settings };
}

function read(text: string): Sections {
  const errors: ParseError[] = [];
  const value = parse(text.replace(/^\ufeff/, " "), errors, { allowTrailingComma: true });
  assertEquals(errors, [], text);
  return value;
}

function comments(text: string): string[] {
  const found: string[] = [];
  visit(text.replace(/^\ufeff/, " "), {
    onComment: (offset, length) => void found.push(text.slice(offset, offset + length)),
  }, { disallowComments: false });
  return found;
}

Deno.test("editText changes one setting and keeps every comment, in 500 odd files", async () => {
  let edits = 0;
  for (let seed = 1; seed <= 500; seed++) {
    const random = randoms(seed);
    const { text: start, settings } = oddFile(random);
    let text = start;
    for (let step = 0; step < 4; step++) {
      const key = keys[random(keys.length)]!;
      const value = random(3) === 0 ? undefined : VALUES[random(VALUES.length)]!;
      const before = text;
      const [object, name] = holder(settings, key, value !== undefined);
      const wasList = Array.isArray(object?.[name]) && !Array.isArray(value);
      if (wasList && value !== undefined) {
        // What is no list stands in the place of none.
        await assertRejects(() => editText("zag.jsonc", text, key, value), ConfigError);
        continue;
      }
      text = await editText("zag.jsonc", text, key, value);
      const said = `seed ${seed}, ${key} = ${value}\n${before}\n--->\n${text}`;
      if (value === undefined) delete object?.[name];
      else object![name] = value;
      assertEquals(read(text), settings, said);
      assertEquals(comments(text), comments(before), said);
      if (before === text) continue;
      edits++;
      // The same edit again finds nothing to do.
      assertEquals(await editText("zag.jsonc", text, key, value), text, said);
    }
    assertEquals(text.startsWith("\ufeff"), start.startsWith("\ufeff"));
    if (!start.includes("\r")) assert(!text.includes("\r"), "no line ends of its own");
  }
  assert(edits > 1200, `${edits}`);
});

async function edited(text: string, key: string, value?: ConfigValue): Promise<string> {
  return await editText("zag.jsonc", text, key, value);
}

Deno.test("editText lays out what is new as what is there", async () => {
  const cases: [before: string, key: string, value: ConfigValue | undefined, after: string][] = [
    ["", "defaults.model", "x", '{\n  "defaults": {\n    "model": "x"\n  }\n}\n'],
    [
      "// mine\n",
      "defaults.max_turns",
      3,
      '// mine\n{\n  "defaults": {\n    "max_turns": 3\n  }\n}\n',
    ],
    ["{}", "defaults.model", "x", '{\n  "defaults": {\n    "model": "x"\n  }\n}'],
    ['{"defaults": {}}', "defaults.model", "x", '{"defaults": { "model": "x" }}'],
    ['{"a": {"b": 1}}', "a.c", 2, '{"a": {"b": 1, "c": 2}}'],
    ['{ "a": { "b": 1 } }', "a.c", 2, '{ "a": { "b": 1, "c": 2 } }'],
    ['{ "a": { "b": 1 } }', "d.e", 2, '{ "a": { "b": 1 }, "d": { "e": 2 } }'],
    ['{\n\t"a": {\n\t\t"b": 1\n\t}\n}', "a.c", 2, '{\n\t"a": {\n\t\t"b": 1,\n\t\t"c": 2\n\t}\n}'],
    [
      '{\n\t"a": {\n\t\t"b": 1\n\t}\n}',
      "d.e",
      2,
      '{\n\t"a": {\n\t\t"b": 1\n\t},\n\t"d": {\n\t\t"e": 2\n\t}\n}',
    ],
    // A comment on the same line goes on saying something about what it stood behind.
    [
      '{\n  "a": {\n    "b": 1 // one\n  }\n}',
      "a.c",
      2,
      '{\n  "a": {\n    "b": 1, // one\n    "c": 2\n  }\n}',
    ],
    [
      '{\n  "a": {\n    "b": 1, // one\n  }\n}',
      "a.c",
      2,
      '{\n  "a": {\n    "b": 1, // one\n    "c": 2,\n  }\n}',
    ],
    [
      '{\n  "a": {\n    // "b": 1\n  }\n}',
      "a.b",
      2,
      '{\n  "a": {\n    // "b": 1\n    "b": 2\n  }\n}',
    ],
    [
      '{\r\n  "a": {\r\n    "b": 1\r\n  }\r\n}',
      "a.c",
      2,
      '{\r\n  "a": {\r\n    "b": 1,\r\n    "c": 2\r\n  }\r\n}',
    ],
    ['{"a": {"b": 1, "c": 2}}', "a.b", 3, '{"a": {"b": 3, "c": 2}}'],
    [
      '{\n  "a": {\n    "b": 1,\n    "c": 2\n  }\n}',
      "a.b",
      undefined,
      '{\n  "a": {\n    "c": 2\n  }\n}',
    ],
    [
      '{\n  "a": {\n    "b": 1,\n    "c": 2\n  }\n}',
      "a.c",
      undefined,
      '{\n  "a": {\n    "b": 1\n  }\n}',
    ],
    [
      '{\n  "a": {\n    "b": 1, // one\n    "c": 2\n  }\n}',
      "a.b",
      undefined,
      '{\n  "a": {\n     // one\n    "c": 2\n  }\n}',
    ],
    ["{}", "a.b.c", 1, '{\n  "a": {\n    "b": {\n      "c": 1\n    }\n  }\n}'],
    ['{ "a": { "b": 1 } }', "a.c.d", 2, '{ "a": { "b": 1, "c": { "d": 2 } } }'],
    [
      '{\n  "a": {\n    "b": { "c": 1 } // one\n  }\n}',
      "a.d.c",
      ["x"],
      '{\n  "a": {\n    "b": { "c": 1 }, // one\n    "d": {\n      "c": ["x"]\n    }\n  }\n}',
    ],
    ['{"a": {"b": {"c": [1, 2]}}}', "a.b.c", ["x"], '{"a": {"b": {"c": ["x"]}}}'],
    ["{}", "a.b", undefined, "{}"],
    ['{"a": {}}', "a.b", undefined, '{"a": {}}'],
    ["// mine\n", "a.b", undefined, "// mine\n"],
  ];
  for (const [before, key, value, after] of cases) {
    assertEquals(await edited(before, key, value), after, JSON.stringify(before));
  }
});

Deno.test("editText changes the one of two equal names that counts", async () => {
  assertEquals(await edited('{"a": {"b": 1, "b": 2}}', "a.b", 3), '{"a": {"b": 1, "b": 3}}');
});

Deno.test("editText refuses what it would have to destroy, with its place", async () => {
  const cases: [string, string][] = [
    ['{"a": {"b": 1}', "1:15"],
    ['{\n  "a": 5\n}', "2:8"],
    ['{"a": {"b": [1, /* two */ 2]}}', "1:13"],
    ["[]", "1:1"],
    ["\n  oops", "2:3"],
    ['{"a": {"b": /* one */ {}}}', "1:23"],
  ];
  for (const [text, place] of cases) {
    const error = await assertRejects(() => edited(text, "a.b", 1), ConfigError);
    assertEquals(`${error.line}:${error.column}`, place, text);
  }
});
