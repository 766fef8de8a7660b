/** The JSON of a log entry, kept to a size that readers can live with. */
import type { FieldOverflow, LogKind } from "../events/log_event.ts";
import { redact, redactValue } from "../redact/redact.ts";

/** Longest string, and longest JSON of a free-form value, in UTF-16 units. */
export const FIELD_CAP = 256 * 1024;

/** How much of a free-form value's short fields is kept, in UTF-16 units each. */
const SHORT_FIELD = 1024;
const MAX_SHORT_FIELDS = 32;

/** These must come back as they were: an answer, and what the store is rebuilt from. */
const UNCAPPED: ReadonlySet<string> = new Set(["result", "meta"]);

/** Keeps a field that is about to be cut; undefined when it is lost. */
export type KeepWhole = (field: string, json: string) => FieldOverflow | undefined;

type AssistantMessage = Extract<LogKind, { type: "assistant_message" }>;

/**
 * The JSON object of an entry. A field above the cap is cut and the entry marked
 * `"truncated":true`: a string keeps its beginning, a free-form value (`data`, `input`) its short
 * top-level fields. So is a value that is no JSON, such as one that contains itself. What could be
 * kept elsewhere is named in `overflow`.
 */
export function kindJson(kind: LogKind, keep?: KeepWhole): string {
  const json = isPlainMessage(kind) ? messageJson(kind) : stringify(kind);
  // No field is longer than the whole, so nearly every line is done after this one comparison.
  if (json !== undefined && json.length <= FIELD_CAP) return json;
  return stringify(capped(kind, keep)) ?? stringify({
    type: "parse_warning",
    message: `An entry of type ${kind.type} is no JSON`,
    raw: null,
  })!;
}

/** True for the shape that nearly all lines of a busy session have. */
function isPlainMessage(kind: LogKind): kind is AssistantMessage {
  return kind.type === "assistant_message" && kind.message_id === null && !kind.truncated &&
    kind.parent_tool_use_id === undefined;
}

/** The same text as `JSON.stringify` gives, in half the time. */
function messageJson({ content }: AssistantMessage): string {
  return `{"type":"assistant_message","content":${JSON.stringify(content)},"message_id":null}`;
}

/** Does not compile once the type has a field that {@linkcode messageJson} would leave out. */
const _MESSAGE_FIELDS: Record<keyof AssistantMessage, true> = {
  type: true,
  content: true,
  message_id: true,
  parent_tool_use_id: true,
  truncated: true,
};

function capped(kind: LogKind, keep: KeepWhole | undefined): Record<string, unknown> {
  const entry: Record<string, unknown> = {};
  const overflow: FieldOverflow[] = [];
  let truncated = false;
  const keepField = (field: string, json: string | undefined) => {
    truncated = true;
    const place = json === undefined ? undefined : keep?.(field, json);
    if (place) overflow.push(place);
  };
  for (const [field, whole] of Object.entries(kind)) {
    entry[field] = whole;
    if (UNCAPPED.has(field)) continue;
    // Half a secret could not be told any more.
    const value = clean(whole);
    if (typeof value === "string" && value.length > FIELD_CAP) {
      entry[field] = beginning(value, FIELD_CAP);
      keepField(field, stringify(value));
    } else if (typeof value === "object" && value !== null) {
      const json = stringify(value);
      if (json !== undefined && json.length <= FIELD_CAP) continue;
      entry[field] = outline(value, json?.length);
      keepField(field, json);
    }
  }
  if (truncated) entry.truncated = true;
  if (overflow.length > 0) entry.overflow = overflow;
  return entry;
}

/** A long value without secrets; one that is no JSON is left out anyway. */
function clean(value: unknown): unknown {
  if (typeof value === "string") return value.length > FIELD_CAP ? redact(value) : value;
  if (typeof value !== "object" || value === null) return value;
  const json = stringify(value);
  return json === undefined || json.length <= FIELD_CAP ? value : redactValue(value);
}

/** What stands for a value that is too long: its short fields, and how long its JSON was. */
function outline(value: object, length: number | undefined): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  let count = 0;
  for (const [field, part] of Array.isArray(value) ? [] : Object.entries(value)) {
    const short = typeof part === "string"
      ? part.length <= SHORT_FIELD
      : typeof part === "number" || typeof part === "boolean" || part === null;
    if (!short || field.length > SHORT_FIELD) continue;
    kept[field] = part;
    if (++count === MAX_SHORT_FIELDS) break;
  }
  return { ...kept, truncated: true, json_length: length ?? null };
}

/** The first units of a text, without half a character at the end. */
function beginning(text: string, length: number): string {
  const last = text.charCodeAt(length - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? length - 1 : length);
}

/** Undefined when the value is no JSON, or its JSON would not fit into a string. */
function stringify(value: object | string): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}
