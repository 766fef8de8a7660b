/**
 * What was used and spent, added up from the rows of table `usage`.
 *
 * @module
 */
import type { SQLInputValue, SQLOutputValue } from "node:sqlite";
import type { Database } from "./database.ts";
import { MODEL_SUMS, type ModelUsage, modelUsage } from "./spent.ts";

/** What the groups of a report have in common. A day is one on this machine's clock. */
export type UsageGrouping = "day" | "provider" | "model" | "project" | "session";

/** Which usage is added up. */
export interface UsageFilter {
  /** A project key; null for what was used outside of any project; absent for all. */
  readonly project?: string | null | undefined;
  /** Id of one session. */
  readonly session?: string | undefined;
  /** Name of the provider, in lower case. */
  readonly provider?: string | undefined;
  /** The whole name of the model, in any case. */
  readonly model?: string | undefined;
  /** The first moment that counts. */
  readonly from?: Date | undefined;
  /** The last moment that counts. */
  readonly to?: Date | undefined;
}

/**
 * Sums. What is counted are reports: an agent tells what it used once a turn, or once each call of the
 * model. A sum is null when no report told its part of it.
 */
export interface UsageTotals {
  /** How many times an agent told what it used. */
  readonly reports: number;
  /** How many sessions they belong to. */
  readonly sessions: number;
  /** Tokens that the model read. */
  readonly inputTokens: number;
  /** Tokens that the model wrote. */
  readonly outputTokens: number;
  /** Of what was read, tokens that came from a cache. */
  readonly cacheReadTokens: number | null;
  /** Tokens that were put into a cache. */
  readonly cacheCreationTokens: number | null;
  /** US dollars, of the reports whose cost is known. */
  readonly costUsd: number | null;
  /** How many reports did not tell a cost: the sum is without them. */
  readonly reportsWithoutCost: number;
}

/** The sums of one day, provider, model, project or session. */
export interface UsageGroup extends UsageTotals {
  /** `YYYY-MM-DD`, a name, a project key or a session's id; null where it is not known. */
  readonly key: string | null;
  /** Of a session, what the person called it; null when it has no name or is deleted. */
  readonly name?: string | null;
  /** Of a project, the workspace of its newest session; null when no session of it is left. */
  readonly path?: string | null;
}

const KEYS: Readonly<Record<UsageGrouping, string>> = {
  day: "local_day(at)",
  provider: "provider",
  model: "model",
  project: "project",
  session: "session_id",
};

/** What else is told of a group. */
const MORE: Readonly<Partial<Record<UsageGrouping, readonly ["name" | "path", sql: string]>>> = {
  session: ["name", "SELECT name FROM sessions WHERE sessions.session_id = usage.session_id"],
  // A worktree that zag made is not where people know the project to be.
  project: [
    "path",
    `SELECT workspace_path FROM sessions WHERE sessions.project = usage.project
     ORDER BY is_worktree, created_at DESC, session_id DESC LIMIT 1`,
  ],
};

// total() instead of sum() for tokens: it cannot overflow.
const SUMS = `count(*) AS reports, count(DISTINCT session_id) AS sessions,
  total(input_tokens) AS input_tokens, total(output_tokens) AS output_tokens,
  CASE WHEN count(cache_read_tokens) > 0 THEN total(cache_read_tokens) END AS cache_read_tokens,
  CASE WHEN count(cache_creation_tokens) > 0 THEN total(cache_creation_tokens) END
    AS cache_creation_tokens,
  sum(cost_usd) AS cost_usd, count(*) - count(cost_usd) AS reports_without_cost`;

/** Adds up everything that satisfies all conditions. */
export function usageTotals(db: Database, filter: UsageFilter): UsageTotals {
  const { where, values } = conditions(filter);
  return totalsOf(db.get(`SELECT ${SUMS} FROM usage WHERE ${where}`, ...values)!);
}

