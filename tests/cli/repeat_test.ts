import { repeatedIfDamaged } from "../../src/cli/repeat.ts";
import { StoreBusyError, StoreCorruptError } from "../../src/sessions/store_errors.ts";
import { fakeContext } from "../fakes/context.ts";
import { assertEquals, assertRejects } from "../support/assert.ts";

Deno.test("repeatedIfDamaged() runs a command once more that found the index damaged", async () => {
  const ctx = fakeContext();
  let runs = 0;
  const code = await repeatedIfDamaged(ctx, async (seen) => {
    if (++runs === 1) throw new StoreCorruptError("zag.db", "why");
    await seen.stdout.write("result");
    return 7;
  });
  assertEquals([code, runs, ctx.out], [7, 2, "result"]);
});

for (
  const [when, error, prints] of [
    ["has printed something", new StoreCorruptError("zag.db", "why"), true],
    ["failed for another reason", new StoreBusyError("zag.db", "why"), false],
  ] as const
) {
  Deno.test(`repeatedIfDamaged() does not run a command again that ${when}`, async () => {
    let runs = 0;
    const call = () =>
      repeatedIfDamaged(fakeContext(), async (ctx) => {
        runs++;
        if (prints) await ctx.stdout.write("part");
        throw error;
      });
    await assertRejects(call, error.constructor as typeof StoreBusyError);
    assertEquals(runs, 1);
  });
}

Deno.test("repeatedIfDamaged() runs a command twice at most", async () => {
  let runs = 0;
  const call = () =>
    repeatedIfDamaged(fakeContext(), () => {
      runs++;
      return Promise.reject(new StoreCorruptError("zag.db", "why"));
    });
  await assertRejects(call, StoreCorruptError);
  assertEquals(runs, 2);
});
