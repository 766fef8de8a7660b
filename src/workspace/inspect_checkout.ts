/** What is in a checkout and nowhere else: files, commits in its submodules, work under way. */
import { join } from "node:path";
import type { Git } from "./git.ts";
import { copyIndex, isReadable, lookAtIndex, unhide } from "./hidden_files.ts";
import { readingEnvironment } from "./reading.ts";
import { submodulesOf } from "./submodules.ts";

/** What was found in a checkout and all its submodules; paths are relative to its top. */
export interface CheckoutState {
  /** Files with uncommitted changes, untracked ones among them. */
  readonly changed: readonly string[];
  /** Files and directories that git was told to ignore. */
  readonly ignored: readonly string[];
  /** A merge, rebase or the like is under way. */
  readonly unfinished: boolean;
  /** Commits of submodules that exist nowhere else, as far as git knows. */
  readonly unsaved: number;
}

/** Which checkout is looked at. */
export interface Checkout {
  /** Its top, absolute. */
  readonly top: string;
  /** The commit that it began at. */
  readonly base: string;
  /** The git directory of the same repository that stays, absolute. */
  readonly lasting: string;
  /** Number of checkouts that it is in. */
  readonly depth?: number;
}

/** What git keeps while something is under way. */
const UNFINISHED = [
  "MERGE_HEAD",
  "CHERRY_PICK_HEAD",
  "REVERT_HEAD",
  "BISECT_LOG",
  "rebase-merge",
  "rebase-apply",
];

/** Nobody nests deeper; a link could do so without end. */
const DEEPEST = 20;

/**
 * Looks at a checkout and into its submodules, and theirs. No program of theirs runs.
 *
 * @returns Undefined when git cannot tell: then it has to be kept.
 */
export async function inspectCheckout(
  git: Git,
  checkout: Checkout,
): Promise<CheckoutState | undefined> {
  const { top, depth = 0 } = checkout;
  if (depth > DEEPEST) return undefined;
  const env = { ...await readingEnvironment(git, top), GIT_NO_LAZY_FETCH: "1" };
  const [index, gitDir] = await Promise.all([
    lookAtIndex(git, top, env),
    git.ask({ cwd: top }, ["rev-parse", "--absolute-git-dir"], env),
  ]);
  if (index === undefined || gitDir === undefined) return undefined;
  const status = await statusOf(git, top, gitDir, index.hidden, env);
  if (status === undefined) return undefined;
  const states: CheckoutState[] = [];
  for (const path of index.submodules) {
    const state = await inspectSubmodule(git, checkout, { path, gitDir, env });
    if (state === undefined) return undefined;
    states.push(state);
  }
  return {
    changed: [...status.changed, ...states.flatMap(({ changed }) => changed)],
    ignored: [...status.ignored, ...states.flatMap(({ ignored }) => ignored)],
    unfinished: UNFINISHED.some((name) => isThere(join(gitDir, name))) ||
      states.some(({ unfinished }) => unfinished),
    unsaved: states.reduce((sum, { unsaved }) => sum + unsaved, 0),
  };
}

