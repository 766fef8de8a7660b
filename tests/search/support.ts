/** What the tests of the search room share. */
import { indexLogs, type IndexOptions, type IndexOutcome } from "../../src/search/indexer.ts";
import type { CompiledQuery } from "../../src/search/query.ts";
import { noTotals, searchLogs, type SearchTotals } from "../../src/search/search.ts";

/** Numbers from 0 up to 1 that look random and are the same for the same seed. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b_79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

/** A line of a log as an object. */
export function entry(seq: number, fields: Record<string, unknown>): Record<string, unknown> {
  return {
    seq,
    ts: new Date(Date.UTC(2026, 0, 1) + seq * 1000).toISOString(),
    provider: "mock",
    wrapper_session_id: "s",
    provider_session_id: null,
    source_kind: "wrapper",
    completeness: "full",
    ...fields,
  };
}

/** A line with a message of the assistant, with its newline. */
export function said(seq: number, content: string): string {
  return JSON.stringify(entry(seq, { type: "assistant_message", content, message_id: null })) +
    "\n";
}

/** Indexes logs without any pause. */
export function indexAll(
  index: string,
  paths: readonly string[],
  options: Partial<IndexOptions> = {},
): Promise<IndexOutcome> {
  return indexLogs({
    index,
    logs: [paths],
    pace: { sliceMs: 1000, rest: () => Promise.resolve(true) },
    ...options,
  });
}

/** What a search found: `path seq` for each event, and what it had to do for it. */
export function searched(
  paths: readonly string[],
  query: CompiledQuery,
  index?: string,
): { found: string[]; totals: SearchTotals } {
  const totals = noTotals();
  const found: string[] = [];
  const logs = paths.map((path) => ({ path }));
  for (const batch of searchLogs(logs, query, { index, totals })) {
    for (const { event } of batch.found) found.push(`${batch.log.path} ${event.seq}`);
  }
  return { found, totals };
}
