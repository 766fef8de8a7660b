/**
 * What a review is about, as git tells it. Nothing in the repository changes: git works on a copy of
 * the index. Every diff goes to a file, however long it is.
 *
 * @module
 */
import { join } from "node:path";
import { ZagError } from "../errors.ts";
import type { ReviewTarget } from "../providers/provider.ts";
import { Git } from "./git.ts";
import { complaint } from "./tool.ts";

/** A diff that cannot be made. */
export class DiffError extends ZagError {
  /** Name of the class. */
  override name = "DiffError";
}

/** One changed file. */
export interface ChangedFile {
  /** From the top of the repository; of a renamed file the new name. */
  readonly path: string;
  /** Lines; null for a file that is not text. */
  readonly added: number | null;
  readonly removed: number | null;
}

/** One of the changes that are reviewed. */
export interface Change {
  /** In words: `the uncommitted changes`. */
  readonly what: string;
  /** The file with the diff, absolute. */
  readonly diff: string;
  /** Length of the diff. */
  readonly bytes: number;
  readonly files: readonly ChangedFile[];
  /** Files that have changed and are not in the diff, each with the reason. */
  readonly leftOut: readonly string[];
}

/** Where the diffs are made, and of what. */
export interface DiffRequest {
  readonly target: ReviewTarget;
  /** The top of the checkout, absolute. */
  readonly top: string;
  /** Private directory for the diffs, absolute. */
  readonly directory: string;
}

/** A file that git does not track yet is shown up to this many bytes. */
const SHOWN_LIMIT = 1024 * 1024;

/** So that neither settings nor attributes change the form of a diff, or start a program. */
const FORM = [
  "--no-ext-diff",
  "--no-textconv",
  "--no-color",
  "--no-relative",
  "--src-prefix=a/",
  "--dst-prefix=b/",
  "--find-renames",
  "--submodule=short",
  // Else git looks into each submodule, with the settings that it finds there.
  "--ignore-submodules=dirty",
];

/** An index that is refreshed would be written. */
const READ_ONLY = { GIT_OPTIONAL_LOCKS: "0" };

/**
 * Makes the diffs, in the order uncommitted, branch, commit; one in which nothing has changed is not
 * among them.
 *
 * @throws {DiffError} when a name means no commit, or git fails
 */
export async function gatherChanges(git: Git, request: DiffRequest): Promise<Change[]> {
  const { uncommitted, base, commit } = request.target;
  const maker = new DiffMaker(git, request);
  const made = [
    uncommitted ? await maker.uncommitted() : undefined,
    base === undefined ? undefined : await maker.since(base),
    commit === undefined ? undefined : await maker.commit(commit),
  ];
  await maker.tidy();
  return made.filter((change) => change !== undefined);
}

/** Finds git for a review. */
export async function gitForDiffs(...where: Parameters<typeof Git.find>): Promise<Git> {
  try {
    return await Git.find(...where);
  } catch (error) {
    if (!(error instanceof ZagError)) throw error;
    throw new DiffError("Cannot review: git is not on PATH", {
      cause: error,
      hint: "Install git",
    });
  }
}

class DiffMaker {
  readonly #git: Git;
  readonly #top: string;
  readonly #directory: string;

  constructor(git: Git, { top, directory }: DiffRequest) {
    this.#git = git;
    this.#top = top;
    this.#directory = directory;
  }

