/**
 * Runs git for zag itself: without a pager, colours, questions, hooks, file system monitor and the
 * caller's `GIT_DIR`. Filters of the repository are another matter: a checkout needs them, and who
 * only looks switches them off with `readingEnvironment()`.
 */
import { delay } from "../delay.ts";
import type { EnvReader } from "../host.ts";
import { findProgram } from "../processes/which.ts";
import { WorktreeError } from "./errors.ts";
import { complaint, runTool, toolEnvironment, type ToolOutput } from "./tool.ts";

/** Where git's own files and the person's settings are; all other `GIT_*` variables are dropped. */
const KEPT = new Set([
  "GIT_CONFIG_GLOBAL",
  "GIT_CONFIG_SYSTEM",
  "GIT_CONFIG_NOSYSTEM",
  "GIT_EXEC_PATH",
]);

const SETTINGS = [
  // A repository must not be able to run programs through zag.
  "core.hooksPath=/dev/null",
  "core.fsmonitor=false",
  "color.ui=false",
  "core.quotePath=false",
  "gc.auto=0",
  "maintenance.auto=false",
  "worktree.guessRemote=false",
  // It would put lines between the answers, and start a program.
  "log.showSignature=false",
].flatMap((setting) => ["-c", setting]);

/** What git says that reads all worktrees while one of them has only begun to be made. */
const HALF_MADE = /failed to read .*worktrees.*commondir/;
const HALF_MADE_WAITS_MS = [10, 20, 40, 80, 160, 320, 500];

/** Where git is run. */
export type GitPlace = { readonly cwd: string } | {
  /** A git directory, absolute: its repository is meant, whatever the working directory. */
  readonly gitDir: string;
};

const NO_GIT = {
  message: "Cannot use git worktrees: git is not on PATH",
  hint: "Install git, or leave --worktree out",
};

/** Git, found once. */
export class Git {
  readonly #program: string;
  readonly #env: Record<string, string>;

  private constructor(program: string, env: Record<string, string>) {
    this.#program = program;
    this.#env = env;
  }

  /**
   * Finds git.
   *
   * @param missing What is said where there is none.
   * @throws {WorktreeError} `git-missing`
   */
  static async find(
    env: EnvReader,
    cwd: string,
    missing: { readonly message: string; readonly hint: string } = NO_GIT,
  ): Promise<Git> {
    const program = await findProgram("git", {
      path: env.get("PATH") ?? "",
      pathExt: env.get("PATHEXT"),
      cwd,
    });
    if (program === undefined) {
      throw new WorktreeError("git-missing", missing.message, { hint: missing.hint });
    }
    return new Git(program, {
      ...toolEnvironment(env, (name) => /^GIT_/i.test(name) && !KEPT.has(name)),
      GIT_TERMINAL_PROMPT: "0",
      GIT_PAGER: "cat",
      GIT_EDITOR: "true",
    });
  }

  /**
   * Runs git and returns what it says, whatever its exit code is. A command that meets a worktree which
   * another git is making at this moment fails before it has done anything, and is run again for
   * about a second.
   */
  async try(
    place: GitPlace,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<ToolOutput> {
    for (const wait of HALF_MADE_WAITS_MS) {
      const output = await this.#once(place, args, env);
      if (output.code === 0 || !HALF_MADE.test(output.stderr)) return output;
      await delay(wait);
    }
    return await this.#once(place, args, env);
  }

  async #once(
    place: GitPlace,
    args: readonly string[],
    env: Readonly<Record<string, string>>,
  ): Promise<ToolOutput> {
    const where = "cwd" in place
      ? { cwd: place.cwd, flags: [] }
      : { cwd: place.gitDir, flags: [`--git-dir=${place.gitDir}`] };
    return await runTool({
      program: this.#program,
      args: ["--no-pager", ...SETTINGS, ...where.flags, ...args],
      env: { ...this.#env, ...env },
      cwd: where.cwd,
    });
  }

  /**
   * Runs git and returns its stdout.
   *
   * @throws {WorktreeError} `git-failed`, with what git said
   */
  async run(
    place: GitPlace,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<string> {
    const output = await this.try(place, args, env);
    if (output.code === 0) return output.stdout;
    throw new WorktreeError("git-failed", `Cannot run "git ${args[0]}": ${complaint(output)}`);
  }

  /** Git's stdout without its last line end; undefined when it fails or says nothing. */
  async ask(
    place: GitPlace,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<string | undefined> {
    const { code, stdout } = await this.try(place, args, env);
    return code === 0 ? stdout.replace(/\r?\n$/, "") || undefined : undefined;
  }

  /** The number on git's stdout; undefined when it fails: then nobody knows. */
  async count(
    place: GitPlace,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<number | undefined> {
    const text = await this.ask(place, args, env);
    return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
  }
}
