/** The environment variables of a session, and how they are written down. */
import type { ProcessRecord, SessionRecord } from "../sessions/records.ts";

/** What the agent of a session finds in its environment; what is not known is left out. */
export function sessionVariables(
  session: SessionRecord,
  run: ProcessRecord | undefined,
): [name: string, value: string][] {
  const all: [string, string | null | undefined][] = [
    ["ZAG_SESSION_ID", session.sessionId],
    ["ZAG_SESSION_NAME", session.name],
    ["ZAG_PROCESS_ID", run?.id],
    ["ZAG_PROVIDER", session.provider],
    ["ZAG_MODEL", session.model],
    ["ZAG_ROOT", run?.root ?? session.workspacePath],
  ];
  return all.filter((pair): pair is [string, string] => Boolean(pair[1]));
}

/**
 * `NAME=value`, always one line. A value that could not be read back as it is, because it breaks the
 * line or looks quoted, stands as a JSON string.
 */
export function plainLine(name: string, value: string): string {
  return `${name}=${/^["'\s]|\s$/.test(value) || CONTROL.test(value) ? quoted(value) : value}`;
}

/** A command for a POSIX shell, in which nothing of the value is special. */
export function shellLine(name: string, value: string): string {
  return `export ${name}='${value.replaceAll("'", `'\\''`)}';`;
}

// deno-lint-ignore no-control-regex
const CONTROL = /[\x00-\x1f\x7f-\x9f\u2028\u2029]/;

function quoted(value: string): string {
  return JSON.stringify(value).replace(
    /[\x7f-\x9f\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
