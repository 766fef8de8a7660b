/** How `zag search` shows what it has found. */
import type { LogEvent } from "../events/log_event.ts";
import { messageText } from "../events/render/plain_text.ts";
import { paint } from "../events/render/text.ts";
import { wrap } from "../events/render/wrap.ts";
import type { Found } from "../search/scan.ts";
import type { SearchTotals } from "../search/search.ts";
import { snippetOf, snippetText } from "../search/snippet.ts";
import type { SessionRecord } from "../sessions/records.ts";
import { localTime } from "../events/render/local_time.ts";
import { formatSize } from "./sizes.ts";
import { clip } from "./table.ts";

/** How hits are shown to people. */
export interface SearchViewOptions {
  /** Cells of the terminal's line; undefined for a pipe, where nothing is cut or wrapped. */
  readonly width: number | undefined;
  readonly color: boolean;
}

const BOLD = "1";
const DIM = "2";
const MATCH = "1;31";
const INDENT = "    ";

/** One hit for programs, on one line. */
export function jsonHit(session: SessionRecord, { event, hit }: Found): string {
  return JSON.stringify({
    session_id: session.sessionId,
    provider: session.provider,
    started_at: session.createdAt,
    ended_at: session.endedAt,
    workspace_path: session.workspacePath,
    command: session.command,
    event,
    snippet: snippetText(snippetOf(hit)),
  }) + "\n";
}

/** Hits for people: what belongs to one session stands below its heading. */
export class SearchView {
  readonly #options: SearchViewOptions;
  #session: SessionRecord | undefined;
  #hits = 0;

  constructor(options: SearchViewOptions) {
    this.#options = options;
  }

  /** The next hit; sessions must not be mixed. */
  hit(session: SessionRecord, found: Found): string {
    const head = session === this.#session ? "" : this.#change(session);
    this.#hits++;
    return head + this.#hit(found);
  }

  /** What closes the last session. */
  end(): string {
    if (this.#session === undefined) return "";
    return this.#painted(`  -- ${count(this.#hits, "match", "matches")}`, DIM) + "\n";
  }

  #change(session: SessionRecord): string {
    const closing = this.#session === undefined ? "" : this.end() + "\n";
    this.#session = session;
    this.#hits = 0;
    const { sessionId, provider, createdAt, workspacePath, command } = session;
    const parts = [sessionId.slice(0, 8), provider, localTime(createdAt), command, workspacePath];
    return closing + this.#painted(this.#clipped(parts.map(line).join("  ")), BOLD) + "\n";
  }

  #hit({ event, hit }: Found): string {
    const name = toolName(event);
    const kind = name === undefined ? event.type : `${event.type} ${name}`;
    const head = this.#clipped(
      `  [seq:${event.seq}] ${line(kind)}  ${line(localTime(String(event.ts)))}`,
    );
    const { before, match, after } = snippetOf(hit);
    const spans = [
      { text: line(before), style: "" },
      { text: line(match), style: MATCH },
      { text: line(after), style: "" },
    ];
    const { width, color } = this.#options;
    const room = width === undefined ? Infinity : width - INDENT.length;
    const snippet = wrap(spans, room, color).map(({ text }) => `${INDENT}${text}`.trimEnd() + "\n");
    return this.#painted(head, DIM) + "\n" + snippet.join("");
  }

  #clipped(text: string): string {
    const { width } = this.#options;
    return width === undefined ? text : clip(text, width);
  }

  #painted(text: string, code: string): string {
    return paint(text, code, this.#options.color);
  }
}

/** What was searched, in one line. */
export function totalsText(hits: number, sessions: number, totals: SearchTotals): string {
  const { logs, missing, unlogged, bytes, read } = totals;
  const found = hits === 0
    ? "No matches found."
    : `${count(hits, "match", "matches")} in ${count(sessions, "session", "sessions")}.`;
  const lost = missing === 0
    ? ""
    : `; ${count(missing, "log is", "logs are")} missing or cannot be read`;
  const without = unlogged === 0
    ? ""
    : `; ${count(unlogged, "session keeps", "sessions keep")} no log`;
  return `${found} Searched ${count(logs, "session", "sessions")}, ` +
    `${formatSize(bytes)} (${formatSize(read)} read)${lost}${without}\n`;
}

function count(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`;
}

function toolName(event: LogEvent): string | undefined {
  if (!("tool_name" in event)) return undefined;
  return typeof event.tool_name === "string" ? event.tool_name : undefined;
}

/** Text on one line that cannot drive the terminal. Spaces at both ends stay: they are between parts. */
function line(text: string): string {
  return messageText(text).replace(/\s+/g, " ");
}
