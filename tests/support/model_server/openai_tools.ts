/** What OpenAI demands of tools and of the format of a structured answer. */

import { type Json, record, str } from "../../../src/providers/json.ts";
import { checkTextLength, invalid, missing } from "./openai_common.ts";
import { parametersProblem, strictProblem } from "./strict_schema.ts";

const NAME = /^[a-zA-Z0-9_-]+$/;
const MAX_NAME = 64;

/** Throws for a name that the API does not take; `param` names it. */
export function checkName(name: unknown, param: string): void {
  if (typeof name !== "string") throw missing(param);
  checkTextLength(name, param, MAX_NAME);
  if (NAME.test(name)) return;
  throw invalid(
    `Invalid '${param}': string does not match pattern. Expected a string that matches the ` +
      `pattern '${NAME.source}'.`,
    param,
    "invalid_value",
  );
}

/** Throws for a function whose name or parameters the API does not take. */
export function checkFunction(tool: Json, param: string): void {
  checkName(tool.name, `${param}.name`);
  const parameters = record(tool.parameters);
  if (parameters === undefined) return;
  const problem = tool.strict === true ? strictProblem(parameters) : parametersProblem(parameters);
  if (problem === undefined) return;
  throw invalid(
    `Invalid schema for function '${tool.name}': ${problem}`,
    `${param}.parameters`,
    "invalid_function_parameters",
  );
}

/**
 * Throws for a structured answer that the API cannot give.
 *
 * @param format the object that holds name, schema and strict
 * @param param where that object stands in the request
 * @param blamed the field that a refusal of the schema names
 */
export function checkFormat(format: Json, param: string, blamed: string): void {
  checkName(format.name, `${param}.name`);
  const schema = record(format.schema);
  if (schema === undefined) throw missing(`${param}.schema`);
  const problem = format.strict === true ? strictProblem(schema) : undefined;
  if (problem === undefined) return;
  throw invalid(
    `Invalid schema for response_format '${str(format.name)}': ${problem}`,
    blamed,
    "invalid_json_schema",
  );
}
