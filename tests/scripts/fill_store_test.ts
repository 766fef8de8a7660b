import { filledHome } from "../../scripts/bench/fill_store.ts";
import { assertEquals } from "../support/assert.ts";

Deno.test("filledHome() leaves what zag would have left: the logs tell the same as the index", async () => {
  await using filled = await filledHome(3);
  const { home, ids } = filled;
  const before = home.rows("sessions");
  assertEquals(before.map(({ session_id }) => session_id), [...ids]);
  assertEquals((await home.logPaths()).length, 3);
  for (const part of ["", "-wal", "-shm"]) {
    await Deno.remove(`${home.path}/.zag/zag.db${part}`).catch(() => {});
  }
  const { code, stdout, stderr } = await home.zag(["session", "list", "--json"]);
  assertEquals([code, stderr], [0, ""]);
  const shown: { session_id: string }[] = JSON.parse(stdout);
  assertEquals(shown.map(({ session_id }) => session_id), ids.toReversed());
  const byAge = (a: Record<string, unknown>, b: Record<string, unknown>) =>
    String(a.created_at).localeCompare(String(b.created_at));
  assertEquals(home.rows("sessions").sort(byAge), before.sort(byAge));
});
