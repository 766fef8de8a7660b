/** Schemas and values made up at random: nothing but verdicts and refusals may come of them. */
import { DRAFT_IDS } from "../../src/json/drafts.ts";
import { compileSchema } from "../../src/json/schema.ts";
import { SchemaError } from "../../src/json/schema_error.ts";
import { loadSchema } from "../../src/json/schema_file.ts";
import { violationLines } from "../../src/json/violations.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { randomOf } from "../support/recordings.ts";
import { sizeOf } from "../support/size.ts";

const SCHEMAS = sizeOf("ZAG_TEST_SCHEMAS", 500);

const KEYWORDS = [
  "$anchor",
  "$defs",
  "$dynamicAnchor",
  "$dynamicRef",
  "$id",
  "$recursiveAnchor",
  "$recursiveRef",
  "$ref",
  "additionalItems",
  "additionalProperties",
  "allOf",
  "anyOf",
  "const",
  "contains",
  "definitions",
  "dependencies",
  "dependentRequired",
  "dependentSchemas",
  "else",
  "enum",
  "format",
  "if",
  "items",
  "maxContains",
  "minContains",
  "minimum",
  "minLength",
  "multipleOf",
  "not",
  "oneOf",
  "pattern",
  "patternProperties",
  "prefixItems",
  "properties",
  "propertyNames",
  "required",
  "then",
  "type",
  "unevaluatedItems",
  "unevaluatedProperties",
  "uniqueItems",
  "x-unknown",
];

const MAPS = /^(\$defs|definitions|dependencies|dependentSchemas|patternProperties|properties)$/;
const LISTS = /^(allOf|anyOf|oneOf|prefixItems)$/;
const WORDS = ["a", "b", "__proto__", "#", "#/", "#/$defs/a", "#a", "other.json", "\ud800", "a/~%"];

class Maker {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = randomOf(seed);
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[Math.floor(this.#random() * items.length)]!;
  }

  list<Item>(make: () => Item): Item[] {
    return Array.from({ length: Math.floor(this.#random() * 4) }, make);
  }

  map(make: () => unknown): Record<string, unknown> {
    return Object.fromEntries(this.list(() => [this.pick(WORDS), make()]));
  }

  value(depth = 0): unknown {
    const kinds = depth > 3 ? 5 : 7;
    switch (Math.floor(this.#random() * kinds)) {
      case 0:
        return null;
      case 1:
        return this.#random() < 0.5;
      case 2:
        return this.pick([0, 1, -1.5, 1e308, 3]);
      case 3:
      case 4:
        return this.pick(WORDS);
      case 5:
        return this.list(() => this.value(depth + 1));
      default:
        return this.map(() => this.value(depth + 1));
    }
  }

  schema(depth = 0): unknown {
    if (depth > 3 || this.#random() < 0.1) return this.#random() < 0.5;
    const entries = this.list(() => this.pick(KEYWORDS)).map((keyword) => [
      keyword,
      this.#keyword(keyword, depth + 1),
    ]);
    if (depth === 0 && this.#random() < 0.7) entries.push(["$schema", this.pick(DRAFT_IDS)]);
    return Object.fromEntries(entries);
  }

  #keyword(keyword: string, depth: number): unknown {
    // Now and then, what has no place there.
    if (this.#random() < 0.05) return this.value();
    if (MAPS.test(keyword)) return this.map(() => this.schema(depth));
    if (LISTS.test(keyword)) return [this.schema(depth), ...this.list(() => this.schema(depth))];
    if (keyword === "type") return this.pick(["object", "array", "string", "number", "null"]);
    if (keyword === "required") return ["a"];
    if (keyword === "dependentRequired") return { a: ["b"] };
    if (keyword === "enum") return this.list(() => this.value());
    if (keyword === "const") return this.value();
    if (/^(max|min|multiple)/.test(keyword)) return this.pick([1, 2]);
    if (keyword === "uniqueItems" || keyword === "$recursiveAnchor") return true;
    if (keyword === "$recursiveRef") return "#";
    if (/^\$.*Anchor|^\$anchor/i.test(keyword)) return this.pick(["a", "b"]);
    if (/^\$|format|pattern/.test(keyword)) return this.pick(WORDS);
    return this.schema(depth);
  }
}

Deno.test("compileSchema() has a verdict or a refusal for random schemas", async () => {
  let compiled = 0;
  let refused = 0;
  for (let seed = 1; seed <= SCHEMAS; seed++) {
    const make = new Maker(seed);
    const schema = make.schema();
    const text = JSON.stringify(schema);
    try {
      const { check } = await compileSchema(await loadSchema(text, "/nowhere"));
      compiled++;
      for (let i = 0; i < 10; i++) {
        const value = make.value();
        const found = check(value);
        const lines = violationLines(found);
        assertEquals(lines.length, Math.min(found.length, 21), text);
        assert(lines.every((line) => line !== "" && !line.includes("\n")), `${text}: ${lines}`);
        assertEquals(check(value), found, text);
      }
    } catch (error) {
      if (!(error instanceof SchemaError)) throw new Error(`${seed}: ${text}`, { cause: error });
      refused++;
    }
  }
  // Otherwise the schemas would be of one kind only.
  assert(compiled > 300 && refused > 100, `${compiled} ${refused}`);
});

Deno.test("loadSchema() gives random schemas in files the meaning they have in one", async () => {
  const cwd = await Deno.makeTempDir();
  let compared = 0;
  try {
    for (let seed = 1; seed <= SCHEMAS / 4; seed++) {
      const make = new Maker(seed);
      const $schema = make.pick(DRAFT_IDS);
      // The part resolves its references from its own root in both cases.
      const part = Object.assign({ $schema }, make.schema(1));
      const whole = {
        $schema,
        properties: { a: { $ref: "zag-test:part" } },
        definitions: { part: { ...part, $id: "zag-test:part" } },
      };
      await Deno.writeTextFile(`${cwd}/part.json`, JSON.stringify({ ...part, $id: undefined }));
      const split = { $schema, properties: { a: { $ref: "part.json" } } };
      let checks;
      try {
        checks = [
          await compileSchema(whole),
          await compileSchema(await loadSchema(JSON.stringify(split), cwd)),
        ];
      } catch (error) {
        if (error instanceof SchemaError) continue;
        throw error;
      }
      compared++;
      for (let i = 0; i < 10; i++) {
        const value = { a: make.value() };
        const [expected, found] = checks.map(({ check }) => check(value).length === 0);
        assertEquals(found, expected, `${seed}: ${JSON.stringify(part)} ${JSON.stringify(value)}`);
      }
    }
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
  assert(compared > 50, `${compared}`);
});
