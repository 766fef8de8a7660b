/**
 * A JSON Schema in the form that agents' CLIs take. They are given less than what was asked for:
 * some ignore a whole schema without a word when it has a keyword that they do not know. The answer
 * is checked against the full schema in any case.
 */
import { draftOf, guessDraft } from "../json/drafts.ts";
import { type Json, list, record } from "../providers/json.ts";

/** How a keyword is carried over: as it is, or as the schemas inside it. */
type Carry = "value" | "schema" | "list" | "map";

const KEYWORDS: Readonly<Record<string, Carry>> = {
  type: "value",
  enum: "value",
  const: "value",
  title: "value",
  description: "value",
  required: "value",
  pattern: "value",
  minimum: "value",
  maximum: "value",
  exclusiveMinimum: "value",
  exclusiveMaximum: "value",
  multipleOf: "value",
  minLength: "value",
  maxLength: "value",
  minItems: "value",
  maxItems: "value",
  uniqueItems: "value",
  minProperties: "value",
  maxProperties: "value",
  properties: "map",
  additionalProperties: "schema",
  items: "schema",
  not: "schema",
  anyOf: "list",
  oneOf: "list",
  allOf: "list",
};

/** What is left out although it says which values are right: without it more values are. */
const LEFT_OUT = new Set([
  "format",
  "if",
  "then",
  "else",
  "contains",
  "minContains",
  "maxContains",
  "patternProperties",
  "propertyNames",
  "prefixItems",
  "additionalItems",
  "dependencies",
  "dependentRequired",
  "dependentSchemas",
  "unevaluatedItems",
  "unevaluatedProperties",
  "$dynamicRef",
  "$recursiveRef",
]);

/** What a strict schema may hold besides; OpenAI's API refuses all other keywords. */
const STRICT = new Set([
  "type",
  "enum",
  "const",
  "title",
  "description",
  "required",
  "pattern",
  "minimum",
  "maximum",
  "exclusiveMinimum",
  "exclusiveMaximum",
  "multipleOf",
  "minItems",
  "maxItems",
  "properties",
  "additionalProperties",
  "items",
  "anyOf",
]);

/** References are written out, which may multiply a schema; more nodes than this are no use. */
const MAX_NODES = 2000;
const MAX_STRICT_DEPTH = 10;

/**
 * A copy of a schema that a CLI can be given: an object, without references and without keywords
 * that only some readers know. What is right by the schema is right by the copy as well: an agent
 * must not be held back from a right answer.
 *
 * @param kind `strict` for CLIs that take only closed objects with all properties required.
 * @returns Undefined when there is no such copy: the agent then has to be told in words.
 */
export function nativeSchema(schema: unknown, kind: "any" | "strict"): Json | undefined {
  const root = record(schema);
  if (root === undefined) return undefined;
  const copy = new Copier(root).copy();
  if (copy === undefined || copy.type !== "object") return undefined;
  return kind === "any" || isStrict(copy, 1) ? copy : undefined;
}

/** Copies one schema; what cannot be copied makes all of it impossible. */
class Copier {
  readonly #root: Json;
  /** In older drafts nothing counts that stands beside a reference. */
  readonly #referenceAlone: boolean;
  #nodes = 0;
  /** How many conditions were left out. */
  #lost = 0;
  #possible = true;

  constructor(root: Json) {
    this.#root = root;
    this.#referenceAlone = (draftOf(root.$schema) ?? guessDraft(root)) <= 7;
  }

