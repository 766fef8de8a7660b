/** Which run stands below which: an agent that starts another one is its parent. */
import type { RunInfo } from "./ps_info.ts";

/** The fields that relate runs to one another. */
type Related = Pick<
  RunInfo,
  "id" | "session_id" | "started_at" | "parent_process_id" | "parent_session_id"
>;

/** A run in its place. */
export interface Branch<Run> {
  readonly run: Run;
  /** What is drawn in front of it: `""` for a root. */
  readonly lead: string;
}

/**
 * Puts runs below those whose agents started them. The order stays among those with the same parent;
 * a run whose parent is not among them is a root.
 */
export function treeOf<Run extends Related>(runs: readonly Run[]): Branch<Run>[] {
  const parents = parentsOf(runs);
  const children = new Map<Run | undefined, Run[]>();
  for (const run of runs) {
    const parent = parents.get(run);
    const siblings = children.get(parent);
    if (siblings) siblings.push(run);
    else children.set(parent, [run]);
  }
  const branches: Branch<Run>[] = [];
  // No recursion: agents can start agents deeper than a stack goes.
  const stack = (children.get(undefined) ?? []).map((run) => ({ run, lead: "", trunk: "" }))
    .reverse();
  for (let next; (next = stack.pop());) {
    const { run, lead, trunk } = next;
    branches.push({ run, lead });
    const below = children.get(run) ?? [];
    for (const [index, child] of [...below.entries()].reverse()) {
      const last = index === below.length - 1;
      stack.push({
        run: child,
        lead: trunk + (last ? "└─ " : "├─ "),
        trunk: trunk + (last ? "   " : "│  "),
      });
    }
  }
  return branches;
}

/** The runs that the agent of a run has started, in their order. */
export function childrenOf<Run extends Related>(runs: readonly Run[], id: string): Run[] {
  const parents = parentsOf(runs);
  return runs.filter((run) => parents.get(run)?.id === id);
}

/**
 * The runs that agents of a run or a session have started, and those that these have, in their order.
 *
 * @param ids Of the runs and their session.
 */
export function descendantsOf<Run extends Related>(
  runs: readonly Run[],
  ids: ReadonlySet<string>,
): Run[] {
  const known = new Set(runs.map(({ id }) => id));
  const above = new Set(ids);
  const found = new Set<Run>();
  for (let size = -1; size !== found.size;) {
    size = found.size;
    for (const run of runs) {
      if (found.has(run) || ids.has(run.id)) continue;
      const { parent_process_id: process, parent_session_id: session } = run;
      // A run says which run has started it; where that is missing, the session has to do.
      const parent = process !== null && (known.has(process) || above.has(process))
        ? process
        : session;
      if (parent === null || !above.has(parent)) continue;
      found.add(run);
      above.add(run.id);
      if (run.session_id !== null) above.add(run.session_id);
    }
  }
  return runs.filter((run) => found.has(run));
}

function parentsOf<Run extends Related>(runs: readonly Run[]): Map<Run, Run> {
  const byId = new Map(runs.map((run) => [run.id, run]));
  const bySession = new Map<string, Run[]>();
  for (const run of runs) {
    if (run.session_id === null) continue;
    const others = bySession.get(run.session_id);
    if (others) others.push(run);
    else bySession.set(run.session_id, [run]);
  }
  const parents = new Map<Run, Run>();
  for (const run of runs) {
    const parent = byId.get(run.parent_process_id ?? "") ??
      nearest(bySession.get(run.parent_session_id ?? ""), run);
    // What a program says about itself may lead in a circle.
    if (parent && !isBelow(parent, run, parents)) parents.set(run, parent);
  }
  return parents;
}

/** Of the runs of a session the newest that had begun by then. */
function nearest<Run extends Related>(runs: readonly Run[] | undefined, child: Run) {
  return runs?.filter((run) => run !== child && run.started_at <= child.started_at)
    .reduce<Run | undefined>(
      (best, run) => best && best.started_at >= run.started_at ? best : run,
      undefined,
    );
}

function isBelow<Run>(run: Run, other: Run, parents: ReadonlyMap<Run, Run>): boolean {
  for (let each: Run | undefined = run; each !== undefined; each = parents.get(each)) {
    if (each === other) return true;
  }
  return false;
}
