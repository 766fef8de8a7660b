/** The environment of a session that was recorded: names only, since values may be secrets. */
import type { EnvReader } from "../host.ts";

/** What of it there is today. */
export interface EnvToday {
  /** The variables that are set, with the values that they have now. */
  readonly env: Readonly<Record<string, string>>;
  /** Names of those that are not. */
  readonly unset: readonly string[];
}

/** Looks the variables up that were set for the agent. */
export function envToday(names: readonly string[], today: EnvReader): EnvToday {
  const env: Record<string, string> = {};
  const unset: string[] = [];
  for (const name of names) {
    const value = today.get(name);
    if (value === undefined) unset.push(name);
    else env[name] = value;
  }
  return { env, unset };
}

/**
 * Says that the agent goes without the variables that are not set.
 *
 * @param where Where it goes without: `the retry of ID`.
 */
export function unsetWarning(unset: readonly string[], where: string): string {
  return `values of variables are not recorded, and ${unset.join(", ")} ${
    unset.length === 1 ? "is" : "are"
  } not set here: the agent goes without that in ${where}`;
}
