/**
 * What of a launch record has no room in the index. Lists read every row, so a long prompt or schema
 * stays in the session's log, and the row says that it is there.
 *
 * @module
 */
import type { SessionRecord } from "./records.ts";

/** What a session was started with, as its log has it. */
export type Launch = NonNullable<SessionRecord["launch"]>;

/** A field whose JSON is longer, in UTF-16 units, is in the log alone. */
const LONGEST = 8192;

/** Holds the names of the fields that only the log has. */
export const IN_LOG = "in_log";

/** The record as a row keeps it. What is short already stays as it is. */
export function shortLaunch(launch: Launch): Launch {
  const long = Object.keys(launch).filter((field) =>
    field !== IN_LOG && (JSON.stringify(launch[field])?.length ?? 0) > LONGEST
  );
  if (long.length === 0) return launch;
  const short = Object.fromEntries(
    Object.entries(launch).filter(([field]) => !long.includes(field)),
  );
  return { ...short, [IN_LOG]: [...new Set([...fieldsInLog(launch), ...long])] };
}

/** The fields of a record that a row keeps which only the log has. */
export function fieldsInLog(launch: Launch): string[] {
  const fields = launch[IN_LOG];
  return Array.isArray(fields) ? fields.filter((field) => typeof field === "string") : [];
}
