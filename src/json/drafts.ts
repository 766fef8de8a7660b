/** The drafts of JSON Schema that zag knows, and where each keeps schemas inside of a schema. */

/** A draft by the year or number that is in its name; they compare in order of age. */
export type Draft = 6 | 7 | 2019 | 2020;

const IDS: readonly [Draft, string][] = [
  [2020, "https://json-schema.org/draft/2020-12/schema"],
  [2019, "https://json-schema.org/draft/2019-09/schema"],
  [7, "http://json-schema.org/draft-07/schema#"],
  [6, "http://json-schema.org/draft-06/schema#"],
];

/** The values of `$schema` that are supported, newest first. */
export const DRAFT_IDS: readonly string[] = IDS.map(([, id]) => id);

/** The `$schema` of a draft. */
export function draftId(draft: Draft): string {
  return IDS.find(([known]) => known === draft)![1];
}

/** The draft that a `$schema` names; `https` and an empty fragment make no difference. */
export function draftOf($schema: unknown): Draft | undefined {
  if (typeof $schema !== "string") return undefined;
  const plain = (id: string) => id.replace(/^https?:/, "").replace(/#$/, "");
  return IDS.find(([, id]) => plain(id) === plain($schema))?.[0];
}

/** Whether this is the address of a draft's own schema, or of a part of it. */
export function isMetaschema(uri: string): boolean {
  return draftOf(uri) !== undefined ||
    /^https:\/\/json-schema\.org\/draft\/(2019-09|2020-12)\/meta\/[\w-]+$/.test(uri);
}

/** An object that was JSON. */
export type JsonObject = Record<string, unknown>;

/** Whether a value is an object and no array. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** How a keyword holds schemas: one, a list, or by name. */
export type Holds = "schema" | "list" | "map";

const HOLDS: Readonly<Record<string, { holds: Holds; since: Draft; until?: Draft }>> = {
  additionalItems: { holds: "schema", since: 6, until: 2019 },
  additionalProperties: { holds: "schema", since: 6 },
  allOf: { holds: "list", since: 6 },
  anyOf: { holds: "list", since: 6 },
  contains: { holds: "schema", since: 6 },
  contentSchema: { holds: "schema", since: 2019 },
  definitions: { holds: "map", since: 6 },
  $defs: { holds: "map", since: 2019 },
  dependencies: { holds: "map", since: 6 },
  dependentSchemas: { holds: "map", since: 2019 },
  else: { holds: "schema", since: 7 },
  if: { holds: "schema", since: 7 },
  items: { holds: "schema", since: 6 },
  not: { holds: "schema", since: 6 },
  oneOf: { holds: "list", since: 6 },
  patternProperties: { holds: "map", since: 6 },
  prefixItems: { holds: "list", since: 2020 },
  properties: { holds: "map", since: 6 },
  propertyNames: { holds: "schema", since: 6 },
  then: { holds: "schema", since: 7 },
  unevaluatedItems: { holds: "schema", since: 2019 },
  unevaluatedProperties: { holds: "schema", since: 2019 },
};

/** How a keyword's value holds schemas in a draft; undefined if it holds none. */
export function holds(keyword: string, value: unknown, draft: Draft): Holds | undefined {
  const known = Object.hasOwn(HOLDS, keyword) ? HOLDS[keyword] : undefined;
  if (known === undefined || draft < known.since || draft > (known.until ?? 2020)) return undefined;
  return keyword === "items" && Array.isArray(value) && draft <= 2019 ? "list" : known.holds;
}

/** A schema inside of a keyword, and the steps from the keyword's schema to it. */
export type Inner = readonly [value: unknown, ...steps: (string | number)[]];

/** The schemas that stand directly in one keyword of a schema. */
export function inner(keyword: string, value: unknown, draft: Draft): Inner[] {
  const kind = holds(keyword, value, draft);
  if (kind === "schema") return [[value, keyword]];
  if (kind === "list" && Array.isArray(value)) return value.map((item, i) => [item, keyword, i]);
  if (kind !== "map" || !isObject(value)) return [];
  return Object.entries(value).map(([name, item]) => [item, keyword, name]);
}

/** Whether in a schema of this draft all that stands beside `$ref` means nothing. */
export function isOnlyRef(schema: JsonObject, draft: Draft): boolean {
  return draft <= 7 && typeof schema.$ref === "string";
}

const IN_2020 = ["prefixItems", "$dynamicRef", "$dynamicAnchor"];
const IN_2019 = [
  "$anchor",
  "dependentRequired",
  "dependentSchemas",
  "maxContains",
  "minContains",
  "unevaluatedItems",
  "unevaluatedProperties",
];

/**
 * The draft of a schema that names none: 2020-12, unless it uses what only an older one knows.
 * Lists in `items`, `additionalItems` and `dependencies` mean draft 7, or 2019-09 together with a
 * keyword that is newer than draft 7; `$recursiveRef` means 2019-09.
 */
export function guessDraft(schema: unknown): Draft {
  const used = new Set<string>();
  const queue = [schema];
  while (queue.length > 0) {
    const node = queue.pop();
    if (!isObject(node)) continue;
    for (const [keyword, value] of Object.entries(node)) {
      const isList = keyword === "items" && Array.isArray(value);
      used.add(isList ? "items[]" : keyword);
      // Its draft is what is looked for, so every reading of a keyword counts.
      const draft = isList || keyword === "additionalItems" ? 2019 : 2020;
      queue.push(...inner(keyword, value, draft).map(([child]) => child));
    }
  }
  const uses = (...keywords: string[]) => keywords.some((keyword) => used.has(keyword));
  if (uses(...IN_2020)) return 2020;
  if (uses("$recursiveRef", "$recursiveAnchor")) return 2019;
  if (!uses("items[]", "additionalItems", "dependencies")) return 2020;
  return uses(...IN_2019) ? 2019 : 7;
}
