/** What an error says in the books of a session that nobody looks on at. */
import { ZagError } from "../errors.ts";

/** The message, and what the person can do about it. */
export function wholeMessage(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const hint = error instanceof ZagError ? error.hint : undefined;
  return hint === undefined ? message : `${message}; ${hint}`;
}
