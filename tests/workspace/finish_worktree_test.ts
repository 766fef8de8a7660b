import { dirname, join } from "node:path";
import {
  changes,
  finishOf,
  isUnchanged,
  losses,
  readRecord,
  removeWorktree,
  WorktreeError,
  type WorktreeState,
} from "../../src/workspace/mod.ts";
import { readStatus } from "../../src/workspace/inspect_checkout.ts";
import { recordPath } from "../../src/workspace/worktree_record.ts";
import { assert, assertEquals, assertRejects } from "../support/assert.ts";
import { atSite, environment, isThere } from "./support.ts";

const CLEAN: WorktreeState = {
  presence: "present",
  changed: [],
  ignored: [],
  commits: 0,
  unsaved: 0,
  branch: "at base",
  unfinished: false,
  ahead: 0,
  behind: 0,
};

Deno.test("finishOf() removes what is unchanged and keeps, or asks about, all else", () => {
  assertEquals([finishOf(CLEAN, true), finishOf(CLEAN, false)], ["remove", "remove"]);
  const changed: Partial<WorktreeState>[] = [
    { changed: ["a"] },
    { ignored: ["node_modules/"] },
    { commits: 1, branch: "moved" },
    { branch: "moved" },
    { unsaved: 1 },
    { unfinished: true },
  ];
  for (const each of changed) {
    const state = { ...CLEAN, ...each };
    assertEquals(
      [finishOf(state, true), finishOf(state, false)],
      ["ask", "keep"],
      JSON.stringify(each),
    );
  }
  const unknown: WorktreeState = { ...CLEAN, presence: "unknown" };
  assertEquals([finishOf(unknown, true), finishOf(unknown, false)], ["keep", "keep"]);
  assertEquals(finishOf({ ...CLEAN, presence: "gone" }, true), "gone");
  // The person has deleted or renamed the branch: the commit is still the base.
  assertEquals(finishOf({ ...CLEAN, branch: "missing" }, false), "remove");
});

Deno.test("losses() names what a removal destroys, changes() all that was done", () => {
  const state: WorktreeState = {
    ...CLEAN,
    changed: ["a", "b"],
    ignored: ["x"],
    commits: 1,
    unsaved: 2,
    branch: "moved",
  };
  const lost = ["2 uncommitted changes", "2 commits that are on no branch", "1 ignored file"];
  assertEquals(losses(state), lost);
  assertEquals(changes(state), ["1 commit", ...lost]);
});

Deno.test("readStatus() reads names with spaces and newlines, and renames", () => {
  const hash = "0".repeat(40);
  const output = [
    `1 .M N... 100644 100644 100644 ${hash} ${hash} a b.txt`,
    `2 R. N... 100644 100644 100644 ${hash} ${hash} R100 new name`,
    "? old name",
    `u UU N... 100644 100644 100644 100644 ${hash} ${hash} ${hash} both`,
    "? line\nbreak",
    "! dir with space/",
    "",
  ].join("\0");
  assertEquals(readStatus(output), {
    changed: ["a b.txt", "new name", "both", "line\nbreak"],
    ignored: ["dir with space/"],
  });
});

Deno.test(
  "inspectWorktree() finds nothing in a new worktree",
  atSite(async (site) => {
    const repo = await site.repository("app");
    const made = await site.create(repo);
    assertEquals(await site.inspect(made), CLEAN);
    assertEquals(readRecord(made.path)?.base, made.base);
  }),
);

Deno.test(
  "inspectWorktree() finds changed, new and ignored files",
  atSite(async (site) => {
    const repo = await site.repository("app", {
      "a.txt": "a\n",
      "b.txt": "b\n",
      ".gitignore": "out/\n",
    });
    const { path, ...made } = await site.create(repo);
    site.put(join(path, "a.txt"), "changed");
    await site.git(path, "mv", "b.txt", "c.txt");
    site.put(join(path, "new dir", "ü.txt"), "new");
    site.put(join(path, "out", "1"), "1");
    site.put(join(path, "out", "2"), "2");
    const state = await site.inspect({ ...made, path });
    assertEquals(state.changed, ["a.txt", "c.txt", "new dir/ü.txt"]);
    assertEquals(state.ignored, ["out/"]);
    assertEquals([state.commits, state.branch, isUnchanged(state)], [0, "at base", false]);
  }),
);

