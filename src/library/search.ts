/** Finds what was said and done in recorded sessions. */
import { checkArguments, FLAG, kind, NUMBER, parts, TEXT } from "../agent/argument_check.ts";
import { InvalidOptionError } from "../agent/errors.ts";
import type { LogEvent } from "../events/log_event.ts";
import type { ToolKind } from "../events/tool_kinds.ts";
import type { Snippet } from "../search/snippet.ts";
import type { SessionRecord } from "../sessions/records.ts";
import { openRecords, SCOPE_PARTS, type SessionScope } from "./records.ts";

/** What is looked for, and where; without a text every event that passes the filters is found. */
export interface SearchQuery extends SessionScope {
  /** A part of a message, of reasoning, of a tool's call or result, or of an error. */
  readonly text?: string | undefined;
  /** The text is a regular expression, in which `^` and `$` mean lines. Default: false. */
  readonly regex?: boolean | undefined;
  /** Upper and lower case differ. Default: false. */
  readonly caseSensitive?: boolean | undefined;
  /** Only sessions of this provider. */
  readonly provider?: string | undefined;
  /** Only messages of this side. */
  readonly role?: "user" | "assistant" | undefined;
  /** Only calls and results of tools whose name holds this, in any case. */
  readonly tool?: string | undefined;
  /** Only calls and results of tools of this kind. */
  readonly toolKind?: ToolKind | undefined;
  /** Not before then; a text is a date that `Date` reads. */
  readonly from?: Date | string | undefined;
  /** Not after then; a text is a date that `Date` reads. */
  readonly to?: Date | string | undefined;
  /** Only sessions whose id, or the provider's id, begins like that. */
  readonly session?: string | undefined;
  /** Only sessions with this tag, in any case. */
  readonly tag?: string | undefined;
  /** At most so many hits. Default: all. */
  readonly limit?: number | undefined;
}

const DATE = kind(
  "a Date, or text",
  (value) => typeof value === "string" || value instanceof Date,
);
const QUERY = parts<SearchQuery>({
  ...SCOPE_PARTS,
  text: TEXT,
  regex: FLAG,
  caseSensitive: FLAG,
  provider: TEXT,
  role: TEXT,
  tool: TEXT,
  toolKind: TEXT,
  from: DATE,
  to: DATE,
  session: TEXT,
  tag: TEXT,
  limit: NUMBER,
});

/** One event that was found. */
export interface SearchHit {
  /** The session in whose log it stands. */
  readonly session: SessionRecord;
  /** The event. */
  readonly event: LogEvent;
  /** The text around the match. */
  readonly snippet: Snippet;
}

/**
 * Finds events in the logs of sessions, the oldest session first. A text alone stands for
 * `{ text }`. Memory does not grow with the logs.
 *
 * @throws {ZagError} when the text is no regular expression and should be one, or a date is none
 */
export async function* search(query: SearchQuery | string): AsyncGenerator<SearchHit, void> {
  const wanted = typeof query === "string" ? { text: query } : query;
  checkArguments("search()", [wanted, "query", QUERY]);
  const [{ compileQuery }, { searchLogs }, { snippetOf }, { sessionsToSearch }] = await Promise.all(
    [
      import("../search/query.ts"),
      import("../search/search.ts"),
      import("../search/snippet.ts"),
      import("../search/sessions_to_search.ts"),
    ],
  );
  const compiled = compileQuery({
    ...wanted,
    from: dateOf("from", wanted.from),
    to: dateOf("to", wanted.to),
  });
  using records = await openRecords(wanted);
  const logs = sessionsToSearch(records, wanted).flatMap((session) =>
    session.logPath === null ? [] : [{ session, path: session.logPath }]
  );
  let left = wanted.limit ?? Infinity;
  if (left <= 0) return;
  const index = records.paths.searchIndex;
  for (const { log: { session }, found } of searchLogs(logs, compiled, { index })) {
    for (const { event, hit } of found) {
      yield { session, event, snippet: snippetOf(hit) };
      if (--left <= 0) return;
    }
  }
}

function dateOf(option: string, given: Date | string | undefined): Date | undefined {
  if (given === undefined) return undefined;
  const date = new Date(given);
  if (!Number.isNaN(date.getTime())) return date;
  throw new InvalidOptionError(`Cannot use ${JSON.stringify(given)} as ${option}: it is no date`);
}
