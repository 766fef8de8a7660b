/** Removes a worktree, its branch if nothing was committed on it, and all that git keeps about it. */
import { basename, dirname, join } from "node:path";
import type { EnvReader } from "../host.ts";
import { WorktreeError } from "./errors.ts";
import { isUnchanged } from "./finish_policy.ts";
import { Git } from "./git.ts";
import { inspectWorktree } from "./inspect_worktree.ts";
import { complaint } from "./tool.ts";
import { forgetRecord, setAside, type WorktreeRecord } from "./worktree_record.ts";

/** How a worktree is removed. */
export interface RemoveWorktreeOptions {
  /** Removes it although something in it is lost then: only after the person has said so. */
  readonly discard?: boolean;
  /** Asked when all that remains is to delete it: it stays if this says so. */
  unless?(): boolean;
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
 * unchanged: it is set aside, where nobody finds it, looked at there, and only then deleted. One whose
 * directory somebody has deleted is forgotten, and no other one of its repository.
 *
 * @throws {WorktreeError} `locked` or `git-failed`; then it is still there.
 */
export async function removeWorktree(
  record: WorktreeRecord,
  { discard = false, unless, ...found }: RemoveWorktreeOptions,
): Promise<Removal> {
  const { path, branch, base, repository } = record;
  const git = found.git ?? await Git.find(found.env!, "/");
  const state = await inspectWorktree(git, record);
  const kept = { removed: false, keptBranch: branch };
  if (!discard && !isUnchanged(state) && state.presence !== "gone") {
    putBack(path);
    return kept;
  }
  const shared = { gitDir: repository };
  const isListed = (await registered(git, repository)).get(canonical(path));
  if (isListed?.locked) throw failed(path, "it is locked", true);
  if (unless?.()) return kept;
  if (state.presence !== "gone") {
    takeAside(path);
    if (!discard && !isUnchanged(await inspectWorktree(git, record))) {
      putBack(path);
      return kept;
    }
    await Deno.remove(setAside(path), { recursive: true }).catch((error) => {
      if (error instanceof Deno.errors.NotCapable) throw error;
      if (error instanceof Deno.errors.NotFound) return;
      throw failed(path, error.message, false);
    });
  }
  if (!discard && exists(path)) return kept;
  if (isListed) {
    // The directory is gone: what git keeps about it goes now.
    const output = await git.try(shared, ["worktree", "remove", "--force", path]);
    if (output.code !== 0) {
      throw failed(path, complaint(output), /locked working tree|is locked/.test(output.stderr));
    }
  }
  const others = await registered(git, repository);
  if (![...others.values()].some((each) => each.branch === `refs/heads/${branch}`)) {
    // Git compares: only a branch that is still at the base goes.
    await git.try(shared, ["update-ref", "-d", `refs/heads/${branch}`, base]).catch(() => {});
  }
  const tip = await git.ask(shared, ["rev-parse", "--verify", "--quiet", `refs/heads/${branch}`])
    .catch(() => undefined);
  forgetRecord(path);
  return { removed: true, keptBranch: tip === undefined ? undefined : branch };
}

function failed(path: string, reason: string, isLocked: boolean): WorktreeError {
  return new WorktreeError(
    isLocked ? "locked" : "git-failed",
    `Cannot remove the worktree ${JSON.stringify(path)}: ${reason}`,
    { hint: isLocked ? `Unlock it with: git worktree unlock ${path}` : undefined },
  );
}

/** From now on nothing comes to it by its path. */
function takeAside(path: string): void {
  if (!exists(path)) return;
  const aside = setAside(path);
  try {
    if (exists(aside)) throw new Error(`${aside} is there, too`);
    Deno.renameSync(path, aside);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    throw failed(path, (error as Error).message, false);
  }
}

/** Undoes {@linkcode takeAside}, also that of a zag that was killed. */
function putBack(path: string): void {
  const aside = setAside(path);
  if (!exists(aside) || exists(path)) return;
  try {
    Deno.renameSync(aside, path);
  } catch (error) {
    throw failed(
      path,
      `it is at ${aside} and cannot be put back: ${(error as Error).message}`,
      false,
    );
  }
}

/** A worktree as git knows it. */
interface Registered {
  /** With `refs/heads/`; undefined when it is detached. */
  branch?: string;
  locked?: boolean;
}

/** The worktrees of a repository by their directories; none when that is gone. */
async function registered(git: Git, repository: string): Promise<Map<string, Registered>> {
  const found = new Map<string, Registered>();
  const list = await git.try({ gitDir: repository }, ["worktree", "list", "--porcelain"])
    .catch(() => undefined);
  let current: Registered = {};
  for (const line of list?.stdout.split(/\r?\n/) ?? []) {
    const [, key, value = ""] = /^(\S+)(?: (.*))?$/.exec(line) ?? [];
    if (key === "worktree") found.set(value, current = {});
    else if (key === "branch") current.branch = value;
    else if (key === "locked") current.locked = true;
  }
  return found;
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
