import { assertEquals, assertStringIncludes } from "../../../support/assert.ts";
import { addWaiting, AT, Recorded } from "./support.ts";

Deno.test("usage resume sets the time of a wait to now", async () => {
  await using given = await Recorded.create();
  const { incidentId, sessionId } = addWaiting(given, 60, { name: "nightly" });
  assertEquals(
    await given.out(["usage", "resume", "nightly"]),
    `Session ${sessionId} goes on now\n`,
  );
  assertEquals(given.store.resumes.get(incidentId)?.wakeAt, AT);
  const json = JSON.parse(await given.out(["usage", "resume", incidentId, "--json"]));
  assertEquals(json, { action: "resume", incident_id: incidentId, status: "ok" });
});

Deno.test("usage resume says that nothing waits under a name", async () => {
  await using given = await Recorded.create();
  const { code, err } = await given.zag(["usage", "resume", "nobody"]);
  assertEquals(code, 1);
  assertStringIncludes(err, 'Cannot find the wait "nobody"');
});
