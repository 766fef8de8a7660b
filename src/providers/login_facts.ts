/** What the descriptions of logins share. */
import { record } from "./json.ts";
import type { LoginState } from "./login.ts";

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

/** What a file says of the end of a login; nothing where it says nothing. */
export function expiring(
  at: unknown,
  refreshToken: unknown,
): { readonly expires?: number; readonly renews?: boolean } {
  if (typeof at !== "number" || !Number.isFinite(at)) return {};
  return { expires: at, renews: typeof refreshToken === "string" && refreshToken !== "" };
}

/** When a JSON web token expires, in milliseconds since 1970; undefined for any other text. */
export function endOfToken(token: unknown): number | undefined {
  const claims = typeof token === "string" ? token.split(".")[1] : undefined;
  if (claims === undefined) return undefined;
  try {
    const { exp } = JSON.parse(atob(claims.replaceAll("-", "+").replaceAll("_", "/")));
    return typeof exp === "number" ? exp * 1000 : undefined;
  } catch {
    return undefined;
  }
}
