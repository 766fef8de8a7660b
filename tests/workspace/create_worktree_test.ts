import { basename, dirname, join } from "node:path";
import { projectKey } from "../../src/config/project.ts";
import { removeWorktree, WorktreeError, type WorktreeProblem } from "../../src/workspace/mod.ts";
import { isWorktreeName } from "../../src/workspace/worktree_name.ts";
import { claim, newRecord, readRecord, recordPath } from "../../src/workspace/worktree_record.ts";
import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "../support/assert.ts";
import { atSite, environment, isThere, type Site } from "./support.ts";
import { writeProgram } from "../support/program_file.ts";

const UNIX = Deno.build.os !== "windows";

async function refused(
  problem: WorktreeProblem,
  creation: () => Promise<unknown>,
): Promise<WorktreeError> {
  const error = await assertRejects(creation, WorktreeError);
  assertEquals(error.problem, problem, error.message);
  return error;
}

/** Everything below the directory of worktrees. */
function kept(site: Site): string[] {
  try {
    return [...Deno.readDirSync(site.paths.worktrees)].map(({ name }) => name);
  } catch {
    return [];
  }
}

Deno.test(
  "createWorktree() makes a branch at the caller's commit, below the state directory",
  atSite(async (site) => {
    const repo = await site.repository("app");
    const head = await site.git(repo, "rev-parse", "HEAD");
    const made = await site.create(repo, { name: "feature" });
    assertEquals(made.path, join(site.paths.worktrees, await projectKey(repo), "feature"));
    assertEquals([made.branch, made.base, made.cwd], ["zag/feature", head, made.path]);
    assertEquals(made.notes, []);
    assertEquals(await site.git(made.path, "symbolic-ref", "--short", "HEAD"), "zag/feature");
    assertEquals(Deno.readTextFileSync(join(made.path, "a.txt")), "a\n");
    assertEquals(await site.git(repo, "status", "--porcelain"), "");
    assertEquals(Deno.statSync(recordPath(made.path)).mode! & 0o777, 0o600);
  }),
);

Deno.test(
  "createWorktree() finds a name where none is given",
  atSite(async (site) => {
    const made = await site.create(await site.repository("app"));
    assertMatch(made.name, /^zag-[0-9a-f]{8}$/);
  }),
);

Deno.test(
  "createWorktree() starts the agent where the caller was, if the worktree has it",
  atSite(async (site) => {
    const repo = await site.repository("app", { "src/deep/a.txt": "a" });
    await Deno.mkdir(join(repo, "untracked"));
    const deep = await site.create(join(repo, "src", "deep"), { name: "deep" });
    assertEquals(deep.cwd, join(deep.path, "src", "deep"));
    const top = await site.create(join(repo, "untracked"), { name: "top" });
    assertEquals(top.cwd, top.path);
  }),
);

Deno.test(
  "createWorktree() from a linked worktree belongs to the main repository and begins where the caller is",
  atSite(async (site) => {
    const repo = await site.repository("app");
    const linked = join(site.dir, "linked");
    await site.git(repo, "worktree", "add", "-q", "-b", "other", linked);
    const head = await site.commit(linked, "b.txt");
    const made = await site.create(linked, { name: "x" });
    assertEquals(dirname(made.path), join(site.paths.worktrees, await projectKey(repo)));
    assertEquals(made.base, head);
    assert(isThere(join(made.path, "b.txt")));
  }),
);

Deno.test(
  "createWorktree() keeps worktrees with a slash in their names beside the others",
  atSite(async (site) => {
    const repo = await site.repository("app");
    const made = await site.create(repo, { name: "feat/login" });
    assertEquals([basename(made.path), made.branch], ["feat+login", "zag/feat/login"]);
    // Git keeps no branch "zag/feat" beside "zag/feat/login".
    await refused("git-failed", () => site.create(repo, { name: "feat" }));
    assertEquals(isThere(recordPath(join(dirname(made.path), "feat"))), false);
  }),
);

Deno.test(
  "createWorktree() says which uncommitted changes are not in it",
  atSite(async (site) => {
    const repo = await site.repository("app");
    site.put(join(repo, "a.txt"), "changed\n");
    site.put(join(repo, "new.txt"), "new\n");
    const made = await site.create(repo);
    assertEquals(made.notes.length, 1);
    assertStringIncludes(made.notes[0]!, "2 uncommitted changes");
    assertEquals(Deno.readTextFileSync(join(made.path, "a.txt")), "a\n");
    assertEquals(Deno.readTextFileSync(join(repo, "a.txt")), "changed\n");
  }),
);

