/**
 * A JSON Schema in the form that agents' CLIs take. They are given less than what was asked for:
 * some ignore a whole schema without a word when it has a keyword that they do not know. The answer
 * is checked against the full schema in any case.
 */
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
 * that only some readers know.
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
  #nodes = 0;
  #possible = true;

  constructor(root: Json) {
    this.#root = root;
  }

  copy(): Json | undefined {
    const copy = record(this.#schema(this.#root, []));
    return this.#possible ? copy : undefined;
  }

  #schema(value: unknown, via: readonly string[]): unknown {
    if (typeof value === "boolean") return value;
    const schema = record(value);
    if (schema === undefined || ++this.#nodes > MAX_NODES) {
      this.#possible = false;
      return undefined;
    }
    const copy: Json = {};
    for (const [keyword, inner] of Object.entries(schema)) {
      const carry = Object.hasOwn(KEYWORDS, keyword) ? KEYWORDS[keyword] : undefined;
      if (carry === "value") copy[keyword] = inner;
      else if (carry === "schema") copy[keyword] = this.#inner(inner, via);
      else if (carry === "list") copy[keyword] = list(inner).map((item) => this.#schema(item, via));
      else if (carry === "map") copy[keyword] = this.#map(inner, via);
    }
    return schema.$ref === undefined ? copy : this.#withReference(String(schema.$ref), copy, via);
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
