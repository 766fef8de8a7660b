/** Makes a git worktree for a session, on a branch of its own. */
import { basename, dirname, join, resolve } from "node:path";
import { ensurePrivateDir, type ZagPaths } from "../config/paths.ts";
import { findRepository, projectKey } from "../config/project.ts";
import type { EnvReader } from "../host.ts";
import { WorktreeError } from "./errors.ts";
import { Git } from "./git.ts";
import { removeWorktree } from "./remove_worktree.ts";
import { fillSubmodules } from "./submodules.ts";
import { complaint } from "./tool.ts";
import { branchOf, checkWorktreeName, folderOf, generatedName } from "./worktree_name.ts";
import {
  claim,
  forgetRecord,
  isTorn,
  newRecord,
  ownerLives,
  readRecord,
  type WorktreeRecord,
} from "./worktree_record.ts";

/** What a worktree is made of. */
export interface CreateWorktreeOptions {
  readonly paths: Pick<ZagPaths, "worktrees">;
  readonly env: EnvReader;
  /** Where the caller is, absolute and canonical: somewhere in the repository. */
  readonly cwd: string;
  /** @default `zag-` and 8 hex digits */
  readonly name?: string | undefined;
  readonly now: Date;
  /** The id of the session that works in a worktree, for the advice when its name is taken. */
  readonly sessionAt?: ((path: string) => string | undefined) | undefined;
}

/** A worktree that was just made. */
export interface NewWorktree extends WorktreeRecord {
  /** Where the agent starts: the caller's directory, as far as the worktree has it. */
  readonly cwd: string;
  /** What the person should know about it; a sentence each, without a full stop. */
  readonly notes: readonly string[];
}

/** Where the caller is, as git sees it. */
interface Place {
  /** The shared git directory, absolute and canonical. */
  readonly repository: string;
  /** Top of the caller's checkout; undefined in a bare repository, or inside of a git directory. */
  readonly toplevel: string | undefined;
  /** From there to the caller; empty at the top. */
  readonly prefix: string;
  /** The commit that is checked out. */
  readonly base: string;
  readonly isDetached: boolean;
}

/** So often another name is tried where the person gave none. */
const ATTEMPTS = 5;

/**
 * Makes a worktree at the caller's commit. Uncommitted changes are not in it. Hooks of the repository
 * do not run.
 *
 * @throws {WorktreeError} when it cannot be made; then nothing is left of it.
 */
export async function createWorktree(options: CreateWorktreeOptions): Promise<NewWorktree> {
  const given = options.name === undefined ? undefined : checkWorktreeName(options.name);
  const git = await Git.find(options.env, options.cwd);
  const place = await locate(git, options.cwd);
  const directory = await directoryFor(place, options);
  for (let attempt = 1;; attempt++) {
    const name = given ?? generatedName("zag");
    const { base, repository } = place;
    const record = newRecord(directory, { name, base, repository, now: options.now });
    try {
      await add(git, record, options);
    } catch (error) {
      const taken = error instanceof WorktreeError && /exists$/.test(error.problem);
      if (taken && given === undefined && attempt < ATTEMPTS) continue;
      throw error;
    }
    const [notes, empty] = await Promise.all([
      notesOn(git, place),
      fillSubmodules(git, record.path, repository),
    ]);
    for (const path of empty) {
      notes.push(
        `its submodule ${JSON.stringify(path)} is empty: fill it with "git submodule update"`,
      );
    }
    const inside = join(record.path, place.prefix);
    return { ...record, cwd: isDirectory(inside) ? inside : record.path, notes };
  }
}

/**
 * Refuses what {@linkcode createWorktree} would refuse as things are now; makes nothing.
 *
 * @throws {WorktreeError} when the worktree cannot be made
 */
export async function checkWorktree(options: CreateWorktreeOptions): Promise<void> {
  const given = options.name === undefined ? undefined : checkWorktreeName(options.name);
  const git = await Git.find(options.env, options.cwd);
  const place = await locate(git, options.cwd);
  if (given === undefined) return;
  const path = join(await directoryFor(place, options), folderOf(given));
  if (isThere(path)) throw nameTaken(given, path, options);
  await checkBranch(git, place.repository, given);
}

/** The directory of the repository's worktrees. */
async function directoryFor(
  place: Place,
  { paths }: CreateWorktreeOptions,
): Promise<string> {
  ensurePrivateDir(paths.worktrees);
  return join(await Deno.realPath(paths.worktrees), await projectKey(await mainOf(place)));
}

