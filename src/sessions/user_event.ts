/**
 * What a person or an agent adds to a session's log in words of their own.
 *
 * @module
 */
import { ZagError } from "../errors.ts";
import type { LogKind } from "../events/log_event.ts";
import { LogAppender } from "./log.ts";
import type { SessionRecord } from "./records.ts";
import { isFile } from "../is_file.ts";

/** A `user_event` line. */
export type UserEvent = Extract<LogKind, { type: "user_event" }>;

/** A line could not be added to a session's log. */
export class UserEventError extends ZagError {
  /** Name of the class. */
  override name = "UserEventError";
}

/**
 * Appends a line to the log of a session, whoever else is writing to it.
 *
 * @throws {UserEventError} when the session has no log, or it cannot be written
 */
export function appendUserEvent(session: SessionRecord, event: UserEvent): void {
  const { sessionId, logPath, provider } = session;
  const cannot = `Cannot log to session ${JSON.stringify(sessionId)}`;
  // A log that was deleted must not come to life again with this one line in it.
  if (logPath === null || !isFile(logPath)) {
    throw new UserEventError(`${cannot}: it has no log any more`, {
      hint: logPath === null ? "None was ever kept" : `It was ${logPath}`,
    });
  }
  using log = LogAppender.reopen({ path: logPath, provider, sessionId });
  if (log.append([event]) === undefined) {
    throw new UserEventError(`${cannot}: it cannot be written`, { cause: log.failure?.cause });
  }
}
