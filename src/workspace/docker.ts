/** Makes, finds and removes Docker sandboxes. */
import { join } from "node:path";
import { ensurePrivateDir, type ZagPaths } from "../config/paths.ts";
import type { EnvReader } from "../host.ts";
import { findProgram } from "../processes/which.ts";
import { SandboxError } from "./errors.ts";
import { createArgs, type Sandbox, variablesFile, variablesHook } from "./sandbox.ts";
import { complaint, runTool, toolEnvironment, type ToolOutput } from "./tool.ts";

/** Adds a line to a file that every shell in a sandbox reads, unless it is there. */
const ADD_LINE = 'grep -qxF -e "$1" /etc/sandbox-persistent.sh 2>/dev/null || ' +
  'printf "%s\\n" "$1" >> /etc/sandbox-persistent.sh';

/** What making a sandbox ready came to. */
export interface Prepared {
  /** It was made now; otherwise it was there. */
  readonly created: boolean;
  /** Why the agent's tools will not find their variables; undefined when they will. */
  readonly warning: string | undefined;
}

/** Docker with sandboxes, found and asked once. */
export class Docker {
  /** Absolute path. */
  readonly program: string;
  readonly #env: Record<string, string>;
  readonly #cwd: string;

  private constructor(program: string, env: Record<string, string>, cwd: string) {
    this.program = program;
    this.#env = env;
    this.#cwd = cwd;
  }

  /**
   * Finds Docker and makes sure that it can make sandboxes; nothing is made yet.
   *
   * @throws {SandboxError} `docker-missing`, `no-plugin` or `docker-not-running`
   */
  static async find(env: EnvReader, cwd: string): Promise<Docker> {
    const program = await findProgram("docker", {
      path: env.get("PATH") ?? "",
      pathExt: env.get("PATHEXT"),
      cwd,
    });
    if (program === undefined) {
      throw new SandboxError("docker-missing", "Cannot use --sandbox: docker is not on PATH", {
        hint: "Install Docker Desktop 4.58 or newer, or leave --sandbox out; " +
          "--worktree needs git alone",
      });
    }
    const docker = new Docker(program, toolEnvironment(env), cwd);
    const version = await docker.#try(["sandbox", "version"]);
    if (version.code !== 0) throw unusable(version);
    // The version is told by the program alone; the list comes from what runs the sandboxes.
    const list = await docker.#try(["sandbox", "ls", "--quiet"]);
    if (list.code !== 0) throw unusable(list);
    return docker;
  }

  /**
   * Whether there is a sandbox of this name.
   *
   * @throws {SandboxError} when Docker does not tell
   */
  async exists(name: string): Promise<boolean> {
    const list = await this.#try(["sandbox", "ls", "--quiet"]);
    if (list.code !== 0) throw unusable(list);
    return list.stdout.split(/\r?\n/).some((line) => line.trim() === name);
  }

  /**
   * Makes sure that a sandbox of this name can be made.
   *
   * @throws {SandboxError} `exists`, or when Docker does not tell
   */
  async checkFree(name: string): Promise<void> {
    if (await this.exists(name)) throw taken(name);
  }

  /**
   * Makes a sandbox for a new session, which can take minutes when its image is not here yet; or
   * makes sure that the one of a session that goes on is there.
   *
   * @throws {SandboxError} `exists` for a new one, `gone` for the other, or `docker-failed`
   */
  async prepare(sandbox: Sandbox, { resumes }: { resumes: boolean }): Promise<Prepared> {
    const { name, shared } = sandbox;
    const there = await this.exists(name);
    if (resumes && !there) {
      throw new SandboxError("gone", `Cannot go on in sandbox "${name}": it is gone`, {
        hint: "What the agent remembers was in it. Start a new session with the result of this " +
          "one: zag exec --context SESSION",
      });
    }
    if (!resumes && there) {
      throw taken(name);
    }
    ensurePrivateDir(shared);
    if (!there) {
      const made = await this.#try(createArgs(sandbox));
      if (made.code !== 0) {
        throw new SandboxError(
          "docker-failed",
          `Cannot create sandbox "${name}": ${complaint(made)}`,
        );
      }
    }
    const line = variablesHook(shared);
    const hooked = await this.#try(["sandbox", "exec", name, "sh", "-c", ADD_LINE, "zag", line]);
    const warning = hooked.code === 0
      ? undefined
      : `the variables of this session do not reach the sandbox: ${complaint(hooked)}`;
    return { created: !there, warning };
  }

  /**
   * Stops a sandbox, and with it an agent that goes on although its `docker` was ended. It can be
   * entered again.
   *
   * @returns Whether Docker did so.
   */
  async stop(name: string): Promise<boolean> {
    return (await this.#try(["sandbox", "stop", name])).code === 0;
  }

  /**
   * Removes a sandbox with all that is in it; the workspace stays. One that is gone already is fine.
   *
   * @throws {SandboxError} `docker-failed`
   */
  async remove(name: string, paths: Pick<ZagPaths, "sandboxes">): Promise<void> {
    const removed = await this.#try(["sandbox", "rm", name]);
    if (removed.code !== 0 && await this.exists(name)) {
      throw new SandboxError(
        "docker-failed",
        `Cannot remove sandbox "${name}": ${complaint(removed)}`,
        { hint: `Try it by hand: docker sandbox rm ${name}` },
      );
    }
    await remove(sharedDirectory(paths, name));
  }

  async #try(args: readonly string[]): Promise<ToolOutput> {
    return await runTool({ program: this.program, args, env: this.#env, cwd: this.#cwd });
  }
}

/** The private directory of a sandbox. */
export function sharedDirectory(paths: Pick<ZagPaths, "sandboxes">, name: string): string {
  return join(paths.sandboxes, name);
}

/** Removes what a run has put into the shared directory: its variables and its own files. */
export async function clearShared(shared: string, tempDir: string): Promise<void> {
  await remove(variablesFile(shared));
  await remove(tempDir);
}

function taken(name: string): SandboxError {
  return new SandboxError("exists", `Cannot create sandbox "${name}": there is one`, {
    hint: `Go on with its session by "zag run --resume", choose another name, or remove it: ` +
      `docker sandbox rm ${name}`,
  });
}

function unusable(output: ToolOutput): SandboxError {
  const text = `${output.stderr}\n${output.stdout}`;
  if (/is not a docker command|unknown (docker )?command|unknown flag/i.test(text)) {
    return new SandboxError(
      "no-plugin",
      "Cannot use --sandbox: this docker has no sandboxes",
      {
        hint: "They come with Docker Desktop 4.58 or newer, as the plugin docker-sandbox; " +
          "restart Docker Desktop after an update",
      },
    );
  }
  if (/beta features/i.test(text)) {
    return new SandboxError("no-plugin", `Cannot use --sandbox: ${complaint(output)}`, {
      hint: "Whoever administers Docker Desktop must allow beta features",
    });
  }
  if (/daemon|connect|socket|not running|no such file|refused|docker desktop/i.test(text)) {
    return new SandboxError(
      "docker-not-running",
      `Cannot use --sandbox: Docker is not running (${complaint(output)})`,
      { hint: "Start Docker Desktop, and try again" },
    );
  }
  return new SandboxError("docker-failed", `Cannot use --sandbox: ${complaint(output)}`, {
    hint: 'See what "docker sandbox ls" says',
  });
}

async function remove(path: string): Promise<void> {
  try {
    await Deno.remove(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