  /** Leaves nothing but diffs. */
  async tidy(): Promise<void> {
    await Deno.remove(this.#scratch, { recursive: true }).catch(() => {});
  }

  async uncommitted(): Promise<Change | undefined> {
    await Deno.mkdir(this.#scratch, { mode: 0o700 });
    const index = join(this.#scratch, "index");
    const env = { GIT_INDEX_FILE: index };
    await Deno.copyFile(await this.#pathOf("index"), index).catch((error) => {
      // Nothing has been added yet.
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
    const { shown, leftOut } = await this.#untracked();
    if (shown.length > 0) {
      const list = join(this.#scratch, "untracked");
      await Deno.writeTextFile(list, shown.join("\0"), { mode: 0o600 });
      const objects = join(this.#scratch, "objects");
      await Deno.mkdir(objects, { mode: 0o700 });
      // An intent to add is a line in the index, and the object of an empty file.
      await this.#run(
        ["add", "--intent-to-add", `--pathspec-from-file=${list}`, "--pathspec-file-nul"],
        {
          ...env,
          GIT_LITERAL_PATHSPECS: "1",
          GIT_OBJECT_DIRECTORY: objects,
          GIT_ALTERNATE_OBJECT_DIRECTORIES: JSON.stringify(await this.#pathOf("objects")),
        },
      );
    }
    const from = await this.#commitOf("HEAD") ?? await this.#emptyTree();
    const change = await this.#diff("uncommitted", "the uncommitted changes", [from], env);
    if (change || leftOut.length === 0) return change && { ...change, leftOut };
    throw new DiffError(`Cannot review the uncommitted changes: nothing of them can be shown`, {
      hint: leftOut.join("\n"),
    });
  }

  async since(base: string): Promise<Change | undefined> {
    const from = await this.#named("--base", base);
    const head = await this.#commitOf("HEAD");
    if (head === undefined) throw this.#noCommits(`--base ${base}`);
    const output = await this.#git.try(this.#place, ["merge-base", from, head], READ_ONLY);
    const common = output.stdout.trim().split("\n")[0];
    if (output.code !== 0 || !common) {
      throw new DiffError(
        `Cannot review --base ${base}: it has no commit in common with what is checked out`,
      );
    }
    return await this.#diff("base", `the changes since ${base}`, [common, head]);
  }

  async commit(name: string): Promise<Change | undefined> {
    const commit = await this.#named("--commit", name);
    // Of a merge: what it brought to the branch that it was made on.
    const parent = await this.#commitOf(`${commit}^1`) ?? await this.#emptyTree();
    return await this.#diff("commit", `the commit ${name}`, [parent, commit]);
  }

  /** For what only git needs. */
  get #scratch(): string {
    return join(this.#directory, "scratch");
  }

  get #place() {
    return { cwd: this.#top };
  }

  async #diff(
    name: string,
    what: string,
    trees: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<Change | undefined> {
    const diff = join(this.#directory, `${name}.diff`);
    await Deno.writeTextFile(diff, "", { mode: 0o600 });
    await this.#run(["diff", ...FORM, `--output=${diff}`, ...trees, "--"], env);
    const { size } = await Deno.stat(diff);
    if (size === 0) return undefined;
    const counts = await this.#run(["diff", ...FORM, "--numstat", "-z", ...trees, "--"], env);
    return { what, diff, bytes: size, files: readCounts(counts), leftOut: [] };
  }

  async #untracked(): Promise<{ shown: string[]; leftOut: string[] }> {
    const text = await this.#run(["ls-files", "--others", "--exclude-standard", "-z"]);
    const shown: string[] = [];
    const leftOut: string[] = [];
    for (const path of text.split("\0").filter((path) => path !== "")) {
      const info = await Deno.lstat(join(this.#top, path)).catch(() => undefined);
      if (!info) continue;
      if (path.endsWith("/")) leftOut.push(`${path}: a repository of its own`);
      else if (info.size > SHOWN_LIMIT) leftOut.push(`${path}: a new file of ${info.size} bytes`);
      else shown.push(path);
    }
    return { shown, leftOut };
  }

  async #named(flag: string, name: string): Promise<string> {
    // Git would take it for a flag.
    const commit = name.startsWith("-") || name === "" ? undefined : await this.#commitOf(name);
    if (commit !== undefined) return commit;
    if (await this.#commitOf("HEAD") === undefined) throw this.#noCommits(`${flag} ${name}`);
    throw new DiffError(
      `Cannot review ${flag} ${JSON.stringify(name)}: there is no such commit or branch`,
      { hint: '"git branch --all" and "git log --oneline" list them' },
    );
  }

  #noCommits(what: string): DiffError {
    return new DiffError(`Cannot review ${what}: the repository has no commits`, {
      hint: "--uncommitted reviews what will be in the first one",
    });
  }

  async #commitOf(name: string): Promise<string | undefined> {
    return await this.#git.ask(this.#place, [
      "rev-parse",
      "--verify",
      "--quiet",
      `${name}^{commit}`,
    ]);
  }

  /** Absolute. */
  async #pathOf(name: string): Promise<string> {
    const args = ["rev-parse", "--path-format=absolute", "--git-path", name];
    return (await this.#run(args)).replace(/\r?\n$/, "");
  }

  async #emptyTree(): Promise<string> {
    return (await this.#run(["hash-object", "-t", "tree", "--stdin"])).trim();
  }

  async #run(
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<string> {
    const output = await this.#git.try(this.#place, args, { ...READ_ONLY, ...env });
    if (output.code === 0) return output.stdout;
    throw new DiffError(`Cannot make the diff: "git ${args[0]}" failed: ${complaint(output)}`);
  }
}

/** What `--numstat -z` prints; of a renamed file both names follow. */
function readCounts(text: string): ChangedFile[] {
  const files: ChangedFile[] = [];
  const fields = text.split("\0");
  const count = (field: string) => field === "-" ? null : Number(field);
  for (let at = 0; at < fields.length; at++) {
    const [added, removed, path] = fields[at]!.split("\t", 3);
    if (added === undefined || removed === undefined || path === undefined) continue;
    // A tab in a name is a part of it.
    const name = fields[at]!.slice(added.length + removed.length + 2);
    if (name === "") at += 2;
    files.push({
      path: name === "" ? fields[at]! : name,
      added: count(added),
      removed: count(removed),
    });
  }
  return files;
}
