/** Types of log lines as flags name them. */
import { didYouMean } from "../suggest.ts";
import { LOG_TYPES, logTypeOf } from "../events/log_types.ts";
import { quote, UsageError } from "./errors.ts";

/**
 * The types that a repeated flag names; undefined when it is not given.
 *
 * @param flag its spelling, such as `--filter`
 * @throws {UsageError} when one is no type; says which there are
 */
export function givenTypes(
  names: readonly string[],
  flag: string,
): ReadonlySet<string> | undefined {
  if (names.length === 0) return undefined;
  return new Set(names.map((name) => {
    const type = logTypeOf(name);
    if (type !== undefined) return type;
    throw new UsageError(
      `Cannot use ${quote(name)} for "${flag}": it must be one of ${LOG_TYPES.join(", ")}`,
      didYouMean(name.toLowerCase(), LOG_TYPES),
    );
  }));
}