async function locate(git: Git, cwd: string): Promise<Place> {
  const facts = ["--git-common-dir", "--is-inside-work-tree"];
  const output = await git.try({ cwd }, ["rev-parse", ...facts]);
  if (output.code !== 0) {
    if (!/not a git repository/i.test(output.stderr)) {
      throw new WorktreeError("git-failed", `Cannot use --worktree here: ${complaint(output)}`);
    }
    throw new WorktreeError(
      "not-a-repository",
      `Cannot use --worktree in ${JSON.stringify(cwd)}: it is not in a git repository`,
      { hint: 'Make it one with "git init" and a first commit, or leave --worktree out' },
    );
  }
  const [common = "", inside] = output.stdout.trimEnd().split(/\r?\n/);
  const repository = await Deno.realPath(resolve(cwd, common));
  const base = await git.ask({ cwd }, ["rev-parse", "--verify", "--quiet", "HEAD^{commit}"]);
  if (base === undefined) {
    throw new WorktreeError(
      "no-commits",
      "Cannot use --worktree: the repository has no commits yet, so there is nothing to check out",
      { hint: "Commit something first, or leave --worktree out" },
    );
  }
  const isDetached = (await git.try({ cwd }, ["symbolic-ref", "--quiet", "HEAD"])).code !== 0;
  if (inside !== "true") return { repository, toplevel: undefined, prefix: "", base, isDetached };
  return {
    repository,
    toplevel: await git.ask({ cwd }, ["rev-parse", "--show-toplevel"]),
    prefix: (await git.ask({ cwd }, ["rev-parse", "--show-prefix"]))?.replace(/\/$/, "") ?? "",
    base,
    isDetached,
  };
}

/** The directory that names the repository; see `Repository.main`. */
async function mainOf({ repository, toplevel }: Place): Promise<string> {
  if (toplevel !== undefined) {
    const found = await findRepository(await Deno.realPath(toplevel));
    if (found) return found.main;
  }
  return basename(repository) === ".git" ? dirname(repository) : repository;
}

async function add(
  git: Git,
  record: WorktreeRecord,
  options: CreateWorktreeOptions,
): Promise<void> {
  const { path, branch, base, repository, name } = record;
  await takeName(record, options);
  const shared = { gitDir: repository };
  try {
    await checkBranch(git, repository, name);
  } catch (error) {
    forgetRecord(path);
    throw error;
  }
  // One command for both could not be run again: it leaves the branch where it fails.
  let output = await git.try(shared, ["branch", "--quiet", "--no-track", branch, base]);
  if (output.code === 0) {
    output = await git.try(shared, ["worktree", "add", "--quiet", path, branch]);
  }
  if (output.code === 0) return;
  await removeWorktree(record, { git, discard: true }).catch(() => {});
  const hint = /cannot lock ref|exists/.test(output.stderr) ? "Choose another name" : undefined;
  throw new WorktreeError(
    "git-failed",
    `Cannot create worktree ${JSON.stringify(name)}: ${complaint(output)}`,
    { hint },
  );
}

/** Takes the name, also from what a crash has left of it. */
async function takeName(record: WorktreeRecord, options: CreateWorktreeOptions): Promise<void> {
  const { path, name } = record;
  if (!isThere(path)) {
    if (claim(record)) return;
    const before = readRecord(path);
    if (before && !ownerLives(before)) {
      const { removed } = await removeWorktree(before, { env: options.env });
      if (removed && claim(record)) return;
    } else if (isTorn(path)) {
      // Its branch, if there is one, is found in a moment.
      forgetRecord(path);
      if (claim(record)) return;
    }
  }
  throw nameTaken(name, path, options);
}

/** @throws {WorktreeError} when there is a branch of that name */
async function checkBranch(git: Git, repository: string, name: string): Promise<void> {
  const branch = branchOf(name);
  const ref = `refs/heads/${branch}`;
  if (!await git.ask({ gitDir: repository }, ["rev-parse", "--verify", "--quiet", ref])) return;
  throw new WorktreeError(
    "branch-exists",
    `Cannot create worktree ${JSON.stringify(name)}: the branch "${branch}" exists`,
    {
      hint: `Choose another name. Where its commits are no longer needed: git branch -D ${branch}`,
    },
  );
}

function nameTaken(
  name: string,
  path: string,
  { sessionAt }: CreateWorktreeOptions,
): WorktreeError {
  const session = sessionAt?.(path);
  return new WorktreeError(
    "exists",
    `Cannot create worktree ${JSON.stringify(name)}: there is one at ${JSON.stringify(path)}`,
    {
      hint: session === undefined
        ? `Choose another name, or have a look at the branch "${branchOf(name)}"`
        : `Go on in it with "zag run --resume ${session}", or choose another name`,
    },
  );
}

/** What is said about a worktree that begins at another state than the person sees. */
async function notesOn(git: Git, { toplevel, isDetached, base }: Place): Promise<string[]> {
  const notes: string[] = [];
  if (isDetached) notes.push(`it begins at ${base.slice(0, 12)}: no branch is checked out here`);
  if (toplevel === undefined) return notes;
  const { stdout } = await git.try({ cwd: toplevel }, [
    "--no-optional-locks",
    "status",
    "--porcelain=v1",
    "-z",
    "--no-renames",
  ]);
  const changes = stdout.split("\0").filter((entry) => entry !== "").length;
  if (changes > 0) {
    const what = changes === 1 ? "1 uncommitted change" : `${changes} uncommitted changes`;
    notes.push(
      `it begins at the last commit: ${what} of ${JSON.stringify(toplevel)} ` +
        `${changes === 1 ? "is" : "are"} not in it`,
    );
  }
  return notes;
}

function isThere(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return false;
  }
}

function isDirectory(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return false;
  }
}
