/**
 * How sessions stand that nobody has closed the books of.
 *
 * @module
 */
import { closingLine } from "../sessions/log_reader.ts";
import type { SessionRecord } from "../sessions/records.ts";
import type { SessionState } from "../sessions/session_status.ts";
import type { SessionStore } from "../sessions/store.ts";

/** A session that has not begun, and waits for nothing, is believed to begin for so long. */
const BEGIN_MS = 30_000;

/** The state of a session whose record was removed while it was waited for. */
export function deletedState(): SessionState {
  return { status: "unknown", run: undefined, error: "it was deleted" };
}

/**
 * The state of a session whose zag and agent are gone and whose row is open: its log may have an end
 * that the index does not know.
 */
export async function endOfDead(
  session: SessionRecord,
  state: SessionState,
): Promise<SessionState> {
  const { run } = state;
  if (session.outcome !== null) return state;
  const end = session.logPath === null ? undefined : await endIn(session.logPath);
  if (!end || run && Date.parse(end.ts) < Date.parse(run.startedAt)) return state;
  return { status: end.success ? "completed" : "failed", run, error: end.error };
}

/**
 * The state of a session without a run, if it is believed that it does not begin any more: some time
 * has passed since it was recorded, since it was last heard of, and since the sessions ended that it
 * waits for.
 */
export async function neverBegan(
  store: SessionStore,
  session: SessionRecord,
  now: Date,
): Promise<SessionState | undefined> {
  const { logPath, createdAt, startedAt, heartbeatAt, dependencies } = session;
  const end = logPath === null ? undefined : await endIn(logPath);
  if (end) {
    return {
      status: end.success ? "completed" : "failed",
      run: undefined,
      error: end.error,
    };
  }
  const first = dependencies.map((id) => store.getSession(id)).filter((each) => each !== undefined);
  if (first.some(({ outcome }) => outcome === null)) return undefined;
  const written = logPath === null ? undefined : writtenAt(logPath);
  const signs = [createdAt, startedAt, heartbeatAt, ...first.map(({ endedAt }) => endedAt)]
    .map((at) => at === null ? 0 : Date.parse(at) || 0);
  if (now.getTime() - Math.max(...signs, written ?? 0) <= BEGIN_MS) return undefined;
  const error = written === undefined
    ? "it never began"
    : "nothing is known of the process that ran it";
  return { status: "dead", run: undefined, error };
}

async function endIn(logPath: string) {
  try {
    return await closingLine(logPath);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    // There is no log, or none that can be read.
    return undefined;
  }
}

function writtenAt(path: string): number | undefined {
  try {
    return Deno.statSync(path).mtime?.getTime();
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return undefined;
  }
}