Deno.test(
  "createWorktree() begins at a detached HEAD, too",
  atSite(async (site) => {
    const repo = await site.repository("app");
    const first = await site.git(repo, "rev-parse", "HEAD");
    await site.commit(repo, "b.txt");
    await site.git(repo, "checkout", "-q", "--detach", first);
    const made = await site.create(repo);
    assertEquals(made.base, first);
    assertStringIncludes(made.notes[0]!, "no branch is checked out");
    assertEquals(isThere(join(made.path, "b.txt")), false);
  }),
);

Deno.test(
  "createWorktree() fills submodules from the main checkout, without a network",
  atSite(async (site) => {
    const inner = await site.repository("inner", { "i.txt": "i\n" });
    const lib = await site.repository("lib", { "lib.txt": "lib\n" });
    await site.git(lib, "submodule", "--quiet", "add", inner, "inner");
    await site.git(lib, "commit", "-q", "-m", "inner");
    const repo = await site.repository("app");
    await site.git(repo, "submodule", "--quiet", "add", lib, "deps/my lib");
    await site.git(repo, "submodule", "--quiet", "add", inner, "unused");
    await site.git(repo, "commit", "-q", "-m", "lib");
    await site.git(repo, "submodule", "--quiet", "update", "--init", "--recursive");
    await site.git(repo, "submodule", "--quiet", "deinit", "unused");
    const origin = await site.git(join(repo, "deps/my lib"), "remote", "get-url", "origin");
    await Deno.remove(lib, { recursive: true });
    await Deno.remove(inner, { recursive: true });
    const made = await site.create(repo, { name: "sub" });
    assertEquals(made.notes, []);
    const inside = join(made.path, "deps/my lib");
    assertEquals(Deno.readTextFileSync(join(inside, "lib.txt")), "lib\n");
    assertEquals(Deno.readTextFileSync(join(inside, "inner", "i.txt")), "i\n");
    assertEquals(await site.git(inside, "remote", "get-url", "origin"), origin);
    assertEquals([...Deno.readDirSync(join(made.path, "unused"))], []);
    const state = await site.inspect(made);
    assertEquals([state.changed, state.unsaved], [[], 0]);
  }),
);

Deno.test(
  "createWorktree() works in a bare repository",
  atSite(async (site) => {
    const repo = await site.repository("app");
    const bare = join(site.dir, "bare.git");
    await site.git(site.dir, "clone", "-q", "--bare", repo, bare);
    const made = await site.create(bare, { name: "x" });
    assert(isThere(join(made.path, "a.txt")));
    assertEquals(made.repository, bare);
  }),
);

Deno.test(
  "createWorktree() refuses a repository without commits",
  atSite(async (site) => {
    await site.git(site.dir, "init", "-q", "empty");
    const error = await refused("no-commits", () => site.create(join(site.dir, "empty")));
    assertMatch(error.message, /--worktree.*no commits yet/);
    assertEquals(kept(site), []);
  }),
);

Deno.test(
  "createWorktree() names --worktree outside of a repository",
  atSite(async (site) => {
    const error = await refused("not-a-repository", () => site.create(site.dir));
    assertMatch(error.message, /--worktree.*not in a git repository/);
    assertEquals(kept(site), []);
  }),
);

Deno.test(
  "createWorktree() says that git is missing",
  atSite(async (site) => {
    const repo = await site.repository("app");
    const env = environment({ PATH: join(site.dir, "no-such") });
    const error = await refused("git-missing", () => site.create(repo, { env }));
    assertStringIncludes(error.hint!, "Install git");
  }),
);

Deno.test(
  "createWorktree() refuses a name in use and says how to go on",
  atSite(async (site) => {
    const repo = await site.repository("app");
    const { path } = await site.create(repo, { name: "x" });
    site.put(join(path, "work.txt"), "work");
    const free = await refused("exists", () => site.create(repo, { name: "x" }));
    assertStringIncludes(free.hint!, "zag/x");
    const sessionAt = (at: string) => at === path ? "abc-123" : undefined;
    const used = await refused("exists", () => site.create(repo, { name: "x", sessionAt }));
    assertStringIncludes(used.hint!, "zag run --resume abc-123");
    assert(isThere(join(path, "work.txt")));
  }),
);

