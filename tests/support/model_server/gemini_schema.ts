/**
 * The schema type of Gemini function parameters: not JSON Schema, but a message with a fixed set of
 * fields. `parametersJsonSchema` is free of it.
 *
 * @module
 */

import { type Json, list, record } from "../../../src/providers/json.ts";
import { Refusal } from "./refusal.ts";

const FIELDS = new Set([
  "anyOf",
  "default",
  "description",
  "enum",
  "example",
  "format",
  "items",
  "maxItems",
  "maxLength",
  "maxProperties",
  "maximum",
  "minItems",
  "minLength",
  "minProperties",
  "minimum",
  "nullable",
  "pattern",
  "properties",
  "propertyOrdering",
  "required",
  "title",
  "type",
]);

const TYPES = ["STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL"];

/** Throws a `Refusal` for parameters that the API does not accept; `path` is where they stand. */
export function checkGeminiSchema(parameters: Json, path: string): void {
  checkFields(parameters, path);
  const type = typeName(parameters);
  if (type !== undefined && type !== "OBJECT") {
    throw invalid(
      `* GenerateContentRequest.${path}: functionDeclaration parameters schema should be of type ` +
        "OBJECT.\n",
    );
  }
  checkMeaning(parameters, path);
}

function invalid(message: string): Refusal {
  return new Refusal(400, "INVALID_ARGUMENT", message);
}

/** What the decoder of the message finds, before anything asks what the schema means. */
function checkFields(schema: Json, path: string): void {
  for (const field of Object.keys(schema)) {
    if (FIELDS.has(camel(field))) continue;
    throw invalid(
      `Invalid JSON payload received. Unknown name "${field}" at '${path}': Cannot find field.`,
    );
  }
  if (Array.isArray(schema.type)) {
    throw invalid(
      `Invalid JSON payload received. Unknown name "type" at '${path}': Proto field is not ` +
        "repeating, cannot start list.",
    );
  }
  if (schema.type !== undefined && !TYPES.includes(typeName(schema) ?? "")) {
    throw invalid(
      `Invalid value at '${path}.type' ` +
        `(type.googleapis.com/google.ai.generativelanguage.v1beta.Type), "${schema.type}"`,
    );
  }
  for (const [at, property] of Object.values(record(schema.properties) ?? {}).entries()) {
    checkFields(record(property) ?? {}, `${path}.properties[${at}].value`);
  }
  const items = record(schema.items);
  if (items !== undefined) checkFields(items, `${path}.items`);
  for (const [at, option] of alternatives(schema).entries()) {
    checkFields(option, `${path}.any_of[${at}]`);
  }
}

function checkMeaning(schema: Json, path: string): void {
  const problem = (field: string, message: string) =>
    invalid(`* GenerateContentRequest.${path}.${field}: ${message}\n`);
  const type = typeName(schema);
  if (type === "ARRAY" && schema.items === undefined) throw problem("items", "missing field.");
  if (schema.enum !== undefined && type !== "STRING") {
    throw problem("enum", "only allowed for STRING type");
  }
  if (type === "STRING" && schema.format !== undefined) {
    if (schema.format !== "enum" && schema.format !== "date-time") {
      throw problem("format", "only 'enum' and 'date-time' are supported for STRING type");
    }
  }
  const properties = record(schema.properties) ?? {};
  for (const [at, name] of list(schema.required).entries()) {
    if (!Object.hasOwn(properties, String(name))) {
      throw problem(`required[${at}]`, "property is not defined");
    }
  }
  for (const [name, property] of Object.entries(properties)) {
    checkMeaning(record(property) ?? {}, `${path}.properties[${name}]`);
  }
  const items = record(schema.items);
  if (items !== undefined) checkMeaning(items, `${path}.items`);
  for (const [at, option] of alternatives(schema).entries()) {
    checkMeaning(option, `${path}.any_of[${at}]`);
  }
}

function alternatives(schema: Json): Json[] {
  return list(schema.anyOf ?? schema.any_of).map((option) => record(option) ?? {});
}

function typeName(schema: Json): string | undefined {
  return typeof schema.type === "string" ? schema.type.toUpperCase() : undefined;
}

function camel(field: string): string {
  return field.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
