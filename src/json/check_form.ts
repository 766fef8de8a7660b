/** The form of a schema that ajv compiles: draft 2020-12, with nothing but what it must check. */
import { type Draft, holds, type JsonObject } from "./drafts.ts";
import { SILENT_CONTAINS } from "./unevaluated.ts";

/** Where a schema of this form is; its references are in full, so that its parts can be compiled. */
export const FORM_URI = "zag:schema";

/** Keywords that check a value and hold no schema, with the draft that brought them. */
const CHECKS: Readonly<Record<string, Draft>> = {
  const: 6,
  dependentRequired: 2019,
  enum: 6,
  exclusiveMaximum: 6,
  exclusiveMinimum: 6,
  format: 6,
  maxContains: 2019,
  maximum: 6,
  maxItems: 6,
  maxLength: 6,
  maxProperties: 6,
  minContains: 2019,
  minimum: 6,
  minItems: 6,
  minLength: 6,
  minProperties: 6,
  multipleOf: 6,
  pattern: 6,
  required: 6,
  type: 6,
  uniqueItems: 6,
};

/**
 * Rewrites one schema, whose inner schemas were rewritten already.
 *
 * @param draft The draft in which it was written: what that does not know is dropped.
 */
export function checkForm(schema: JsonObject, draft: Draft): JsonObject {
  const form: JsonObject = {};
  for (const [keyword, value] of Object.entries(schema)) {
    const since = Object.hasOwn(CHECKS, keyword) ? CHECKS[keyword] : undefined;
    const kept = keyword === "$ref" || (since !== undefined && draft >= since) ||
      holds(keyword, value, draft) !== undefined;
    if (kept && keyword !== "contentSchema") form[keyword] = value;
  }
  if (draft <= 2019) {
    const rest = form.additionalItems;
    delete form.additionalItems;
    if (Array.isArray(form.items)) {
      if (form.items.length > 0) form.prefixItems = form.items;
      delete form.items;
      if (rest !== undefined) form.items = rest;
    }
  }
  if (Array.isArray(form.enum) && form.enum.length === 0) {
    delete form.enum;
    form.allOf = [...(form.allOf as unknown[] | undefined ?? []), false];
  }
  // Before 2020-12 an item that `contains` found was still unevaluated.
  if (draft === 2019 && form.contains !== undefined) form[SILENT_CONTAINS] = true;
  return withPlainNames(form);
}

/**
 * ajv passes over the property `__proto__`, and cannot compile a name that is no Unicode text. A
 * pattern does the same work.
 */
function withPlainNames(form: JsonObject): JsonObject {
  const properties = Object.entries((form.properties ?? {}) as JsonObject);
  const isOdd = (name: string) => name === "__proto__" || !name.isWellFormed();
  if (!properties.some(([name]) => isOdd(name))) return form;
  const patterns = new Map(Object.entries((form.patternProperties ?? {}) as JsonObject));
  for (const [name, schema] of properties.filter(([name]) => isOdd(name))) {
    const pattern = `^${name.replace(/\W/g, escaped)}$`;
    const other = patterns.get(pattern);
    patterns.set(pattern, other === undefined ? schema : { allOf: [schema, other] });
  }
  return {
    ...form,
    properties: Object.fromEntries(properties.filter(([name]) => !isOdd(name))),
    patternProperties: Object.fromEntries(patterns),
  };
}

function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
