import { basename, join } from "node:path";
import {
  type Project,
  projectKey,
  resolveProject,
  RootNotFoundError,
} from "../../src/config/project.ts";
import { checkId } from "../../src/config/paths.ts";
import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertRejects,
} from "../support/assert.ts";

const UNIX = Deno.build.os !== "windows";

/** Runs a test in a fresh, canonical directory. */
async function inTemp(test: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.realPath(await Deno.makeTempDir());
  try {
    await test(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** Runs real git, without anybody's configuration. */
async function git(cwd: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("git", {
    args: ["-c", "protocol.file.allow=always", "-c", "init.defaultBranch=main", ...args],
    cwd,
    env: {
      GIT_CONFIG_GLOBAL: "/dev/null",
      GIT_CONFIG_SYSTEM: "/dev/null",
      GIT_AUTHOR_NAME: "t",
      GIT_AUTHOR_EMAIL: "t@example.org",
      GIT_COMMITTER_NAME: "t",
      GIT_COMMITTER_EMAIL: "t@example.org",
    },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  assert(success, `git ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
}

async function repository(path: string): Promise<string> {
  await Deno.mkdir(path, { recursive: true });
  await git(path, "init", "-q");
  await git(path, "commit", "-q", "--allow-empty", "-m", "first");
  return path;
}

async function makeDir(...parts: string[]): Promise<string> {
  const path = join(...parts);
  await Deno.mkdir(path, { recursive: true });
  return path;
}

Deno.test("resolveProject() outside of any repository has no key", async () => {
  await inTemp(async (dir) => {
    assertEquals(await resolveProject({ cwd: dir }), {
      workspace: dir,
      checkout: undefined,
      repoRoot: undefined,
      key: undefined,
    });
  });
});

Deno.test("resolveProject() keeps the caller's directory inside a repository", async () => {
  await inTemp(async (dir) => {
    const repo = await repository(join(dir, "app"));
    const sub = await makeDir(repo, "src", "deep");
    const expected: Project = {
      workspace: sub,
      checkout: repo,
      repoRoot: repo,
      key: await projectKey(repo),
    };
    assertEquals(await resolveProject({ cwd: sub }), expected);
    await git(repo, "checkout", "-q", "--detach");
    assertEquals(await resolveProject({ cwd: sub }), expected);
  });
});

Deno.test("resolveProject() takes a root as the project, with or without a repository", async () => {
  await inTemp(async (dir) => {
    const repo = await repository(join(dir, "app"));
    const sub = await makeDir(repo, "packages", "one");
    const plain = await makeDir(dir, "plain");
    const table: [string, string, string][] = [
      [plain, repo, plain],
      [repo, plain, repo],
      [sub, plain, sub],
      [".", sub, sub],
      ["../..", sub, repo],
      ["../../../plain", sub, plain],
      ["app", dir, repo],
      [repo + "/", plain, repo],
    ];
    for (const [root, cwd, expected] of table) {
      const project = await resolveProject({ root, cwd });
      assertEquals(project.workspace, expected, root);
      assertEquals(project.key, await projectKey(expected), root);
    }
    assertEquals((await resolveProject({ root: sub, cwd: dir })).repoRoot, repo);
    assertEquals((await resolveProject({ root: plain, cwd: repo })).repoRoot, undefined);
  });
});

Deno.test("resolveProject() maps a linked worktree to the main one", async () => {
  await inTemp(async (dir) => {
    const repo = await repository(join(dir, "app"));
    const linked = join(dir, "linked tree");
    await git(repo, "worktree", "add", "-q", "--detach", linked);
    const sub = await makeDir(linked, "src");
    const key = await projectKey(repo);
    assertEquals(await resolveProject({ cwd: sub }), {
      workspace: sub,
      checkout: linked,
      repoRoot: repo,
      key,
    });
    assertEquals(await resolveProject({ root: linked, cwd: dir }), {
      workspace: linked,
      checkout: linked,
      repoRoot: repo,
      key,
    });
    assertEquals((await resolveProject({ root: sub, cwd: dir })).key, await projectKey(sub));
  });
});

Deno.test("resolveProject() understands relative paths in a worktree's files", async () => {
  await inTemp(async (dir) => {
    const repo = await repository(join(dir, "app"));
    const linked = join(dir, "linked");
    await git(repo, "worktree", "add", "-q", "--detach", linked);
    await Deno.writeTextFile(join(linked, ".git"), "gitdir: ../app/.git/worktrees/linked\n");
    assertEquals((await resolveProject({ cwd: linked })).repoRoot, repo);
  });
});

Deno.test("resolveProject() gives all worktrees of a bare repository one project", async () => {
  await inTemp(async (dir) => {
    const seed = await repository(join(dir, "seed"));
    const bare = join(dir, "app.git");
    await git(dir, "clone", "-q", "--bare", seed, bare);
    for (const name of ["one", "two"]) {
      await git(bare, "worktree", "add", "-q", "--detach", join(dir, name));
      const project = await resolveProject({ cwd: join(dir, name) });
      assertEquals(project.repoRoot, bare);
      assertEquals(project.key, await projectKey(bare));
    }
  });
});

Deno.test("resolveProject() takes a submodule as a project of its own", async () => {
  await inTemp(async (dir) => {
    const library = await repository(join(dir, "library"));
    const app = await repository(join(dir, "app"));
    await git(app, "submodule", "--quiet", "add", library, "vendor/library");
    const submodule = join(app, "vendor", "library");
    const project = await resolveProject({ cwd: await makeDir(submodule, "src") });
    assertEquals(project.checkout, submodule);
    assertEquals(project.repoRoot, submodule);
    assertEquals(project.key, await projectKey(submodule));

    const linked = join(dir, "linked");
    await git(submodule, "worktree", "add", "-q", "--detach", linked);
    assertEquals((await resolveProject({ cwd: linked })).repoRoot, submodule);
  });
});

Deno.test("resolveProject() finds a repository whose git directory lies elsewhere", async () => {
  await inTemp(async (dir) => {
    const repo = await makeDir(dir, "app");
    await git(repo, "init", "-q", "--separate-git-dir", join(dir, "store"));
    assertEquals((await resolveProject({ cwd: repo })).repoRoot, repo);
  });
});

Deno.test("resolveProject() stays in a checkout whose repository is gone", async () => {
  await inTemp(async (dir) => {
    await repository(dir);
    const broken = await makeDir(dir, "broken");
    await Deno.writeTextFile(join(broken, ".git"), "gitdir: /nowhere/at/all\n");
    assertEquals((await resolveProject({ cwd: broken })).repoRoot, broken);
  });
});

Deno.test("resolveProject() ignores a .git that is no repository", async () => {
  await inTemp(async (dir) => {
    const repo = await repository(join(dir, "app"));
    await makeDir(repo, "empty", ".git");
    const text = await makeDir(repo, "text");
    await Deno.writeTextFile(join(text, ".git"), "hello\n");
    assertEquals((await resolveProject({ cwd: join(repo, "empty") })).repoRoot, repo);
    assertEquals((await resolveProject({ cwd: text })).repoRoot, repo);
  });
});

Deno.test({
  name: "resolveProject() gives a symlinked directory the project of its target",
  ignore: !UNIX,
  fn: () =>
    inTemp(async (dir) => {
      const repo = await repository(join(dir, "app"));
      const link = join(dir, "link");
      await Deno.symlink(repo, link);
      const real = await resolveProject({ cwd: repo });
      assertEquals(await resolveProject({ cwd: link }), real);
      assertEquals(await resolveProject({ root: link, cwd: dir }), real);
      assertEquals(await resolveProject({ root: "link/", cwd: dir }), real);
    }),
});

Deno.test("resolveProject() says why a root cannot be used", async () => {
  await inTemp(async (dir) => {
    const file = join(dir, "file");
    await Deno.writeTextFile(file, "");
    const table: [string, RootNotFoundError["problem"]][] = [
      ["missing", "missing"],
      ["file", "not a directory"],
      ["file/below", "not a directory"],
      ["x".repeat(5000), "not accessible"],
    ];
    for (const [root, problem] of table) {
      const error = await assertRejects(
        () => resolveProject({ root, cwd: dir }),
        RootNotFoundError,
      );
      assertEquals([error.root, error.problem], [join(dir, root), problem]);
    }
    await assertRejects(() => resolveProject({ cwd: join(dir, "gone") }), RootNotFoundError);
  });
});

Deno.test("projectKey() is a safe name that tells apart what reads alike", async () => {
  const paths = [
    "/",
    "/a/b",
    "/a-b",
    "/a/b/",
    "/a b",
    "/a..b",
    "/..",
    "/A/b",
    "/Ä/ö",
    "/ä/ö",
    "/項目/アプリ",
    "/項目/ア",
    "/\u{1f600}",
    "C:\\a\\b",
    "/" + "long/".repeat(800),
    "/x" + "long/".repeat(800),
  ];
  const keys = await Promise.all(paths.map(projectKey));
  assertEquals(new Set(keys).size, paths.length);
  for (const key of keys) {
    assertEquals(checkId(key), key);
    assertMatch(key, /^([A-Za-z0-9_][A-Za-z0-9._-]{0,59}-)?[0-9a-f]{8}$/);
  }
});

Deno.test("projectKey() ends readably and does not change from one run to the next", async () => {
  assertEquals(await projectKey("/home/me/app"), "home-me-app-fd865ce8");
  const key = await projectKey("/home/me/" + "very/".repeat(40) + "deep/app");
  assertMatch(key, /very-deep-app-[0-9a-f]{8}$/);
});

Deno.test("resolveProject() copes with unicode names and very deep paths", async () => {
  await inTemp(async (dir) => {
    const unicode = await repository(join(dir, "Größe 日本 \u{1f600}"));
    const deep = await makeDir(unicode, ...Array.from({ length: 60 }, () => "directory-name"));
    const project = await resolveProject({ cwd: deep });
    assertEquals(project.repoRoot, unicode);
    assertEquals(project.key, await projectKey(unicode));
    const other = await repository(join(dir, "Große 日本 \u{1f600}"));
    assertNotEquals((await resolveProject({ cwd: other })).key, project.key);
    assertEquals(
      basename((await resolveProject({ root: deep, cwd: dir })).workspace),
      basename(deep),
    );
  });
});
