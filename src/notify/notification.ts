/** What somebody is told about a session that runs without anybody looking on. */
import type { SessionOutcome } from "../events/log_event.ts";

/**
 * What has happened: the session has come to a good end; it has come to another one; it waits for the
 * end of a usage limit; its agent waits for an answer.
 */
export type NotificationKind = "end" | "failure" | "limit" | "question";

/** The values of {@linkcode NotificationKind}, in the order in which documents list them. */
export const NOTIFICATION_KINDS = [
  "end",
  "failure",
  "limit",
  "question",
] as const satisfies readonly NotificationKind[];

/** A variable that says that what runs here was started by a notification. Its value is the event. */
export const NOTIFYING = "ZAG_NOTIFICATION";

/** A notification, as programs and webhooks get it: one JSON object. */
export interface Notification {
  /** Of this shape. */
  readonly version: 1;
  /** The same one whenever this notification is sent, and no other one has it. */
  readonly id: string;
  /** What has happened. */
  readonly event: NotificationKind;
  /** When it happened, RFC 3339, UTC. */
  readonly at: string;
  /** zag's own id of the session. */
  readonly session_id: string;
  /** Its name, where somebody has given it one. */
  readonly session_name: string | null;
  /** Name of the provider. */
  readonly provider: string;
  /** Name of the model. */
  readonly model: string | null;
  /** Absolute path of the directory that the session is about. */
  readonly project: string;
  /** Where the agent works, absolute. */
  readonly cwd: string;
  /** How the session has ended; null as long as it goes on. */
  readonly outcome: SessionOutcome | null;
  /** Why, where it was no good end. */
  readonly error: string | null;
  /** The beginning of what `zag output` prints; null where that is nothing. */
  readonly result: string | null;
  /** There is more of the result. */
  readonly result_truncated: boolean;
  /** When the session goes on, for a limit. */
  readonly resumes_at: string | null;
  /** What the agent waits for an answer to. */
  readonly question: { readonly id: string; readonly text: string } | null;
  /** What can be typed next. */
  readonly commands: readonly string[];
}

/** So many characters are told of a text that may be of any length. */
export const MOST_CHARACTERS = 1000;

/** The beginning of a text, by whole characters. */
export function beginning(text: string): { readonly text: string; readonly truncated: boolean } {
  // A character takes two units at most, and what lies behind them need not be looked at.
  const characters = [...text.slice(0, 2 * MOST_CHARACTERS + 2)];
  if (characters.length <= MOST_CHARACTERS) return { text, truncated: false };
  return { text: characters.slice(0, MOST_CHARACTERS).join(""), truncated: true };
}

/** The same for people: a line, and some more of them. */
export function inWords(told: Notification): { readonly title: string; readonly body: string } {
  const { event, session_name, session_id, provider } = told;
  const who = session_name ?? `${provider} ${session_id.slice(0, 8)}`;
  const { error, result, resumes_at, question, outcome } = told;
  switch (event) {
    case "end":
      return { title: `${who} is done`, body: result ?? "" };
    case "failure":
      return { title: `${who} has failed`, body: error ?? `It ended with ${outcome}` };
    case "limit":
      return {
        title: `${who} waits for the end of a usage limit`,
        body: resumes_at === null ? "" : `It goes on at ${resumes_at}`,
      };
    case "question":
      return { title: `${who} waits for an answer`, body: question?.text ?? "" };
  }
}
