/**
 * Where an agent works when it shall not work in the person's own checkout: a git worktree on a branch
 * of its own, or a Docker sandbox.
 *
 * @module
 */
export {
  checkWorktree,
  createWorktree,
  type CreateWorktreeOptions,
  type NewWorktree,
} from "./create_worktree.ts";
export { clearShared, Docker, type Prepared, sharedDirectory } from "./docker.ts";
export { type EnteredSandbox, enterSandbox, type EnterSandboxOptions } from "./enter_sandbox.ts";
export {
  SandboxError,
  type SandboxProblem,
  WorktreeError,
  type WorktreeProblem,
} from "./errors.ts";
export { changes, type Finish, finishOf, isUnchanged, losses } from "./finish_policy.ts";
export { Git } from "./git.ts";
export { inspectWorktree, type WorktreeState } from "./inspect_worktree.ts";
export { type Removal, removeWorktree } from "./remove_worktree.ts";
export { checkSandboxName, type Sandbox, sandboxed } from "./sandbox.ts";
export { checkWorktreeName, generatedName } from "./worktree_name.ts";
export { readRecord, type WorktreeRecord } from "./worktree_record.ts";
