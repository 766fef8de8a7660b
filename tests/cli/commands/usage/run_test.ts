import { assertEquals, assertStringIncludes } from "../../../support/assert.ts";
import { addWaiting, Recorded } from "./support.ts";

Deno.test("usage run leaves alone what is looked after", async () => {
  await using given = await Recorded.create();
  const { incidentId } = addWaiting(given, 1);
  const { code, out, err } = await given.zag(["usage", "run"]);
  assertEquals([code, out, err], [0, "", "All sessions that wait are looked after\n"]);
  assertEquals(await given.out(["usage", "run", incidentId, "--json"]), "[]\n");
});

Deno.test("usage run says that nothing waits under a name", async () => {
  await using given = await Recorded.create();
  const { code, err } = await given.zag(["usage", "run", "nobody"]);
  assertEquals(code, 1);
  assertStringIncludes(err, 'Cannot find the wait "nobody"');
});
