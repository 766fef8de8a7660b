/** Everything that comes before an agent can start in a sandbox. */
import { join } from "node:path";
import type { ZagPaths } from "../config/paths.ts";
import type { EnvReader } from "../host.ts";
import type { SandboxTemplate } from "../providers/provider.ts";
import { Docker, sharedDirectory } from "./docker.ts";
import { SandboxError } from "./errors.ts";
import { checkSandboxName, type Sandbox } from "./sandbox.ts";
import { generatedName } from "./worktree_name.ts";

/** Which sandbox is entered, and for whom. */
export interface EnterSandboxOptions {
  readonly paths: Pick<ZagPaths, "sandboxes">;
  readonly env: EnvReader;
  /** The provider, as people write it. */
  readonly displayName: string;
  /** The provider's; undefined where it has none. */
  readonly template: SandboxTemplate | undefined;
  /** The name; without one, `sandbox-` and 8 hex digits. Of a session that goes on, the recorded one. */
  readonly name?: string | undefined;
  /** Absolute. */
  readonly workspace: string;
  /** Other directories that the agent may use, absolute; a sandbox that is there gets no new ones. */
  readonly extra?: readonly string[];
  /** The session goes on: the sandbox must be there, and must not be a new one. */
  readonly resumes: boolean;
}

/** A sandbox that an agent can be started in. */
export interface EnteredSandbox {
  readonly docker: Docker;
  readonly sandbox: Sandbox;
  /** What the person should know; undefined when all is well. */
  readonly warning: string | undefined;
  /** The private directory of one run; files of its plan must be here to be seen inside. */
  tempDir(processId: string): string;
}

/**
 * Checks all that can be checked, then makes the sandbox if it is a new one. That can take minutes.
 *
 * @throws {SandboxError} when there is none to enter
 */
export async function enterSandbox(options: EnterSandboxOptions): Promise<EnteredSandbox> {
  const { template, displayName, env, paths, workspace, extra = [], resumes } = options;
  const name = options.name === undefined
    ? generatedName("sandbox")
    : checkSandboxName(options.name);
  if (template === undefined) {
    throw new SandboxError(
      "unsupported",
      `Cannot use --sandbox with ${displayName}: Docker has no sandbox for it`,
      { hint: "Choose another provider, or leave --sandbox out" },
    );
  }
  const docker = await Docker.find(env, workspace);
  const sandbox: Sandbox = {
    name,
    template,
    workspace,
    shared: sharedDirectory(paths, name),
    extra: extra.filter((path) => path !== workspace),
  };
  const { warning } = await docker.prepare(sandbox, { resumes });
  return {
    docker,
    sandbox,
    warning,
    tempDir: (processId) => join(sandbox.shared, processId),
  };
}
