import { join } from "node:path";
import { changes, Git, inspectWorktree, isUnchanged } from "../../src/workspace/mod.ts";
import { removeWorktree } from "../../src/workspace/mod.ts";
import { claim, readRecord, recordPath, setAside } from "../../src/workspace/worktree_record.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { atSite, environment, isThere, type Site } from "./support.ts";
import { writeProgram } from "../support/program_file.ts";

/** A repository with a submodule that has one itself; both ignore `*.env`. */
async function nest(site: Site): Promise<string> {
  const inner = await site.repository("inner", { "i.txt": "i\n", ".gitignore": "*.env\n" });
  const lib = await site.repository("lib", { "l.txt": "l\n", ".gitignore": "*.env\n" });
  await site.git(lib, "submodule", "--quiet", "add", inner, "deep/inner");
  await site.git(lib, "commit", "-q", "-m", "inner");
  const repo = await site.repository("app");
  await site.git(repo, "submodule", "--quiet", "add", lib, "lib");
  await site.git(repo, "commit", "-q", "-m", "lib");
  await site.git(repo, "submodule", "--quiet", "update", "--init", "--recursive");
  return repo;
}

/** A program that leaves a trace when it runs. */
async function trap(site: Site): Promise<{ command: string; sprung: () => boolean }> {
  const trace = join(site.dir, "ran");
  const command = join(site.dir, "trap");
  await writeProgram(command, `#!/bin/sh\ntouch '${trace}'\ncat\n`);
  return { command, sprung: () => isThere(trace) };
}

const LEFT: Record<string, (site: Site, inside: string) => Promise<unknown>> = {
  "an ignored file": (site, inside) => Promise.resolve(site.put(join(inside, "a.env"), "secret")),
  "a new file": (site, inside) => Promise.resolve(site.put(join(inside, "new.txt"), "new")),
  "a changed file that is assumed unchanged": async (site, inside) => {
    const [file] = ["i.txt", "l.txt"].filter((name) => isThere(join(inside, name)));
    await site.git(inside, "update-index", "--assume-unchanged", file!);
    site.put(join(inside, file!), "changed");
  },
  "a commit that was left again": async (site, inside) => {
    const at = await site.git(inside, "rev-parse", "HEAD");
    await site.git(inside, "checkout", "-q", "-b", "work");
    await site.commit(inside, "work.txt");
    await site.git(inside, "checkout", "-q", "--detach", at);
  },
  "a commit under a tag": async (site, inside) => {
    const at = await site.git(inside, "rev-parse", "HEAD");
    await site.commit(inside, "work.txt");
    await site.git(inside, "tag", "mine");
    await site.git(inside, "checkout", "-q", "--detach", at);
  },
  "a stash": async (site, inside) => {
    site.put(join(inside, ".gitignore"), "changed");
    await site.git(inside, "stash", "-q");
  },
};

for (const where of ["lib", "lib/deep/inner"]) {
  for (const [what, leave] of Object.entries(LEFT)) {
    Deno.test(
      `removeWorktree() keeps ${what} in the submodule ${where}`,
      atSite(async (site) => {
        const made = await site.create(await nest(site));
        assert(isUnchanged(await site.inspect(made)), "as it was made");
        await leave(site, join(made.path, where));
        const state = await site.inspect(made);
        assertEquals([state.presence, isUnchanged(state)], ["present", false]);
        assertEquals((await removeWorktree(made, { env: environment() })).removed, false);
        assert(isThere(join(made.path, where, ".git")));
      }),
    );
  }
}

Deno.test(
  "removeWorktree() removes an unchanged worktree whose submodules have submodules",
  atSite(async (site) => {
    const repo = await nest(site);
    const made = await site.create(repo);
    assert(isThere(join(made.path, "lib/deep/inner/i.txt")));
    assertEquals((await removeWorktree(made, { env: environment() })).removed, true);
    assertEquals([isThere(made.path), isThere(setAside(made.path))], [false, false]);
    assertEquals(await site.branches(repo), ["main"]);
  }),
);

Deno.test(
  "inspectWorktree() finds commits of a submodule that was emptied",
  atSite(async (site) => {
    const made = await site.create(await nest(site));
    const inside = join(made.path, "lib");
    const at = await site.git(inside, "rev-parse", "HEAD");
    await site.commit(inside, "work.txt");
    await site.git(inside, "checkout", "-q", at);
    await site.git(made.path, "submodule", "--quiet", "deinit", "-f", "lib");
    const state = await site.inspect(made);
    assertEquals([state.changed, state.unsaved], [[], 1]);
  }),
);

