/** Sessions in a worktree that wait for the end of a usage limit. */
import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import type { TestHome } from "../support/zag.ts";
import { AGENT, look, toldOnce } from "./limit_crash_support.ts";
import { bringForward, ownerOf, untilWaits, waiting, withoutJitter } from "./limit_support.ts";
import { alive, ended, rowOf, spawn } from "./spawn_support.ts";
import { inHome, onlyLog, waitFor } from "./support.ts";
import { git, repository, worktrees } from "./worktree_support.ts";

/** A session in the worktree `tree` waits, and its zag was ended as by a machine that shuts down. */
async function leftWaiting(home: TestHome, args: readonly string[] = []): Promise<string> {
  await withoutJitter(home);
  await repository(home);
  const id = await spawn(home, ["-w", "tree", ...args, "do it"], undefined, { env: AGENT });
  await untilWaits(home);
  const owner = ownerOf(home);
  Deno.kill(owner, "SIGTERM");
  await waitFor("its end", () => alive(owner) ? undefined : true);
  assertEquals([rowOf(home, id).outcome, waiting(home).length], [null, 1]);
  return id;
}

for (const args of [[], ["--fallback", "codex"]]) {
  Deno.test(
    `${["spawn -w", ...args].join(" ")} keeps the worktree of a session that waits on`,
    inHome(async (home) => {
      const id = await leftWaiting(home, args);
      const { tree } = worktrees(home);
      assert(tree !== undefined, "the worktree is there");
      bringForward(home);
      await look(home);
      assertEquals((await toldOnce(home, id)).cwd, tree);
      // Nothing was changed in it.
      await waitFor("its worktree to go", () => worktrees(home).tree === undefined || undefined);
    }),
  );
}

Deno.test(
  "a session that waits does not go on in the checkout when its worktree is gone",
  inHome(async (home) => {
    const id = await leftWaiting(home);
    await git(home, "worktree", "remove", worktrees(home).tree!);
    bringForward(home);
    await look(home);
    assertEquals(await ended(home, id), 1);
    const { outcome, error, cwd } = rowOf(home, id);
    assertEquals(outcome, "failure");
    assertStringIncludes(String(error), 'its worktree "tree" is gone');
    assertStringIncludes(String(error), `zag exec --resume ${id}`);
    assert(cwd !== home.work);
    const log = await onlyLog(home);
    const types = log.map(({ type }) => type);
    assertEquals(types.filter((type) => type === "usage_limit_resume_failed").length, 1);
    assertEquals(types.includes("usage_limit_resumed"), false);
    assertEquals(waiting(home), []);
  }),
);
