/** What the tables of both OpenAI protocols share. */

import type { RefusalRow } from "./refusal_rows.ts";

/** An object schema outside the strict subset. */
export const OPEN = { type: "object", properties: { a: { type: "string" } } };

/** The same inside it. */
export const CLOSED = { ...OPEN, required: ["a"], additionalProperties: false };

/** A message of the user. */
export const PROMPT = { role: "user", content: "hello" };

/** What both protocols refuse alike, around a valid body of each. */
export function sharedRows(path: string, body: unknown): RefusalRow[] {
  return [
    {
      what: "a request without a key",
      body,
      headers: {},
      status: 401,
      says: "You didn't provide an API key",
      code: null,
    },
    {
      what: "a key that is no bearer token",
      body,
      headers: { authorization: "k" },
      status: 401,
      says: "You didn't provide an API key",
    },
    { what: "bad JSON", body: "{", says: "We could not parse the JSON body", param: null },
    {
      what: "an unknown path",
      path: "/v1/nothing",
      body,
      status: 404,
      says: "Invalid URL (POST /v1/nothing)",
    },
    {
      what: "another method",
      method: "GET",
      body: null,
      status: 405,
      says: `Not allowed to GET on ${path}`,
      code: "method_not_supported",
    },
  ];
}
