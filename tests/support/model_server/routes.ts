/** Which protocol a request speaks and what it wants of it. */

import { anthropic } from "./anthropic.ts";
import { gemini } from "./gemini.ts";
import { openaiChat } from "./openai_chat.ts";
import { openaiResponses } from "./openai_responses.ts";
import type { Protocol } from "./protocol.ts";

/** What a request wants: an answer, a token count, the list of models, or something unknown. */
export type Action = "answer" | "count" | "models" | "wrong_method" | "unknown";

export interface Route {
  readonly protocol: Protocol;
  readonly action: Action;
}

const PATHS: readonly (readonly [RegExp, Protocol, "answer" | "count"])[] = [
  [/\/messages$/, anthropic, "answer"],
  [/\/messages\/count_tokens$/, anthropic, "count"],
  [/\/responses$/, openaiResponses, "answer"],
  [/\/responses\/input_tokens$/, openaiResponses, "count"],
  [/\/chat\/completions$/, openaiChat, "answer"],
  [/\/models\/[^/:]+:(generateContent|streamGenerateContent)$/, gemini, "answer"],
  [/\/models\/[^/:]+:countTokens$/, gemini, "count"],
];

/** Routes by the end of the path, so that any base URL will do. */
export function routeRequest(method: string, url: URL, headers: Headers): Route {
  for (const [pattern, protocol, action] of PATHS) {
    if (!pattern.test(url.pathname)) continue;
    return { protocol, action: method === "POST" ? action : "wrong_method" };
  }
  const protocol = guessProtocol(url, headers);
  const models = method === "GET" && url.pathname.endsWith("/models");
  return { protocol, action: models ? "models" : "unknown" };
}

/** The protocol of a path that several APIs have, or none: told by the headers. */
function guessProtocol(url: URL, headers: Headers): Protocol {
  if (headers.has("anthropic-version") || headers.has("x-api-key")) return anthropic;
  if (headers.has("x-goog-api-key") || url.pathname.startsWith("/v1beta/")) return gemini;
  return openaiChat;
}
