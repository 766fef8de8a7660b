/** How Copilot counts tokens: for a whole session, by model, through all of its resumes. */
import type { Usage } from "../../events/event.ts";
import { num, record } from "../json.ts";

/** The tokens of all models in a table `{MODEL: {usage: {inputTokens, ...}}}`. */
export function usageOfModels(modelMetrics: unknown): Usage | undefined {
  const models = record(modelMetrics);
  if (!models) return undefined;
  const counts = Object.values(models).map((model) => record(record(model)?.usage) ?? {});
  const sum = (name: string) => counts.reduce((total, usage) => total + (num(usage[name]) ?? 0), 0);
  return {
    input_tokens: sum("inputTokens"),
    output_tokens: sum("outputTokens"),
    cache_read_tokens: sum("cacheReadTokens"),
    cache_creation_tokens: sum("cacheWriteTokens"),
    web_search_requests: null,
    web_fetch_requests: null,
  };
}

/** The tokens of one call of a model. */
export function usageOfCall(usage: Readonly<Record<string, unknown>>): Usage {
  return {
    input_tokens: num(usage.inputTokens) ?? 0,
    output_tokens: num(usage.outputTokens) ?? 0,
    cache_read_tokens: num(usage.cacheReadTokens) ?? 0,
    cache_creation_tokens: num(usage.cacheWriteTokens) ?? 0,
    web_search_requests: null,
    web_fetch_requests: null,
  };
}

/** What came on top of an earlier total; never less than nothing. */
export function usageSince(before: Usage, total: Usage): Usage {
  const more = (a: number | null, b: number | null) => Math.max(0, (b ?? 0) - (a ?? 0));
  return {
    ...total,
    input_tokens: more(before.input_tokens, total.input_tokens),
    output_tokens: more(before.output_tokens, total.output_tokens),
    cache_read_tokens: more(before.cache_read_tokens, total.cache_read_tokens),
    cache_creation_tokens: more(before.cache_creation_tokens, total.cache_creation_tokens),
  };
}
