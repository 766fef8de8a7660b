/** Files that git was told not to look at: `assume-unchanged` and `skip-worktree`. */
import { join } from "node:path";
import type { Git } from "./git.ts";

/** What the index of a checkout says. */
export interface IndexLook {
  /** Files with such a mark that may differ from the index all the same; relative to the top. */
  readonly hidden: readonly string[];
  /** Where other repositories are checked out, relative to the top. */
  readonly submodules: readonly string[];
}

/** As many names go to git at once. */
const BATCH = 200;

/**
 * Looks at an index.
 *
 * @param top The top of the checkout, absolute.
 * @returns Undefined when git cannot tell.
 */
export async function lookAtIndex(
  git: Git,
  top: string,
  env: Readonly<Record<string, string>>,
): Promise<IndexLook | undefined> {
  const { code, stdout } = await git.try(
    { cwd: top },
    ["ls-files", "--stage", "-v", "-z", "--full-name"],
    env,
  );
  if (code !== 0) return undefined;
  const hidden: string[] = [];
  const submodules = new Set<string>();
  for (const entry of stdout.split("\0")) {
    const match = /^(\S) (\d{6}) [0-9a-f]+ \d\t([\s\S]+)$/.exec(entry);
    if (!match) continue;
    const [, mark, mode, path] = match;
    if (mode === "160000") submodules.add(path!);
    else if (mark === "S") {
      // A sparse checkout is made of files that are not there.
      if (isThere(join(top, path!))) hidden.push(path!);
    } else if (mark !== mark!.toUpperCase()) hidden.push(path!);
  }
  return { hidden, submodules: [...submodules] };
}

/**
 * Copies an index with the time of its last change: git looks into a file that is as old as its index,
 * since what was written in the same second cannot be told by times.
 *
 * @throws {Deno.errors.NotFound} when there is no index
 */
export async function copyIndex(from: string, to: string): Promise<void> {
  const { mtime } = await Deno.stat(from);
  await Deno.copyFile(from, to);
  if (mtime) await Deno.utime(to, mtime, mtime);
}

/**
 * Takes the marks away, in a copy of the index.
 *
 * @param env Names the copy as `GIT_INDEX_FILE`.
 * @returns False when git could not.
 */
export async function unhide(
  git: Git,
  top: string,
  paths: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<boolean> {
  for (let at = 0; at < paths.length; at += BATCH) {
    const batch = paths.slice(at, at + BATCH);
    for (const flag of ["--no-assume-unchanged", "--no-skip-worktree"]) {
      const { code } = await git.try({ cwd: top }, ["update-index", flag, "--", ...batch], env);
      if (code !== 0) return false;
    }
  }
  return true;
}

/** Whether a name survives being read as UTF-8. */
export function isReadable(path: string): boolean {
  return !path.includes("\ufffd");
}

function isThere(path: string): boolean {
  // A name that is not UTF-8 cannot be looked up.
  if (!isReadable(path)) return true;
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return false;
  }
}
