import { withDirectoryLock } from "../../src/extensions/write_file.ts";
import { assertEquals } from "../support/assert.ts";
import { TestHome } from "../support/zag.ts";

Deno.test("withDirectoryLock() waits for its turn, also when this process has stood still", async () => {
  await using home = await TestHome.create();
  const path = `${home.path}/settings`;
  await Deno.mkdir(`${path}.lock`);
  let free = false;
  const { now } = performance;
  let time = 0;
  performance.now = () => time += 10_000;
  try {
    const done = withDirectoryLock(path, () => Promise.resolve(free));
    await Deno.stat(`${path}.lock`);
    free = true;
    await Deno.remove(`${path}.lock`);
    assertEquals(await done, true);
  } finally {
    performance.now = now;
  }
});
