import { assertEquals, assertStringIncludes } from "../../../support/assert.ts";
import { localTime } from "../../../../src/events/render/local_time.ts";
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
      `Goes On At:      ${localTime(ahead(1))}`,
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
      ["000", "of an id at least 4 characters are needed"],
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

Deno.test("usage show says that a wait is cut short, and nothing like that of one that was hurried", async () => {
  await using given = await Recorded.create();
  const cut = addWaiting(given, 1, { resetAt: ahead(60) });
  const text = await given.out(["usage", "show", cut.incidentId]);
  assertStringIncludes(text, `Ends At:         ${localTime(ahead(60))}\n`);
  assertStringIncludes(
    text,
    `${localTime(ahead(1))}; no wait is longer than usage_limits.max_wait_secs`,
  );
  const hurried = addWaiting(given, 2, { resetAt: ahead(60), wakeAt: ahead(0) });
  const now = await given.out(["usage", "show", hurried.incidentId]);
  assertStringIncludes(now, `Goes On At:      ${localTime(ahead(0))}\n`);
});