Deno.test(
  "inspectWorktree() finds changed files that git was told not to look at",
  atSite(async (site) => {
    const repo = await site.repository("app", { a: "a\n", b: "b\n", c: "c\n", d: "d\n" });
    const made = await site.create(repo);
    await site.git(made.path, "update-index", "--assume-unchanged", "a", "b");
    await site.git(made.path, "update-index", "--skip-worktree", "c", "d");
    assert(isUnchanged(await site.inspect(made)), "nothing is changed yet");
    site.put(join(made.path, "a"), "changed");
    site.put(join(made.path, "c"), "changed");
    assertEquals((await site.inspect(made)).changed, ["a", "c"]);
    const marks = await site.git(made.path, "ls-files", "-v");
    assertEquals(marks, "h a\nh b\nS c\nS d", "the marks are still there");
  }),
);

Deno.test(
  "inspectWorktree() takes a sparse checkout for unchanged",
  atSite(async (site) => {
    const repo = await site.repository("app", { "in/a": "a\n", "out/b": "b\n" });
    const made = await site.create(repo);
    await site.git(made.path, "sparse-checkout", "set", "in");
    assertEquals(isThere(join(made.path, "out")), false);
    assertEquals(changes(await site.inspect(made)), []);
  }),
);

Deno.test(
  "inspectWorktree() counts commits where signatures are shown",
  atSite(async (site) => {
    const repo = await site.repository("app");
    const settings = join(site.dir, "gitconfig");
    await Deno.writeTextFile(settings, "[log]\n\tshowSignature = true\n");
    const program = join(site.dir, "gpg");
    await writeProgram(program, "#!/bin/sh\necho '[GNUPG:] GOODSIG' >&2; exit 1\n");
    await site.git(repo, "config", "gpg.program", program);
    const made = await site.create(repo);
    // A commit with a signature, which nothing but the reflog knows in the end.
    const tree = await site.git(made.path, "rev-parse", "HEAD^{tree}");
    const raw = [
      `tree ${tree}`,
      `parent ${made.base}`,
      "author t <t@example.org> 1700000000 +0000",
      "committer t <t@example.org> 1700000000 +0000",
      "gpgsig -----BEGIN PGP SIGNATURE-----",
      " ",
      " x",
      " -----END PGP SIGNATURE-----",
      "",
      "signed",
      "",
    ].join("\n");
    const file = site.put(join(site.dir, "commit"), raw);
    const commit = await site.git(made.path, "hash-object", "-t", "commit", "-w", file);
    await site.git(made.path, "reset", "-q", "--hard", commit);
    await site.git(made.path, "reset", "-q", "--hard", made.base);
    const git = await Git.find(environment({ GIT_CONFIG_GLOBAL: settings }), site.dir);
    const state = await inspectWorktree(git, made);
    assertEquals([state.commits, state.unsaved], [0, 1]);
  }),
);

Deno.test(
  "inspectWorktree() finds commits that only a reference of the worktree holds",
  atSite(async (site) => {
    const made = await site.create(await site.repository("app"));
    await site.commit(made.path, "work.txt");
    await site.git(made.path, "update-ref", "refs/worktree/keep", "HEAD");
    await site.git(made.path, "reset", "-q", "--hard", made.base);
    await site.git(made.path, "reflog", "expire", "--expire=now", "--all");
    assertEquals((await site.inspect(made)).unsaved, 1);
  }),
);

Deno.test(
  "inspectWorktree() does not take a failing git for an empty worktree",
  atSite(async (site) => {
    const made = await site.create(await site.repository("app"));
    const bin = join(site.dir, "bin");
    await Deno.mkdir(bin);
    for (const command of ["rev-list", "status", "ls-files"]) {
      await writeProgram(
        join(bin, "git"),
        `#!/bin/sh\ncase " $* " in *" ${command} "*) echo broken; exit 1;; esac\n` +
          `PATH=\${PATH#*:} exec git "$@"\n`,
      );
      const env = environment({ PATH: `${bin}:${Deno.env.get("PATH")}` });
      const state = await inspectWorktree(await Git.find(env, site.dir), made);
      assertEquals([command, state.presence], [command, "unknown"]);
      assertEquals((await removeWorktree(made, { env })).removed, false);
    }
  }),
);

