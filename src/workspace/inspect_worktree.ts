/** What a worktree holds that would be lost with it. */
import { join, resolve } from "node:path";
import type { Git } from "./git.ts";
import { unsavedInSubmodules } from "./submodules.ts";
import type { WorktreeRecord } from "./worktree_record.ts";

/** What was found in a worktree. */
export interface WorktreeState {
  /**
   * `gone`: there is no such directory. `unknown`: its repository is gone or is another one, so that
   * nobody can tell what would be lost.
   */
  readonly presence: "present" | "gone" | "unknown";
  /** Files with uncommitted changes, untracked ones among them; relative to the worktree. */
  readonly changed: readonly string[];
  /** Files and directories that git was told to ignore; relative to the worktree. */
  readonly ignored: readonly string[];
  /** Commits since the base, on the worktree's branch or on what is checked out. */
  readonly commits: number;
  /** Commits that no branch, tag or remote of the repository holds. */
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

/** What git keeps while something is under way. */
const UNFINISHED = [
  "MERGE_HEAD",
  "CHERRY_PICK_HEAD",
  "REVERT_HEAD",
  "BISECT_LOG",
  "rebase-merge",
  "rebase-apply",
];

/** Looks at a worktree; changes nothing in it. */
export async function inspectWorktree(git: Git, record: WorktreeRecord): Promise<WorktreeState> {
  const { path, base, branch, repository } = record;
  const shared = { gitDir: repository };
  const known = await git.try(shared, ["rev-parse", "--verify", "--quiet", `${base}^{commit}`])
    .then(({ code }) => code === 0, () => false);
  const isThere = exists(path);
  if (!known) return { ...NOTHING, presence: isThere ? "unknown" : "gone" };
  const tip = await git.ask(shared, ["rev-parse", "--verify", "--quiet", `refs/heads/${branch}`]);
  const at: WorktreeState["branch"] = tip === undefined
    ? "missing"
    : tip === base
    ? "at base"
    : "moved";
  if (!isThere) {
    const commits = tip ? await git.count(shared, ["rev-list", "--count", tip, `^${base}`]) : 0;
    return { ...NOTHING, branch: at, commits };
  }
  const gitDir = gitDirOf(record);
  // An agent can have put another repository in its place, with programs of its own.
  if (gitDir === undefined) return { ...NOTHING, presence: "unknown", branch: at };
  const own = { cwd: path };
  const status = await git.try(own, [
    "--no-optional-locks",
    "status",
    "--porcelain=v2",
    "-z",
    "--untracked-files=all",
    "--ignored=matching",
    "--ignore-submodules=none",
  ]);
  const head = await git.ask(own, ["rev-parse", "--verify", "--quiet", "HEAD^{commit}"]);
  if (status.code !== 0 || head === undefined) {
    return { ...NOTHING, presence: "unknown", branch: at };
  }
  const { changed, ignored } = readStatus(status.stdout);
  const tips = tip === undefined ? [head] : [head, tip];
  const main = await git.ask(shared, ["rev-parse", "--verify", "--quiet", "HEAD^{commit}"]) ?? base;
  const [ahead = 0, behind = 0] = (await git.ask(shared, [
    "rev-list",
    "--left-right",
    "--count",
    `${head}...${main}`,
  ]))?.split(/\s+/).map(Number) ?? [];
  return {
    presence: "present",
    changed,
    ignored,
    commits: await git.count(shared, ["rev-list", "--count", ...tips, `^${base}`]),
    unsaved: await unsavedCommits(git, path, base) + await unsavedInSubmodules(git, path, base),
    branch: at,
    unfinished: UNFINISHED.some((name) => exists(join(gitDir, name))),
    ahead,
    behind,
  };
}

/** Commits that were made here, also such that were left again, and that nothing else holds. */
async function unsavedCommits(git: Git, path: string, base: string): Promise<number> {
  const { code, stdout } = await git.try({ cwd: path }, [
    "log",
    "--walk-reflogs",
    "--format=%H",
    "HEAD",
  ]);
  const visited = code === 0 ? [...new Set(stdout.split("\n").filter((line) => line !== ""))] : [];
  return await git.count({ cwd: path }, [
    "rev-list",
    "--count",
    "HEAD",
    // The newest are enough: the others are before them, or were left long ago.
    ...visited.slice(0, 500),
    "--not",
    base,
    "--branches",
    "--tags",
    "--remotes",
  ]);
}

/** The names in the output of `git status --porcelain=v2 -z`. */
export function readStatus(output: string): { changed: string[]; ignored: string[] } {
  const changed: string[] = [];
  const ignored: string[] = [];
  const entries = output.split("\0");
  for (let index = 0; index < entries.length; index++) {
    const entry = entries[index]!;
    const fields = FIELDS[entry[0] ?? ""];
    if (fields === undefined) continue;
    const name = entry.split(" ").slice(fields).join(" ");
    (entry[0] === "!" ? ignored : changed).push(name);
    // The next entry is the name that it had before.
    if (entry[0] === "2") index++;
  }
  return { changed, ignored };
}

/** How many fields stand before the name: of changed, renamed, conflicting, new and ignored files. */
const FIELDS: Readonly<Record<string, number>> = { "1": 8, "2": 9, u: 10, "?": 1, "!": 1 };

/** The worktree's own git directory; undefined when that is not one of its repository. */
function gitDirOf({ path, repository }: WorktreeRecord): string | undefined {
  try {
    const target = /^gitdir: (.+?)\r?\n?$/.exec(Deno.readTextFileSync(join(path, ".git")))?.[1];
    if (target === undefined) return undefined;
    const gitDir = Deno.realPathSync(resolve(path, target));
    const parent = Deno.realPathSync(join(repository, "worktrees"));
    return resolve(gitDir, "..") === parent ? gitDir : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return undefined;
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
