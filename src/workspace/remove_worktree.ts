/** Removes a worktree, its branch if nothing was committed on it, and all that git keeps about it. */
import { basename, dirname, join } from "node:path";
import type { EnvReader } from "../host.ts";
import { WorktreeError } from "./errors.ts";
import { isUnchanged } from "./finish_policy.ts";
import { Git } from "./git.ts";
import { inspectWorktree } from "./inspect_worktree.ts";
import { complaint } from "./tool.ts";
import { forgetRecord, type WorktreeRecord } from "./worktree_record.ts";

/** How a worktree is removed. */
export interface RemoveWorktreeOptions {
  /** Removes it although something in it is lost then: only after the person has said so. */
  readonly discard?: boolean;
  /** Git, if it was found already; else the environment in which it is. */
  readonly git?: Git;
  readonly env?: EnvReader;
}

/** What became of a worktree that was to be removed. */
export interface Removal {
  /** False when it was changed meanwhile and stays. */
  readonly removed: boolean;
  /** The branch, where there were commits on it; undefined when it is gone. */
  readonly keptBranch: string | undefined;
}

/**
 * Removes a worktree. Without `discard` it looks again first, and leaves one that is no longer
 * unchanged. One whose directory somebody has deleted is forgotten, and no other one of its
 * repository.
 *
 * @throws {WorktreeError} `locked` or `git-failed`; then it is still there.
 */
export async function removeWorktree(
  record: WorktreeRecord,
  { discard = false, ...found }: RemoveWorktreeOptions,
): Promise<Removal> {
  const { path, branch, base, repository } = record;
  const git = found.git ?? await Git.find(found.env!, "/");
  const state = await inspectWorktree(git, record);
  if (!discard && !isUnchanged(state) && state.presence !== "gone") {
    return { removed: false, keptBranch: branch };
  }
  const shared = { gitDir: repository };
  // Git removes one with submodules only by force; otherwise it looks once more itself.
  const flags = discard || exists(`${path}/.gitmodules`) || state.presence === "gone"
    ? ["--force"]
    : [];
  const listed = await registered(git, repository);
  if (listed.includes(`worktree ${canonical(path)}`)) {
    const output = await git.try(shared, ["worktree", "remove", ...flags, path]);
    if (output.code !== 0) {
      const isLocked = /locked working tree|is locked/.test(output.stderr);
      throw new WorktreeError(
        isLocked ? "locked" : "git-failed",
        `Cannot remove the worktree ${JSON.stringify(path)}: ${complaint(output)}`,
        { hint: isLocked ? `Unlock it with: git worktree unlock ${path}` : undefined },
      );
    }
  }
  if (discard) await Deno.remove(path, { recursive: true }).catch(ignoreMissing);
  else if (exists(path)) return { removed: false, keptBranch: branch };
  const others = await registered(git, repository);
  if (!others.includes(`branch refs/heads/${branch}`)) {
    // Git compares: only a branch that is still at the base goes.
    await git.try(shared, ["update-ref", "-d", `refs/heads/${branch}`, base]).catch(() => {});
  }
  const tip = await git.ask(shared, ["rev-parse", "--verify", "--quiet", `refs/heads/${branch}`])
    .catch(() => undefined);
  forgetRecord(path);
  return { removed: true, keptBranch: tip === undefined ? undefined : branch };
}

/** What git says of the worktrees of a repository, line by line; nothing when that is gone. */
async function registered(git: Git, repository: string): Promise<string[]> {
  const list = await git.try({ gitDir: repository }, ["worktree", "list", "--porcelain"])
    .catch(() => undefined);
  return list?.stdout.split(/\r?\n/) ?? [];
}

/** As git writes it: without symbolic links, also when it is gone itself. */
function canonical(path: string): string {
  try {
    return join(Deno.realPathSync(dirname(path)), basename(path));
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return path;
  }
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return false;
  }
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
