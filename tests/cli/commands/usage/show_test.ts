import { assertEquals, assertStringIncludes } from "../../../support/assert.ts";
import { addWaiting, ahead, ALIVE, Recorded } from "./support.ts";

Deno.test("usage show tells what is known of a wait, however it is named", async () => {
  await using given = await Recorded.create();
  const { incidentId, sessionId } = addWaiting(given, 1, { name: "nightly" });
  const whole = await given.out(["usage", "show", incidentId]);
  for (
    const line of [
      `Incident:        ${incidentId}`,
      `Session:         ${sessionId}`,
      "Name:            nightly",
      "Limit:           weekly",
      "Ends At:         the provider did not say",
      "Goes On At:      2026-03-04 12:01:00 Z",
      `Looked After By: process ${ALIVE.ownerPid}`,
    ]
  ) assertStringIncludes(whole, `${line}\n`);
  for (const name of [incidentId.slice(0, 8), sessionId, "nightly"]) {
    assertEquals(await given.out(["usage", "show", name]), whole);
  }
  const info = JSON.parse(await given.out(["usage", "show", "nightly", "--json"]));
  assertEquals([info.incident_id, info.when, info.reset_at], [incidentId, ahead(1), null]);
});

Deno.test("usage show says that nothing waits under a name", async () => {
  await using given = await Recorded.create();
  const { sessionId } = addWaiting(given, 1);
  addWaiting(given, 2);
  given.add("other-session", { name: "other" });
  for (
    const [name, why] of [
      ["nobody", "no session waits for a usage limit under this name"],
      ["other", "session other-session waits for nothing"],
      ["0000010", "several begin like that"],
    ] as const
  ) {
    const { code, out, err } = await given.zag(["usage", "show", name]);
    assertEquals([code, out], [1, ""]);
    assertStringIncludes(err, `Cannot find the wait "${name}": ${why}`);
    assertStringIncludes(err, 'All that wait are in "zag usage list"');
  }
  assertEquals((await given.zag(["usage", "show"])).code, 64);
  assertEquals((await given.zag(["usage", "show", sessionId])).code, 0);
});
