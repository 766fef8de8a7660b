/** What the parsers of all providers begin with. */
import type { LogKind } from "../events/log_event.ts";
import { type Json, record } from "./json.ts";
import type { ParserState } from "./provider.ts";

/** The state of an invocation of which nothing has been read. */
export function emptyState(): ParserState {
  return {
    sessionId: undefined,
    model: undefined,
    results: 0,
    isError: false,
    errorMessage: undefined,
    result: undefined,
    structured: undefined,
    costUsd: undefined,
    usage: undefined,
  };
}

/**
 * A line of NDJSON as an object. A blank line is none; anything else that is no object is noted as a
 * `parse_warning` and passed over.
 *
 * @param source Whose line it is, for the note.
 */
export function parseItem(
  text: string,
  source: string,
  note: (kind: LogKind) => void,
): Json | undefined {
  let item: Json | undefined;
  try {
    item = record(JSON.parse(text));
  } catch {
    if (text.trim() === "") return undefined;
  }
  if (!item) {
    note({
      type: "parse_warning",
      message: `${source} holds a line that is no JSON object`,
      raw: text,
    });
  }
  return item;
}
