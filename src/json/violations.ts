/** What is wrong with a value, in words that help whoever must correct it. */
import type { ErrorObject } from "ajv";
import { oneLine, withoutControls } from "../events/render/text.ts";
import { sortBranches, type SortedError } from "./branches.ts";

/** One thing that is wrong with a value. */
export interface Violation {
  /** Where, as a JSON pointer; empty for the value as a whole. */
  path: string;
  /**
   * The keyword of the schema that is violated; `depth` when the value is too deep to be checked,
   * `time` when that takes too long.
   */
  rule: string;
  /** What is wrong, without its place: `must be string`. */
  message: string;
  /** What stands there. */
  value: unknown;
}

/** How much is shown of a value, in characters. */
const SHOWN_VALUE = 80;
/** How much is shown of all that would be allowed. */
const SHOWN_CHOICES = 200;
/** How much is shown of a path. */
const SHOWN_PATH = 200;

/**
 * The violations that a function compiled by ajv found, without those that say nothing new.
 *
 * @param errors Made with `verbose`.
 * @param root The schema that was compiled.
 */
export function violations(errors: readonly ErrorObject[], root: unknown): Violation[] {
  const found = new Map<string, Violation>();
  for (const sorted of sortBranches(errors.map(original), root)) {
    const { instancePath: path, keyword: rule, data: value } = sorted.error;
    const violation = { path, rule, message: messageOf(sorted), value };
    const key = JSON.stringify([path, rule, violation.message]);
    if (!found.has(key)) found.set(key, violation);
  }
  return [...found.values()];
}

/** A violation in one line: `/list/0: must be string (type), got 7`. */
export function violationText({ path, rule, message, value }: Violation): string {
  const where = path === "" ? "the value" : oneLine(withoutControls(path), SHOWN_PATH);
  const text = `${where}: ${message} (${rule})`;
  return withoutControls(NAMED.has(rule) ? text : `${text}, got ${shown(value, SHOWN_VALUE)}`);
}

/** Violations in one line each, and how many more there are. */
export function violationLines(list: readonly Violation[], most = 20): string[] {
  const lines = list.slice(0, most).map(violationText);
  return list.length > most ? [...lines, `and ${list.length - most} more`] : lines;
}

/** Rules whose message names the property that matters; the object around it would only hide that. */
const NAMED = new Set([
  "additionalProperties",
  "dependencies",
  "dependentRequired",
  "required",
  "unevaluatedProperties",
]);

/** ajv writes over parts of the errors that a keyword of ours hands on. */
function original(error: ErrorObject): ErrorObject {
  const { inner } = error.params as { inner?: ErrorObject };
  return inner === undefined ? error : original(inner);
}

function messageOf({ error, nearest, types, choices: values }: SortedError): string {
  const { keyword, propertyName, params, schema } = error;
  const subject = propertyName === undefined
    ? ""
    : `has the property name ${quoted(propertyName)}, which `;
  const name = (value: unknown) => `the property ${quoted(String(value))}`;
  const many = Array.isArray(schema) ? schema.length : 0;
  switch (keyword) {
    case "type":
      return `${subject}must be ${[schema].flat().join(" or ")}`;
    case "required":
      return `must have ${name(params.missingProperty)}`;
    case "additionalProperties":
      return `must not have ${name(params.additionalProperty)}`;
    case "unevaluatedProperties":
      return `must not have ${name(params.unevaluatedProperty)}`;
    case "dependencies":
    case "dependentRequired":
      return `must have ${name(params.missingProperty)} because it has ${name(params.property)}`;
    case "enum":
      return `${subject}must be one of ${choices(schema)}`;
    case "const":
      return `${subject}must be ${shown(schema, SHOWN_CHOICES)}`;
    case "false schema":
      return `${subject}is not allowed`;
    case "not":
      return `${subject}must not be as the schema in "not" says`;
    case "multipleOf":
      return `must be a multiple of ${shown(schema, SHOWN_VALUE)}`;
    case "uniqueItems":
      return `must not have the same item twice (${both(params.i, params.j)})`;
    case "pattern":
      return `${subject}must match the pattern ${quoted(String(schema))}`;
    case "format":
      return `${subject}must be in the format ${quoted(String(schema))}`;
    case "anyOf":
    case "oneOf":
      if (params.passingSchemas) {
        const [first, second] = params.passingSchemas.map((index: number) => index + 1);
        return `must match only one of ${many} forms, and matches ${first} and ${second}`;
      }
      if (types) return `must be ${types.join(" or ")}`;
      if (values) return `must be one of ${choices(values)}`;
      return `matches none of ${many} forms` + (nearest ? `; the nearest is form ${nearest}` : "");
    case "contains":
      return `must contain ${containsCount(params)} that "contains" describes`;
    default:
      return subject + plainMessage(error.message ?? "is wrong");
  }
}

function plainMessage(message: string): string {
  return message.replace("must NOT have fewer than", "must have at least")
    .replace("must NOT have more than", "must have at most").replaceAll("NOT", "not");
}

function containsCount({ minContains, maxContains }: ErrorObject["params"]): string {
  const least = `at least ${minContains}`;
  return maxContains === undefined
    ? `${least} ${minContains === 1 ? "item" : "items"}`
    : `${least} and at most ${maxContains} items`;
}

function both(i: number, j: number): string {
  return `items ${Math.min(i, j)} and ${Math.max(i, j)}`;
}

function quoted(text: string): string {
  return oneLine(JSON.stringify(text), SHOWN_VALUE);
}

function choices(schema: unknown): string {
  const list = Array.isArray(schema) ? schema : [];
  return oneLine(
    list.slice(0, SHOWN_CHOICES).map((value) => shown(value, SHOWN_VALUE)).join(", "),
    SHOWN_CHOICES,
  );
}

/** The JSON of a value, cut to a number of characters. */
function shown(value: unknown, limit: number): string {
  // An emoji of many parts may take 32 units, and only as much as is shown is written.
  return oneLine(jsonStart(value, limit * 32), limit);
}

/** The first part of a value's JSON; takes no longer for values that are large or deep. */
function jsonStart(value: unknown, limit: number): string {
  let text = "";
  const write = (value: unknown): void => {
    if (text.length > limit) return;
    if (typeof value === "string") text += JSON.stringify(value.slice(0, limit + 1));
    else if (typeof value !== "object" || value === null) text += String(JSON.stringify(value));
    else if (Array.isArray(value)) {
      text += "[";
      for (const [i, item] of value.entries()) {
        if (text.length > limit) return;
        if (i > 0) text += ",";
        write(item);
      }
      text += "]";
    } else {
      text += "{";
      let first = true;
      for (const key in value) {
        if (text.length > limit) return;
        text += `${first ? "" : ","}${JSON.stringify(key.slice(0, limit + 1))}:`;
        first = false;
        write((value as Record<string, unknown>)[key]);
      }
      text += "}";
    }
  };
  write(value);
  return text;
}
