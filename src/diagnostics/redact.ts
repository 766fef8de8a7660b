/** Takes secrets out of text that is about zag itself. */
import { redact, Redactor } from "../redact/redact.ts";

/** What stands in the place of a value that is called a secret where it stands. */
export const REDACTED = "[redacted:value]";

/** What stands in the place of a value that the person has given. */
export const GIVEN = "[redacted:env]";

/** Shorter values occur by chance, such as `1` or `true`. */
const SHORTEST = 6;

/** A value behind its name, also inside of JSON inside of JSON; what is in the first group is kept. */
const NAMED =
  /(\b(?:[\w-]*(?:api[-_]?key|token|secret|passw(?:or)?d))[\\"']*\s*[:=]\s*[\\"']*)(?!\[redacted:)[^\s"'\\,;}&]{6,}/gi;

/**
 * Makes a function that takes out secrets: the given values, all that this process knows to be secret,
 * what looks like one, and what is called one where it stands, which in the words of an agent would be
 * too much.
 *
 * @param environment the variables of this process
 * @param given values that the person has marked as private, whatever they are called
 */
export function redactor(
  environment: Readonly<Record<string, string>>,
  given: readonly string[],
): (text: string) => string {
  const own = new Redactor();
  own.learn(environment);
  own.learnValues(given.filter((value) => value.length >= SHORTEST), "env");
  return (text) => redact(own.text(text)).replace(NAMED, `$1${REDACTED}`);
}
