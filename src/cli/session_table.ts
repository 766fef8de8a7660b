/** The table of `zag session list`. */
import type { SessionRecord } from "../sessions/records.ts";
import type { SessionState } from "../sessions/session_status.ts";
import { paint } from "../events/render/text.ts";
import { localTime } from "../events/render/local_time.ts";
import { compact, grouped } from "./cost_view.ts";
import { costText, statusText, withTilde } from "./session_text.ts";
import { type Column, table } from "./table.ts";

/** How a list of sessions is shown. */
export interface SessionTableOptions {
  /** Cells of the terminal's line; undefined for a pipe. */
  readonly width: number | undefined;
  readonly color: boolean;
  /** Show tokens and cost. */
  readonly usage: boolean;
  /** Show the directories. */
  readonly workspace: boolean;
  /** Shown as `~`. */
  readonly userHome: string | undefined;
  /** The beginning of an id that is enough to name its session. */
  readonly shorten: (id: string) => string;
}

/** The lines of the list, each with its newline. */
export function sessionTable(
  sessions: readonly SessionRecord[],
  states: ReadonlyMap<string, SessionState>,
  options: SessionTableOptions,
): string {
  const { color, width } = options;
  const statusOf = ({ sessionId }: SessionRecord) => states.get(sessionId)!.status;
  const columns: Column<SessionRecord>[] = [
    {
      title: "SESSION ID",
      cell: ({ sessionId }) => sessionId,
      short: ({ sessionId }) => options.shorten(sessionId),
    },
    {
      title: "STATUS",
      cell: statusOf,
      paint: (_, session) => statusText(statusOf(session), color),
      drop: 1,
    },
    { title: "NAME", cell: ({ name }) => name || "-", min: 6, drop: 2 },
    { title: "PROVIDER", cell: ({ provider }) => provider, drop: 4 },
    { title: "MODEL", cell: ({ model }) => model || "-", min: 8, drop: 5 },
    { title: "CREATED", cell: ({ createdAt }) => localTime(createdAt), drop: 3 },
  ];
  if (options.usage) {
    columns.push(
      tokens("IN", ({ inputTokens }) => inputTokens),
      tokens("OUT", ({ outputTokens }) => outputTokens),
      { title: "COST", cell: ({ costUsd }) => costText(costUsd), align: "right" },
    );
  }
  if (options.workspace) {
    columns.push({
      title: "WORKSPACE",
      cell: ({ workspacePath }) => withTilde(workspacePath, options.userHome),
      min: 12,
      drop: 6,
    });
  }
  return table(sessions, columns, { width, paint: (text) => paint(text, "1", color) });
}

function tokens(
  title: string,
  of: (session: SessionRecord) => number | null,
): Column<SessionRecord> {
  return {
    title,
    cell: (session) => grouped(of(session)),
    short: (session) => compact(of(session)),
    align: "right",
  };
}
