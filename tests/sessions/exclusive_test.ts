import { exclusively, exclusivelyInTime } from "../../src/sessions/exclusive.ts";
import { assertEquals } from "../support/assert.ts";
import { heir } from "../support/heir.ts";
import { TestHome } from "../support/zag.ts";

/** Takes a lock that is free, and nothing else. */
const atOnce = { waiting: () => {}, goesOn: () => false };

const begin = {
  exclusively: (path: string, work: () => Promise<void>) => exclusively(path, () => {}, work),
  exclusivelyInTime: (path: string, work: () => Promise<void>) =>
    exclusivelyInTime(path, atOnce, work),
};

for (const [name, run] of Object.entries(begin)) {
  Deno.test({
    name: `${name}() gives the lock back though a program that was started meanwhile has it open`,
    ignore: Deno.build.os !== "linux",
    fn: async () => {
      await using home = await TestHome.create();
      const path = `${home.path}/lock`;
      await using programs = new AsyncDisposableStack();
      await run(path, async () => void programs.use(await heir(path)));
      assertEquals(await exclusivelyInTime(path, atOnce, () => Promise.resolve()), true);
    },
  });
}

Deno.test("exclusively() tells of no wait when the lock is free, however slow this process is", async () => {
  await using home = await TestHome.create();
  let waited = 0;
  const { setTimeout } = globalThis;
  globalThis.setTimeout = ((late: () => void) => late()) as unknown as typeof setTimeout;
  try {
    await exclusively(`${home.path}/lock`, () => void waited++, () => Promise.resolve());
  } finally {
    globalThis.setTimeout = setTimeout;
  }
  assertEquals(waited, 0);
});
