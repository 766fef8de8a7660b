/**
 * What a review is about, as git tells it. Nothing in the repository changes: git works on a copy of
 * the index. Every diff goes to a file, however long it is. Whoever wrote the change cannot hide a
 * part of it: what is not shown is named.
 *
 * @module
 */
import { join } from "node:path";
import { ZagError } from "../errors.ts";
import type { EnvReader } from "../host.ts";
import type { ReviewTarget } from "../providers/launch_plan.ts";
import { Git } from "./git.ts";
import { copyIndex, isReadable, lookAtIndex, unhide } from "./hidden_files.ts";
import { readingEnvironment } from "./reading.ts";
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

/** So many files are looked into that an attribute says are not text. */
const EXAMINED_LIMIT = 100;

/** Where settings have no flag. */
const CONTEXT = ["-c", "diff.context=3", "-c", "diff.interHunkContext=0"];

/**
 * So that neither settings nor attributes start a program, and settings do not change the form of a
 * diff. An attribute can still say that a file is not text: see `showHidden()`.
 */
const FORM = [
  "--no-ext-diff",
  "--no-textconv",
  "--no-color",
  "--no-relative",
  "-O/dev/null",
  "--src-prefix=a/",
  "--dst-prefix=b/",
  "--find-renames",
  "--submodule=short",
  // Else git looks into each submodule, with the settings that it finds there.
  "--ignore-submodules=dirty",
];

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

/**
 * Finds git for a review.
 *
 * @throws {WorktreeError} `git-missing`
 */
export async function gitForDiffs(env: EnvReader, cwd: string): Promise<Git> {
  return await Git.find(env, cwd, {
    message: "Cannot review: git is not on PATH",
    hint: 'Install git: "zag doctor" names the command',
  });
}

class DiffMaker {
  readonly #git: Git;
  readonly #top: string;
  readonly #directory: string;
  #reading: Promise<Readonly<Record<string, string>>> | undefined;

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
    await copyIndex(await this.#pathOf("index"), index).catch((error) => {
      // Nothing has been added yet.
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
    const marked = await lookAtIndex(this.#git, this.#top, await this.#env(env));
    const hidden = marked?.hidden ?? [];
    const { shown, leftOut } = await this.#untracked();
    leftOut.push(...hidden.filter((path) => !isReadable(path)).map(unreadable));
    const isSeen = marked !== undefined &&
      await unhide(this.#git, this.#top, hidden.filter(isReadable), await this.#env(env));
    if (!isSeen) leftOut.push(...hidden.map((path) => `${path}: git was told not to look at it`));
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
    if (change) return { ...change, leftOut: [...leftOut, ...change.leftOut] };
    if (leftOut.length === 0) return undefined;
    throw new DiffError(`Cannot review the uncommitted changes: nothing of them can be shown`, {
      hint: leftOut.join("\n"),
    });
  }

  async since(base: string): Promise<Change | undefined> {
    const from = await this.#named("--base", base);
    const head = await this.#commitOf("HEAD");
    if (head === undefined) throw this.#noCommits(`--base ${base}`);
    const output = await this.#git.try(this.#place, ["merge-base", from, head], await this.#env());
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
    await this.#run([...CONTEXT, "diff", ...FORM, `--output=${diff}`, ...trees, "--"], env);
    if ((await Deno.stat(diff)).size === 0) return undefined;
    const counts = await this.#run(["diff", ...FORM, "--numstat", "-z", ...trees, "--"], env);
    const files = readCounts(counts);
    const { texts, leftOut } = await this.#notShown(files, trees, env);
    const shown = await this.#showHidden(diff, texts, trees, env);
    return {
      what,
      diff,
      bytes: (await Deno.stat(diff)).size,
      files: files.map(({ path, added, removed }) => shown.get(path) ?? { path, added, removed }),
      leftOut,
    };
  }

  /** What is not text, and what only an attribute says that of. */
  async #notShown(
    files: readonly CountedFile[],
    trees: readonly string[],
    env: Readonly<Record<string, string>>,
  ): Promise<{ texts: CountedFile[]; leftOut: string[] }> {
    const binary = files.filter(({ added }) => added === null);
    const texts: CountedFile[] = [];
    const leftOut: string[] = [];
    if (binary.length === 0) return { texts, leftOut };
    const sides = readSides(
      await this.#run(["diff", ...FORM, "--raw", "-z", "--no-abbrev", ...trees, "--"], env),
    );
    let examined = 0;
    for (const file of binary) {
      const { path } = file;
      if (!isReadable(path)) leftOut.push(unreadable(path));
      else if (!await this.#isMarked(file)) leftOut.push(`${path}: not text`);
      else if (++examined > EXAMINED_LIMIT) {
        leftOut.push(`${path}: marked as not text by an attribute, not looked into`);
      } else {
        const reason = await this.#whyNotText(path, sides.get(path) ?? []);
        if (reason === undefined) texts.push(file);
        else leftOut.push(`${path}: ${reason}`);
      }
    }
    return { texts, leftOut };
  }

  /** Whether an attribute, and not git's own look, can have decided that the file is not text. */
  async #isMarked({ path, before }: CountedFile): Promise<boolean> {
    const paths = before === undefined ? [path] : [path, before];
    const output = await this.#git.try(
      this.#place,
      ["check-attr", "-z", "diff", "--", ...paths],
      await this.#env(),
    );
    return output.code !== 0 ||
      output.stdout.split("\0").some((field, at) => at % 3 === 2 && field !== "unspecified");
  }

