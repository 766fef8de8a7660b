/** Why a launch is ended before its agent is done, as the reason of an abort. */
import { cancelledError, type EndRequest } from "../sessions/end_request.ts";

/** The signals that ask a program to end. */
export type EndingSignal = "SIGINT" | "SIGTERM" | "SIGHUP" | "SIGQUIT";

/** A signal asked for it. */
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

/** The agent says again and again that its provider is out of reach, and somebody else can go on. */
export class OutageSeen extends Error {
  override name = "OutageSeen";

  /**
   * @param said What it says.
   */
  constructor(readonly said: string) {
    super(`The provider is out of reach: ${said}`);
  }
}

/** `zag ps kill` or `zag cancel` asked for it. */
export class EndRequested extends Error {
  override name = "EndRequested";

  /**
   * @param request What it asked for.
   */
  constructor(readonly request: EndRequest) {
    super(
      request.reason === undefined
        ? `Asked to end by "zag ps ${request.action}"`
        : cancelledError(request.reason),
    );
  }
}
