import { inHome } from "../e2e/support.ts";
import { assertEquals } from "../support/assert.ts";
import { repository, run } from "./support.ts";

Deno.test(
  "Worktree tells what was done in it, stays when that would be lost, and goes when it is untouched",
  inHome(async (home) => {
    await repository(home, { "a.txt": "a\n" });
    assertEquals(await run(home, "worktree"), [
      "kept",
      [[false, false], [true, false], [false, true]],
      false,
      // What was committed is still on its branch.
      [true, true],
      true,
    ]);
  }),
);

Deno.test(
  "Sandbox.remove() has Docker remove a sandbox, and refuses what is no name",
  inHome(async (home) => {
    await home.program("docker", '#!/bin/sh\necho "$*" >> "$HOME/asked"\n');
    assertEquals(await run(home, "sandbox"), "SandboxError");
    const asked = (await Deno.readTextFile(`${home.path}/asked`)).split("\n");
    assertEquals(asked.filter((line) => line.includes("box rm")), ["sandbox rm box"]);
  }),
);
