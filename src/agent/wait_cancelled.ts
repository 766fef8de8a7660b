/** Somebody has cancelled the wait of a session in the moment in which it was to go on. */

/** The wait was cancelled before the agent was started. The books of the session are open. */
export class WaitCancelled extends Error {
  override name = "WaitCancelled";
}
