/**
 * What has to hold of a run before it is signalled: it runs, it is ours, and whether whoever asks is a
 * part of it.
 *
 * @module
 */
import { endStray, type StrayPaths } from "../agent/strays.ts";
import { listProcesses, startTimeOf } from "../processes/process_table.ts";
import { sameStart } from "../processes/process_info.ts";
import { maySignal } from "../processes/send_signal.ts";
import { cancelledError } from "../sessions/end_request.ts";
import { handedIn } from "../sessions/handed_in.ts";
import type { ProcessRecord, SessionRecord } from "../sessions/records.ts";
import { hasNow, isPid } from "../sessions/resolve_run.ts";
import { agentOf, ownerOf, pidOf } from "../sessions/run_status.ts";
import { lives } from "../sessions/session_status.ts";
import type { SessionStore } from "../sessions/store.ts";
import { EndRunError, NotOurProcessError } from "./end_errors.ts";

/** How the run was asked for. */
export interface RunTarget {
  /** What is to be done with it, for messages. */
  readonly what: "end" | "stop";
  /** As it was given: a number must still be that of one of the run's processes. */
  readonly reference: string;
  /** The run of the agent that has started this program. */
  readonly self: string | undefined;
}

/** Where this program stands. */
export type Stand =
  /** The agent of the run has started it. */
  | "self"
  /** An agent has started it that the agent of the run has started. */
  | "below"
  /** It is no part of the run. */
  | "outside";

/**
 * Checks that a run can be ended.
 *
 * @returns Where this program stands to it.
 * @throws {EndRunError} when it does not run any more
 * @throws {NotOurProcessError} when it belongs to another user
 */
export async function checkTarget(
  store: SessionStore,
  paths: StrayPaths,
  run: ProcessRecord,
  { what, reference, self }: RunTarget,
): Promise<Stand> {
  const pid = isPid(reference) ? Number(reference) : undefined;
  const recycled = pid !== undefined && !hasNow(run, pid) && startTimeOf(pid) !== undefined;
  if (run.status !== "running") {
    throw await overError(store, run, what, recycled ? pid : undefined);
  }
  const stand = run.id === self ? "self" : await standsBelow(store, run, self);
  // What is left of it can still hand in its result, and end the rest; and one that waits goes on.
  if (!lives(run) && stand === "outside" && !waitsOn(store, run)) {
    const other = recycled ? pid : recycledPid(run);
    await endStray(run, store, paths, () => {});
    throw await overError(store, run, what, other);
  }
  for (const identity of [agentOf(run), ownerOf(run)]) {
    if (identity && hasNow(run, identity.pid) && !await maySignal(identity.pid)) {
      throw new NotOurProcessError(what, identity.pid);
    }
  }
  return stand;
}

/** Whether its session waits for the end of a usage limit, so that the next zag goes on with it. */
export function waitsOn(store: SessionStore, { sessionId }: ProcessRecord): boolean {
  return sessionId !== null && store.resumes.ofSession(sessionId) !== undefined;
}

/** What the books say of a session whose wait was ended by its run, when its zag was gone. */
export const WAIT_ENDED = 'it waited for the end of a usage limit, and was ended by "zag ps"';

/** The number of the agent if another program has it now. */
function recycledPid(run: ProcessRecord): number | undefined {
  const agent = agentOf(run) ?? ownerOf(run);
  const start = agent && startTimeOf(agent.pid);
  return start !== undefined && !sameStart(start, agent!.startTime) ? agent!.pid : undefined;
}

/**
 * Says how and when a run ended.
 *
 * @param what What was to be done with it.
 * @param recycled Its number, which another program has now.
 */
export async function overError(
  store: SessionStore,
  { id }: ProcessRecord,
  what: RunTarget["what"],
  recycled?: number,
): Promise<EndRunError> {
  const run = store.getProcess(id)!;
  const session = run.sessionId === null ? undefined : store.getSession(run.sessionId);
  const newest = session && store.processesOf(session.sessionId)[0]?.id === id;
  const submitted = newest && await handedIn(session.logPath, run.startedAt) !== undefined;
  const [problem, how] = ending(run, newest ? session : undefined, submitted ?? false);
  const at = run.exitedAt === null ? "" : ` (${run.exitedAt.slice(0, 19)}Z)`;
  if (recycled !== undefined) {
    return new EndRunError(
      "recycled",
      `Cannot ${what} process ${recycled}: the number belongs to another program now; the agent ` +
        `that had it ${how}${at}`,
    );
  }
  return new EndRunError(problem, `Cannot ${what} process ${pidOf(run)}: it ${how}${at}`, {
    hint: session && `"zag session show ${session.sessionId}" tells more`,
  });
}

function ending(
  run: ProcessRecord,
  session: SessionRecord | undefined,
  submitted: boolean,
): ["ended" | "killed" | "dead", how: string] {
  const outcome = session?.outcome;
  if (outcome === "dead" || run.status === "running") {
    return ["dead", "is dead: its zag was killed while it ran"];
  }
  if (outcome === "killed") {
    const cancelled = session?.error?.startsWith(cancelledError("")) === true;
    return ["killed", cancelled ? "was cancelled before" : 'was ended by "zag ps" before'];
  }
  if (outcome === "timeout") return ["killed", "was ended at a deadline"];
  if (outcome === "interrupted") return ["killed", "was interrupted"];
  if (outcome === "success" && submitted) {
    return ["ended", "has handed in its result and ended"];
  }
  if (session?.signal) return ["killed", `was killed from outside by ${session.signal}`];
  if (run.status === "killed") return ["killed", "was killed"];
  const code = run.exitCode === null ? "" : ` with exit code ${run.exitCode}`;
  return ["ended", `has ended by itself${code}`];
}

/** Whether the agent of the run is an ancestor, by what is recorded or by the process table. */
async function standsBelow(
  store: SessionStore,
  run: ProcessRecord,
  self: string | undefined,
): Promise<"below" | "outside"> {
  const seen = new Set<string>();
  for (let id: string | null | undefined = self; id && !seen.has(id);) {
    if (id === run.id) return "below";
    seen.add(id);
    id = store.getProcess(id)?.parentProcessId;
  }
  const agent = agentOf(run);
  if (!agent) return "outside";
  const table = new Map((await listProcesses()).map((info) => [info.pid, info]));
  const passed = new Set<number>();
  for (let pid = Deno.pid; pid > 1 && !passed.has(pid);) {
    if (pid === agent.pid) return hasNow(run, pid) ? "below" : "outside";
    passed.add(pid);
    pid = table.get(pid)?.ppid ?? 0;
  }
  return "outside";
}
