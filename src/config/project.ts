/**
 * Which project a command is about: the repository or directory whose sessions and settings
 * belong together. Git itself is never run; its directories say enough.
 *
 * @module
 */
import { basename, dirname, join, resolve } from "node:path";
import { ZagError } from "../errors.ts";

/** What is known about the place where a command runs. All paths are absolute and canonical. */
export interface Project {
  /** Where the agent works: the given root, else the caller's directory. */
  readonly workspace: string;
  /** The top of the git checkout around the workspace; undefined outside of any. */
  readonly checkout: string | undefined;
  /** The main worktree of that checkout's repository: the checkout itself unless it is linked. */
  readonly repoRoot: string | undefined;
  /** Name of the project's state directory; undefined where there is neither root nor repository. */
  readonly key: string | undefined;
}

/** Settings of {@linkcode resolveProject}. */
export interface ResolveProjectOptions {
  /** `--root`; relative to `cwd`. */
  readonly root?: string | undefined;
  /** The caller's working directory. */
  readonly cwd: string;
}

/** A git checkout: its own top directory, and that of the repository's main worktree. */
export interface Repository {
  /** The top of the checkout itself. */
  readonly toplevel: string;
  /** The top of the main worktree; of a bare repository with worktrees, its git directory. */
  readonly main: string;
}

/** Why a directory cannot be used as the root. */
export type RootProblem = "missing" | "not a directory" | "not accessible";

/** The root, or the working directory, cannot be worked in. */
export class RootNotFoundError extends ZagError {
  /** Name of the class. */
  override name = "RootNotFoundError";

  /**
   * Makes the error.
   *
   * @param root absolute, as it was looked for
   */
  constructor(readonly root: string, readonly problem: RootProblem, options?: ErrorOptions) {
    const state = problem === "missing" ? "no such directory" : `it is ${problem}`;
    super(`Cannot use ${JSON.stringify(root)} as the root: ${state}`, {
      ...options,
      hint: "Pass an existing directory with --root, or start from one",
    });
  }
}

/**
 * Finds the project of a command. A root that is the top of a git checkout means its repository,
 * and a linked worktree means the main one; any other root is a project of its own.
 *
 * @throws {RootNotFoundError} when the root, or without one the working directory, is unusable
 */
export async function resolveProject(options: ResolveProjectOptions): Promise<Project> {
  const { root, cwd } = options;
  const workspace = await canonicalDir(root === undefined ? cwd : resolve(cwd, root));
  const repository = await findRepository(workspace);
  const checkout = repository?.toplevel;
  const repoRoot = repository?.main;
  const owner = root === undefined || checkout === workspace ? repoRoot : workspace;
  const key = owner === undefined ? undefined : await projectKey(owner);
  return { workspace, checkout, repoRoot, key };
}

/**
 * Names the state directory of a project: the readable end of its path, and a hash of the whole
 * path that keeps `/a-b` and `/a/b` apart. Only `A-Z a-z 0-9 . _ -` occur, at most 69 of them.
 *
 * @param path absolute and canonical
 */
export async function projectKey(path: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(path));
  const hash = new Uint8Array(digest, 0, 4).toHex();
  const readable = path.replace(/[^A-Za-z0-9._-]+|\.{2,}/g, "-").slice(-60).replace(/^[-.]+/, "");
  return readable === "" ? hash : `${readable}-${hash}`;
}

/** The path that the key of a project stands for. */
export async function projectOwner(
  { key, repoRoot, workspace }: Pick<Project, "key" | "repoRoot" | "workspace">,
): Promise<string> {
  return repoRoot !== undefined && await projectKey(repoRoot) === key ? repoRoot : workspace;
}

/**
 * Finds the git checkout around a directory by walking up. A submodule is a checkout of its own.
 *
 * @param dir absolute and canonical
 */
export async function findRepository(dir: string): Promise<Repository | undefined> {
  for (let top = dir;; top = dirname(top)) {
    const gitDir = await gitDirOf(top);
    if (gitDir !== undefined) return { toplevel: top, main: await mainWorktree(top, gitDir) };
    if (dirname(top) === top) return undefined;
  }
}

/** The git directory that `top/.git` is or names; undefined when `top` is no checkout. */
async function gitDirOf(top: string): Promise<string | undefined> {
  const path = join(top, ".git");
  const info = await ifPresent(Deno.stat(path));
  if (info?.isDirectory) {
    // An empty `.git` directory is not a repository for git either.
    return await ifPresent(Deno.lstat(join(path, "HEAD"))) ? path : undefined;
  }
  if (!info?.isFile) return undefined;
  const target = /^gitdir: (.+?)\r?\n?$/.exec(await ifPresent(Deno.readTextFile(path)) ?? "")?.[1];
  return target === undefined ? undefined : resolve(top, target);
}

async function mainWorktree(top: string, gitDir: string): Promise<string> {
  const common = await ifPresent(Deno.readTextFile(join(gitDir, "commondir")));
  if (common === undefined) return top;
  const commonDir = await ifPresent(Deno.realPath(resolve(gitDir, common.trim())));
  if (commonDir === undefined) return top;
  if (basename(commonDir) === ".git") return dirname(commonDir);
  // The repository of a submodule lives inside that of its parent and says where it is checked out.
  const config = await ifPresent(Deno.readTextFile(join(commonDir, "config")));
  const worktree = config === undefined ? undefined : coreWorktree(config);
  if (worktree === undefined) return commonDir;
  return await ifPresent(Deno.realPath(resolve(commonDir, worktree))) ?? commonDir;
}

/** The value of `core.worktree` in the text of a git config file. */
function coreWorktree(config: string): string | undefined {
  let section = "";
  for (const line of config.split("\n")) {
    section = /^\s*\[([^\]]*)\]/.exec(line)?.[1]?.trim().toLowerCase() ?? section;
    const value = /^\s*worktree\s*=\s*(.*?)\s*$/i.exec(line)?.[1];
    if (section !== "core" || value === undefined) continue;
    return value.startsWith('"') ? value.slice(1, -1).replace(/\\(["\\])/g, "$1") : value;
  }
  return undefined;
}

async function canonicalDir(path: string): Promise<string> {
  try {
    const real = await Deno.realPath(path);
    if ((await Deno.stat(real)).isDirectory) return real;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    if (!(error instanceof Deno.errors.NotADirectory)) {
      const missing = error instanceof Deno.errors.NotFound;
      throw new RootNotFoundError(path, missing ? "missing" : "not accessible", { cause: error });
    }
  }
  throw new RootNotFoundError(path, "not a directory");
}

/** The value, or undefined when what it was read from is not there or not ours to read. */
async function ifPresent<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return undefined;
  }
}
