/**
 * `unevaluatedItems` and `unevaluatedProperties`, instead of ajv's own: those take what a failed
 * `if` looked at for evaluated, and all items where there is a `contains`.
 */
import type { Ajv, ErrorObject, SchemaValidateFunction } from "ajv";
import { isObject, type JsonObject } from "./drafts.ts";
import { patternRegExp } from "./reg_exp.ts";

/** Whether a value matches a schema inside of the schema that is compiled. */
export type Matches = (schema: unknown, value: unknown) => boolean;

/** What gives the schema, and the means to look into it. */
export interface Compiled {
  /** The schema a `$ref` points to. */
  target(pointer: string): unknown;
  matches: Matches;
  /** The errors of the last value that did not match. */
  errors(): readonly ErrorObject[];
}

/** Which drafts' meaning `contains` has is decided where the schema is rewritten. */
export const SILENT_CONTAINS = "containsSilently";

/** Replaces both keywords in an instance of ajv that compiles one schema. */
export function addUnevaluated(ajv: Ajv, compiled: Compiled): void {
  const add = (keyword: string, type: "array" | "object", evaluated: Evaluated) => {
    ajv.removeKeyword(keyword);
    ajv.addKeyword({
      keyword,
      type,
      schemaType: ["object", "boolean"],
      errors: "full",
      validate: makeCheck(keyword, evaluated, compiled),
    });
  };
  add("unevaluatedItems", "array", evaluatedItems);
  add("unevaluatedProperties", "object", evaluatedProperties);
}

/** Names or indices that a schema looks at by itself, without the schemas applied in place. */
type Evaluated = (
  schema: JsonObject,
  value: unknown,
  compiled: Compiled,
) => Iterable<string> | "all";

function makeCheck(
  keyword: string,
  evaluated: Evaluated,
  compiled: Compiled,
): SchemaValidateFunction {
  const check: SchemaValidateFunction = (
    schema: unknown,
    value: unknown,
    parent?: unknown,
    context?: { instancePath: string },
  ) => {
    const { [keyword]: _, ...others } = parent as JsonObject;
    const seen = new Evaluation(evaluated, keyword, compiled, value).of(others);
    const path = context?.instancePath ?? "";
    const rest = seen === undefined
      ? []
      : Object.entries(value as JsonObject).filter(([name]) => !seen.has(name));
    const errors = rest.flatMap(([name, item]): Partial<ErrorObject>[] => {
      if (compiled.matches(schema, item)) return [];
      const step = `${path}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
      if (schema !== false) {
        return compiled.errors().map((error) => {
          const inner = { ...error, instancePath: step + error.instancePath };
          return { ...inner, params: { inner } };
        });
      }
      const params = keyword === "unevaluatedItems"
        ? { unevaluatedItem: Number(name) }
        : { unevaluatedProperty: name };
      return [{ keyword, params, instancePath: path, message: "must not have more than is known" }];
    });
    check.errors = errors;
    return errors.length === 0;
  };
  return check;
}

/** What of one value is evaluated. */
class Evaluation {
  readonly #evaluated: Evaluated;
  readonly #keyword: string;
  readonly #compiled: Compiled;
  readonly #value: unknown;
  /** References that are being followed: one that leads back to itself adds nothing. */
  readonly #followed = new Set<unknown>();

  constructor(evaluated: Evaluated, keyword: string, compiled: Compiled, value: unknown) {
    this.#evaluated = evaluated;
    this.#keyword = keyword;
    this.#compiled = compiled;
    this.#value = value;
  }

  /** By a schema that the value matches; undefined when that is everything. */
  of(schema: unknown): Set<string> | undefined {
    if (!isObject(schema) || this.#followed.has(schema)) return new Set();
    if (schema[this.#keyword] !== undefined) return undefined;
    this.#followed.add(schema);
    const own = this.#evaluated(schema, this.#value, this.#compiled);
    if (own === "all") return undefined;
    const all = new Set(own);
    for (const inPlace of this.#inPlace(schema)) {
      const more = this.of(inPlace);
      if (more === undefined) return undefined;
      for (const name of more) all.add(name);
    }
    this.#followed.delete(schema);
    return all;
  }

  /** The schemas that are applied to the same value, and that it matches. */
  #inPlace(schema: JsonObject): unknown[] {
    const { matches, target } = this.#compiled;
    const value = this.#value;
    const matching = (list: unknown) =>
      Array.isArray(list) ? list.filter((branch) => matches(branch, value)) : [];
    const found = [...matching(schema.allOf), ...matching(schema.anyOf), ...matching(schema.oneOf)];
    if (typeof schema.$ref === "string") found.push(target(schema.$ref));
    if (schema.if !== undefined) {
      const branch = matches(schema.if, value) ? [schema.if, schema.then] : [schema.else];
      found.push(...branch.filter((part) => part !== undefined));
    }
    for (const keyword of ["dependentSchemas", "dependencies"]) {
      const dependent = schema[keyword];
      if (!isObject(dependent) || !isObject(value)) continue;
      found.push(
        ...Object.keys(dependent).filter((name) => Object.hasOwn(value, name))
          .map((name) => dependent[name]),
      );
    }
    return found;
  }
}

const evaluatedItems: Evaluated = (schema, value, { matches }) => {
  if (schema.items !== undefined) return "all";
  const items = value as unknown[];
  const first = Array.isArray(schema.prefixItems) ? schema.prefixItems.length : 0;
  const contains = schema[SILENT_CONTAINS] === true ? undefined : schema.contains;
  return items.flatMap((item, i) =>
    i < first || (contains !== undefined && matches(contains, item)) ? [String(i)] : []
  );
};

const evaluatedProperties: Evaluated = (schema, value) => {
  if (schema.additionalProperties !== undefined) return "all";
  const properties = isObject(schema.properties) ? schema.properties : {};
  const patterns = isObject(schema.patternProperties) ? Object.keys(schema.patternProperties) : [];
  return Object.keys(value as object).filter((name) =>
    Object.hasOwn(properties, name) || patterns.some((pattern) => patternRegExp(pattern).test(name))
  );
};
