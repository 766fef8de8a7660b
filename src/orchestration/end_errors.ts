/** Why a run of an agent is not ended. */
import { ZagError } from "../errors.ts";
import type { ProcessRecord } from "../sessions/records.ts";
import { pidOf } from "../sessions/run_status.ts";

/** What stands in the way. */
export type EndProblem =
  /** It came to an end of its own. */
  | "ended"
  /** Somebody ended it. */
  | "killed"
  /** Its zag was killed, and nobody saw its end. */
  | "dead"
  /** The number belongs to another program now. */
  | "recycled"
  /** The session has its result already. */
  | "second_result"
  /** The result cannot be recorded. */
  | "not_recorded"
  /** Its zag is asked in vain, and there is no agent that could be signalled. */
  | "no_answer"
  /** Its agent is gone, and its zag does not close its books. */
  | "not_closed"
  /** It withstood every signal. */
  | "survived";

/** A run that cannot be ended. */
export class EndRunError extends ZagError {
  /** Name of the class. */
  override name = "EndRunError";

  /**
   * Makes the error.
   *
   * @param problem What stands in the way.
   */
  constructor(
    readonly problem: EndProblem,
    message: string,
    options?: ErrorOptions & { hint?: string | undefined },
  ) {
    super(message, options);
  }
}

/** The processes of a run belong to another user of the machine. */
export class NotOurProcessError extends ZagError {
  /** Name of the class. */
  override name = "NotOurProcessError";

  /**
   * Makes the error.
   *
   * @param what What was to be done, as a verb.
   * @param pid The process that may not be signalled.
   */
  constructor(what: string, readonly pid: number) {
    super(`Cannot ${what} process ${pid}: it belongs to another user`, {
      hint: "Do it as the user who started it",
    });
  }
}

/**
 * The owner of a run was asked in vain, and there is no agent that could be signalled instead.
 *
 * @param suspended The owner is.
 */
export function noAnswerError(
  what: "end" | "stop",
  run: ProcessRecord,
  suspended: boolean,
): EndRunError {
  return new EndRunError(
    "no_answer",
    `Cannot ${what} process ${pidOf(run)}: no agent of it is at work, and the program that ` +
      `looks after it (${run.ownerPid}) ${howSilent(suspended)}`,
    { hint: silentHint(run, suspended) },
  );
}

/**
 * The agent of a run was ended, and its owner does not say so in the books.
 *
 * @param suspended The owner is.
 */
export function notClosedError(run: ProcessRecord, suspended: boolean): EndRunError {
  return new EndRunError(
    "not_closed",
    `Cannot close the session of process ${
      pidOf(run)
    }: its agent was ended, but the program that ` +
      `looks after it (${run.ownerPid}) ${howSilent(suspended)}`,
    { hint: silentHint(run, suspended) },
  );
}

function howSilent(suspended: boolean): string {
  return suspended ? "is suspended" : "does not answer";
}

function silentHint({ ownerPid }: ProcessRecord, suspended: boolean): string {
  return suspended
    ? `Let it go on, and it says how the session ended: kill -CONT ${ownerPid}`
    : "Try again in a moment, or end that program";
}
