import type { Usage } from "./event.ts";

/** The sum of two counts of tokens; a counter that neither reports stays unknown. */
export function addUsage(sum: Usage | undefined, usage: Usage): Usage {
  if (!sum) return usage;
  return {
    input_tokens: sum.input_tokens + usage.input_tokens,
    output_tokens: sum.output_tokens + usage.output_tokens,
    cache_read_tokens: add(sum.cache_read_tokens, usage.cache_read_tokens),
    cache_creation_tokens: add(sum.cache_creation_tokens, usage.cache_creation_tokens),
    web_search_requests: add(sum.web_search_requests, usage.web_search_requests),
    web_fetch_requests: add(sum.web_fetch_requests, usage.web_fetch_requests),
  };
}

function add(a: number | null, b: number | null): number | null {
  return a === null && b === null ? null : (a ?? 0) + (b ?? 0);
}
