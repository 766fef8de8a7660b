/** Places apart in which agents can work. */
import { checkArguments, FLAG, optional, parts, TEXT } from "../agent/argument_check.ts";
import { zagPaths } from "../config/paths.ts";
import { realHost } from "../host.ts";
import type { SandboxTemplate } from "../providers/provider.ts";
import type { NewWorktree, Removal } from "../workspace/mod.ts";

/** How a worktree is removed. */
export interface RemoveOptions {
  /** Remove it although something in it is lost then. Default: false, a changed one stays. */
  readonly discard?: boolean | undefined;
}

const REMOVE = parts<RemoveOptions>({ discard: FLAG });

/**
 * A git worktree on a branch of its own, beside the person's checkout.
 *
 * @example
 * ```ts ignore
 * await using worktree = await Worktree.create(".");
 * await new AgentBuilder({ root: worktree.path }).exec("Fix the typos");
 * // It is gone at the end unless something was changed in it.
 * ```
 */
export class Worktree implements AsyncDisposable {
  readonly #made: NewWorktree;

  private constructor(made: NewWorktree) {
    this.#made = made;
  }

  /**
   * Makes a worktree at the commit that is checked out. Uncommitted changes are not in it, and hooks of
   * the repository do not run.
   *
   * @param repo A directory of the repository.
   * @param name Of the worktree. Default: `zag-` and 8 hexadecimal digits.
   * @throws {ZagError} when it cannot be made; nothing is left of it then
   */
  static async create(repo: string, name?: string): Promise<Worktree> {
    checkArguments("Worktree.create()", [repo, "repo", TEXT], [name, "name", optional(TEXT)]);
    const { createWorktree } = await import("../workspace/mod.ts");
    const { env, now } = realHost();
    const paths = zagPaths(env);
    const cwd = await Deno.realPath(repo);
    return new Worktree(await createWorktree({ paths, env, cwd, name, now: now() }));
  }

  /** Its directory, absolute. */
  get path(): string {
    return this.#made.path;
  }

  /** Its name. */
  get name(): string {
    return this.#made.name;
  }

  /** Its branch. */
  get branch(): string {
    return this.#made.branch;
  }

  /** Whether something in it is not committed: changes, untracked and ignored files, or a merge under way. */
  async hasChanges(): Promise<boolean> {
    const { Git, inspectWorktree } = await import("../workspace/mod.ts");
    const git = await Git.find(realHost().env, this.path);
    const { changed, ignored, unfinished } = await inspectWorktree(git, this.#made);
    return changed.length > 0 || ignored.length > 0 || unfinished;
  }

  /**
   * Whether commits were made in it that no remote of the repository has, as far as was fetched.
   *
   * @throws {ZagError} when git cannot tell, as for a worktree that is gone
   */
  async hasUnpushedCommits(): Promise<boolean> {
    const { Git } = await import("../workspace/mod.ts");
    const git = await Git.find(realHost().env, this.path);
    const { base, branch } = this.#made;
    const where = { cwd: this.path };
    const tip = await git.ask(where, ["rev-parse", "--verify", "--quiet", `refs/heads/${branch}`]);
    const commits = ["HEAD", ...tip === undefined ? [] : [tip], "--not", "--remotes", base];
    return (await git.run(where, ["rev-list", "--max-count=1", ...commits])).trim() !== "";
  }

  /**
   * Removes it, with its branch if nothing was committed on that.
   *
   * @returns Whether it was removed: a changed one stays unless it is to be discarded.
   * @throws {ZagError} when it is locked, or git fails
   */
  async remove(options: RemoveOptions = {}): Promise<Removal> {
    checkArguments("remove()", [options, "options", REMOVE]);
    const { discard = false } = options;
    const { removeWorktree } = await import("../workspace/mod.ts");
    return await removeWorktree(this.#made, { env: realHost().env, discard });
  }

  /** Removes it if nothing was done in it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.remove();
  }
}

/** Docker sandboxes, which stay until somebody removes them. */
export const Sandbox: {
  /**
   * Removes a sandbox, with what it shares with this machine. One that is gone already is no error.
   *
   * @throws {ZagError} when there is no Docker with sandboxes, or it fails
   */
  remove(name: string): Promise<void>;
} = {
  async remove(name) {
    checkArguments("Sandbox.remove()", [name, "name", TEXT]);
    const { checkSandboxName, Docker } = await import("../workspace/mod.ts");
    const { env, cwd } = realHost();
    await (await Docker.find(env, cwd)).remove(checkSandboxName(name), zagPaths(env));
  },
};

/**
 * What a provider's sandbox is made of; undefined where it cannot work in one.
 *
 * @param provider Its name, in any case.
 * @throws {InvalidProviderError} when there is no such provider
 */
export async function templateFor(provider: string): Promise<SandboxTemplate | undefined> {
  checkArguments("templateFor()", [provider, "provider", TEXT]);
  const { configuredProvider } = await import("../agent/configured_provider.ts");
  return (await configuredProvider(provider, {})).sandbox;
}
