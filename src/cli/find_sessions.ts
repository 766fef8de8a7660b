/** Which sessions a command line means, for the commands that take several. */
import { NoSuchSessionError, resolveSessions } from "../sessions/resolve.ts";
import type { SessionRecord } from "../sessions/records.ts";
import { AmbiguousSessionError, SessionNotFoundError } from "../sessions/store_errors.ts";
import type { CliContext } from "./context.ts";
import { printError, UsageError } from "./errors.ts";
import type { Sessions } from "./open_sessions.ts";

/** The sessions that are meant, as far as they are known. */
export interface FoundSessions {
  /** Those referred to in their order, then those of the tags, newest first; each once. */
  readonly found: SessionRecord[];
  /** How many references and tags led to nothing, or to more than one session. */
  readonly missing: number;
}

/**
 * Refuses a command line that points at no session.
 *
 * @throws {UsageError} when there is neither a reference nor a tag
 */
export function requireSelection(refs: readonly string[], tags: readonly string[]): void {
  if (refs.length > 0 || tags.length > 0) return;
  throw new UsageError(
    "Cannot choose a session: give one or more, or --tag",
    'A session goes by its id, the beginning of one, or its name; "zag session list" shows them',
  );
}

/**
 * Looks up sessions for a command that goes on with those that are known: what is not is reported on
 * stderr.
 */
export async function findSessions(
  ctx: CliContext,
  { store, scope }: Sessions,
  refs: readonly string[],
  tags: readonly string[],
): Promise<FoundSessions> {
  const found = new Map<string, SessionRecord>();
  let missing = 0;
  const wanted: [refs: string[], tags: string[]][] = [
    ...refs.map((ref): [string[], string[]] => [[ref], []]),
    ...tags.map((tag): [string[], string[]] => [[], [tag]]),
  ];
  for (const [ref, tag] of wanted) {
    try {
      for (const session of resolveSessions(store, ref, tag, scope)) {
        if (!found.has(session.sessionId)) found.set(session.sessionId, session);
      }
    } catch (error) {
      if (!isUnknown(error)) throw error;
      missing++;
      await printError(ctx, error.message, error.hint);
    }
  }
  return { found: [...found.values()], missing };
}

function isUnknown(
  error: unknown,
): error is NoSuchSessionError | SessionNotFoundError | AmbiguousSessionError {
  return error instanceof NoSuchSessionError || error instanceof SessionNotFoundError ||
    error instanceof AmbiguousSessionError;
}
