/**
 * What lives of the runs of agents.
 *
 * @module
 */
import { describeProcesses, type ProcessDescription } from "../processes/describe.ts";
import { collectTree } from "../processes/tree.ts";
import type { ProcessRecord } from "../sessions/records.ts";
import { agentOf, ownerLives, ownerOf } from "../sessions/run_status.ts";

/**
 * The zag of a run, its agent, and all that this has started. Empty where processes may not be seen.
 */
export async function processesOf(run: ProcessRecord): Promise<ProcessDescription[]> {
  const owner = ownerLives(run) ? [ownerOf(run)!] : [];
  try {
    const tree = agentOf(run) ? await treeOf(run) : [];
    return await describeProcesses([...owner, ...tree]);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return [];
    throw error;
  }
}

/**
 * What lives of those of the runs whose zag is gone, by the run's id. A run of which nothing lives is
 * not there.
 *
 * @throws {Deno.errors.NotCapable} When neither `/proc` nor `ps` may be used.
 */
export async function orphansOf(
  runs: readonly ProcessRecord[],
): Promise<Map<string, readonly ProcessDescription[]>> {
  const orphans = new Map<string, readonly ProcessDescription[]>();
  for (const run of runs) {
    if (run.status !== "running" || ownerLives(run)) continue;
    const living = await describeProcesses(await treeOf(run));
    if (living.length > 0) orphans.set(run.id, living);
  }
  return orphans;
}

async function treeOf(run: ProcessRecord) {
  const root = agentOf(run) ?? ownerOf(run);
  if (!root) return [];
  return await collectTree(root, { marker: `ZAG_PROCESS_ID=${run.id}`, trustGroup: false });
}
