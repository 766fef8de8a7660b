/** A session that waits for the end of a usage limit outlives the process that looks after it. */
import type { EndingSignal } from "./interrupt.ts";

/** This process ends, and the session waits on: the next zag goes on with it. Its books are open. */
export class StillWaiting extends Error {
  override name = "StillWaiting";

  /**
   * @param signal What has ended the process.
   */
  constructor(readonly signal: EndingSignal) {
    super(`Ended by ${signal} while the session waits for the end of a usage limit`);
  }
}
