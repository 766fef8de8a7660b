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

/** The owner of a run was asked in vain, and there is no agent that could be signalled instead. */
export function noAnswerError(what: "end" | "stop", run: ProcessRecord): EndRunError {
  return new EndRunError(
    "no_answer",
    `Cannot ${what} process ${pidOf(run)}: no agent of it is at work, and the program that ` +
      `looks after it (${run.ownerPid}) does not answer`,
    { hint: "Try again in a moment, or end that program" },
  );
}
