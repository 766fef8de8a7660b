/** Real repositories in a directory of their own, and what zag keeps beside them. */
import { dirname, join } from "node:path";
import { type ZagPaths, zagPaths } from "../../src/config/paths.ts";
import type { EnvReader } from "../../src/host.ts";
import {
  createWorktree,
  type CreateWorktreeOptions,
  Git,
  inspectWorktree,
  type NewWorktree,
  type WorktreeRecord,
  type WorktreeState,
} from "../../src/workspace/mod.ts";
import { assert } from "../support/assert.ts";

const AUTHOR = {
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_SYSTEM: "/dev/null",
  GIT_AUTHOR_NAME: "t",
  GIT_AUTHOR_EMAIL: "t@example.org",
  GIT_COMMITTER_NAME: "t",
  GIT_COMMITTER_EMAIL: "t@example.org",
};

/** The environment of this process with changes; undefined removes. */
export function environment(changes: Record<string, string | undefined> = {}): EnvReader {
  const env: Record<string, string> = { ...Deno.env.toObject(), ...AUTHOR };
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) delete env[name];
    else env[name] = value;
  }
  return { get: (name) => env[name], toObject: () => ({ ...env }) };
}

/** A directory with repositories and a state directory. */
export class Site {
  readonly paths: ZagPaths;

  constructor(readonly dir: string) {
    this.paths = zagPaths({ get: (name) => name === "ZAG_HOME" ? join(dir, "state") : undefined });
  }

  /** Runs git as a person would, and returns what it says. */
  async git(cwd: string, ...args: string[]): Promise<string> {
    const { success, stdout, stderr } = await new Deno.Command("git", {
      args: ["-c", "protocol.file.allow=always", "-c", "init.defaultBranch=main", ...args],
      cwd,
      env: AUTHOR,
      stdin: "null",
    }).output();
    const decoder = new TextDecoder();
    assert(success, `git ${args.join(" ")}: ${decoder.decode(stderr)}`);
    return decoder.decode(stdout).trim();
  }

  /** Makes a repository with these files in its first commit. */
  async repository(name: string, files: Record<string, string> = { "a.txt": "a\n" }) {
    const top = join(this.dir, name);
    await Deno.mkdir(top, { recursive: true });
    await this.git(top, "init", "-q");
    for (const [path, text] of Object.entries(files)) this.put(join(top, path), text);
    await this.git(top, "add", ".");
    await this.git(top, "commit", "-q", "--allow-empty", "-m", "first");
    return top;
  }

  put(path: string, text: string): string {
    Deno.mkdirSync(dirname(path), { recursive: true });
    Deno.writeTextFileSync(path, text);
    return path;
  }

  async commit(cwd: string, file: string, text = "new\n"): Promise<string> {
    this.put(join(cwd, file), text);
    await this.git(cwd, "add", file);
    await this.git(cwd, "commit", "-q", "-m", file);
    return await this.git(cwd, "rev-parse", "HEAD");
  }

  async create(cwd: string, options: Partial<CreateWorktreeOptions> = {}): Promise<NewWorktree> {
    return await createWorktree({
      paths: this.paths,
      env: environment(),
      cwd,
      now: new Date(),
      ...options,
    });
  }

  async inspect(record: WorktreeRecord): Promise<WorktreeState> {
    return await inspectWorktree(await Git.find(environment(), this.dir), record);
  }

  async branches(cwd: string): Promise<string[]> {
    return (await this.git(cwd, "for-each-ref", "--format=%(refname:short)", "refs/heads"))
      .split("\n");
  }
}

/** Makes a test of a function: it gets a directory that is gone afterwards. */
export function atSite(test: (site: Site) => Promise<void>): () => Promise<void> {
  return async () => {
    const dir = await Deno.realPath(await Deno.makeTempDir());
    try {
      await test(new Site(dir));
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  };
}

/** Whether there is something at a path. */
export function isThere(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}
