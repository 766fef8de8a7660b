/** What the server needs to know of an API; each protocol is one value of this type. */

import type { Json } from "../../../src/providers/json.ts";
import type { JsonAnswer, StreamAnswer } from "./answer.ts";
import type { Message } from "./conversation.ts";
import type { Plan } from "./plan.ts";
import type { Refusal } from "./refusal.ts";
import type { OfferedTool } from "./tools.ts";

export type ProtocolName = "anthropic" | "openai_responses" | "openai_chat" | "gemini";

/** A request whose body is a JSON object. */
export interface ApiRequest {
  readonly url: URL;
  readonly headers: Headers;
  readonly body: Json;
  /** Only count the tokens of the request, do not answer it. */
  readonly countOnly: boolean;
}

export interface Protocol {
  readonly name: ProtocolName;
  /** The largest body in bytes that the API reads; infinite where no limit is known. */
  readonly maxBodyBytes: number;
  /** Whether local servers speak this protocol too and ask for no key. */
  readonly spokenWithoutKeys: boolean;
  /** Whether the request carries a key. */
  hasKey(headers: Headers, url: URL): boolean;
  /** What a request without a key is told. */
  noKey(): Refusal;
  /** What a body that is no JSON object is told. */
  badJson(): Refusal;
  /** What a body above the limit is told. */
  tooLarge(): Refusal;
  /** What a path that the API lacks is told. */
  unknownPath(method: string, path: string): Refusal;
  /** What another method than POST is told. */
  wrongMethod(method: string, path: string): Refusal;

  /** Throws a `Refusal` for what the real API does not accept. */
  check(request: ApiRequest): void;
  conversation(body: Json): Message[];
  tools(body: Json): OfferedTool[];
  /** The model that is asked for. */
  model(body: Json, url: URL): string | null;
  /** Whether the answer is to be streamed. */
  streams(body: Json, url: URL): boolean;
  /** The structured-output format that is asked for. */
  format(body: Json): unknown;

  answer(request: ApiRequest, plan: Plan): JsonAnswer | StreamAnswer;
  refuse(refusal: Refusal): JsonAnswer;
  /** The answer to a request that only counts tokens. */
  tokenCount(): unknown;
  /** The list of models. */
  modelList(): unknown;
}

/** A fresh id: the prefix and that many hexadecimal digits. */
export function freshId(prefix: string, digits = 24): string {
  return prefix + crypto.randomUUID().replaceAll("-", "").slice(0, digits);
}
