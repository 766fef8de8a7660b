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
