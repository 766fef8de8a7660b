/**
 * Whether this program is a part of a session: an agent must not answer what it is asked about itself.
 *
 * @module
 */
import type { EnvReader } from "../host.ts";
import { sameStart } from "../processes/process_info.ts";
import { listProcesses, withEnvironmentEntry } from "../processes/process_table.ts";
import { agentOf } from "../sessions/run_status.ts";
import type { SessionStore } from "../sessions/store.ts";

/**
 * The sessions of which this program is a part, and those above them: by its environment, and, whatever
 * that says, by the processes above it. Also the ids of their runs are among them.
 *
 * @throws {Deno.errors.NotCapable} When the processes may not be seen.
 */
export async function sessionsAround(
  store: SessionStore,
  env: Pick<EnvReader, "get">,
): Promise<Set<string>> {
  const given = [env.get("ZAG_SESSION_ID"), env.get("ZAG_PROCESS_ID")];
  const above: (string | null | undefined)[] = [...given, ...await runsAround(store)];
  const seen = new Set<string>();
  for (let id = above.pop(); above.length > 0 || id; id = above.pop()) {
    if (!id || seen.has(id)) continue;
    seen.add(id);
    const session = store.getSession(id);
    const run = store.getProcess(id);
    above.push(run?.sessionId, run?.parentSessionId, run?.parentProcessId);
    above.push(session?.parentSessionId, session?.parentProcessId);
    // One that goes on in a run that an agent has started is below that, too.
    for (const each of session ? store.processesOf(id) : []) above.push(each.id);
  }
  return seen;
}

/**
 * The runs whose agent is above this program, or leads a group or session of processes in which one above
 * it is; and those with whose mark one above it was started.
 */
async function runsAround(store: SessionStore): Promise<string[]> {
  const table = new Map((await listProcesses()).map((info) => [info.pid, info]));
  const above = new Set<number>();
  for (let pid = Deno.pid; pid > 1 && !above.has(pid); pid = table.get(pid)?.ppid ?? 0) {
    above.add(pid);
  }
  const led = new Set([...above].flatMap((pid) => {
    const { pgid = 0, sid = 0 } = table.get(pid) ?? {};
    return [pid, pgid, sid];
  }));
  const found: string[] = [];
  for (const run of store.runningProcesses()) {
    const agent = agentOf(run);
    const now = agent && table.get(agent.pid);
    // One that has ended may still have a group or session of its number.
    const leads = agent !== undefined && led.has(agent.pid) &&
      (!now || sameStart(now.startTime, agent.startTime));
    if (leads || (await withEnvironmentEntry([...above], `ZAG_PROCESS_ID=${run.id}`)).size > 0) {
      found.push(run.id);
    }
  }
  return found;
}