Deno.test(
  "inspectWorktree() counts commits, wherever they are",
  atSite(async (site) => {
    const repo = await site.repository("app");
    const on = await site.create(repo, { name: "on" });
    await site.commit(on.path, "1");
    await site.commit(on.path, "2");
    await site.commit(repo, "main.txt");
    const state = await site.inspect(on);
    assertEquals([state.commits, state.unsaved, state.branch], [2, 0, "moved"]);
    assertEquals([state.ahead, state.behind], [2, 1]);

    const detached = await site.create(repo, { name: "detached" });
    await site.git(detached.path, "checkout", "-q", "--detach");
    await site.commit(detached.path, "3");
    const loose = await site.inspect(detached);
    assertEquals([loose.commits, loose.unsaved, loose.branch], [1, 1, "at base"]);

    const dropped = await site.create(repo, { name: "dropped" });
    await site.commit(dropped.path, "4");
    await site.git(dropped.path, "reset", "-q", "--hard", dropped.base);
    const left = await site.inspect(dropped);
    assertEquals([left.commits, left.unsaved, left.branch], [0, 1, "at base"]);
    assertEquals(isUnchanged(left), false);
  }),
);

Deno.test(
  "inspectWorktree() finds commits in a submodule that exist nowhere else",
  atSite(async (site) => {
    const lib = await site.repository("lib");
    const repo = await site.repository("app");
    await site.git(repo, "submodule", "--quiet", "add", lib, "lib");
    await site.git(repo, "commit", "-q", "-m", "lib");
    const made = await site.create(repo);
    const inside = join(made.path, "lib");
    const pinned = await site.git(inside, "rev-parse", "HEAD");
    await site.git(inside, "checkout", "-q", "-b", "work");
    await site.commit(inside, "work.txt");
    assertEquals((await site.inspect(made)).changed, ["lib"]);
    await site.git(inside, "checkout", "-q", pinned);
    const state = await site.inspect(made);
    assertEquals([state.changed, state.unsaved, isUnchanged(state)], [[], 1, false]);
  }),
);

Deno.test(
  "inspectWorktree() sees a merge under way",
  atSite(async (site) => {
    const repo = await site.repository("app");
    const made = await site.create(repo);
    await site.git(repo, "checkout", "-q", "-b", "other");
    await site.commit(repo, "o.txt");
    await site.git(made.path, "merge", "-q", "--no-ff", "--no-commit", "other");
    await site.git(made.path, "rm", "-qf", "o.txt");
    const state = await site.inspect(made);
    assertEquals([state.changed, state.unfinished], [[], true]);
  }),
);

Deno.test(
  "inspectWorktree() does not trust another repository in the place of its own",
  atSite(async (site) => {
    const repo = await site.repository("app");
    const made = await site.create(repo);
    const other = await site.repository("other");
    await Deno.writeTextFile(join(made.path, ".git"), `gitdir: ${other}/.git\n`);
    const state = await site.inspect(made);
    assertEquals([state.presence, finishOf(state, true)], ["unknown", "keep"]);
  }),
);

Deno.test(
  "removeWorktree() removes an unchanged worktree with its branch, its record and its directory",
  atSite(async (site) => {
    const repo = await site.repository("app");
    const made = await site.create(repo);
    assertEquals(await removeWorktree(made, { env: environment() }), {
      removed: true,
      keptBranch: undefined,
    });
    assertEquals(await site.branches(repo), ["main"]);
    assertEquals(isThere(dirname(made.path)), false);
    assertEquals((await site.git(repo, "worktree", "list")).split("\n").length, 1);
    // The name is free again.
    await site.create(repo, { name: made.name });
  }),
);

