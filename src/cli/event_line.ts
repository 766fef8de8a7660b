/** Events of a session's log, one line each. */
import type { LogEvent } from "../events/log_event.ts";
import { messageText, plainText } from "../events/render/plain_text.ts";
import { strftime } from "../events/render/strftime.ts";
import { oneLine } from "../events/render/text.ts";

/** Characters of a message that are shown. */
const SHOWN = 120;

/** What is shown of an event besides its type, as text of any length. */
const PREVIEWS: Readonly<Record<string, (fields: Readonly<Record<string, unknown>>) => unknown>> = {
  session_started: ({ command }) => command,
  user_message: ({ content }) => content,
  assistant_message: ({ content }) => content,
  reasoning: ({ content }) => content,
  tool_call: ({ tool_name }) => tool_name,
  tool_result: ({ tool_name, success }) =>
    `${textOf(tool_name) || "?"} (${success === true ? "ok" : success === false ? "err" : "?"})`,
  permission: ({ tool_name, granted }) =>
    `${textOf(tool_name)} (${granted === true ? "granted" : "denied"})`,
  permission_question: ({ id, tool_name, description }) =>
    `${textOf(id)} ${textOf(tool_name)}: ${textOf(description)}`,
  permission_answer: ({ id, tool_name, granted }) =>
    `${textOf(id)} ${textOf(tool_name)} (${granted === true ? "granted" : "denied"})`,
  session_ended: ({ success, error, outcome }) =>
    success === true
      ? "success"
      : error != null
      ? `failed - ${textOf(error)}`
      : outcome === "unknown"
      ? "unknown"
      : "failed",
  session_result: ({ result }) => result,
  notification: ({ kind, target, delivered }) =>
    `${textOf(kind)} to ${textOf(target)} (${delivered === true ? "delivered" : "not delivered"})`,
  usage: ({ input_tokens, output_tokens }) =>
    `${textOf(input_tokens)} in / ${textOf(output_tokens)} out`,
};

/** `[TIME] seq=N TYPE: PREVIEW` with its newline; the time is the reader's. */
export function eventLine(event: LogEvent): string {
  return `[${timeOf(event.ts)}] seq=${event.seq} ${eventText(event)}\n`;
}

/** `TYPE: PREVIEW`, on one line. */
export function eventText(event: LogEvent): string {
  const fields = event as unknown as Readonly<Record<string, unknown>>;
  const preview = Object.hasOwn(PREVIEWS, event.type)
    ? PREVIEWS[event.type]!(fields)
    : fields.message;
  // Only the beginning is needed, and some are megabytes long.
  const read = event.type === "stderr" ? plainText : messageText;
  const text = oneLine(read(textOf(preview).slice(0, SHOWN * 64)).trim(), SHOWN);
  const what = oneLine(plainText(event.type), 60);
  return text === "" ? what : `${what}: ${text}`;
}

function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  return value === undefined || value === null ? "" : JSON.stringify(value);
}

function timeOf(ts: unknown): string {
  const date = new Date(textOf(ts));
  return Number.isNaN(date.getTime())
    ? oneLine(plainText(textOf(ts)), 40)
    : strftime(date, "%Y-%m-%d %H:%M:%S");
}
