/** What is said of sessions that keep no log. */
import { ZagError } from "../errors.ts";

/**
 * The refusal to do something for which a log is needed.
 *
 * @param what is to be done, for the message
 */
export function noLogError(what: string, sessionId: string): ZagError {
  return new ZagError(`Cannot ${what} session ${JSON.stringify(sessionId)}: it keeps no log`, {
    hint:
      "The program that has started it wanted none; going on with it by zag exec --resume begins one",
  });
}