Deno.test(
  "removeWorktree() removes an unchanged worktree with submodules",
  atSite(async (site) => {
    const lib = await site.repository("lib");
    const repo = await site.repository("app");
    await site.git(repo, "submodule", "--quiet", "add", lib, "lib");
    await site.git(repo, "commit", "-q", "-m", "lib");
    const made = await site.create(repo);
    assert(isThere(join(made.path, "lib", "a.txt")));
    assertEquals((await removeWorktree(made, { env: environment() })).removed, true);
    assertEquals(isThere(made.path), false);
    assertEquals(
      await site.git(repo, "submodule", "status").then((text) => text.includes("lib")),
      true,
    );
  }),
);

Deno.test(
  "removeWorktree() leaves one that was changed meanwhile",
  atSite(async (site) => {
    const repo = await site.repository("app", { ".gitignore": "out\n" });
    const work = { file: "new.txt", ignored: "out" };
    for (const [name, file] of Object.entries(work)) {
      const made = await site.create(repo, { name });
      site.put(join(made.path, file), "work");
      const { removed } = await removeWorktree(made, { env: environment() });
      assertEquals([removed, isThere(join(made.path, file))], [false, true]);
      assert(isThere(recordPath(made.path)));
    }
    assertEquals(await site.branches(repo), ["main", "zag/file", "zag/ignored"]);
  }),
);

Deno.test(
  "removeWorktree() keeps the branch with commits although the worktree is given up",
  atSite(async (site) => {
    const repo = await site.repository("app");
    const made = await site.create(repo, { name: "x" });
    const commit = await site.commit(made.path, "done.txt");
    site.put(join(made.path, "draft.txt"), "draft");
    assertEquals(await removeWorktree(made, { env: environment(), discard: true }), {
      removed: true,
      keptBranch: "zag/x",
    });
    assertEquals(isThere(made.path), false);
    assertEquals(await site.git(repo, "rev-parse", "zag/x"), commit);
  }),
);

Deno.test(
  "removeWorktree() forgets one whose directory was deleted by hand, and no other one",
  atSite(async (site) => {
    const repo = await site.repository("app");
    const made = await site.create(repo);
    const theirs = join(site.dir, "theirs");
    await site.git(repo, "worktree", "add", "-q", theirs);
    for (const path of [made.path, theirs]) await Deno.remove(path, { recursive: true });
    assertEquals((await site.inspect(made)).presence, "gone");
    assertEquals((await removeWorktree(made, { env: environment() })).removed, true);
    const list = await site.git(repo, "worktree", "list", "--porcelain");
    assertEquals([list.includes(made.path), list.includes(theirs)], [false, true]);
    assertEquals(await site.branches(repo), ["main", "theirs"]);
  }),
);

Deno.test(
  "removeWorktree() says how a worktree is unlocked that the person has locked",
  atSite(async (site) => {
    const repo = await site.repository("app");
    const made = await site.create(repo);
    await site.git(repo, "worktree", "lock", made.path);
    const error = await assertRejects(
      () => removeWorktree(made, { env: environment() }),
      WorktreeError,
    );
    assertEquals(error.problem, "locked");
    assert(isThere(made.path));
  }),
);

Deno.test(
  "removeWorktree() leaves the branch where it is checked out elsewhere",
  atSite(async (site) => {
    const repo = await site.repository("app");
    const made = await site.create(repo, { name: "x" });
    await site.git(made.path, "checkout", "-q", "--detach");
    await site.git(repo, "checkout", "-q", "zag/x");
    assertEquals((await removeWorktree(made, { env: environment() })).keptBranch, "zag/x");
    assertEquals(await site.branches(repo), ["main", "zag/x"]);
  }),
);

Deno.test(
  "inspectWorktree() tells nothing about a worktree whose repository was moved",
  atSite(async (site) => {
    const repo = await site.repository("app");
    const made = await site.create(repo);
    await Deno.rename(repo, join(site.dir, "moved"));
    const state = await site.inspect(made);
    assertEquals([state.presence, finishOf(state, true)], ["unknown", "keep"]);
    assertEquals((await removeWorktree(made, { env: environment() })).removed, false);
    assert(isThere(made.path));
  }),
);
