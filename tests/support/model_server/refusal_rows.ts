/** Tables of refusals: what is sent, and what the API says to it. */

import { record } from "../../../src/providers/json.ts";
import { assertEquals, assertStringIncludes } from "../assert.ts";
import { dialect, post } from "./dialects.ts";
import { startModelServer } from "./mod.ts";
import type { ProtocolName } from "./protocol.ts";

/** One request that an API does not accept. */
export interface RefusalRow {
  /** Completes the title "refuses ...". */
  readonly what: string;
  /** The body; a text goes out as it is. */
  readonly body: unknown;
  /** Instead of those of the dialect. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Instead of the path of the dialect. */
  readonly path?: string;
  /** Default: POST. */
  readonly method?: string;
  /** Default: 400. */
  readonly status?: number;
  /** Default: the usual class of a 400. */
  readonly type?: string;
  /** A part of the message. */
  readonly says: string;
  /** OpenAI: the field to blame; default: not looked at. */
  readonly param?: string | null;
  /** OpenAI: default: not looked at. */
  readonly code?: string | null;
}

/** One request that looks unusual and is accepted all the same. */
export interface AcceptanceRow {
  readonly what: string;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly path?: string;
}

const USUAL: Record<ProtocolName, string> = {
  anthropic: "invalid_request_error",
  openai_responses: "invalid_request_error",
  openai_chat: "invalid_request_error",
  gemini: "INVALID_ARGUMENT",
};

/** A test for each row: status, shape and message of the answer, and the record of the server. */
export function testRefusals(name: ProtocolName, rows: readonly RefusalRow[]): void {
  for (const row of rows) {
    Deno.test(`${name} refuses ${row.what}`, async () => {
      await using server = startModelServer();
      const response = await send(server.url, name, row);
      const status = row.status ?? 400;
      assertEquals(response.status, status);
      const body = await response.json();
      const { message, ...error } = record(body.error) ?? {};
      assertStringIncludes(String(message), row.says);
      const type = row.type ?? USUAL[name];
      if (name === "anthropic") {
        assertEquals(error, { type });
        assertEquals(body.type, "error");
        assertEquals(body.request_id, response.headers.get("request-id"));
      } else if (name === "gemini") {
        assertEquals([error.code, error.status], [status, type]);
      } else {
        assertEquals(Object.keys(error).sort(), ["code", "param", "type"]);
        assertEquals(error.type, type);
        if (row.param !== undefined) assertEquals(error.param, row.param);
        if (row.code !== undefined) assertEquals(error.code, row.code);
      }
      const [request] = server.requests;
      assertEquals(server.requests.length, 1);
      assertEquals([request?.status, request?.refusal, request?.step], [status, message, null]);
    });
  }
}

/** A test for each row: the answer is 200. */
export function testAcceptances(name: ProtocolName, rows: readonly AcceptanceRow[]): void {
  for (const row of rows) {
    Deno.test(`${name} accepts ${row.what}`, async () => {
      await using server = startModelServer();
      const response = await send(server.url, name, row);
      const text = await response.text();
      assertEquals([response.status, text.slice(0, response.ok ? 0 : 500)], [200, ""]);
      assertEquals(server.requests[0]?.refusal, null);
    });
  }
}

function send(
  url: string,
  name: ProtocolName,
  row: AcceptanceRow & { method?: string },
): Promise<Response> {
  const spoken = dialect(name);
  const path = row.path ?? spoken.path(false);
  const headers = row.headers ?? spoken.headers;
  if (row.method !== undefined && row.method !== "POST") {
    return fetch(url + path, { method: row.method, headers });
  }
  return post(url, { path: () => path, headers }, row.body);
}
