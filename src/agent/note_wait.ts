/** Notes that a session waits for the end of a usage limit, where another zag finds it. */
import type { LogKind } from "../events/log_event.ts";
import { selfIdentity } from "../processes/process_table.ts";
import type { PendingResume } from "../sessions/records.ts";
import { waitMeta } from "../sessions/session_meta.ts";
import type { SessionStore } from "../sessions/store.ts";
import { type Given, keepGiven } from "./limit_path.ts";
import type { LimitPolicy } from "./limit_policy.ts";
import type { LimitHit } from "./limit_watch.ts";

/** What is noted, and where. */
export interface WaitToNote {
  readonly sessionId: string;
  /** The run, whose books stay open. */
  readonly processId: string;
  /** Its private directory. */
  readonly directory: string;
  /** What the session was given that is in no record. */
  readonly given: Given;
  readonly policy: LimitPolicy;
  readonly hit: LimitHit;
  /** How often the session has gone on before, in this call. */
  readonly met: number;
  /** How long its agents have worked, in milliseconds. */
  readonly spentMs: number;
  readonly store: SessionStore;
  /** Adds to the log of the session. */
  log(kinds: readonly LogKind[]): void;
  warn(message: string): void;
}

/** Notes it for this process; undefined where that cannot be done, and nobody is to wait. */
export function noteWait(wait: WaitToNote): PendingResume | undefined {
  const { hit, store } = wait;
  const { pid: ownerPid, startTime: ownerStart } = selfIdentity();
  const waits: PendingResume = {
    incidentId: hit.incidentId,
    sessionId: wait.sessionId,
    scope: hit.scope,
    wakeAt: hit.wake.at.toISOString(),
    resetAt: hit.resetAt ?? null,
    message: wait.policy.message,
    attempt: wait.met + 1,
    spentMs: Math.round(wait.spentMs),
    ownerPid,
    ownerStart,
  };
  try {
    // Whoever goes on in the place of this process finds it there, and nowhere else.
    keepGiven(wait.directory, wait.given);
    wait.log([{ type: "session_meta", meta: waitMeta(waits) }]);
    store.atOnce(() => {
      store.resumes.add(waits);
      // An agent in the row of a run that waits is one that has gone on.
      store.setProcessAgent(wait.processId, undefined);
    });
    return waits;
  } catch (error) {
    // Whoever cannot note it would lose the session if this program ended meanwhile.
    const reason = error instanceof Error ? error.message : String(error);
    wait.warn(`the session does not wait for the end of the limit: ${reason}`);
    wait.log([{ type: "usage_limit_cancelled", incident_id: hit.incidentId }]);
    return undefined;
  }
}
