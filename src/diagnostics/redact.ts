/** Takes secrets out of text that is kept. */

/** What stands in the place of a secret. */
export const REDACTED = "[redacted]";

/** Shorter values occur by chance, such as `1` or `true`. */
const SHORTEST = 6;

/** Variables with such names hold secrets. */
const SECRET_NAME = /key|token|secret|passw|credential|auth/i;

/** Texts that are secrets wherever they stand; what is in the first group is kept. */
const SECRETS: readonly RegExp[] = [
  // A header, also inside of JSON inside of JSON.
  /(\b(?:bearer|basic)\s+)[\w.~+/=-]{6,}/gi,
  /(\b(?:[\w-]*(?:api[-_]?key|token|secret|passw(?:or)?d))[\\"']*\s*[:=]\s*[\\"']*)[^\s"'\\,;}&]{6,}/gi,
  // Keys that say what they are.
  /()\b(?:sk|pk|rk|ghp|gho|ghs|ghu|github_pat|glpat|xox[abprs]|AIza)[-_A-Za-z0-9]{16,}/g,
  // A password in a URL.
  /(\b[a-z][\w+.-]*:\/\/[^\s/:@"']+:)[^\s/@"']+(?=@)/gi,
];

/**
 * Makes a function that takes out secrets: the given values, those of variables whose names say that
 * they are secret, and whatever looks like a key, a token or a password.
 *
 * @param environment the variables of this process
 * @param given values that the person has marked as private, whatever they are called
 */
export function redactor(
  environment: Readonly<Record<string, string>>,
  given: readonly string[],
): (text: string) => string {
  const named = Object.entries(environment).filter(([name]) => SECRET_NAME.test(name));
  const values = [...given, ...named.map(([, value]) => value)]
    // As it stands, and as it stands inside of JSON.
    .flatMap((value) => [value, JSON.stringify(value).slice(1, -1)])
    .filter((value) => value.length >= SHORTEST)
    // A secret that contains another one goes first.
    .sort((a, b) => b.length - a.length);
  const unique = [...new Set(values)];
  return (text) => {
    let clean = text;
    for (const value of unique) clean = clean.replaceAll(value, REDACTED);
    for (const pattern of SECRETS) clean = clean.replace(pattern, `$1${REDACTED}`);
    return clean;
  };
}
