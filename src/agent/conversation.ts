/** What was said and done in a session, as text for another agent that goes on with it. */
import type { LogEvent } from "../events/log_event.ts";
import { LogNotFoundError, readLog } from "../sessions/log_reader.ts";
import { fenced } from "./prompt_fence.ts";

/** So much of it is told, in UTF-16 units: the end counts more than the beginning. */
const MOST = 64 * 1024;
/** Of what a tool was given, and of what it said. */
const MOST_OF_TOOL = 2000;

/**
 * The conversation, with a line that says what it is; undefined when the agent has said and done
 * nothing.
 *
 * @param logPath The log of the session; null when there is none.
 */
export async function conversationIn(logPath: string | null): Promise<string | undefined> {
  if (logPath === null) return undefined;
  const pieces: string[] = [];
  let length = 0;
  let left = 0;
  let answered = false;
  try {
    for await (const { event } of readLog(logPath)) {
      const piece = event && pieceOf(event);
      if (piece === undefined) continue;
      answered ||= event!.type !== "user_message";
      pieces.push(piece);
      length += piece.length;
      while (length > MOST && pieces.length > 1) {
        length -= pieces.shift()!.length;
        left++;
      }
    }
  } catch (error) {
    if (error instanceof LogNotFoundError) return undefined;
    throw error;
  }
  if (!answered) return undefined;
  const head = left === 0 ? [] : [`(${left} earlier entries are left out)`];
  const text = [...head, ...pieces].join("\n\n");
  return "Another agent has begun with this and could not go on. What was said and done so far:\n\n" +
    `${fenced(text)}\n\nGo on from there. The task was:`;
}

function pieceOf(event: LogEvent): string | undefined {
  switch (event.type) {
    case "user_message":
      return said("Person", event.content);
    case "assistant_message":
      return said("Agent", event.content);
    case "tool_call":
      return `Tool ${event.tool_name}: ${cut(inputText(event.input))}`;
    case "tool_result": {
      const text = event.error ?? event.output ?? "";
      return text === ""
        ? undefined
        : `${event.error === null ? "It said" : "It failed"}: ${cut(text)}`;
    }
    default:
      return undefined;
  }
}

function said(who: string, text: string): string | undefined {
  return text.trim() === "" ? undefined : `${who}: ${cut(text, MOST / 2)}`;
}

function inputText(input: unknown): string {
  return typeof input === "string" ? input : JSON.stringify(input) ?? "";
}

function cut(text: string, most = MOST_OF_TOOL): string {
  return text.length <= most ? text : `${text.slice(0, most)} ...`;
}
