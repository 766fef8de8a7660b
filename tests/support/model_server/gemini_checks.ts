/** What Gemini refuses. Field names come in camel or in snake case, as the API takes both. */

import { type Json, list, record, str } from "../../../src/providers/json.ts";
import { checkGeminiSchema } from "./gemini_schema.ts";
import type { ApiRequest } from "./protocol.ts";
import { Refusal } from "./refusal.ts";

const NAME = /^[A-Za-z_][A-Za-z0-9_.:-]{0,127}$/;

/** Throws a `Refusal` for a request that the API does not accept. */
export function checkGemini({ body }: ApiRequest): void {
  // A token count may wrap the request that it is about.
  const request = record(body.generateContentRequest) ?? body;
  const contents = list(request.contents).map((content) => record(content) ?? {});
  if (contents.length === 0) {
    throw invalid("* GenerateContentRequest.contents: contents is not specified\n");
  }
  for (const [index, content] of contents.entries()) checkContent(content, index);
  checkTools(request);
  checkTurns(contents);
}

function invalid(message: string): Refusal {
  return new Refusal(400, "INVALID_ARGUMENT", message);
}

function checkContent(content: Json, index: number): void {
  if (content.role !== undefined && content.role !== "user" && content.role !== "model") {
    throw invalid("Please use a valid role: user, model.");
  }
  const path = `* GenerateContentRequest.contents[${index}].parts`;
  const parts = list(content.parts);
  if (parts.length === 0) throw invalid(`${path}: contents.parts must not be empty.\n`);
  for (const [at, value] of parts.entries()) {
    const part = record(value) ?? {};
    if (Object.keys(part).length === 0) {
      throw invalid(
        `${path}[${at}].data: required oneof field 'data' must have one initialized field\n`,
      );
    }
  }
}

function checkTools(request: Json): void {
  const names = new Set<string>();
  for (const [index, value] of list(request.tools).entries()) {
    const tool = record(value) ?? {};
    const declarations = list(tool.functionDeclarations ?? tool.function_declarations);
    for (const [at, inner] of declarations.entries()) {
      const declaration = record(inner) ?? {};
      const path = `tools[${index}].function_declarations[${at}]`;
      const name = str(declaration.name) ?? "";
      if (!NAME.test(name)) throw invalid(badName(path));
      if (names.has(name)) throw invalid(`Duplicate function declaration found: ${name}`);
      names.add(name);
      const parameters = record(declaration.parameters);
      if (parameters !== undefined) checkGeminiSchema(parameters, `${path}.parameters`);
    }
  }
}

function badName(path: string): string {
  return `* GenerateContentRequest.${path}.name: Invalid function name. Must start with a letter ` +
    "or an underscore. Must be alphameric (a-z, A-Z, 0-9), underscores (_), dots (.), colons (:), " +
    "or dashes (-), with a maximum length of 128.\n";
}

function checkTurns(contents: readonly Json[]): void {
  for (const [index, content] of contents.entries()) {
    const previous = contents[index - 1];
    const afterUser = previous !== undefined && previous.role !== "model";
    if (held(content, "functionCall").length > 0 && !afterUser) {
      throw invalid(
        "Please ensure that function call turn comes immediately after a user turn or after a " +
          "function response turn.",
      );
    }
    const answers = held(content, "functionResponse");
    const calls = previous?.role === "model" ? held(previous, "functionCall") : [];
    if (answers.length > 0 && calls.length === 0) {
      throw invalid(
        "Please ensure that function response turn comes immediately after a function call turn.",
      );
    }
    if (calls.length !== distinct(answers)) {
      throw invalid(
        "Please ensure that the number of function response parts is equal to the number of " +
          "function call parts of the function call turn.",
      );
    }
  }
}

function held(content: Json, field: "functionCall" | "functionResponse"): Json[] {
  const snake = field === "functionCall" ? "function_call" : "function_response";
  return list(content.parts).flatMap((part) => {
    const value = record(record(part)?.[field]) ?? record(record(part)?.[snake]);
    return value === undefined ? [] : [value];
  });
}

/**
 * How many calls are answered. gemini-cli 0.61.0 repeats each response, id and all, when it resumes
 * a session (google-gemini/gemini-cli#29365), so a repeated id is taken for one response.
 */
function distinct(answers: readonly Json[]): number {
  const ids = answers.flatMap((answer) => str(answer.id) ?? []);
  return answers.length - ids.length + new Set(ids).size;
}
