/** The signals that ask a program to end. */
export type EndingSignal = "SIGINT" | "SIGTERM" | "SIGHUP" | "SIGQUIT";

/** The reason to abort a launch with when a signal asked for it. */
export class Interrupt extends Error {
  override name = "Interrupt";

  /**
   * @param signal The signal that zag received; it is passed on to the agent.
   * @param urgent Aborts when the person asks again: the agent is then killed without further grace.
   */
  constructor(readonly signal: EndingSignal, readonly urgent?: AbortSignal) {
    super(`Interrupted by ${signal}`);
  }
}
