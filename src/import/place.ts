/** To which project the sessions of a directory belong, whether it is still there or not. */
import { dirname, isAbsolute, sep } from "node:path";
import { findRepository, type Project, projectKey } from "../config/project.ts";

/** Where a session belongs. */
export interface SessionPlace {
  /** As the agent's CLI names it, for it finds its sessions by that. */
  readonly cwd: string;
  /** What the session is about: the checkout around that, else the same. */
  readonly workspace: string;
  /** Key of the project; undefined outside of any. */
  readonly project: string | undefined;
}

/** Looks up directories, each once. */
export class SessionPlaces {
  readonly #project: Project;
  readonly #hasRoot: boolean;
  readonly #known = new Map<string, Promise<SessionPlace & { belongs: boolean }>>();

  /** @param hasRoot The project was selected with `--root`. */
  constructor(project: Project, hasRoot: boolean) {
    this.#project = project;
    this.#hasRoot = hasRoot;
  }

  /** Where the sessions of a directory belong, and whether that is the project at hand. */
  of(directory: string): Promise<SessionPlace & { belongs: boolean }> {
    let place = this.#known.get(directory);
    if (!place) this.#known.set(directory, place = this.#find(directory));
    return place;
  }

  async #find(directory: string): Promise<SessionPlace & { belongs: boolean }> {
    const { key, workspace } = this.#project;
    const { real, exists } = await nearest(directory);
    const repository = real === undefined ? undefined : await findRepository(real);
    const own = repository && await projectKey(repository.main);
    const actual = exists ? real! : directory;
    const belongs = key === undefined
      ? actual === workspace
      : own === key || (this.#hasRoot && isWithin(actual, workspace));
    return {
      cwd: directory,
      workspace: repository?.toplevel ?? directory,
      project: belongs ? key : own,
      belongs,
    };
  }
}

function isWithin(path: string, directory: string): boolean {
  return path === directory ||
    path.startsWith(directory.endsWith(sep) ? directory : directory + sep);
}

/** The nearest directory above that is still there, its path canonical. */
async function nearest(directory: string): Promise<{ real: string | undefined; exists: boolean }> {
  if (!isAbsolute(directory)) return { real: undefined, exists: false };
  for (let path = directory;; path = dirname(path)) {
    try {
      return { real: await Deno.realPath(path), exists: path === directory };
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) throw error;
      if (dirname(path) === path) return { real: undefined, exists: false };
    }
  }
}
