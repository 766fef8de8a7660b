/** Entries of a session's log as texts, in the formats that `zag listen` knows. */
import { ZagError } from "../../errors.ts";
import { didYouMean } from "../../suggest.ts";
import type { LogEvent, LogType } from "../log_event.ts";
import { logTypeOf } from "../log_types.ts";
import { localTime } from "./local_time.ts";
import { LogView, type LogViewOptions } from "./log_view.ts";
import { strftime } from "./strftime.ts";

/** How entries of a log are shown: as plain text, as the JSON that they are, or with colours. */
export type ListenFormat = "text" | "json" | "rich-text";

const FORMATS: readonly ListenFormat[] = ["text", "json", "rich-text"];

/**
 * The format that a text names, in any case.
 *
 * @throws {ZagError} when there is none of this name
 */
export function parseListenFormat(text: string): ListenFormat {
  const name = text.toLowerCase();
  const format = FORMATS.find((known) => known === name);
  if (format !== undefined) return format;
  throw new ZagError(
    `Cannot use ${JSON.stringify(text)} as a format: it must be one of ${FORMATS.join(", ")}`,
    { hint: didYouMean(name, FORMATS) },
  );
}

/** What is shown of entries. */
export interface FormatOptions {
  /** Show the agent's reasoning. @default false */
  readonly showThinking?: boolean;
}

/**
 * An entry as `zag listen` shows it; what the agent says keeps its Markdown.
 *
 * @returns One or more lines, without a newline at the end; null when it has nothing to say to a
 * person. JSON is always one line, and never null.
 */
export function formatEvent(
  event: LogEvent,
  format: ListenFormat,
  options: FormatOptions = {},
): string | null {
  if (format === "json") return JSON.stringify(event);
  const text = eventView(format, { showThinking: options.showThinking }).render(event);
  return text === "" ? null : text.slice(0, -1);
}

/** The view of one log that is shown entry by entry: it leaves out what repeats what it has shown. */
export function eventView(
  format: Exclude<ListenFormat, "json">,
  options: Partial<Omit<LogViewOptions, "time">>,
): LogView {
  return new LogView({ color: format === "rich-text", ...options, time: localTime });
}

/** The name of an entry's type, which filters take. */
export function eventTypeName(event: LogEvent): LogType {
  return event.type;
}

/**
 * Whether an entry is of one of these types.
 *
 * @param types Their names, in any case, with `-` for `_` where that is easier to type. Absent or
 * empty: every type is meant.
 */
export function matchesFilter(event: LogEvent, types: readonly string[] = []): boolean {
  return types.length === 0 || types.some((name) => (logTypeOf(name) ?? name) === event.type);
}

/**
 * The time of an entry on this machine's clock.
 *
 * @param ts RFC 3339; the beginning of what is no time comes back as it is.
 * @param format As for strftime, for example `%H:%M:%S`.
 */
export function formatTimestamp(ts: string, format: string): string {
  const date = new Date(ts);
  return Number.isNaN(date.getTime()) ? ts.slice(0, 19) : strftime(date, format);
}
