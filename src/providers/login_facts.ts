/** What the descriptions of logins share. */
import { record } from "./json.ts";
import type { LoginState } from "./provider.ts";

/** The first of these variables that is set. */
export function variableAmong(
  env: Readonly<Record<string, string | undefined>>,
  names: readonly string[],
): LoginState | undefined {
  const name = names.find((name) => env[name]);
  return name === undefined ? undefined : { state: "yes", by: name };
}

/** The object in the text of a file; undefined where it holds none. */
export function objectIn(text: string | undefined): Record<string, unknown> | undefined {
  if (text === undefined) return undefined;
  try {
    return record(JSON.parse(text));
  } catch {
    return undefined;
  }
}
