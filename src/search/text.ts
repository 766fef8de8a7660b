/**
 * What of a log line is searched, and when two texts count as the same. Signatures are made of whole
 * lines, folded: what of a line is searched may change, but whoever changes `fold` raises
 * `INDEX_VERSION`.
 *
 * @module
 */
import type { LogEvent } from "../events/log_event.ts";
import { repeatsAnswer } from "../events/repeats_answer.ts";

/**
 * The texts of an event that a search looks at, each by itself: a match never runs from one into the
 * next. Of free-form values (a tool's input) these are the keys, and the values that are texts. A line
 * of an older or foreign log may hold anything in any field; what is no text is passed over. The
 * status that ends a turn well repeats the answer, which has an entry of its own.
 */
export function textsOf(event: LogEvent): string[] {
  const texts: unknown[] = [];
  switch (event.type) {
    case "user_message":
    case "assistant_message":
    case "reasoning":
      texts.push(event.content);
      break;
    case "tool_call":
      texts.push(event.tool_name);
      collect(event.input, texts);
      break;
    case "tool_result":
      texts.push(event.tool_name, event.output, event.error);
      break;
    case "permission":
      texts.push(event.tool_name, event.description);
      break;
    case "permission_question":
      // What the tool would be given stands in the call of it.
      texts.push(event.tool_name, event.description);
      break;
    case "permission_answer":
      texts.push(event.tool_name, event.reason);
      break;
    case "provider_status":
      if (!repeatsAnswer(event.data)) texts.push(event.message);
      break;
    case "stderr":
    case "user_event":
      texts.push(event.message);
      break;
    case "parse_warning":
      texts.push(event.message, event.raw);
      break;
    case "session_result":
      texts.push(event.result);
      break;
    case "session_ended":
      texts.push(event.error);
      break;
    case "usage_limit_hit":
      texts.push(event.scope, event.raw);
      break;
    case "usage_limit_resumed":
      texts.push(event.resume_message);
      break;
    case "usage_limit_resume_failed":
      texts.push(event.error);
      break;
  }
  return texts.filter((text) => typeof text === "string" && text !== "") as string[];
}

/** The types whose lines hold a text that is searched. */
export const SEARCHED_TYPES = [
  "user_message",
  "assistant_message",
  "reasoning",
  "tool_call",
  "tool_result",
  "permission",
  "permission_question",
  "permission_answer",
  "provider_status",
  "stderr",
  "user_event",
  "parse_warning",
  "session_result",
  "session_ended",
  "usage_limit_hit",
  "usage_limit_resumed",
  "usage_limit_resume_failed",
] as const satisfies readonly LogEvent["type"][];

/** Keys and texts of a free-form value. A hostile one may be nested too deep for recursion. */
function collect(value: unknown, texts: unknown[]): void {
  const rest: unknown[] = [value];
  while (rest.length > 0) {
    const next = rest.pop();
    if (typeof next === "string") texts.push(next);
    else if (Array.isArray(next)) { for (let at = next.length; at-- > 0;) rest.push(next[at]); }
    else if (typeof next === "object" && next !== null) {
      for (const [key, inner] of Object.entries(next).reverse()) rest.push(inner, key);
    }
  }
}

/**
 * The text with the differences of case taken out. Character by character: the folded form of a part
 * of a text is a part of the folded text, which a plain lower case does not promise (a Greek sigma at
 * the end of a word has a form of its own).
 */
export function fold(text: string): string {
  return text.toLowerCase().replaceAll("ς", "σ").replaceAll("ſ", "s");
}
