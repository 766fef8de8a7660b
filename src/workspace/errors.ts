/** Why a worktree or a sandbox cannot be had. */
import { ZagError } from "../errors.ts";

/** Why there is no worktree, for callers that react to it. */
export type WorktreeProblem =
  | "bad-name"
  | "git-missing"
  | "not-a-repository"
  | "no-commits"
  | "exists"
  | "branch-exists"
  | "locked"
  | "git-failed";

/** A worktree that could not be made, looked at or removed. Nothing is left half done. */
export class WorktreeError extends ZagError {
  /** Name of the class. */
  override name = "WorktreeError";

  /**
   * Makes the error.
   *
   * @param message What happened, for a person.
   */
  constructor(
    readonly problem: WorktreeProblem,
    message: string,
    options?: ErrorOptions & { hint?: string | undefined },
  ) {
    super(message, options);
  }
}

/** Why there is no sandbox, for callers that react to it. */
export type SandboxProblem =
  | "bad-name"
  | "docker-missing"
  | "docker-not-running"
  | "no-plugin"
  | "unsupported"
  | "exists"
  | "gone"
  | "docker-failed";

/** A sandbox that could not be made, entered or removed. */
export class SandboxError extends ZagError {
  /** Name of the class. */
  override name = "SandboxError";

  /**
   * Makes the error.
   *
   * @param message What happened, for a person.
   */
  constructor(
    readonly problem: SandboxProblem,
    message: string,
    options?: ErrorOptions & { hint?: string | undefined },
  ) {
    super(message, options);
  }
}