Deno.test(
  "createWorktree() leaves alone what stands in its place without a record",
  atSite(async (site) => {
    const repo = await site.repository("app");
    const { path } = await site.create(repo, { name: "x" });
    await Deno.remove(recordPath(path));
    await refused("exists", () => site.create(repo, { name: "x" }));
    assert(isThere(path));
  }),
);

Deno.test(
  "createWorktree() refuses a name whose branch exists, and leaves the branch",
  atSite(async (site) => {
    const repo = await site.repository("app");
    await site.git(repo, "branch", "zag/x");
    const error = await refused("branch-exists", () => site.create(repo, { name: "x" }));
    assertStringIncludes(error.hint!, "git branch -D zag/x");
    assert((await site.branches(repo)).includes("zag/x"));
    assertEquals(kept(site), []);
    await site.git(repo, "branch", "-D", "zag/x");
    await site.create(repo, { name: "x" });
  }),
);

Deno.test(
  "createWorktree() takes names that are names of branches and of files, and no others",
  atSite(async (site) => {
    const repo = await site.repository("app");
    const names = ["a", "a.b", "A_1-x", "a/b/c", "x".repeat(100), "feat", "9"];
    assertEquals(names.filter((name) => !isWorktreeName(name)), []);
    const others = [
      "",
      ".a",
      "-a",
      "a..b",
      "../x",
      "/a",
      "a/",
      "a//b",
      "a/.b",
      "a.lock",
      "a.lock/b",
    ];
    others.push("a.", "a b", "a\n", "a+b", "ä", "a~1", "a:b", "@", "x".repeat(101), "a\0");
    assertEquals(others.filter(isWorktreeName), []);
    await refused("bad-name", () => site.create(repo, { name: "../x" }));
    assertEquals(kept(site), []);
  }),
);

Deno.test(
  "createWorktree() is not misled by the caller's GIT_DIR, nor by other variables of git",
  atSite(async (site) => {
    const repo = await site.repository("app");
    const other = await site.repository("other", { "o.txt": "o" });
    const env = environment({
      GIT_DIR: join(other, ".git"),
      GIT_WORK_TREE: other,
      GIT_INDEX_FILE: join(other, "index"),
      LC_ALL: "de_DE.UTF-8",
    });
    const made = await site.create(repo, { env });
    assert(isThere(join(made.path, "a.txt")));
    assertEquals(await site.branches(other), ["main"]);
  }),
);

Deno.test({
  name: "createWorktree() and inspectWorktree() run no program of the repository's",
  ignore: !UNIX,
  fn: atSite(async (site) => {
    const repo = await site.repository("app");
    const witness = join(site.dir, "ran");
    const hook = join(repo, ".git", "hooks", "post-checkout");
    await Deno.mkdir(join(repo, ".git", "hooks"), { recursive: true });
    await writeProgram(hook, `#!/bin/sh\n>${witness}\nexit 1\n`);
    await site.git(repo, "config", "core.fsmonitor", hook);
    const made = await site.create(repo);
    await site.inspect(made);
    assertEquals(isThere(witness), false);
    await site.git(repo, "-c", "core.fsmonitor=false", "switch", "-q", "-c", "x").catch(() => {});
    assert(isThere(witness), "the hook does run for the person");
  }),
});

Deno.test({
  name: "createWorktree() leaves nothing when git cannot check out",
  ignore: !UNIX,
  fn: atSite(async (site) => {
    const repo = await site.repository("app", { ".gitattributes": "*.txt filter=broken\n" });
    await site.commit(repo, "b.txt");
    await site.git(repo, "config", "filter.broken.smudge", "false");
    await site.git(repo, "config", "filter.broken.required", "true");
    const error = await refused("git-failed", () => site.create(repo, { name: "x" }));
    assertMatch(error.message, /broken/);
    assertEquals(await site.branches(repo), ["main"]);
    assertEquals(kept(site), []);
    assertEquals((await site.git(repo, "worktree", "list")).split("\n").length, 1);
  }),
});

