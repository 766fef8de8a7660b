/**
 * What sessions wait for, as their records say it.
 *
 * @module
 */
import type { SessionRecord } from "./records.ts";
import type { SessionStore } from "./store.ts";

/**
 * A circle among sessions and all that comes before them: ids, of which the last is the first again.
 * Undefined when there is none. Sessions that are not known end the way.
 */
export function dependencyCycle(
  store: SessionStore,
  sessions: readonly SessionRecord[],
): string[] | undefined {
  const done = new Set<string>();
  const way: { id: string; left: string[] }[] = [];
  const enter = ({ sessionId: id, dependencies }: SessionRecord) =>
    void way.push({ id, left: [...dependencies] });
  for (const session of sessions) {
    if (!done.has(session.sessionId)) enter(session);
    while (way.length > 0) {
      const { id, left } = way.at(-1)!;
      const next = left.shift();
      if (next === undefined) {
        done.add(id);
        way.pop();
        continue;
      }
      const start = way.findIndex((each) => each.id === next);
      if (start >= 0) return [...way.slice(start).map((each) => each.id), next];
      const record = done.has(next) ? undefined : store.getSession(next);
      if (record) enter(record);
    }
  }
  return undefined;
}

/** Whether a session waits for another one, itself or by way of those that it waits for. */
export function waitsFor(store: SessionStore, session: SessionRecord, id: string): boolean {
  const seen = new Set<string>();
  const left = [...session.dependencies];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    if (next === id) return true;
    if (seen.has(next)) continue;
    seen.add(next);
    left.push(...store.getSession(next)?.dependencies ?? []);
  }
  return false;
}
