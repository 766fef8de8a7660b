/** What Anthropic Messages refuses, in its order: headers, fields, tools, then the conversation. */

import { type Json, list, num, record } from "../../../src/providers/json.ts";
import { checkAnthropicMessages } from "./anthropic_conversation.ts";
import { checkText, invalid, need } from "./anthropic_fields.ts";
import { checkAnthropicFormat, checkAnthropicTools } from "./anthropic_schema.ts";
import type { ApiRequest } from "./protocol.ts";

const VERSIONS = ["2023-01-01", "2023-06-01"];

const FIELDS = new Set([
  "cache_control",
  "container",
  "context_management",
  "inference_geo",
  "max_tokens",
  "mcp_servers",
  "messages",
  "metadata",
  "model",
  "output_config",
  "output_format",
  "service_tier",
  "speed",
  "stop_sequences",
  "stream",
  "system",
  "temperature",
  "thinking",
  "tool_choice",
  "tools",
  "top_k",
  "top_p",
]);

/** Throws a `Refusal` for a request that the Messages API does not accept. */
export function checkAnthropic({ headers, body, countOnly }: ApiRequest): void {
  const version = headers.get("anthropic-version");
  if (version === null) throw invalid("anthropic-version: header is required");
  if (!VERSIONS.includes(version)) {
    throw invalid(`anthropic-version: "${version}" is not a valid version`);
  }
  const beta = headers.get("anthropic-beta") ?? "";
  need(body.model, "model", "string");
  if (!countOnly) {
    need(body.max_tokens, "max_tokens", "integer");
    if (Number(body.max_tokens) < 0) {
      throw invalid("max_tokens: must be greater than or equal to 1");
    }
  }
  need(body.messages, "messages", "list");
  checkKnownFields(body, beta);
  checkSampling(body);
  checkThinking(body);
  checkAnthropicTools(body);
  checkAnthropicFormat(body);
  checkCacheControl(body);
  checkAnthropicMessages(list(body.messages), beta !== "");
  checkSystem(body.system);
}

function checkKnownFields(body: Json, beta: string): void {
  // A beta may bring fields of its own, so only a plain request is known to have none.
  if (beta !== "") return;
  const extra = Object.keys(body).find((field) => !FIELDS.has(field));
  if (extra !== undefined) throw invalid(`${extra}: Extra inputs are not permitted`);
}

function checkSampling(body: Json): void {
  const temperature = num(body.temperature);
  if (temperature !== undefined && (temperature < 0 || temperature > 1)) {
    throw invalid("temperature: range: 0..1");
  }
  for (const sequence of list(body.stop_sequences)) {
    if (typeof sequence === "string" && sequence.trim() === "") {
      throw invalid("stop_sequences: each stop sequence must contain non-whitespace");
    }
  }
}

function checkThinking(body: Json): void {
  const thinking = record(body.thinking);
  if (thinking?.type !== "enabled") return;
  need(thinking.budget_tokens, "thinking.enabled.budget_tokens", "integer");
  const budget = Number(thinking.budget_tokens);
  if (budget < 1024) {
    throw invalid(
      "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024",
    );
  }
  const limit = num(body.max_tokens);
  if (limit !== undefined && limit <= budget) {
    throw invalid("`max_tokens` must be greater than `thinking.budget_tokens`.");
  }
}

function checkCacheControl(body: Json): void {
  const blocks = [
    ...list(body.tools),
    ...list(body.system),
    ...list(body.messages).flatMap((message) => list(record(message)?.content)),
  ].map((block) => record(block) ?? {});
  const marked = blocks.filter((block) => record(block.cache_control) !== undefined);
  if (marked.some((block) => block.type === "text" && block.text === "")) {
    throw invalid("cache_control cannot be set for empty text blocks");
  }
  if (marked.length > 4) {
    throw invalid(
      `A maximum of 4 blocks with cache_control may be provided. Found ${marked.length}.`,
    );
  }
}

function checkSystem(system: unknown): void {
  for (const block of list(system)) checkText(record(block)?.text, "system");
}
