/** Walking a JSON Schema: every schema inside it, with the way that leads there. */

import { type Json, list, record } from "../../../src/providers/json.ts";

/** A schema inside another one. */
export interface Subschema {
  readonly schema: Json;
  /** Keywords, property names and indices from the root; empty at the root. */
  readonly path: readonly string[];
}

/** The schema itself, then those of its properties, items, alternatives and definitions. */
export function* subschemas(schema: Json, path: readonly string[] = []): Generator<Subschema> {
  yield { schema, path };
  for (const keyword of ["properties", "$defs", "definitions"]) {
    for (const [name, inner] of Object.entries(record(schema[keyword]) ?? {})) {
      yield* walk(inner, [...path, keyword, name]);
    }
  }
  yield* walk(schema.items, [...path, "items"]);
  for (const keyword of ["anyOf", "oneOf", "allOf"]) {
    for (const [index, inner] of list(schema[keyword]).entries()) {
      yield* walk(inner, [...path, keyword, String(index)]);
    }
  }
}

function* walk(value: unknown, path: readonly string[]): Generator<Subschema> {
  const schema = record(value);
  if (schema !== undefined) yield* subschemas(schema, path);
}
