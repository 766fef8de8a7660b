/**
 * How far a run of an agent is, as lists of processes say it.
 *
 * @module
 */
import { isAlive, type ProcessIdentity } from "../processes/process_table.ts";
import type { ListedRun } from "./lookups.ts";
import type { ProcessRecord } from "./records.ts";
import { lives } from "./session_status.ts";

/**
 * What a run does, in one word. `running`: its agent or its zag lives. `exited`: it came to an end of
 * its own. `killed`: it was ended before. `dead`: its zag was killed, and nobody saw its end.
 */
export type LiveStatus = "running" | "exited" | "killed" | "dead";

/** What is known of the newest run of a session. */
export interface NewestEnd {
  /** How it ended; null while it goes on. */
  readonly outcome: string | null;
  /** When it ended. */
  readonly endedAt: string | null;
}

/**
 * The status of a run by its processes, each told apart from a later one with the same number.
 *
 * @param newest What the run's session says of its newest run, if it is recorded.
 */
export function liveStatus(run: ProcessRecord, newest: NewestEnd | undefined): LiveStatus {
  if (run.status === "running") return lives(run) ? "running" : "dead";
  // The row does not say why it was closed. Its session does, until a later run begins.
  const closedAsDead = run.status === "killed" && newest?.outcome === "dead" &&
    newest.endedAt === run.exitedAt;
  return closedAsDead ? "dead" : run.status;
}

/** A run, and what it did when it was looked at. */
export interface StatedRun extends ListedRun {
  readonly liveStatus: LiveStatus;
}

/** All runs; one that comes to its end while they are looked at does not look as if its zag was killed. */
export function runsNow(store: { listRuns(): ListedRun[] }): StatedRun[] {
  let seen = new Set<string>();
  for (;;) {
    const runs = store.listRuns().map((run) => ({ ...run, liveStatus: liveStatus(run.run, run) }));
    const gone = runs.filter(({ run, liveStatus }) =>
      run.status === "running" && liveStatus === "dead"
    ).map(({ run }) => run.id);
    // A zag closes its books before it ends: what is open once it was seen to be gone stays so.
    if (gone.every((id) => seen.has(id))) return runs;
    seen = new Set(gone);
  }
}

/** The agent's process; undefined before there is one, and when its start is not known. */
export function agentOf({ agentPid, agentStart }: ProcessRecord): ProcessIdentity | undefined {
  return agentPid === null || agentStart === null
    ? undefined
    : { pid: agentPid, startTime: agentStart };
}

/** The process of the zag that looks after the run; undefined when its start is not known. */
export function ownerOf({ ownerPid, ownerStart }: ProcessRecord): ProcessIdentity | undefined {
  return ownerStart === null ? undefined : { pid: ownerPid, startTime: ownerStart };
}

/** Whether the zag that looks after the run lives. */
export function ownerLives(run: ProcessRecord): boolean {
  const owner = ownerOf(run);
  return owner !== undefined && isAlive(owner);
}

/** The number by which people know the run: the agent's, or that of zag before there is one. */
export function pidOf(run: ProcessRecord): number {
  return run.agentPid ?? run.ownerPid;
}
