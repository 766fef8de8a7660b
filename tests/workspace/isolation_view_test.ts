import { join } from "node:path";
import {
  endSandbox,
  endWorktree,
  resumeHint,
  sandboxLine,
  worktreeLines,
} from "../../src/cli/isolation_view.ts";
import type { Docker, NewWorktree } from "../../src/workspace/mod.ts";
import { fakeContext } from "../fakes/context.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { atSite, environment, isThere, type Site } from "./support.ts";

interface Ending {
  /** What the person types; undefined where there is no terminal. */
  typed?: string;
  asks?: boolean;
  quiet?: boolean;
}

async function end(made: NewWorktree, { typed, asks = true, quiet = false }: Ending) {
  const tty = typed !== undefined;
  const ctx = fakeContext({
    env: environment().toObject(),
    cwd: made.repository,
    stdin: typed ?? "n\nyes\n",
    stdinTty: tty,
    stderrTty: tty,
  });
  const gone = await endWorktree(ctx, made, { sessionId: "s-1", asks, quiet });
  assertEquals(gone, !isThere(made.path));
  assertEquals(ctx.out, "");
  return { gone, said: ctx.err };
}

async function worktree(site: Site, name: string): Promise<NewWorktree> {
  const repo = join(site.dir, "app");
  if (!isThere(repo)) await site.repository("app", { ".gitignore": "out\n" });
  return await site.create(repo, { name });
}

Deno.test("worktreeLines() and sandboxLine() name what was made", () => {
  const made = {
    path: "/w/x\x1b[31m",
    branch: "zag/x",
    notes: ["it is new"],
  } as unknown as NewWorktree;
  assertEquals(worktreeLines(made), [
    "Worktree created at /w/x[31m on branch zag/x",
    "Note: it is new",
  ]);
  assertEquals(sandboxLine("box"), "Sandbox configured: box");
  assertEquals(resumeHint("s"), "Resume with: zag run --resume s");
});

Deno.test(
  "endWorktree() removes an unchanged worktree without a question",
  atSite(async (site) => {
    const { gone, said } = await end(await worktree(site, "a"), { typed: "" });
    assertEquals([gone, said], [true, "Worktree a removed: nothing was changed in it\n"]);
    assertEquals((await end(await worktree(site, "a"), { quiet: true })).said, "");
  }),
);

Deno.test(
  "endWorktree() keeps a changed worktree and tells how to go on where nobody is asked",
  atSite(async (site) => {
    const made = await worktree(site, "a");
    site.put(join(made.path, "new.txt"), "x");
    for (const how of [{}, { asks: false, typed: "n\nyes\n" }]) {
      const { gone, said } = await end(made, how);
      assertEquals(gone, false);
      assertStringIncludes(
        said,
        `Worktree kept at ${made.path} on branch zag/a: 1 uncommitted change`,
      );
      assertStringIncludes(said, "zag run --resume s-1");
      assertEquals(said.includes("?"), false);
    }
    assertEquals((await end(made, { quiet: true })).said, "");
  }),
);

Deno.test(
  "endWorktree() keeps a changed worktree unless the person says no",
  atSite(async (site) => {
    const made = await worktree(site, "a");
    await site.commit(made.path, "done.txt");
    for (const typed of ["", "\n", "y\n", "nope\n", "remove\n"]) {
      const { gone, said } = await end(made, { typed });
      assertEquals(gone, false, JSON.stringify(typed));
      assertMatch(said, /holds 1 commit\.\nKeep it\? \[Y\/n\] /);
    }
    // The commit stays, so that one no is enough.
    const { gone, said } = await end(made, { typed: " No \n" });
    assertEquals(gone, true);
    assertStringIncludes(said, "Its commits stay on branch zag/a");
  }),
);

Deno.test(
  "endWorktree() deletes what is not committed only after a second, explicit yes",
  atSite(async (site) => {
    const made = await worktree(site, "a");
    for (let index = 0; index < 11; index++) site.put(join(made.path, `f${index}\x1b.txt`), "x");
    site.put(join(made.path, "out"), "x");
    for (const typed of ["n\n", "n\n\n", "n\ny\n", "n\nno\n", "n\nyes please\n"]) {
      assertEquals((await end(made, { typed })).gone, false, JSON.stringify(typed));
    }
    const { gone, said } = await end(made, { typed: "n\nyes\n", quiet: true });
    assertEquals(gone, true);
    assertStringIncludes(said, "  f0.txt\n");
    assertStringIncludes(said, "and 2 more\n");
    assertStringIncludes(said, "This deletes 11 uncommitted changes, 1 ignored file for good");
  }),
);

Deno.test(
  "endWorktree() lists ignored files before it deletes them",
  atSite(async (site) => {
    const made = await worktree(site, "a");
    site.put(join(made.path, "out"), "x");
    assertEquals((await end(made, { typed: "n\n" })).gone, false);
    const { gone, said } = await end(made, { typed: "n\nyes\n" });
    assertEquals(gone, true);
    assertStringIncludes(said, "  out (ignored)\n");
  }),
);

Deno.test(
  "endWorktree() is content with one that somebody has deleted",
  atSite(async (site) => {
    const made = await worktree(site, "a");
    await Deno.remove(made.path, { recursive: true });
    assertEquals(await end(made, { typed: "" }), { gone: true, said: "" });
  }),
);

Deno.test("endSandbox() keeps a sandbox unless the person at a terminal says no", async () => {
  const removed: string[] = [];
  const docker = { remove: (name: string) => Promise.resolve(void removed.push(name)) };
  const ended = async (typed: string | undefined, asks = true) => {
    const tty = typed !== undefined;
    const ctx = fakeContext({ stdin: typed ?? "n\n", stdinTty: tty, stderrTty: tty });
    const box = { name: "box", paths: { sandboxes: "/s" } };
    const end = { sessionId: "s-1", asks, quiet: false };
    const gone = await endSandbox(ctx, docker as unknown as Docker, box, end);
    return [gone, ctx.err] as const;
  };
  for (const typed of [undefined, "", "\n", "y\n"]) {
    const [gone, said] = await ended(typed);
    assertEquals([gone, removed], [false, []], String(typed));
    assert(said.endsWith("Sandbox kept: box\nResume with: zag run --resume s-1\n"));
  }
  assertEquals((await ended("n\n", false))[0], false);
  assertEquals([(await ended("n\n"))[0], removed], [true, ["box"]]);
});
