/** Tells an outage of a provider from a failure of the work. */
import type { ParserState } from "../providers/parser.ts";
import { OutageSeen } from "./interrupt.ts";
import { endOfStderr } from "./stderr_end.ts";

/**
 * What the agents' CLIs say when their provider does not answer as it should: a status from 500 to 599
 * named as one, an overload, a connection that does not come about or breaks.
 */
const OUTAGE: readonly RegExp[] = [
  /\b(?:status|code|HTTP|error)["']?\s*[:=]?\s*5\d\d\b/i,
  /\b5\d\d (?:Internal Server Error|Bad Gateway|Service Unavailable|Gateway Time-?out)\b/i,
  /\boverloaded(?:_error)?\b/i,
  /\bUNAVAILABLE\b|\bthe model is (?:currently )?overloaded\b/,
  /\bservice (?:is )?(?:temporarily )?unavailable\b/i,
  /\bECONN(?:REFUSED|RESET|ABORTED)\b|\bETIMEDOUT\b|\bENOTFOUND\b|\bEAI_AGAIN\b/,
  /\b(?:connection|stream) (?:error|refused|reset|timed out|disconnected|closed before)\b/i,
  /\bfetch failed\b|\berror sending request\b|\bConnection(?:Refused|Reset|Closed)\b/i,
  /\b(?:unable to|could not) connect to (?:the )?(?:API|(?:local )?model provider)\b/i,
  /\bexperiencing high demand\b/i,
];

/**
 * Whether this is an outage.
 *
 * @param said Why a run has failed, as its agent or its CLI said; never what a model said.
 */
export function isOutage(said: string): boolean {
  return OUTAGE.some((words) => words.test(said));
}

/**
 * Why a run has failed, in the words of its agent: what it reports, or the last line on its stderr if it
 * came to no end. What stands above that can be about anything, a tool's server for example.
 */
export function lastWords(
  { errorMessage, results }: Pick<ParserState, "errorMessage" | "results">,
  stderr: string,
): string {
  if (errorMessage !== undefined) return errorMessage;
  return results > 0 ? "" : endOfStderr(stderr).split("\n").at(-1)!;
}

/**
 * Ends the wait of an agent that has no end: one that says the very same of an outage twice, and nothing
 * in between. What counts its tries says something else each time, and comes to an end by itself.
 */
export class OutageWatch {
  readonly #abort = new AbortController();
  #last: string | undefined;

  /** Aborted with an {@linkcode OutageSeen}. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** The agent has said this about itself; undefined when it is at work. */
  heard(message: string | undefined): void {
    const again = message !== undefined && message === this.#last;
    this.#last = message !== undefined && isOutage(message) ? message : undefined;
    if (again) this.#abort.abort(new OutageSeen(message));
  }
}
