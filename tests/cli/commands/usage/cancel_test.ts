import { assertEquals, assertStringIncludes } from "../../../support/assert.ts";
import { addWaiting, ago, Recorded, uuid } from "./support.ts";

Deno.test("usage cancel closes a session that nobody looks after", async () => {
  await using given = await Recorded.create();
  const { incidentId, sessionId } = addWaiting(given, 1, { dead: true });
  const out = await given.out(["usage", "cancel", incidentId.slice(0, 8)]);
  assertEquals(out, `Cancelled ${incidentId}: session ${sessionId} does not go on\n`);
  assertEquals(given.store.resumes.list(), []);
  const session = given.store.getSession(sessionId);
  // As where its zag is there to say so.
  assertEquals([session?.outcome, session?.endReason], ["failure", "usage_limit"]);
  assertStringIncludes(session?.error ?? "", "its wait for the end of that was cancelled");
  assertEquals(given.store.processesOf(sessionId).map(({ status }) => status), ["exited"]);
  const again = await given.zag(["usage", "cancel", incidentId]);
  assertEquals([again.code, again.out], [1, ""]);
  assertStringIncludes(again.err, "zag usage list");
});

Deno.test("usage cancel --json prints what was done", async () => {
  await using given = await Recorded.create();
  const { incidentId } = addWaiting(given, 1, { name: "nightly" });
  const out = await given.out(["usage", "--json", "cancel", "nightly"]);
  assertEquals(
    out,
    `{\n  "action": "cancel",\n  "incident_id": "${incidentId}",\n  "status": "ok"\n}\n`,
  );
});

Deno.test("usage cancel NAME is about the session of that name that waits, not a newer one", async () => {
  await using given = await Recorded.create();
  const { incidentId } = addWaiting(given, 9, { name: "nightly" });
  given.add(uuid(1), { name: "nightly", createdAt: ago(1) });
  const newest = await given.out(["status", "nightly"]);
  assertStringIncludes(newest, "completed");
  assertStringIncludes(await given.out(["usage", "cancel", "nightly"]), incidentId);
});
