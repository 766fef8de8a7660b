/**
 * Which sessions the agent of a session has started, and which those have.
 *
 * @module
 */
import type { SessionRecord } from "../sessions/records.ts";
import type { SessionStore } from "../sessions/store.ts";

/**
 * The sessions below some sessions by the ids of their parents, level by level: first those that the
 * given ones have started. One that goes on in a run that an agent has started is a child of that one,
 * too. The given ones are not among them, and none is there twice.
 */
export function sessionsBelow(
  store: SessionStore,
  sessions: readonly SessionRecord[],
): SessionRecord[][] {
  const runs = store.listRuns().map(({ run }) => run);
  const seen = new Set(sessions.map(({ sessionId }) => sessionId));
  const levels: SessionRecord[][] = [];
  for (let above = [...seen]; above.length > 0;) {
    const parents = new Set(above);
    for (const run of runs) if (parents.has(run.sessionId ?? "")) parents.add(run.id);
    const children = new Map<string, SessionRecord>();
    const add = (session: SessionRecord | undefined) => {
      if (session && !seen.has(session.sessionId)) children.set(session.sessionId, session);
    };
    for (const run of runs) {
      const isChild = parents.has(run.parentProcessId ?? "") ||
        parents.has(run.parentSessionId ?? "");
      if (isChild && run.sessionId !== null) add(store.getSession(run.sessionId));
    }
    for (const parent of parents) for (const child of store.listSessions({ parent })) add(child);
    for (const id of children.keys()) seen.add(id);
    above = [...children.keys()];
    if (above.length > 0) levels.push([...children.values()]);
  }
  return levels;
}