async function statusOf(
  git: Git,
  top: string,
  gitDir: string,
  hidden: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<{ changed: string[]; ignored: string[] } | undefined> {
  // Git takes no such name from us: whether the file is changed nobody can tell.
  const unreadable = hidden.filter((path) => !isReadable(path));
  const readable = hidden.filter(isReadable);
  const copy = readable.length === 0 ? undefined : join(gitDir, `index.zag-${crypto.randomUUID()}`);
  try {
    let seen = env;
    if (copy !== undefined) {
      seen = { ...env, GIT_INDEX_FILE: copy };
      await copyIndex(join(gitDir, "index"), copy);
      if (!await unhide(git, top, readable, seen)) return undefined;
    }
    const { code, stdout } = await git.try({ cwd: top }, [
      "status",
      "--porcelain=v2",
      "-z",
      "--untracked-files=all",
      "--ignored=matching",
      // Each is looked at by itself.
      "--ignore-submodules=dirty",
    ], seen);
    if (code !== 0) return undefined;
    const { changed, ignored } = readStatus(stdout);
    return { changed: [...changed, ...unreadable], ignored };
  } finally {
    if (copy !== undefined) await Deno.remove(copy).catch(() => {});
  }
}

async function inspectSubmodule(
  git: Git,
  { top, base, lasting, depth = 0 }: Checkout,
  { path, gitDir, env }: {
    readonly path: string;
    readonly gitDir: string;
    readonly env: Readonly<Record<string, string>>;
  },
): Promise<CheckoutState | undefined> {
  const inside = join(top, path);
  const known = (await submodulesOf(git, top)).find((each) => each.path === path);
  const name = known?.name.split("/").includes("..") ? undefined : known?.name;
  const pinned = await git.ask({ cwd: top }, [
    "rev-parse",
    "--verify",
    "--quiet",
    `${base}:${path}`,
  ], env);
  const source = name === undefined ? undefined : join(lasting, "modules", name);
  if (!isThere(join(inside, ".git"))) {
    const changed = isEmpty(inside) ? [] : [path];
    // It was emptied, or never filled; its commits can still be here.
    const own = name === undefined ? undefined : join(gitDir, "modules", name);
    const unsaved = own !== undefined && isThere(own)
      ? await unsavedCommits(git, { gitDir: own }, { pinned, source }, { GIT_WORK_TREE: own })
      : 0;
    if (unsaved === undefined) return undefined;
    return { changed, ignored: [], unfinished: false, unsaved };
  }
  const own = { ...await readingEnvironment(git, inside), GIT_NO_LAZY_FETCH: "1" };
  const unsaved = await unsavedCommits(git, { cwd: inside }, { pinned, source }, own);
  const state = await inspectCheckout(git, {
    top: inside,
    base: pinned ?? "HEAD",
    lasting: source ?? join(gitDir, "modules", "?"),
    depth: depth + 1,
  });
  if (unsaved === undefined || state === undefined) return undefined;
  return {
    changed: state.changed.map((each) => `${path}/${each}`),
    ignored: state.ignored.map((each) => `${path}/${each}`),
    unfinished: state.unfinished,
    unsaved: state.unsaved + unsaved,
  };
}

/** Commits of one submodule that its remotes do not have, nor the copy that stays. */
async function unsavedCommits(
  git: Git,
  place: { readonly cwd: string } | { readonly gitDir: string },
  { pinned, source }: { readonly pinned: string | undefined; readonly source: string | undefined },
  env: Readonly<Record<string, string>>,
): Promise<number | undefined> {
  const saved: string[] = [];
  if (pinned !== undefined) {
    const { code } = await git.try(place, ["cat-file", "-e", `${pinned}^{commit}`], env);
    if (code === 0) saved.push(pinned);
  }
  const tags = ["for-each-ref", "--format=%(objectname)", "refs/tags"];
  const own = await git.try(place, tags, env);
  if (own.code !== 0) return undefined;
  if (own.stdout !== "" && source !== undefined && isThere(source)) {
    const theirs = await git.try({ gitDir: source }, tags, { GIT_WORK_TREE: source });
    const lasting = new Set(theirs.code === 0 ? theirs.stdout.split(/\r?\n/) : []);
    saved.push(...own.stdout.split(/\r?\n/).filter((tag) => tag !== "" && lasting.has(tag)));
  }
  return await git.count(
    place,
    ["rev-list", "--count", "--all", "--reflog", "--not", "--remotes", ...new Set(saved)],
    env,
  );
}

/** The names in the output of `git status --porcelain=v2 -z`. */
export function readStatus(output: string): { changed: string[]; ignored: string[] } {
  const changed: string[] = [];
  const ignored: string[] = [];
  const entries = output.split("\0");
  for (let index = 0; index < entries.length; index++) {
    const entry = entries[index]!;
    const fields = FIELDS[entry[0] ?? ""];
    if (fields === undefined) continue;
    const name = entry.split(" ").slice(fields).join(" ");
    (entry[0] === "!" ? ignored : changed).push(name);
    // The next entry is the name that it had before.
    if (entry[0] === "2") index++;
  }
  return { changed, ignored };
}

/** How many fields stand before the name: of changed, renamed, conflicting, new and ignored files. */
const FIELDS: Readonly<Record<string, number>> = { "1": 8, "2": 9, u: 10, "?": 1, "!": 1 };

function isEmpty(path: string): boolean {
  try {
    for (const _ of Deno.readDirSync(path)) return false;
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return !isThere(path);
  }
}

function isThere(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return false;
  }
}
