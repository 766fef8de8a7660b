/** What Anthropic demands of tools and of the schema of a structured answer. */

import { type Json, list, record, str } from "../../../src/providers/json.ts";
import { invalid, need } from "./anthropic_fields.ts";
import { subschemas } from "./json_schema.ts";

const NAME = /^[a-zA-Z0-9_-]{1,128}$/;
const PROPERTY = /^[a-zA-Z0-9_.-]{1,64}$/;

/** Throws a `Refusal` for tools that the API does not accept. */
export function checkAnthropicTools(body: Json): void {
  const names = new Set<string>();
  for (const [index, value] of list(body.tools).entries()) {
    const tool = record(value) ?? {};
    // Tools that the API itself runs are told by their type and have no schema.
    if (tool.type === undefined || tool.type === "custom") {
      checkTool(tool, `tools.${index}.custom`);
    }
    const name = str(tool.name);
    if (name === undefined) continue;
    if (names.has(name)) throw invalid("tools: Tool names must be unique.");
    names.add(name);
  }
  if (list(body.tools).length === 0 && body.tool_choice !== undefined) {
    throw invalid("tool_choice: tool_choice may only be specified while providing tools");
  }
  const choice = record(body.tool_choice);
  if (choice?.type === "tool" && !names.has(str(choice.name) ?? "")) {
    throw invalid(`Tool '${str(choice.name) ?? ""}' not found in provided tools`);
  }
}

/** Throws a `Refusal` for an output schema that the API cannot enforce. */
export function checkAnthropicFormat(body: Json): void {
  const [format, path] = body.output_format === undefined
    ? [record(record(body.output_config)?.format), "output_config.format"]
    : [record(body.output_format), "output_format"];
  if (format?.type !== "json_schema") return;
  need(format.schema, `${path}.schema`, "dictionary");
  for (const { schema } of subschemas(record(format.schema) ?? {})) {
    const problem = outsideSubset(schema);
    if (problem !== undefined) throw invalid(`${path}.schema: ${problem}`);
  }
}

function checkTool(tool: Json, path: string): void {
  need(tool.name, `${path}.name`, "string");
  const name = String(tool.name);
  if (name.length > 128) {
    throw invalid(`${path}.name: String should have at most 128 characters`);
  }
  if (!NAME.test(name)) {
    throw invalid(`${path}.name: String should match pattern '${NAME.source}'`);
  }
  need(tool.input_schema, `${path}.input_schema`, "dictionary");
  const schema = record(tool.input_schema) ?? {};
  if (schema.type === undefined) throw invalid(`${path}.input_schema.type: Field required`);
  if (schema.type !== "object") {
    throw invalid(`${path}.input_schema.type: Input should be 'object'`);
  }
  if (["oneOf", "allOf", "anyOf"].some((keyword) => schema[keyword] !== undefined)) {
    throw invalid(
      `${path}.input_schema: input_schema does not support oneOf, allOf, or anyOf at the top level`,
    );
  }
  const key = Object.keys(record(schema.properties) ?? {}).find((name) => !PROPERTY.test(name));
  if (key !== undefined) {
    throw invalid(
      `${path}.input_schema.properties: Property keys should match pattern '${PROPERTY.source}'`,
    );
  }
}

function outsideSubset(schema: Json): string | undefined {
  const present = (...keywords: string[]) => keywords.filter((name) => schema[name] !== undefined);
  const unsupported = (type: string, names: string[]) =>
    names.length === 0
      ? undefined
      : `For '${type}' type, properties ${names.join(", ")} are not supported`;
  switch (schema.type) {
    case "object":
      return schema.additionalProperties === false
        ? undefined
        : "For 'object' type, 'additionalProperties' must be explicitly set to false";
    case "integer":
    case "number":
      return unsupported(
        schema.type,
        present("maximum", "minimum", "exclusiveMaximum", "exclusiveMinimum", "multipleOf"),
      );
    case "string":
      return unsupported("string", present("maxLength", "minLength"));
    case "array": {
      const least = schema.minItems ?? 0;
      if (least !== 0 && least !== 1) {
        return "For 'array' type, 'minItems' values other than 0 or 1 are not supported";
      }
      return unsupported("array", present("maxItems"));
    }
    default:
      return undefined;
  }
}
