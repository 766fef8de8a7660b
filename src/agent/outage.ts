/** Tells an outage of a provider from a failure of the work. */

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
  /\bfetch failed\b|\berror sending request\b/i,
];

/**
 * Whether this is an outage.
 *
 * @param failure Why a run has failed, as its agent or its CLI said; never what a model said.
 */
export function isOutage(failure: string): boolean {
  return OUTAGE.some((words) => words.test(failure));
}
