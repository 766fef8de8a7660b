/** Makes the `usage` lines of a log from counts that an agent's own file states again and again. */
import type { Usage } from "../events/event.ts";
import type { LogKind } from "../events/log_event.ts";

/** A `usage` line. */
export type UsageLine = Extract<LogKind, { type: "usage" }>;

/** The line for an amount of tokens; undefined for none at all. */
export function usageLine(
  usage: Usage,
  model: string | undefined,
  costUsd?: number,
): UsageLine | undefined {
  const { input_tokens, output_tokens, cache_read_tokens, cache_creation_tokens } = usage;
  const cached = (cache_read_tokens ?? 0) + (cache_creation_tokens ?? 0);
  if (input_tokens + output_tokens + cached + (costUsd ?? 0) === 0) return undefined;
  return {
    type: "usage",
    input_tokens,
    output_tokens,
    ...(cache_read_tokens === null ? {} : { cache_read_tokens }),
    ...(cache_creation_tokens === null ? {} : { cache_creation_tokens }),
    ...(costUsd === undefined ? {} : { total_cost_usd: costUsd }),
    ...(model === undefined ? {} : { model }),
  };
}

/** What came on top of an earlier count; never less than nothing. */
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

/** So many messages are remembered; what is repeated is repeated soon. */
const REMEMBERED = 512;

/**
 * Messages whose file states their tokens more than once: the lines of a message add up to its last
 * count, wherever reading stops.
 */
export class MessageUsage {
  readonly #told = new Map<string, Usage>();

  /** What this count adds to what was told of the message; undefined when it adds nothing. */
  line(
    id: string,
    usage: Usage,
    model: string | undefined,
    costUsd?: number,
  ): UsageLine | undefined {
    const before = this.#told.get(id);
    this.#told.delete(id);
    this.#told.set(id, before ? larger(usage, before) : usage);
    if (this.#told.size > REMEMBERED) this.#told.delete(this.#told.keys().next().value!);
    return usageLine(moreUsage(usage, before), model, before ? undefined : costUsd);
  }
}

function larger(a: Usage, b: Usage): Usage {
  const most = (a: number | null, b: number | null) =>
    a === null && b === null ? null : Math.max(a ?? 0, b ?? 0);
  return {
    ...a,
    input_tokens: Math.max(a.input_tokens, b.input_tokens),
    output_tokens: Math.max(a.output_tokens, b.output_tokens),
    cache_read_tokens: most(a.cache_read_tokens, b.cache_read_tokens),
    cache_creation_tokens: most(a.cache_creation_tokens, b.cache_creation_tokens),
  };
}
