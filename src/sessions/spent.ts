/**
 * What a session and those that its agents have started have used since some time: what a budget is
 * held against.
 *
 * @module
 */
import type { SQLOutputValue } from "node:sqlite";
import type { Database } from "./database.ts";

/** What one model of one provider has used. */
export interface ModelUsage {
  /** Name of the provider, in lower case. */
  readonly provider: string;
  /** Null where it is not known. */
  readonly model: string | null;
  /** US dollars, of the reports that told a cost. */
  readonly costUsd: number;
  /** All tokens. */
  readonly tokens: TokenSums;
  /** Those of them that were reported without a cost. */
  readonly unpriced: TokenSums;
}

/** Sums of tokens; what nobody reported counts as none. */
export interface TokenSums {
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheCreation: number;
  /** How many reports they come from. */
  readonly reports: number;
}

/** Whose usage is added up. */
export interface SpentRequest {
  /** Id of the session with which the tree begins. */
  readonly root: string;
  /** RFC 3339: what was used before does not count. */
  readonly since: string;
  /** Nothing but what the root itself has used. @default false */
  readonly only?: boolean;
  /** What this session has used from then on is left out: whoever asks knows it better. */
  readonly except?: { readonly sessionId: string; readonly from: string } | undefined;
}

// A session that goes on can have been begun by somebody else: then its run says who has it go on.
const TREE = `WITH RECURSIVE tree (id) AS (
    SELECT ?
    UNION SELECT session_id FROM sessions JOIN tree ON parent_session_id = tree.id
    UNION SELECT session_id FROM processes JOIN tree ON parent_session_id = tree.id
      WHERE session_id IS NOT NULL
  )`;

const SUMS = ["input_tokens", "output_tokens", "cache_read_tokens", "cache_creation_tokens"];

/** The SQL of the sums in {@linkcode ModelUsage}, for a query that groups by provider and model. */
export const MODEL_SUMS = [
  "provider",
  "model",
  "total(cost_usd) AS cost_usd",
  "count(*) AS reports",
  "count(*) - count(cost_usd) AS unpriced_reports",
  ...SUMS.map((name) => `total(${name}) AS ${name}`),
  ...SUMS.map((name) => `total(${name}) FILTER (WHERE cost_usd IS NULL) AS unpriced_${name}`),
].join(", ");

/** Adds up what a session and all below it have used, model by model. */
export function usageBelow(
  db: Database,
  { root, since, only = false, except }: SpentRequest,
): ModelUsage[] {
  return db.all(
    `${only ? "" : TREE} SELECT ${MODEL_SUMS} FROM usage
     WHERE session_id IN (SELECT ${only ? "?1" : "id FROM tree"}) AND at >= ?
       AND NOT (session_id = ? AND at >= ?)
     GROUP BY provider, model`,
    root,
    since,
    except?.sessionId ?? "",
    except?.from ?? "",
  ).map(modelUsage);
}

/** A row of {@linkcode MODEL_SUMS}. */
export function modelUsage(row: Record<string, SQLOutputValue>): ModelUsage {
  const sums = (prefix: string): TokenSums => ({
    input: Number(row[`${prefix}input_tokens`]),
    output: Number(row[`${prefix}output_tokens`]),
    cacheRead: Number(row[`${prefix}cache_read_tokens`]),
    cacheCreation: Number(row[`${prefix}cache_creation_tokens`]),
    reports: Number(row[`${prefix}reports`]),
  });
  return {
    provider: String(row.provider),
    model: row.model == null ? null : String(row.model),
    costUsd: Number(row.cost_usd),
    tokens: sums(""),
    unpriced: sums("unpriced_"),
  };
}
