/** Usage limits that only the configuration tells: by what an agent says when it fails. */
import type { Config } from "../config/config.ts";
import { compilePattern } from "../config/patterns.ts";

/** So much of an error is looked at, from its end: an expression can take long over a long text. */
const MAX_CHARACTERS = 16_384;

/**
 * The expressions of a provider.
 *
 * @param warn Told of one that is none, which is left out.
 */
export function limitPatterns(
  config: Config,
  provider: string,
  warn: (message: string) => void,
): readonly RegExp[] {
  const key = `usage_limits.providers.${provider}.extra_patterns` as const;
  const given = config[key] as readonly string[] | undefined;
  return (given ?? []).flatMap((text) => {
    try {
      return [compilePattern(text)];
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      warn(`${key} in the configuration: a pattern is left out: ${reason}`);
      return [];
    }
  });
}

/** The line that tells of a limit: the first one in which an expression is found. */
export function limitInError(
  patterns: readonly RegExp[],
  errors: readonly (string | undefined)[],
): string | undefined {
  for (const error of errors) {
    const text = error?.slice(-MAX_CHARACTERS);
    for (const pattern of patterns) {
      const found = text === undefined ? null : pattern.exec(text);
      if (!found) continue;
      const start = text!.lastIndexOf("\n", found.index - 1) + 1;
      return text!.slice(start).split("\n", 1)[0]!.trim();
    }
  }
  return undefined;
}