  async #whyNotText(path: string, sides: readonly string[]): Promise<string | undefined> {
    for (const hash of sides) {
      const isFile = /^0+$/.test(hash);
      const size = isFile
        ? (await Deno.lstat(join(this.#top, path)).catch(() => undefined))?.size ?? 0
        : Number(await this.#run(["cat-file", "-s", hash]));
      if (size > SHOWN_LIMIT) return `${size} bytes, marked as not text by an attribute`;
      const text = isFile
        ? await Deno.readTextFile(join(this.#top, path)).catch(() => "")
        : await this.#run(["cat-file", "blob", hash]);
      if (text.includes("\0")) return "not text";
    }
    return undefined;
  }

  /** Adds files to a diff whatever attributes say of them. */
  async #showHidden(
    diff: string,
    texts: readonly CountedFile[],
    trees: readonly string[],
    env: Readonly<Record<string, string>>,
  ): Promise<ReadonlyMap<string, ChangedFile>> {
    if (texts.length === 0) return new Map();
    const paths = texts.flatMap(({ path, before }) =>
      before === undefined ? [path] : [before, path]
    );
    const literal = { ...env, GIT_LITERAL_PATHSPECS: "1" };
    const more = join(this.#directory, "more");
    const form = [...FORM, "--text"];
    await this.#run(
      [...CONTEXT, "diff", ...form, `--output=${more}`, ...trees, "--", ...paths],
      literal,
    );
    const bytes = await Deno.readFile(more);
    await Deno.writeFile(diff, bytes, { append: true });
    await Deno.remove(more);
    const added = new TextDecoder().decode(bytes);
    return countLines(added, texts);
  }

  async #untracked(): Promise<{ shown: string[]; leftOut: string[] }> {
    const text = await this.#run(["ls-files", "--others", "--exclude-standard", "-z"]);
    const shown: string[] = [];
    const leftOut: string[] = [];
    for (const path of text.split("\0").filter((path) => path !== "")) {
      const info = await Deno.lstat(join(this.#top, path)).catch(() => undefined);
      if (!info) {
        if (!isReadable(path)) leftOut.push(unreadable(path));
        continue;
      }
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
    const output = await this.#git.try(this.#place, args, await this.#env(env));
    if (output.code === 0) return output.stdout;
    const command = args.find((arg, at) => arg !== "-c" && args[at - 1] !== "-c");
    throw new DiffError(`Cannot make the diff: "git ${command}" failed: ${complaint(output)}`);
  }

  /** What only looks, and runs no filter of the repository. */
  async #env(
    env: Readonly<Record<string, string>> = {},
  ): Promise<Readonly<Record<string, string>>> {
    return { ...await (this.#reading ??= readingEnvironment(this.#git, this.#top)), ...env };
  }
}

function unreadable(path: string): string {
  return `${path}: its name is not UTF-8`;
}

interface CountedFile extends ChangedFile {
  /** The old name of a renamed file. */
  readonly before?: string;
}

/** What `--numstat -z` prints; of a renamed file both names follow. */
function readCounts(text: string): CountedFile[] {
  const files: CountedFile[] = [];
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
      ...(name === "" && { before: fields[at - 1]! }),
    });
  }
  return files;
}

/** Git itself does not count the lines of what an attribute calls binary. */
function countLines(diff: string, files: readonly CountedFile[]): ReadonlyMap<string, ChangedFile> {
  const parts = diff.split(/^diff --git .*\n/m).slice(1);
  if (parts.length !== files.length) return new Map();
  return new Map(files.map(({ path }, at) => {
    const part = parts[at]!;
    const start = part.search(/^@@ /m);
    const hunks = start < 0 ? "" : part.slice(start);
    const count = (sign: RegExp) => hunks.match(sign)?.length ?? 0;
    return [path, { path, added: count(/^\+/gm), removed: count(/^-/gm) }];
  }));
}

/** The objects of each file in what `--raw -z` prints; zeros for one that is no object yet. */
function readSides(text: string): ReadonlyMap<string, string[]> {
  const sides = new Map<string, string[]>();
  const fields = text.split("\0");
  for (let at = 0; at < fields.length; at++) {
    const match = /^:(\d+) (\d+) ([0-9a-f]+) ([0-9a-f]+) ([A-Z])/.exec(fields[at]!);
    if (!match) continue;
    const [, from, to, before, after, status] = match;
    at += status === "R" || status === "C" ? 2 : 1;
    sides.set(fields[at]!, [
      ...(from === "000000" ? [] : [before!]),
      ...(to === "000000" ? [] : [after!]),
    ]);
  }
  return sides;
}
