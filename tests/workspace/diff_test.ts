import { join } from "node:path";
import type { ReviewTarget } from "../../src/providers/launch_plan.ts";
import { type Change, DiffError, gatherChanges, gitForDiffs } from "../../src/workspace/diff.ts";
import { assert, assertEquals, assertRejects, assertStringIncludes } from "../support/assert.ts";
import { environment, Site } from "./support.ts";
import { writeProgram } from "../support/program_file.ts";

type Gather = (
  top: string,
  target: ReviewTarget,
  env?: Record<string, string>,
) => Promise<(Change & { text: string })[]>;

function diffTest(name: string, test: (site: Site, gather: Gather) => Promise<void>): void {
  Deno.test(`gatherChanges ${name}`, async () => {
    const dir = await Deno.realPath(await Deno.makeTempDir({ prefix: "zag-diff-" }));
    try {
      await test(new Site(dir), async (top, target, env) => {
        const directory = await Deno.makeTempDir({ dir, prefix: "out" });
        const git = await gitForDiffs(environment(env), top);
        const changes = await gatherChanges(git, { target, top, directory });
        return changes.map((change) => ({ ...change, text: Deno.readTextFileSync(change.diff) }));
      });
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  });
}

/** Everything below a git directory that a diff could change. */
async function fingerprint(top: string): Promise<string> {
  const found: string[] = [];
  const visit = async (path: string): Promise<void> => {
    for await (const { name, isDirectory } of Deno.readDir(path)) {
      const each = join(path, name);
      if (isDirectory) await visit(each);
      else {
        const { size, mtime } = await Deno.stat(each);
        found.push(`${each} ${size} ${mtime?.getTime()}`);
      }
    }
  };
  await visit(join(top, ".git"));
  return found.sort().join("\n");
}

diffTest(
  "shows what is staged, not staged and not tracked, and changes nothing",
  async (site, gather) => {
    const top = await site.repository("r", { "a.txt": "a\n", "b.txt": "b\n", ".gitignore": "i*" });
    site.put(join(top, "a.txt"), "changed\n");
    site.put(join(top, "staged.txt"), "staged\n");
    await site.git(top, "add", "staged.txt");
    site.put(join(top, "sub dir", "new\n\u00e9 [x].txt"), "new\n");
    site.put(join(top, ":!a.txt"), "magic\n");
    site.put(join(top, "ignored.txt"), "no\n");
    await Deno.symlink("/etc/passwd", join(top, "link"));
    await Deno.writeFile(join(top, "pixel.bin"), new Uint8Array([0, 1, 2, 0, 200]));
    await Deno.remove(join(top, "b.txt"));
    const before = await fingerprint(top);
    const [change, ...others] = await gather(top, { uncommitted: true });
    assertEquals(others, []);
    assertEquals(await fingerprint(top), before);
    assertEquals(change!.what, "the uncommitted changes");
    assertEquals(change!.files.map(({ path }) => path).sort(), [
      ":!a.txt",
      "a.txt",
      "b.txt",
      "link",
      "pixel.bin",
      "staged.txt",
      "sub dir/new\n\u00e9 [x].txt",
    ]);
    const counts = Object.fromEntries(change!.files.map(({ path, ...rest }) => [path, rest]));
    assertEquals(counts["a.txt"], { added: 1, removed: 1 });
    assertEquals(counts["pixel.bin"], { added: null, removed: null });
    assertStringIncludes(change!.text, "-a\n+changed\n");
    assertStringIncludes(change!.text, "+/etc/passwd\n");
    assertStringIncludes(change!.text, "Binary files /dev/null and b/pixel.bin differ");
    assert(!change!.text.includes("ignored"));
    assertEquals(change!.bytes, new TextEncoder().encode(change!.text).length);
  },
);

diffTest(
  "tells of large new files and of repositories without showing them",
  async (site, gather) => {
    const top = await site.repository("r");
    site.put(join(top, "large.txt"), "x".repeat(1024 * 1024 + 1));
    await site.repository("r/inner");
    const error = await assertRejects(() => gather(top, { uncommitted: true }), DiffError);
    assertStringIncludes(error.hint!, "large.txt: a new file of 1048577 bytes");
    site.put(join(top, "small.txt"), "x\n");
    const [change] = await gather(top, { uncommitted: true });
    assertEquals(change!.files.map(({ path }) => path), ["small.txt"]);
    assertEquals(change!.leftOut, [
      "inner/: a repository of its own",
      "large.txt: a new file of 1048577 bytes",
    ]);
  },
);

diffTest("shows all of a repository without commits", async (site, gather) => {
  const top = join(site.dir, "r");
  await Deno.mkdir(top);
  await site.git(top, "init", "-q");
  assertEquals(await gather(top, { uncommitted: true }), []);
  site.put(join(top, "a.txt"), "a\n");
  site.put(join(top, "b.txt"), "b\n");
  assertEquals((await gather(top, { uncommitted: true }))[0]!.files.length, 2);
  await site.git(top, "add", "a.txt");
  assertEquals((await gather(top, { uncommitted: true }))[0]!.files.length, 2);
  for (const target of [{ base: "main" }, { commit: "HEAD" }]) {
    const error = await assertRejects(() => gather(top, target), DiffError);
    assertStringIncludes(error.message, "the repository has no commits");
  }
});

diffTest("shows a branch since it left another one, and a commit alone", async (site, gather) => {
  const top = await site.repository("r");
  const first = await site.git(top, "rev-parse", "HEAD");
  await site.git(top, "checkout", "-q", "-b", "topic");
  const mine = await site.commit(top, "mine.txt");
  await site.git(top, "mv", "a.txt", "tab\there.txt");
  await site.git(top, "commit", "-q", "-m", "move");
  await site.git(top, "checkout", "-q", "main");
  await site.commit(top, "theirs.txt");
  await site.git(top, "checkout", "-q", "topic");
  const [since] = await gather(top, { base: "main" });
  assertEquals(since!.what, "the changes since main");
  assertEquals(since!.files.map(({ path }) => path), ["mine.txt", "tab\there.txt"]);
  const [one] = await gather(top, { commit: mine });
  assertEquals(one!.files, [{ path: "mine.txt", added: 1, removed: 0 }]);
  assert(one!.text.startsWith("diff --git a/mine.txt b/mine.txt\n"), "no header of the commit");
  assertEquals((await gather(top, { commit: first }))[0]!.files[0]!.path, "a.txt");
  await site.git(top, "merge", "-q", "main", "-m", "merge");
  assertEquals((await gather(top, { commit: "HEAD" }))[0]!.files[0]!.path, "theirs.txt");
  assertEquals(await gather(top, { base: "topic" }), []);
  site.put(join(top, "mine.txt"), "again\n");
  const all = await gather(top, { uncommitted: true, base: "main", commit: mine });
  assertEquals(all.map(({ what }) => what), [
    "the uncommitted changes",
    "the changes since main",
    `the commit ${mine}`,
  ]);
});

diffTest("refuses what names no commit", async (site, gather) => {
  const top = await site.repository("r");
  for (const name of ["nowhere", "--output=/tmp/x", "-h", "", "HEAD:a.txt"]) {
    const error = await assertRejects(() => gather(top, { base: name }), DiffError);
    assertStringIncludes(error.message, `${JSON.stringify(name)}: there is no such commit`);
  }
  await site.git(top, "checkout", "-q", "--orphan", "other");
  await site.commit(top, "b.txt");
  const error = await assertRejects(() => gather(top, { base: "main" }), DiffError);
  assertStringIncludes(error.message, "no commit in common");
});

diffTest("sees a change of the second in which the index was written", async (site, gather) => {
  const top = await site.repository("r", { a: "1\n" });
  const then = new Date("2020-01-01T00:00:00Z");
  const age = (path: string) => Deno.utime(join(top, path), then, then);
  // As if the clock stood still, whatever the file system notes besides.
  await site.git(top, "config", "core.trustctime", "false");
  await age("a");
  await site.git(top, "update-index", "--refresh");
  site.put(join(top, "a"), "2\n");
  await age("a");
  await age(".git/index");
  const [change] = await gather(top, { uncommitted: true });
  assertEquals(change?.files.map(({ path }) => path), ["a"]);
});

diffTest("starts no program that a repository or the caller names", async (site, gather) => {
  const top = await site.repository("r", {
    ".gitattributes": "* diff=evil filter=none\n",
    a: "1\n",
  });
  const evil = join(site.dir, "evil");
  await writeProgram(evil, `#!/bin/sh\ntouch '${site.dir}/ran'\n`);
  for (const key of ["diff.external", "diff.evil.command", "diff.evil.textconv", "core.pager"]) {
    await site.git(top, "config", key, evil);
  }
  await site.git(top, "config", "core.fsmonitor", evil);
  await site.git(top, "config", "diff.noprefix", "true");
  await site.git(top, "config", "color.diff", "always");
  site.put(join(top, "a"), "2\n");
  site.put(join(top, "n"), "3\n");
  const other = await site.repository("other");
  const [change] = await gather(top, { uncommitted: true }, {
    GIT_DIR: join(other, ".git"),
    GIT_EXTERNAL_DIFF: evil,
    GIT_PAGER: evil,
  });
  assertEquals(change!.files.map(({ path }) => path), ["a", "n"]);
  assertStringIncludes(change!.text, "--- a/a\n+++ b/a\n@@ -1 +1 @@\n-1\n+2\n");
  assert(!change!.text.includes("\x1b"));
  await assertRejects(() => Deno.stat(join(site.dir, "ran")), Deno.errors.NotFound);
});

diffTest("shows text that an attribute hides, and names what is not text", async (site, gather) => {
  const top = await site.repository("r", { "old.js": "1\n2\n3\n4\n5\n6\n", "a.txt": "a\n" });
  await site.git(top, "config", "diff.driver.binary", "true");
  site.put(join(top, ".gitattributes"), "*.js -diff\n*.ts diff=driver\n*.big binary\n");
  await site.git(top, "mv", "old.js", "moved.js");
  site.put(join(top, "moved.js"), "1\n2\n3\n4\n5\n7\n");
  site.put(join(top, "evil.js"), "steal()\n--- x\n");
  site.put(join(top, "driver.ts"), "run()\n");
  site.put(join(top, "large.big"), "x".repeat(1024 * 1024 + 1));
  await Deno.writeFile(join(top, "nul.js"), new Uint8Array([65, 0, 66]));
  await Deno.writeFile(join(top, "pixel.bin"), new Uint8Array([0, 1, 2]));
  await site.git(top, "add", ".");
  const look = async (change: (Change & { text: string }) | undefined) => {
    for (const line of ["+steal()", "+run()", "-6\n+7"]) {
      assertStringIncludes(change!.text, line);
    }
    assertEquals(change!.leftOut, [
      "large.big: 1048577 bytes, marked as not text by an attribute",
      "nul.js: not text",
      "pixel.bin: not text",
    ]);
    const counts = Object.fromEntries(change!.files.map(({ path, ...rest }) => [path, rest]));
    assertEquals(counts["evil.js"], { added: 2, removed: 0 });
    assertEquals(counts["moved.js"], { added: 1, removed: 1 });
    assertEquals(counts["pixel.bin"], { added: null, removed: null });
    assertEquals((await Deno.stat(change!.diff)).size, change!.bytes);
  };
  await look((await gather(top, { uncommitted: true }))[0]);
  await site.git(top, "commit", "-q", "-m", "second");
  await look((await gather(top, { commit: "HEAD" }))[0]);
});

diffTest(
  "shows files that git was told not to look at, and keeps the marks",
  async (site, gather) => {
    const top = await site.repository("r", { a: "a\n", b: "b\n", c: "c\n" });
    await site.git(top, "update-index", "--assume-unchanged", "a");
    await site.git(top, "update-index", "--skip-worktree", "b");
    site.put(join(top, "a"), "changed\n");
    site.put(join(top, "b"), "changed\n");
    const [change] = await gather(top, { uncommitted: true });
    assertEquals(change!.files.map(({ path }) => path), ["a", "b"]);
    assertEquals(await site.git(top, "ls-files", "-v"), "h a\nS b\nH c");
  },
);

Deno.test({
  name: "gatherChanges names a file whose name is not UTF-8",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const dir = await Deno.realPath(await Deno.makeTempDir({ prefix: "zag-diff-" }));
    try {
      const site = new Site(dir);
      const top = await site.repository("r");
      const made = await new Deno.Command("sh", {
        args: ["-c", `printf x > "$(printf 'caf\\351.txt')"`],
        cwd: top,
      }).output();
      assert(made.success);
      site.put(join(top, "a.txt"), "changed\n");
      const git = await gitForDiffs(environment(), top);
      const [change] = await gatherChanges(git, {
        target: { uncommitted: true },
        top,
        directory: await Deno.makeTempDir({ dir }),
      });
      assertEquals(change!.leftOut, ["caf\ufffd.txt: its name is not UTF-8"]);
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  },
});

diffTest("runs no filter of the repository, and heeds no order of it", async (site, gather) => {
  const top = await site.repository("r", { ".gitattributes": "* filter=x\n", a: "1\n2\n3\n4\n" });
  const evil = join(site.dir, "evil");
  await writeProgram(evil, `#!/bin/sh\ntouch '${site.dir}/ran'\ncat\n`);
  await site.git(top, "config", "filter.x.clean", evil);
  await site.git(top, "config", "filter.x.required", "true");
  await site.git(top, "config", "diff.orderFile", "nowhere");
  await site.git(top, "config", "diff.context", "0");
  site.put(join(top, "a"), "1\n2\n3\n5\n");
  const [change] = await gather(top, { uncommitted: true });
  assertStringIncludes(change!.text, "@@ -1,4 +1,4 @@\n 1\n 2\n 3\n-4\n+5\n");
  await assertRejects(() => Deno.stat(join(site.dir, "ran")), Deno.errors.NotFound);
});
