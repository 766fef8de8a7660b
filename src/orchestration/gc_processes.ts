/** The records of processes that ended long ago. */
import type { Garbage } from "./gc_kinds.ts";
import type { GcScope } from "./gc_scope.ts";
import type { SessionsFound } from "./gc_sessions.ts";

/**
 * Finds records of processes that can go. The record of a session that goes on needs them, and so does
 * one that nobody has closed: without its process nobody would know how it ended.
 */
export function findProcesses(
  scope: GcScope,
  roots: readonly string[],
  { ends, going }: Pick<SessionsFound, "ends" | "going">,
): Garbage[] {
  const { store, project } = scope;
  const needed = (id: string) => {
    const session = store.getSession(id);
    if (!session) return scope.isLive(id);
    return !going.has(id) && (session.outcome === null || ends.get(id) === undefined);
  };
  return store.processesBefore(new Date(scope.limit)).filter(({ sessionId, root }) => {
    if (project !== undefined) {
      const session = sessionId === null ? undefined : store.getSession(sessionId);
      if (session ? session.project !== project : !roots.includes(root ?? "")) return false;
    }
    return sessionId === null || !needed(sessionId);
  }).map(({ id, sessionId }) => ({
    kind: "process_entries",
    name: id,
    bytes: 0,
    remove: () => {
      // Its session was to go as well, and has not.
      const open = sessionId !== null && store.getSession(sessionId)?.outcome === null;
      return !open && store.deleteProcess(id);
    },
  }));
}
