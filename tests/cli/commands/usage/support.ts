/** What the tests of `zag usage` share: sessions that wait. */
import type { PendingResume } from "../../../../src/sessions/records.ts";
import { ago, ALIVE, NOW, type Recorded, uuid } from "../session/support.ts";

export { ago, ALIVE, NOW, Recorded, uuid } from "../session/support.ts";

/** A moment so many minutes after the commands run. */
export const ahead = (minutes: number) => ago(-minutes);

/** Adds a session that waits, with a run; this process looks after it unless `dead` is given. */
export function addWaiting(
  given: Recorded,
  number: number,
  more: Partial<PendingResume> & { name?: string; project?: string; dead?: boolean } = {},
): { incidentId: string; sessionId: string } {
  const { name, project, dead, ...waits } = more;
  const sessionId = uuid(number);
  const incidentId = uuid(number + 100);
  const owner = dead ? { ownerPid: 4_000_000, ownerStart: "long ago" } : ALIVE;
  given.add(sessionId, {
    outcome: null,
    ...(name === undefined ? {} : { name }),
    ...(project === undefined ? {} : { project }),
  }, { ...owner, status: "running" });
  given.store.resumes.add({
    incidentId,
    sessionId,
    scope: "weekly",
    wakeAt: ahead(number),
    resetAt: null,
    message: "Continue",
    attempt: 1,
    spentMs: 0,
    ...owner,
    ...waits,
  });
  return { incidentId, sessionId };
}

/** When the commands run, for a time of their own. */
export const AT = NOW.toISOString();
