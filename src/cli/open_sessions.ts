/** Opens what is recorded, for the commands that read it or change it. */
import { type AccessOptions, openSessionStore } from "../agent/session_access.ts";
import { type ZagPaths, zagPaths } from "../config/paths.ts";
import { type Project, resolveProject } from "../config/project.ts";
import type { Scope } from "../sessions/resolve.ts";
import type { SessionStore } from "../sessions/store.ts";
import type { CliContext } from "./context.ts";
import { printMessage } from "./message.ts";

/** The recorded sessions, as a command sees them. */
export interface Sessions extends Disposable {
  readonly store: SessionStore;
  readonly paths: ZagPaths;
  readonly project: Project;
  /** The project, or everything with `--global`. */
  readonly scope: Scope;
}

/** The flags that matter here; a command passes those that it has. */
export interface SessionsFlags {
  readonly root?: string | undefined;
  readonly global?: boolean | undefined;
  readonly quiet: boolean;
  readonly debug: boolean;
}

/**
 * Opens the sessions of the project that the directory or `--root` selects. What a killed zag left
 * behind is ended first, so that what is read is true.
 *
 * @throws {StoreError} when the store cannot be used
 */
export async function openSessions(
  ctx: CliContext,
  flags: SessionsFlags,
  options: AccessOptions = {},
): Promise<Sessions> {
  const project = await resolveProject({
    ...(flags.root === undefined ? {} : { root: flags.root }),
    cwd: ctx.cwd,
  });
  const store = await openSessionStore(ctx.env, {
    warning: (message) => void (flags.quiet || printMessage(ctx, `warning: ${message}`)),
    debug: (message) => void (flags.debug && printMessage(ctx, `* ${message}`)),
  }, options);
  return {
    store,
    paths: zagPaths(ctx.env),
    project,
    scope: { project: flags.global ? undefined : project.key ?? null },
    [Symbol.dispose]: () => store.close(),
  };
}
