/** Shows entries of a log as `zag listen` does. */
import { checkArguments, FLAG, OBJECT, parts, TEXT, TEXTS } from "../agent/argument_check.ts";
import type { LogEvent, LogType } from "../events/log_event.ts";
import * as formatter from "../events/render/event_formatter.ts";
import type { FormatOptions, ListenFormat } from "../events/render/event_formatter.ts";

export type { FormatOptions };

const OPTIONS = parts<FormatOptions>({ showThinking: FLAG });

/**
 * The format that a text names, in any case.
 *
 * @throws {ZagError} when there is none of this name
 */
export function parseListenFormat(text: string): ListenFormat {
  checkArguments("parseListenFormat()", [text, "text", TEXT]);
  return formatter.parseListenFormat(text);
}

/**
 * An entry as `zag listen` shows it; what the agent says keeps its Markdown.
 *
 * @returns One or more lines, without a newline at the end; null when it has nothing to say to a
 * person. JSON is always one line, and never null.
 * @throws {ZagError} when there is no such format
 */
export function formatEvent(
  event: LogEvent,
  format: ListenFormat,
  options: FormatOptions = {},
): string | null {
  checkArguments(
    "formatEvent()",
    [event, "event", OBJECT],
    [format, "format", TEXT],
    [options, "options", OPTIONS],
  );
  return formatter.formatEvent(event, formatter.parseListenFormat(format), options);
}

/** The name of an entry's type, which filters take. */
export function eventTypeName(event: LogEvent): LogType {
  checkArguments("eventTypeName()", [event, "event", OBJECT]);
  return formatter.eventTypeName(event);
}

/**
 * Whether an entry is of one of these types.
 *
 * @param types Their names, in any case, with `-` for `_` where that is easier to type. Absent or
 * empty: every type is meant.
 */
export function matchesFilter(event: LogEvent, types: readonly string[] = []): boolean {
  checkArguments("matchesFilter()", [event, "event", OBJECT], [types, "types", TEXTS]);
  return formatter.matchesFilter(event, types);
}

/**
 * The time of an entry on this machine's clock.
 *
 * @param ts RFC 3339; the beginning of what is no time comes back as it is.
 * @param format As for strftime, for example `%H:%M:%S`.
 */
export function formatTimestamp(ts: string, format: string): string {
  checkArguments("formatTimestamp()", [ts, "ts", TEXT], [format, "format", TEXT]);
  return formatter.formatTimestamp(ts, format);
}
