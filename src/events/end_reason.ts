/**
 * Why sessions end, as programs are told it.
 *
 * @module
 */
import type { SessionEndReason } from "./log_event.ts";

/** What zag's own exit code was with each reason; null where other things decide about that. */
const EXIT_CODES: Readonly<Record<SessionEndReason, 124 | 125 | null>> = {
  timeout: 124,
  first_byte_timeout: 124,
  idle_timeout: 124,
  budget: 125,
  usage_limit: null,
  killed: null,
  stopped: null,
  cancelled: null,
  interrupted: null,
};

/** All reasons. */
export const END_REASONS = Object.keys(EXIT_CODES) as readonly SessionEndReason[];

/** The part of an object about a session that tells why it ended; nothing where it just did. */
export interface EndReasonFields {
  /** Why it ended, where it was ended or could not go on. */
  readonly end_reason?: SessionEndReason;
  /** The exit code of the zag that ran it: 124 after a deadline, 125 after a budget. */
  readonly zag_exit_code?: 124 | 125;
}

/** That part. */
export function endReasonFields(reason: SessionEndReason | null | undefined): EndReasonFields {
  if (reason == null) return {};
  const code = EXIT_CODES[reason];
  return { end_reason: reason, ...(code === null ? {} : { zag_exit_code: code }) };
}

/** The reason that a line of a log names; undefined when it names none that is known. */
export function endReasonIn(said: unknown): SessionEndReason | undefined {
  return END_REASONS.find((reason) => reason === said);
}
