/** Finds keywords of a schema that were mistyped: no rule of JSON Schema forbids unknown ones. */
// @ts-types="../std_text.d.ts"
import { levenshteinDistance } from "@std/text/levenshtein-distance";
import { oneLine, withoutControls } from "../events/render/text.ts";
import { inner, isObject } from "./drafts.ts";
import { pointerStep } from "./schema_resources.ts";

/** A key of a schema that means nothing and resembles one that does. */
export interface MisspeltKeyword {
  /** The JSON pointer of the schema it stands in; empty for the root. */
  path: string;
  keyword: string;
  /** The keyword that was probably meant. */
  meant: string;
}

/** What may have been meant: the drafts from 6 on, and OpenAPI. */
const KEYWORDS: readonly string[] = [
  ...["$anchor", "$comment", "$defs", "$dynamicAnchor", "$dynamicRef", "$id", "$recursiveAnchor"],
  ...["$recursiveRef", "$ref", "$schema", "$vocabulary", "additionalItems", "additionalProperties"],
  ...["allOf", "anyOf", "const", "contains", "contentEncoding", "contentMediaType"],
  ...["contentSchema", "default", "definitions", "dependencies", "dependentRequired"],
  ...["dependentSchemas", "deprecated", "description", "discriminator", "else", "enum", "example"],
  ...["examples", "exclusiveMaximum", "exclusiveMinimum", "externalDocs", "format", "if", "items"],
  ...["maxContains", "maxItems", "maxLength", "maxProperties", "maximum", "minContains"],
  ...["minItems", "minLength", "minProperties", "minimum", "multipleOf", "not", "nullable"],
  ...["oneOf", "pattern", "patternProperties", "prefixItems", "properties", "propertyNames"],
  ...["readOnly", "required", "then", "title", "type", "unevaluatedItems"],
  ...["unevaluatedProperties", "uniqueItems", "writeOnly", "xml"],
];

/** Older drafts, hyper-schemas, and what editors, generators and ajv's plugins have added. */
const OTHERS: readonly string[] = [
  ...["base", "disallow", "divisibleBy", "extends", "fragmentResolution", "id", "links", "media"],
  ...["pathStart", "propertyDependencies", "enumNames", "enumDescriptions", "errorMessage"],
  ...["formatExclusiveMaximum", "formatExclusiveMinimum", "formatMaximum", "formatMinimum"],
  ...["instanceof", "typeof", "patternRequired", "uniqueItemProperties", "propertyOrder"],
];

const KNOWN: ReadonlySet<string> = new Set([...KEYWORDS, ...OTHERS]);

/**
 * The mistyped keywords of a schema and the schemas inside of it, in their order. Keys that resemble
 * no keyword are remarks, and fine; so are those that begin with `x-` or with neither a letter nor `$`.
 *
 * @param schema Any value; only objects have keywords.
 */
export function misspeltKeywords(schema: unknown): MisspeltKeyword[] {
  const found: MisspeltKeyword[] = [];
  const guesses = new Map<string, string | undefined>();
  const stack: [unknown, string][] = [[schema, ""]];
  for (let next = stack.pop(); next; next = stack.pop()) {
    const [node, path] = next;
    if (!isObject(node)) continue;
    const children: [unknown, string][] = [];
    for (const [keyword, value] of Object.entries(node)) {
      // Each draft's reading counts: what holds a schema in one of them was meant as one.
      const isOld = keyword === "additionalItems" || (keyword === "items" && Array.isArray(value));
      for (const [child, ...steps] of inner(keyword, value, isOld ? 2019 : 2020)) {
        children.push([child, path + steps.map(pointerStep).join("")]);
      }
      if (!guesses.has(keyword)) guesses.set(keyword, meantBy(keyword));
      const meant = guesses.get(keyword);
      if (meant !== undefined) found.push({ path, keyword, meant });
    }
    stack.push(...children.reverse());
  }
  return found;
}

/** So many are told; further ones are counted. */
const MOST_WARNINGS = 20;
const SHOWN_PATH = 200;

/** A line for each mistyped keyword: `the schema has "itmes" at /: did you mean "items"?`. */
export function keywordWarnings(schema: unknown): string[] {
  const found = misspeltKeywords(schema);
  const lines = found.slice(0, MOST_WARNINGS).map(({ path, keyword, meant }) => {
    const place = oneLine(withoutControls(path || "/"), SHOWN_PATH);
    return `the schema has ${JSON.stringify(keyword)} at ${place}: did you mean "${meant}"?`;
  });
  const more = found.length - lines.length;
  return more > 0 ? [...lines, `the schema has ${more} more keywords like these`] : lines;
}

/** Keywords of fewer letters resemble too many words. */
const SHORT = 4;

function meantBy(key: string): string | undefined {
  if (KNOWN.has(key) || !/^[a-z$]/i.test(key) || /^x-/i.test(key)) return undefined;
  const limit = Math.min(3, Math.max(1, Math.floor(key.length / 4)));
  let best = limit + 1;
  let meant: string | undefined;
  for (const keyword of KEYWORDS) {
    if (Math.abs(keyword.length - key.length) > limit) continue;
    const [typed, wanted] = [key.toLowerCase(), keyword.toLowerCase()];
    // "note" and "in" are words of their own, and no mistyped "not" and "if".
    if (keyword.length < SHORT && sorted(typed) !== sorted(wanted)) continue;
    const distance = mistakes(typed, wanted);
    if (distance < best) {
      best = distance;
      meant = keyword;
    }
  }
  return meant;
}

/** Two letters in the wrong order count as one mistake. */
function mistakes(word: string, keyword: string): number {
  const distance = levenshteinDistance(word, keyword);
  return distance === 2 && sorted(word) === sorted(keyword) ? 1 : distance;
}

function sorted(word: string): string {
  return [...word].sort().join("");
}