Deno.test({
  name: "inspectWorktree() runs no filter that the repository or a submodule brings",
  ignore: Deno.build.os === "windows",
  fn: atSite(async (site) => {
    const { command, sprung } = await trap(site);
    const made = await site.create(await nest(site));
    const inside = join(made.path, "lib");
    for (const [top, scope] of [[made.path, "--local"], [inside, "--local"]] as const) {
      await site.git(top, "config", scope, "filter.x=y.clean", command);
      await site.git(top, "config", scope, "filter.x=y.required", "true");
      const info = await site.git(top, "rev-parse", "--git-path", "info/attributes");
      site.put(join(top, ".gitattributes"), "* filter=x=y\n");
      site.put(info.startsWith("/") ? info : join(top, info), "* filter=x=y\n");
    }
    await site.git(made.path, "config", "extensions.worktreeConfig", "true");
    await site.git(made.path, "config", "--worktree", "filter.x=y.process", command);
    site.put(join(made.path, "a.txt"), "b\n");
    site.put(join(inside, "l.txt"), "b\n");
    const { changed } = await site.inspect(made);
    assertEquals(changed.filter((path) => path.endsWith(".txt")), ["a.txt", "lib/l.txt"]);
    assertEquals(sprung(), false);
  }),
});

Deno.test({
  name: "inspectWorktree() runs the filters of the person's own settings",
  ignore: Deno.build.os === "windows",
  fn: atSite(async (site) => {
    const { command, sprung } = await trap(site);
    const repo = await site.repository("app", { ".gitattributes": "*.txt filter=mine\n", a: "" });
    const settings = site.put(join(site.dir, "gitconfig"), `[filter "mine"]\nclean = ${command}\n`);
    await site.git(repo, "config", "filter.mine.clean", "false");
    const made = await site.create(repo);
    site.put(join(made.path, "new.txt"), "x\n");
    await site.git(made.path, "-c", "filter.mine.clean=cat", "add", "new.txt");
    site.put(join(made.path, "new.txt"), "y\n");
    const git = await Git.find(environment({ GIT_CONFIG_GLOBAL: settings }), site.dir);
    assertEquals((await inspectWorktree(git, made)).changed, ["new.txt"]);
    assertEquals(sprung(), true);
  }),
});

Deno.test({
  name: "removeWorktree() puts a worktree back in which something appears at the last moment",
  ignore: Deno.build.os === "windows",
  fn: atSite(async (site) => {
    const repo = await site.repository("app", { ".gitignore": "*.env\n", ".gitmodules": "" });
    for (const late of ["late.env", "late.txt"]) {
      const made = await site.create(repo);
      const bin = join(site.dir, late, "bin");
      await Deno.mkdir(bin, { recursive: true });
      // It comes as soon as somebody has looked for it.
      await writeProgram(
        join(bin, "git"),
        `#!/bin/sh\nPATH=\${PATH#*:} git "$@"; code=$?\n` +
          `case " $* " in *" status "*) echo late > ${late};; esac\nexit $code\n`,
      );
      const env = environment({ PATH: `${bin}:${Deno.env.get("PATH")}` });
      assertEquals((await removeWorktree(made, { env })).removed, false);
      assertEquals(Deno.readTextFileSync(join(made.path, late)), "late\n");
      assertEquals(isThere(setAside(made.path)), false);
      assert(isThere(recordPath(made.path)));
    }
  }),
});

Deno.test(
  "removeWorktree() goes on where it was interrupted",
  atSite(async (site) => {
    const repo = await site.repository("app");
    const unchanged = await site.create(repo, { name: "unchanged" });
    const changed = await site.create(repo, { name: "changed" });
    site.put(join(changed.path, "new.txt"), "new");
    for (const { path } of [unchanged, changed]) await Deno.rename(path, setAside(path));
    assertEquals((await site.inspect(changed)).changed, ["new.txt"]);
    assertEquals((await removeWorktree(changed, { env: environment() })).removed, false);
    assert(isThere(join(changed.path, "new.txt")));
    assertEquals((await removeWorktree(unchanged, { env: environment() })).removed, true);
    assertEquals(isThere(setAside(unchanged.path)), false);
  }),
);

Deno.test(
  "createWorktree() takes a name whose record says nothing",
  atSite(async (site) => {
    const repo = await site.repository("app");
    const { path, ...rest } = await site.create(repo, { name: "x" });
    await removeWorktree({ path, ...rest }, { env: environment() });
    site.put(recordPath(path), '{"na');
    assertEquals((await site.create(repo, { name: "x" })).path, path);
    assertEquals(readRecord(path)?.name, "x");
  }),
);

Deno.test(
  "claim() leaves nothing but the record, also where the name is taken",
  atSite(async (site) => {
    const made = await site.create(await site.repository("app"), { name: "x" });
    assertEquals(claim(made), false);
    const names = [...Deno.readDirSync(join(made.path, ".."))].map(({ name }) => name).sort();
    assertEquals(names, ["x", "x+.json"]);
  }),
);
