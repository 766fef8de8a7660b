/** Says which number, string, boolean or null a schema asks for. */
import { isObject } from "./drafts.ts";
import { oneLine, withoutControls } from "../events/render/text.ts";

const NAMES: Readonly<Record<string, string>> = {
  integer: "an integer",
  number: "a number",
  string: "a string in double quotes",
  boolean: "true or false",
  null: "null",
};

/** So many values are named; of more than these, how many there are. */
const MOST_VALUES = 10;
const SHOWN_VALUE = 80;

/**
 * What a schema asks for whose root admits no object and no array, in words that follow "expected
 * is": `an integer`, `"red" or "blue"`. Only `const`, `enum` and `type` of the root are looked at;
 * undefined where these do not tell.
 */
export function wantedScalar(schema: unknown): string | undefined {
  if (!isObject(schema)) return undefined;
  const { const: only, enum: some, type } = schema;
  const values = only !== undefined ? [only] : Array.isArray(some) ? some : [];
  if (values.length > 0 && values.every((value) => typeof value !== "object" || value === null)) {
    return values.length > MOST_VALUES
      ? `one of the ${values.length} values of its "enum"`
      : either(values.map(shown));
  }
  const types = Array.isArray(type) ? type : [type];
  const names = types.map((name) => Object.hasOwn(NAMES, name) ? NAMES[name] : undefined);
  return names.length > 0 && names.every((name) => name !== undefined) ? either(names) : undefined;
}

function shown(value: unknown): string {
  return oneLine(withoutControls(JSON.stringify(value)), SHOWN_VALUE);
}

function either(names: readonly string[]): string {
  return [names.slice(0, -1).join(", "), ...names.slice(-1)].filter(Boolean).join(" or ");
}