Deno.test(
  "createWorktree() makes many worktrees of a repository at once",
  atSite(async (site) => {
    const repo = await site.repository("app");
    const made = await Promise.all(Array.from({ length: 6 }, () => site.create(repo)));
    assertEquals(new Set(made.map(({ path }) => path)).size, 6);
    for (const { path } of made) assert(isThere(join(path, "a.txt")));
  }),
);

Deno.test(
  "createWorktree() gives a name to one of two processes that want it",
  atSite(async (site) => {
    const repo = await site.repository("app");
    const child = new URL("./children/create.ts", import.meta.url);
    const run = () =>
      new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--no-check", child.href, site.dir, repo, "x"],
        stdin: "null",
      }).output();
    const ends = await Promise.all([run(), run()]);
    const texts = ends.map(({ stdout }) => new TextDecoder().decode(stdout)).sort();
    assertEquals(texts, ["exists\n", "made\n"]);
    assertEquals(await site.branches(repo), ["main", "zag/x"]);
  }),
);

Deno.test(
  "createWorktree() in a submodule makes a worktree of the submodule",
  atSite(async (site) => {
    const lib = await site.repository("lib", { "lib.txt": "lib\n" });
    const repo = await site.repository("app");
    await site.git(repo, "submodule", "--quiet", "add", lib, "lib");
    await site.git(repo, "commit", "-q", "-m", "lib");
    const made = await site.create(join(repo, "lib"), { name: "x" });
    const key = await projectKey(join(repo, "lib"));
    assertEquals(made.path, join(site.paths.worktrees, key, "x"));
    assert(isThere(join(made.path, "lib.txt")));
    const state = await site.inspect(made);
    assertEquals([state.presence, state.changed, state.unsaved], ["present", [], 0]);
    assertEquals((await removeWorktree(made, { env: environment() })).removed, true);
    assertEquals(await site.git(join(repo, "lib"), "status", "--porcelain"), "");
  }),
);

Deno.test(
  "claim() gives a name once, and readRecord() returns what was claimed",
  atSite(async (site) => {
    const about = { name: "a/b", base: "0".repeat(40), repository: "/r", now: new Date(0) };
    const first = newRecord(site.dir, about);
    assertEquals([claim(first), claim(newRecord(site.dir, { ...about, repository: "/other" }))], [
      true,
      false,
    ]);
    assertEquals(readRecord(first.path), first);
    await Deno.writeTextFile(recordPath(first.path), '{"name":');
    assertEquals(readRecord(first.path), undefined);
  }),
);

/** What `git worktree add` has made of a worktree when it has only begun: its files are still empty. */
function halfMade(repo: string): string {
  const directory = join(repo, ".git", "worktrees", "half");
  Deno.mkdirSync(directory, { recursive: true });
  Deno.writeTextFileSync(join(directory, "gitdir"), `${repo}-half/.git\n`);
  Deno.writeTextFileSync(join(directory, "HEAD"), `${"0".repeat(40)}\n`);
  Deno.writeTextFileSync(join(directory, "commondir"), "");
  return directory;
}

Deno.test(
  "createWorktree() and removeWorktree() wait for a worktree that another git has begun to make",
  atSite(async (site) => {
    const repo = await site.repository("app");
    const half = halfMade(repo);
    const finish = () => setTimeout(() => Deno.removeSync(half, { recursive: true }), 300);
    finish();
    const made = await site.create(repo, { name: "x" });
    assert(!isThere(half), "git did not read the other worktree");
    assertEquals(Deno.readTextFileSync(join(made.path, "a.txt")), "a\n");
    halfMade(repo);
    finish();
    assertEquals((await removeWorktree(made, { env: environment() })).removed, true);
    assertEquals(await site.git(repo, "branch", "--list", "zag/*"), "");
  }),
);

Deno.test(
  "createWorktree() leaves nothing where another git never completes its worktree",
  atSite(async (site) => {
    const repo = await site.repository("app");
    const half = halfMade(repo);
    const error = await refused("git-failed", () => site.create(repo, { name: "x" }));
    assertStringIncludes(error.message, "half/commondir");
    Deno.removeSync(half, { recursive: true });
    assertEquals(await site.git(repo, "branch", "--list", "zag/*"), "");
    assertEquals(kept(site), []);
  }),
);
