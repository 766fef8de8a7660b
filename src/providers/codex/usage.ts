/** Codex counts the tokens of a whole session, through all its invocations. */
import type { Usage } from "../../events/event.ts";
import { num, record } from "../json.ts";

/** Tokens as Codex writes them; undefined where it wrote none. */
export function readUsage(value: unknown): Usage | undefined {
  const usage = record(value);
  const input = num(usage?.input_tokens);
  const output = num(usage?.output_tokens);
  if (!usage || input === undefined || output === undefined) return undefined;
  return {
    input_tokens: input,
    output_tokens: output,
    cache_read_tokens: num(usage.cached_input_tokens) ?? null,
    cache_creation_tokens: num(usage.cache_write_input_tokens) ?? null,
    web_search_requests: null,
    web_fetch_requests: null,
  };
}

/** What came on top of an earlier total; never less than nothing. */
export function moreUsage(total: Usage, before: Usage | undefined): Usage {
  if (!before) return total;
  const more = (now: number | null, then: number | null) =>
    now === null ? null : Math.max(0, now - (then ?? 0));
  return {
    ...total,
    input_tokens: more(total.input_tokens, before.input_tokens) ?? 0,
    output_tokens: more(total.output_tokens, before.output_tokens) ?? 0,
    cache_read_tokens: more(total.cache_read_tokens, before.cache_read_tokens),
    cache_creation_tokens: more(total.cache_creation_tokens, before.cache_creation_tokens),
  };
}
