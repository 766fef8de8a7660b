/** What OpenAI Responses refuses. */

import { type Json, list, record, str } from "../../../src/providers/json.ts";
import {
  checkJsonWord,
  checkTextLength,
  fieldTexts,
  invalid,
  missing,
  unknownValue,
} from "./openai_common.ts";
import { checkFormat, checkFunction, checkName } from "./openai_tools.ts";
import type { ApiRequest } from "./protocol.ts";

const ROLES = ["assistant", "system", "developer", "user"];
const SPOKEN = ["output_text", "refusal"];
const GIVEN = ["input_text", "input_image", "input_file", "input_audio"];

/** Each kind of call, its output, and how the API speaks of the two. */
const PAIRS = [
  { call: "function_call", output: "function_call_output", name: "function call" },
  { call: "custom_tool_call", output: "custom_tool_call_output", name: "custom tool call" },
];

/** Throws a `Refusal` for a request that the Responses API does not accept. */
export function checkResponses({ body }: ApiRequest): void {
  if (body.model === undefined) throw missing("model");
  checkInputGiven(body);
  if (typeof body.input === "string") checkTextLength(body.input, "input");
  checkTextLength(body.instructions, "instructions");
  for (const [index, item] of list(body.input).entries()) {
    checkItem(record(item) ?? {}, `input[${index}]`);
  }
  checkTools(body);
  checkTextFormat(body);
  // What was said before may hold the other half of a pair.
  if (body.previous_response_id == null && body.conversation == null) checkPairs(body);
}

function checkInputGiven(body: Json): void {
  const { input } = body;
  const empty = input == null || input === "" || (Array.isArray(input) && input.length === 0);
  const others = [body.previous_response_id, body.prompt, body.conversation];
  if (empty && others.every((other) => other == null)) {
    throw invalid(
      `One of "input" or "previous_response_id" or 'prompt' or 'conversation_id' must be provided.`,
      "input",
      "missing_required_parameter",
    );
  }
  if (empty || typeof input === "string" || Array.isArray(input)) return;
  throw invalid(
    "Invalid type for 'input': expected one of a string or an array of items.",
    "input",
    "invalid_type",
  );
}

function checkItem(item: Json, param: string): void {
  if (item.type !== undefined && item.type !== "message") return checkCallItem(item, param);
  // An id alone refers to a stored item.
  if (item.role === undefined && item.type === undefined && item.id !== undefined) return;
  if (item.role === undefined) throw missing(`${param}.role`);
  if (!ROLES.includes(String(item.role))) throw unknownValue(item.role, param, ROLES);
  if (item.content === undefined) throw missing(`${param}.content`);
  const known = item.role === "assistant" ? SPOKEN : GIVEN;
  const others = item.role === "assistant" ? GIVEN : SPOKEN;
  for (const [index, value] of list(item.content).entries()) {
    const type = str(record(value)?.type);
    const at = `${param}.content[${index}]`;
    if (type === undefined) throw missing(`${at}.type`);
    if (others.includes(type)) throw unknownValue(type, at, known);
  }
  for (const [text, at] of fieldTexts(item.content, `${param}.content`)) checkTextLength(text, at);
}

function checkCallItem(item: Json, param: string): void {
  const pair = PAIRS.find(({ call, output }) => item.type === call || item.type === output);
  if (pair === undefined) return;
  if (item.call_id === undefined) throw missing(`${param}.call_id`);
  if (item.type === pair.output) {
    if (item.output === undefined) throw missing(`${param}.output`);
    for (const [text, at] of fieldTexts(item.output, `${param}.output`)) checkTextLength(text, at);
    return;
  }
  if (item.name === undefined) throw missing(`${param}.name`);
  const given = item.type === "function_call" ? "arguments" : "input";
  if (item[given] === undefined) throw missing(`${param}.${given}`);
}

function checkTools(body: Json): void {
  for (const [index, value] of list(body.tools).entries()) {
    const tool = record(value) ?? {};
    const param = `tools[${index}]`;
    if (tool.type === undefined) throw missing(`${param}.type`);
    if (tool.type === "function") checkFunction(tool, param);
    if (tool.type === "custom") checkName(tool.name, `${param}.name`);
  }
}

function checkTextFormat(body: Json): void {
  const format = record(record(body.text)?.format);
  if (format?.type === "json_schema") checkFormat(format, "text.format", "text.format.schema");
  checkJsonWord(format, [body.input, body.instructions], "input");
}

function checkPairs(body: Json): void {
  const items = list(body.input).map((item) => record(item) ?? {});
  for (const { call, output, name } of PAIRS) {
    const called = new Set<unknown>();
    const answered = new Set(items.filter((i) => i.type === output).map((i) => i.call_id));
    for (const item of items) {
      if (item.type === call) called.add(item.call_id);
      // An output stands after its call: the API reads the items in their order.
      if (item.type === output && !called.has(item.call_id)) {
        throw invalid(
          `No tool call found for ${name} output with call_id ${item.call_id}.`,
          "input",
        );
      }
    }
    const open = [...called].find((id) => !answered.has(id));
    if (open !== undefined) throw invalid(`No tool output found for ${name} ${open}.`, "input");
  }
}