  copy(): Json | undefined {
    const copy = record(this.#schema(this.#root, []));
    return this.#possible ? copy : undefined;
  }

  #schema(value: unknown, via: readonly string[]): unknown {
    if (typeof value === "boolean") return value;
    const schema = record(value);
    // A schema with an address of its own is where its inner references start from.
    const isApart = schema !== undefined && schema !== this.#root && "$id" in schema;
    if (schema === undefined || isApart || ++this.#nodes > MAX_NODES) {
      this.#possible = false;
      return undefined;
    }
    const { $ref } = schema;
    const copy: Json = {};
    for (const [keyword, inner] of Object.entries(schema)) {
      if ($ref !== undefined && this.#referenceAlone) break;
      if (LEFT_OUT.has(keyword)) this.#lost++;
      else if (Object.hasOwn(KEYWORDS, keyword)) this.#carry(copy, keyword, inner, schema, via);
    }
    return $ref === undefined ? copy : this.#withReference(String($ref), copy, via);
  }

  #carry(
    copy: Json,
    keyword: string,
    value: unknown,
    beside: Json,
    via: readonly string[],
  ): void {
    const lost = this.#lost;
    const carried = this.#carried(KEYWORDS[keyword]!, value, via);
    const isWeaker = this.#lost > lost;
    // What a keyword left out would have excepted must not be caught by its neighbour.
    const meansMore = (keyword === "additionalProperties" && "patternProperties" in beside) ||
      (keyword === "items" && "prefixItems" in beside) || (keyword === "not" && isWeaker);
    if (meansMore) this.#lost++;
    // Branches that have become weaker may all be right for the same value.
    else if (keyword === "oneOf" && isWeaker) {
      copy.allOf = [...list(copy.allOf), { anyOf: carried }];
    } else if (keyword === "allOf") copy.allOf = [...list(copy.allOf), ...list(carried)];
    else copy[keyword] = carried;
  }

  #carried(carry: Carry, value: unknown, via: readonly string[]): unknown {
    switch (carry) {
      case "value":
        return value;
      case "schema":
        return this.#inner(value, via);
      case "list":
        return list(value).map((item) => this.#schema(item, via));
      case "map":
        return this.#map(value, via);
    }
  }

  /** `items` may also be a list, in older drafts; what that means differs too much to pass on. */
  #inner(value: unknown, via: readonly string[]): unknown {
    if (Array.isArray(value)) this.#possible = false;
    return this.#schema(value, via);
  }

  #map(value: unknown, via: readonly string[]): Json {
    const entries = Object.entries(record(value) ?? {});
    return Object.fromEntries(entries.map(([name, inner]) => [name, this.#schema(inner, via)]));
  }

  #withReference(pointer: string, beside: Json, via: readonly string[]): unknown {
    const target = this.#resolve(pointer);
    // A schema that contains itself has no end when it is written out.
    if (target === undefined || via.includes(pointer)) {
      this.#possible = false;
      return undefined;
    }
    const copy = record(this.#schema(target, [...via, pointer]));
    if (copy === undefined) return copy;
    const describes = Object.keys(beside).every((name) => /^(title|description)$/.test(name));
    return describes ? { ...copy, ...beside } : { allOf: [copy, beside] };
  }

  #resolve(pointer: string): unknown {
    if (!pointer.startsWith("#")) return undefined;
    let target: unknown = this.#root;
    for (const step of pointer.slice(1).split("/").slice(1)) {
      const name = decodeStep(step);
      const holder = record(target);
      target = holder && Object.hasOwn(holder, name) ? holder[name] : undefined;
    }
    return target;
  }
}

function decodeStep(step: string): string {
  try {
    step = decodeURIComponent(step);
  } catch {
    // A name with a bare percent sign.
  }
  return step.replaceAll("~1", "/").replaceAll("~0", "~");
}

/** Whether OpenAI's API takes a schema in strict mode. */
function isStrict(value: unknown, depth: number): boolean {
  const schema = record(value);
  if (schema === undefined || depth > MAX_STRICT_DEPTH) return false;
  if (Object.keys(schema).some((keyword) => !STRICT.has(keyword))) return false;
  if (depth === 1 && (schema.anyOf !== undefined || schema.enum !== undefined)) return false;
  const types = Array.isArray(schema.type) ? schema.type : [schema.type];
  const isTyped = ["type", "anyOf", "enum", "const"].some((name) => schema[name] !== undefined);
  if (!isTyped || (types.includes("array") && schema.items === undefined)) return false;
  const properties = record(schema.properties) ?? {};
  if (types.includes("object")) {
    const required = new Set(list(schema.required));
    const names = Object.keys(properties);
    const closed = schema.additionalProperties === false;
    if (!closed || names.length !== required.size || names.some((name) => !required.has(name))) {
      return false;
    }
  }
  const inner = [...Object.values(properties), ...list(schema.anyOf)];
  if (schema.items !== undefined) inner.push(schema.items);
  return inner.every((item) => isStrict(item, depth + 1));
}
