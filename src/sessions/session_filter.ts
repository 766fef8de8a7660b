/** Which sessions are meant, as a condition of the index. */
import type { SQLInputValue } from "node:sqlite";
import type { SessionCommand } from "./records.ts";

/** Conditions, all of which hold. */
export interface SessionFilter {
  /** A project key; null for sessions outside of any project; absent for all. */
  readonly project?: string | null | undefined;
  /** Only sessions whose agent was started there, absolute. */
  readonly cwd?: string | undefined;
  /** Only sessions of this command. */
  readonly command?: SessionCommand | undefined;
  /** Name of the provider, in lower case. */
  readonly provider?: string | undefined;
  /** The whole name, exactly. */
  readonly name?: string | undefined;
  /** Part of the name, in any case. */
  readonly nameContains?: string | undefined;
  /** One of the tags, in any case. */
  readonly tag?: string | undefined;
  /** Only sessions that do not have this tag. */
  readonly withoutTag?: string | undefined;
  /** Id of the session or process whose agent started it. */
  readonly parent?: string | undefined;
  /** Id of the session that it tries again. */
  readonly retriedFrom?: string | undefined;
  /** Only sessions that nobody has tried again: a retry takes the place of the session before it. */
  readonly notRetried?: boolean | undefined;
  /** Only sessions whose native id is known: no other can go on. */
  readonly resumable?: boolean | undefined;
  /** Only sessions whose newest run has not been seen to end. */
  readonly unended?: boolean | undefined;
  /** At most so many, after all else. */
  readonly limit?: number | undefined;
  /** What counts as the newest: what was made last, or what ran last. Default: what was made last. */
  readonly by?: "creation" | "run" | undefined;
}

/** The order of sessions: by when they were created; among equals the greatest id first. */
export const NEWEST_FIRST = "ORDER BY created_at DESC, session_id DESC";

/** By when their newest run began; one that never ran counts from when it was made. */
const RUN_LAST_FIRST = "ORDER BY coalesce(started_at, created_at) DESC, session_id DESC";

/** What follows `SELECT ... FROM sessions`. */
export interface FilterClause {
  readonly sql: string;
  readonly values: readonly SQLInputValue[];
  /** The function `folded` is needed. */
  readonly folds: boolean;
}

/** The clause of a filter, with the order and the limit. */
export function filterClause(filter: SessionFilter): FilterClause {
  const conditions = ["TRUE"];
  const values: SQLInputValue[] = [];
  const where = (condition: string, ...given: (SQLInputValue | undefined)[]) => {
    if (given.includes(undefined)) return;
    conditions.push(condition);
    values.push(...given as SQLInputValue[]);
  };
  where("project IS ?", filter.project);
  where("cwd = ?", filter.cwd);
  where("command = ?", filter.command);
  where("provider = ?", filter.provider);
  where("name = ?", filter.name);
  where("name IS NOT NULL AND instr(folded(name), folded(?)) > 0", filter.nameContains);
  where("EXISTS (SELECT 1 FROM json_each(tags) WHERE folded(value) = folded(?))", filter.tag);
  where("NOT EXISTS (SELECT 1 FROM json_each(tags) WHERE value = ?)", filter.withoutTag);
  where("(parent_session_id = ? OR parent_process_id = ?)", filter.parent, filter.parent);
  where("retried_from = ?", filter.retriedFrom);
  // Looked up once for all of them; without IS NOT NULL, NOT IN would be true of none.
  if (filter.notRetried) {
    where(
      "session_id NOT IN (SELECT retried_from FROM sessions WHERE retried_from IS NOT NULL)",
    );
  }
  if (filter.resumable) where("provider_session_id IS NOT NULL");
  // One that was never seen to start, as an older store may hold it, is not at work either.
  if (filter.unended) where("outcome IS NULL AND started_at IS NOT NULL");
  const { limit } = filter;
  const order = filter.by === "run" ? RUN_LAST_FIRST : NEWEST_FIRST;
  const most = limit === undefined ? "" : `LIMIT ${Math.max(0, Math.trunc(limit))}`;
  return {
    sql: `WHERE ${conditions.join(" AND ")} ${order} ${most}`,
    values,
    folds: filter.tag !== undefined || filter.nameContains !== undefined,
  };
}