/** Adds up group by group: days from the first to the last, all else from the dearest. */
export function usageGroups(db: Database, by: UsageGrouping, filter: UsageFilter): UsageGroup[] {
  const { where, values } = conditions(filter);
  // Days of the runtime's clock, not of SQLite's, which can know other time zones.
  if (by === "day") db.define("local_day", (time) => localDay(String(time)));
  const order = by === "day"
    ? "key"
    : "sum(cost_usd) DESC NULLS LAST, total(input_tokens) + total(output_tokens) DESC, key";
  const [field, more] = MORE[by] ?? [];
  const extra = field === undefined ? "" : `(${more}) AS ${field},`;
  return db.all(
    `SELECT ${KEYS[by]} AS key, ${extra} ${SUMS} FROM usage WHERE ${where}
     GROUP BY ${KEYS[by]} ORDER BY ${order}`,
    ...values,
  ).map((row) => ({
    key: text(row.key),
    ...(field === undefined ? {} : { [field]: text(row[field]) }),
    ...totalsOf(row),
  }));
}

/**
 * What was used without a cost being told, for each model of a group; for {@linkcode usageGroups} of the
 * same filter.
 */
export function unpricedUsage(
  db: Database,
  by: UsageGrouping,
  filter: UsageFilter,
): { readonly key: string | null; readonly used: ModelUsage }[] {
  const { where, values } = conditions(filter);
  if (by === "day") db.define("local_day", (time) => localDay(String(time)));
  return db.all(
    `SELECT ${KEYS[by]} AS key, ${MODEL_SUMS} FROM usage WHERE ${where} AND cost_usd IS NULL
     GROUP BY ${KEYS[by]}, provider, model`,
    ...values,
  ).map((row) => ({ key: text(row.key), used: modelUsage(row) }));
}

/**
 * How many sessions there are whose newest run was cut off in a turn and ended in the period: agents tell
 * what a turn has used at its end, so what such a run used last is in no sum. A run of one turn that has
 * told something was not in it any more, or has told it for its budget; of several turns nobody knows.
 */
export function cutOffSessions(db: Database, filter: UsageFilter): number {
  const { where, values } = conditions(filter, "coalesce(ended_at, started_at, created_at)");
  const sql = `SELECT count(*) AS count FROM sessions WHERE ${where} AND outcome IN
    ('timeout', 'interrupted', 'killed', 'dead', 'unknown')
    AND (interactive = 1 OR command = 'run' OR launch ->> 'inputFormat' = 'stream-json'
      OR NOT EXISTS (SELECT * FROM usage WHERE usage.session_id = sessions.session_id
        AND at >= coalesce(started_at, sessions.created_at)))`;
  return Number(db.get(sql, ...values)!.count);
}

/** The day of a stored time on this machine's clock: `YYYY-MM-DD`. */
export function localDay(rfc3339: string): string {
  const date = new Date(rfc3339);
  const two = (value: number) => String(value).padStart(2, "0");
  const year = String(date.getFullYear()).padStart(4, "0");
  return `${year}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** @param time what has to be in the period, in SQL */
function conditions(
  filter: UsageFilter,
  time = "at",
): { where: string; values: SQLInputValue[] } {
  const texts = ["TRUE"];
  const values: SQLInputValue[] = [];
  const add = (text: string, value: SQLInputValue) => {
    texts.push(text);
    values.push(value);
  };
  const { project, session, provider, model, from, to } = filter;
  if (project !== undefined) add("project IS ?", project);
  if (session !== undefined) add("session_id = ?", session);
  if (provider !== undefined) add("provider = ?", provider);
  if (model !== undefined) add("model = ? COLLATE NOCASE", model);
  if (from !== undefined) add(`${time} >= ?`, from.toISOString());
  if (to !== undefined) add(`${time} <= ?`, to.toISOString());
  return { where: texts.join(" AND "), values };
}

function text(value: SQLOutputValue | undefined): string | null {
  return value == null ? null : String(value);
}

function totalsOf(row: Record<string, SQLOutputValue>): UsageTotals {
  const optional = (value: SQLOutputValue | undefined) => value == null ? null : Number(value);
  const cost = optional(row.cost_usd);
  return {
    reports: Number(row.reports),
    sessions: Number(row.sessions),
    inputTokens: Number(row.input_tokens),
    outputTokens: Number(row.output_tokens),
    cacheReadTokens: optional(row.cache_read_tokens),
    cacheCreationTokens: optional(row.cache_creation_tokens),
    // Sums of dollars carry noise in their last digits.
    costUsd: cost === null ? null : Number(cost.toFixed(10)),
    reportsWithoutCost: Number(row.reports_without_cost),
  };
}
