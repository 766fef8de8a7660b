import { signalTree } from "../../src/processes/end_tree.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { canRun, isStillAlive, withProgram } from "./support.ts";

for (const detached of [true, false]) {
  const how = detached ? "" : " attached";
  Deno.test({
    name: `signalTree() hangs up${how} programs, and says that they are gone`,
    ignore: !canRun("tools.sh"),
    fn: async () => {
      await withProgram("tools.sh", { detached }, async ({ child, marker }) => {
        const options = { detached, marker, waitMs: 60_000 };
        const { rootLives } = await signalTree(child.identity, "SIGHUP", options);
        assertEquals([rootLives, (await child.exit).signal], [false, "SIGHUP"]);
      });
    },
  });
}

Deno.test("signalTree() leaves what does not comply, and says so", async () => {
  await withProgram("ignores_term.sh", {}, async ({ child, marker }) => {
    const options = { detached: true, marker, waitMs: 50 };
    const { rootLives, members } = await signalTree(child.identity, "SIGTERM", options);
    assertEquals([rootLives, isStillAlive(child.identity)], [true, true]);
    assert(members.some(({ pid }) => pid === child.pid));
    await signalTree(child.identity, "SIGKILL", { ...options, waitMs: 60_000 });
  });
});

Deno.test("signalTree() signals nothing when the number belongs to another process", async () => {
  await withProgram("never_ends.sh", {}, async ({ child }) => {
    const stranger = { pid: child.pid, startTime: "proc:00000000:1" };
    const options = { detached: true, trustGroup: false, waitMs: 0 };
    const { rootLives, members } = await signalTree(stranger, "SIGKILL", options);
    assertEquals([rootLives, members, isStillAlive(child.identity)], [false, [], true]);
    await signalTree(child.identity, "SIGKILL", { ...options, waitMs: 60_000 });
  });
});
