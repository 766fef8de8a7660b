/** What happens to a worktree at the end of a session. Looks at nothing and changes nothing. */
import type { WorktreeState } from "./inspect_worktree.ts";

/** What is done with a worktree. */
export type Finish =
  /** Nothing was done in it. */
  | "remove"
  /** The person decides. */
  | "ask"
  | "keep"
  /** Somebody was faster. */
  | "gone";

/**
 * Decides. Nothing is removed that holds a change, a commit or a file that git ignores, unless the
 * person says so.
 *
 * @param canAsk A person is there to answer.
 */
export function finishOf(state: WorktreeState, canAsk: boolean): Finish {
  if (state.presence === "gone") return "gone";
  if (isUnchanged(state)) return "remove";
  return canAsk && state.presence === "present" ? "ask" : "keep";
}

/** Whether the worktree is as it was made, so that nothing is lost with it. */
export function isUnchanged(state: WorktreeState): boolean {
  return state.presence === "present" && state.commits === 0 && state.branch !== "moved" &&
    losses(state).length === 0;
}

/** What would be lost with the worktree, in words; commits on a branch stay in the repository. */
export function losses(state: WorktreeState): string[] {
  return [
    ...counted(state.changed.length, "uncommitted change", "uncommitted changes"),
    ...counted(state.unsaved, "commit that is on no branch", "commits that are on no branch"),
    ...state.unfinished ? ["a merge or rebase under way"] : [],
    ...counted(state.ignored.length, "ignored file", "ignored files"),
  ];
}

/** What was done in the worktree, in words; empty when it is as it was made. */
export function changes(state: WorktreeState): string[] {
  if (state.presence === "unknown") return ["its repository is gone, was moved or cannot be read"];
  return [...counted(state.commits, "commit", "commits"), ...losses(state)];
}

function counted(count: number, one: string, many: string): string[] {
  return count === 0 ? [] : [count === 1 ? `1 ${one}` : `${count} ${many}`];
}
