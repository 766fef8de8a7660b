/** What the two OpenAI protocols share: the error shape, keys, sizes, and how errors are chosen. */

import { type Json, list, record, str } from "../../../src/providers/json.ts";
import { json, type JsonAnswer } from "./answer.ts";
import { freshId, type Protocol } from "./protocol.ts";
import { Refusal } from "./refusal.ts";

/** The longest text in one field, in characters. */
export const MAX_TEXT = 10 * 1024 * 1024;

/** The parts of a protocol that both have. */
export const openai = {
  maxBodyBytes: Infinity,
  spokenWithoutKeys: true,
  hasKey: (headers) => /^Bearer \S/.test(headers.get("authorization") ?? ""),
  noKey: () =>
    new Refusal(
      401,
      "invalid_request_error",
      "You didn't provide an API key. You need to provide your API key in an Authorization header " +
        "using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).",
    ),
  badJson: () =>
    invalid(
      "We could not parse the JSON body of your request. The OpenAI API expects a JSON payload, " +
        "but what was sent was not valid JSON.",
    ),
  tooLarge: () => new Refusal(413, "invalid_request_error", "Request body too large"),
  unknownPath: (method, path) =>
    new Refusal(404, "invalid_request_error", `Invalid URL (${method} ${path})`),
  wrongMethod: (method, path) =>
    new Refusal(
      405,
      "invalid_request_error",
      `Not allowed to ${method} on ${path}. (HINT: Perhaps you meant to use a different HTTP method?)`,
      { code: "method_not_supported" },
    ),
  model: (body) => str(body.model) ?? null,
  streams: (body) => body.stream === true,
  refuse: ({ status, type, message, param, code }) =>
    failure(status, { message, type, param, code }),
  tokenCount: () => ({ object: "response.input_tokens", input_tokens: 10 }),
  modelList: () => ({
    object: "list",
    data: [{ id: "stub", object: "model", created: 1, owned_by: "stub" }],
    // The list that codex reads from its own service; without it, it warns.
    models: [],
  }),
} satisfies Partial<Protocol>;

/** A 400 of the usual kind. */
export function invalid(message: string, param?: string, code?: string): Refusal {
  return new Refusal(400, "invalid_request_error", message, {
    ...(param === undefined ? {} : { param }),
    ...(code === undefined ? {} : { code }),
  });
}

/** A parameter is missing. */
export function missing(param: string): Refusal {
  return invalid(`Missing required parameter: '${param}'.`, param, "missing_required_parameter");
}

/** A value is none of the known ones. */
export function unknownValue(value: unknown, param: string, known: readonly string[]): Refusal {
  const names = known.map((name) => `'${name}'`);
  const listed = `${names.slice(0, -1).join(", ")}, and ${names.at(-1)}`;
  return invalid(
    `Invalid value: '${value}'. Supported values are: ${listed}.`,
    param,
    "invalid_value",
  );
}

/** Throws for a text above the limit. */
export function checkTextLength(text: unknown, param: string, limit = MAX_TEXT): void {
  if (typeof text !== "string" || text.length <= limit) return;
  throw invalid(
    `Invalid '${param}': string too long. Expected a string with maximum length ${limit}, ` +
      `but got a string with length ${text.length} instead.`,
    param,
    "string_above_max_length",
  );
}

/** Throws when JSON is asked for and no message says so, which the JSON mode demands. */
export function checkJsonWord(format: Json | undefined, texts: unknown, param: string): void {
  if (format?.type !== "json_object") return;
  if (/json/i.test(JSON.stringify(texts ?? ""))) return;
  throw invalid(
    `'${param}' must contain the word 'json' in some form, to use 'response_format' of type ` +
      "'json_object'.",
    param,
  );
}

/** Text and parts of a field, each with the name that refusals give it. */
export function* fieldTexts(content: unknown, param: string): Generator<[unknown, string]> {
  if (typeof content === "string") yield [content, param];
  for (const [index, part] of list(content).entries()) {
    yield [record(part)?.text, `${param}[${index}].text`];
  }
}

/** An error in the shape of the API. */
export function failure(
  status: number,
  error: Json,
  headers: Record<string, string> = {},
): JsonAnswer {
  return json({ error }, status, { "x-request-id": freshId("req_"), ...headers });
}
