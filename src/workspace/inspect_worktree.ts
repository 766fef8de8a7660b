/** What a worktree holds that would be lost with it. */
import { join, resolve } from "node:path";
import type { Git } from "./git.ts";
import { inspectCheckout } from "./inspect_checkout.ts";
import { readingEnvironment } from "./reading.ts";
import { setAside, type WorktreeRecord } from "./worktree_record.ts";

/** What was found in a worktree. */
export interface WorktreeState {
  /**
   * `gone`: there is no such directory. `unknown`: its repository is gone or is another one, or git
   * fails, so that nobody can tell what would be lost.
   */
  readonly presence: "present" | "gone" | "unknown";
  /** Files with uncommitted changes, untracked ones and those of submodules among them. */
  readonly changed: readonly string[];
  /** Files and directories that git was told to ignore, also those of submodules. */
  readonly ignored: readonly string[];
  /** Commits since the base, on the worktree's branch or on what is checked out. */
  readonly commits: number;
  /** Commits that no branch, tag or remote of the repository holds, also those of submodules. */
  readonly unsaved: number;
  /** Where the worktree's own branch is; `moved`: no longer at the base. */
  readonly branch: "at base" | "moved" | "missing";
  /** A merge, rebase or the like is under way. */
  readonly unfinished: boolean;
  /** Commits that the repository's main checkout does not have. */
  readonly ahead: number;
  /** Commits that only the repository's main checkout has. */
  readonly behind: number;
}

const NOTHING: WorktreeState = {
  presence: "gone",
  changed: [],
  ignored: [],
  commits: 0,
  unsaved: 0,
  branch: "missing",
  unfinished: false,
  ahead: 0,
  behind: 0,
};

/**
 * Looks at a worktree, also at one whose removal was interrupted; changes nothing in it. No program of
 * the repository runs.
 */
export async function inspectWorktree(git: Git, record: WorktreeRecord): Promise<WorktreeState> {
  const { base, branch, repository } = record;
  const shared = { gitDir: repository };
  const known = await git.try(shared, ["rev-parse", "--verify", "--quiet", `${base}^{commit}`])
    .then(({ code }) => code === 0, () => false);
  const path = [record.path, setAside(record.path)].find(exists);
  if (!known) return { ...NOTHING, presence: path === undefined ? "gone" : "unknown" };
  const tip = await git.ask(shared, ["rev-parse", "--verify", "--quiet", `refs/heads/${branch}`]);
  const at: WorktreeState["branch"] = tip === undefined
    ? "missing"
    : tip === base
    ? "at base"
    : "moved";
  if (path === undefined) {
    const commits = tip ? await git.count(shared, ["rev-list", "--count", tip, `^${base}`]) : 0;
    return { ...NOTHING, branch: at, commits: commits ?? 0 };
  }
  const unknown: WorktreeState = { ...NOTHING, presence: "unknown", branch: at };
  // An agent can have put another repository in its place, with programs of its own.
  if (!isOwn(path, repository)) return unknown;
  const own = { cwd: path };
  const env = await readingEnvironment(git, path);
  const head = await git.ask(own, ["rev-parse", "--verify", "--quiet", "HEAD^{commit}"], env);
  if (head === undefined) return unknown;
  const checkout = await inspectCheckout(git, { top: path, base, lasting: repository });
  const tips = tip === undefined ? [head] : [head, tip];
  const commits = await git.count(own, ["rev-list", "--count", ...tips, `^${base}`], env);
  const unsaved = await unsavedCommits(git, path, base, env);
  if (checkout === undefined || commits === undefined || unsaved === undefined) return unknown;
  const main = await git.ask(shared, ["rev-parse", "--verify", "--quiet", "HEAD^{commit}"]) ?? base;
  const [ahead = 0, behind = 0] = (await git.ask(shared, [
    "rev-list",
    "--left-right",
    "--count",
    `${head}...${main}`,
  ]))?.split(/\s+/).map(Number) ?? [];
  return {
    presence: "present",
    changed: checkout.changed,
    ignored: checkout.ignored,
    commits,
    unsaved: unsaved + checkout.unsaved,
    branch: at,
    unfinished: checkout.unfinished,
    ahead,
    behind,
  };
}

/** References that belong to one worktree alone and go with it. */
const OWN_REFERENCES = ["refs/worktree", "refs/bisect", "refs/rewritten"];

/**
 * Counts commits that were made here, also such that were left again, and that nothing else holds.
 *
 * @returns Undefined when git cannot tell.
 */
async function unsavedCommits(
  git: Git,
  path: string,
  base: string,
  env: Readonly<Record<string, string>>,
): Promise<number | undefined> {
  const visited = await git.try({ cwd: path }, ["rev-list", "--walk-reflogs", "HEAD"], env);
  const commits = [...new Set(visited.stdout.split(/\r?\n/).filter((line) => line !== ""))];
  if (visited.code !== 0 || !commits.every(isHash)) return undefined;
  return await git.count({ cwd: path }, [
    "rev-list",
    "--count",
    "HEAD",
    // The newest are enough: the others are before them, or were left long ago.
    ...commits.slice(0, 500),
    ...OWN_REFERENCES.map((name) => `--glob=${name}`),
    "--not",
    base,
    "--branches",
    "--tags",
    "--remotes",
  ], env);
}

function isHash(text: string): boolean {
  return /^[0-9a-f]{40,64}$/.test(text);
}

/** Whether the git directory of the worktree is one of its repository. */
function isOwn(path: string, repository: string): boolean {
  try {
    const target = /^gitdir: (.+?)\r?\n?$/.exec(Deno.readTextFileSync(join(path, ".git")))?.[1];
    if (target === undefined) return false;
    const gitDir = Deno.realPathSync(resolve(path, target));
    return resolve(gitDir, "..") === Deno.realPathSync(join(repository, "worktrees"));
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return false;
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
