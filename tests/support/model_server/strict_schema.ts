/**
 * The subset of JSON Schema that OpenAI enforces with `strict: true`: an object at the root, every
 * object closed and all its properties required, no keyword that the decoder cannot follow.
 *
 * @module
 */

import { type Json, list, record, str } from "../../../src/providers/json.ts";
import { type Subschema, subschemas } from "./json_schema.ts";

const NOT_PERMITTED = [
  "allOf",
  "contains",
  "default",
  "dependentRequired",
  "dependentSchemas",
  "else",
  "if",
  "maxContains",
  "maxLength",
  "maxProperties",
  "minContains",
  "minLength",
  "minProperties",
  "not",
  "oneOf",
  "patternProperties",
  "propertyNames",
  "then",
  "unevaluatedItems",
  "unevaluatedProperties",
  "uniqueItems",
];

const FORMATS = [
  "date",
  "date-time",
  "duration",
  "email",
  "hostname",
  "ipv4",
  "ipv6",
  "time",
  "uuid",
];

const MAX_NESTING = 10;

/** What is wrong with a schema under `strict`, in the API's words; undefined when nothing is. */
export function strictProblem(root: Json): string | undefined {
  const atRoot = rootProblem(root);
  if (atRoot !== undefined) return atRoot;
  for (const place of subschemas(root)) {
    const problem = schemaProblem(place, root);
    if (problem === undefined) continue;
    return problem.startsWith("$ref") ? problem : `${context(place.path)}, ${problem}`;
  }
  return undefined;
}

/** What is wrong with the parameters of a function that is not strict. */
export function parametersProblem(root: Json): string | undefined {
  const atRoot = rootProblem(root);
  if (atRoot !== undefined) return atRoot;
  for (const { schema, path } of subschemas(root)) {
    if (lacksItems(schema)) return `${context(path)}, array schema missing items.`;
  }
  return undefined;
}

function rootProblem(root: Json): string | undefined {
  if (root.type !== "object") {
    const type = str(root.type) ?? "None";
    return `schema must be a JSON Schema of 'type: "object"', got 'type: "${type}"'.`;
  }
  if (["oneOf", "anyOf", "allOf", "enum", "not"].some((keyword) => root[keyword] !== undefined)) {
    return "schema must have type 'object' and not have 'oneOf'/'anyOf'/'allOf'/'enum'/'not' at " +
      "the top level.";
  }
  return undefined;
}

function schemaProblem({ schema, path }: Subschema, root: Json): string | undefined {
  const keyword = NOT_PERMITTED.find((name) => schema[name] !== undefined);
  if (keyword !== undefined) return `'${keyword}' is not permitted.`;
  if (schema.$ref !== undefined) return refProblem(schema, root);
  if (["type", "anyOf", "enum", "const"].every((name) => schema[name] === undefined)) {
    return "schema must have a 'type' key.";
  }
  if (types(schema).includes("object")) {
    const depth = path.filter((step) => step === "properties").length + 1;
    return depth > MAX_NESTING
      ? `${depth} levels of nesting exceeds limit of ${MAX_NESTING}.`
      : objectProblem(schema);
  }
  if (lacksItems(schema)) return "array schema missing items.";
  const format = str(schema.format);
  if (format !== undefined && !FORMATS.includes(format)) {
    return `'${format}' is not a valid format.`;
  }
  return undefined;
}

function objectProblem(schema: Json): string | undefined {
  if (schema.additionalProperties !== false) {
    return "'additionalProperties' is required to be supplied and to be false.";
  }
  const properties = Object.keys(record(schema.properties) ?? {});
  const required = list(schema.required);
  const left = properties.find((name) => !required.includes(name));
  if (left !== undefined) {
    return "'required' is required to be supplied and to be an array including every key in " +
      `properties. Missing '${left}'.`;
  }
  const extra = required.find((name) => !properties.includes(String(name)));
  return extra === undefined ? undefined : `Extra required key '${extra}' supplied.`;
}

function refProblem(schema: Json, root: Json): string | undefined {
  const beside = Object.keys(schema).filter((name) => name !== "$ref");
  if (beside.length > 0) return `$ref cannot have keywords {'${beside.join("', '")}'}.`;
  const steps = String(schema.$ref).split("/");
  let target: unknown = steps.shift() === "#" ? root : undefined;
  for (const step of steps) target = record(target)?.[step];
  if (record(target) !== undefined) return undefined;
  return `reference to component '${schema.$ref}' which was not found in the schema.`;
}

function lacksItems(schema: Json): boolean {
  return types(schema).includes("array") && schema.items === undefined;
}

function types(schema: Json): unknown[] {
  return Array.isArray(schema.type) ? schema.type : [schema.type];
}

/** The API names a place as the tuple that its Python code prints. */
function context(path: readonly string[]): string {
  const steps = path.map((step) => /^\d+$/.test(step) ? step : `'${step}'`);
  return `In context=(${steps.join(", ")}${steps.length === 1 ? "," : ""})`;
}
