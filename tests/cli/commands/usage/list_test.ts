import { assertEquals, assertStringIncludes } from "../../../support/assert.ts";
import { localTime } from "../../../../src/events/render/local_time.ts";
import { addWaiting, ahead, ALIVE, Recorded } from "./support.ts";

Deno.test("usage list says that nothing waits", async () => {
  await using given = await Recorded.create();
  assertEquals(
    await given.out(["usage", "list"]),
    "No session waits for the end of a usage limit.\n",
  );
  assertEquals(await given.out(["usage", "list", "--json"]), "[]\n");
});

Deno.test("usage list shows what waits, the next one first, in all projects", async () => {
  await using given = await Recorded.create();
  const late = addWaiting(given, 9, { attempt: 3, project: "elsewhere" });
  const next = addWaiting(given, 2, { name: "nightly", resetAt: ahead(1), dead: true });
  const lines = (await given.out(["usage", "list"])).split("\n");
  assertEquals(
    lines[0],
    `INCIDENT${" ".repeat(30)}PROVIDER  WAKES AT (UTC)         LOCAL TIME        ATTEMPT  SESSION`,
  );
  assertEquals(lines.slice(1, 3), [
    `${next.incidentId}  mock      2026-03-04 12:02:00 Z  ${localTime(ahead(2))}        1  nightly`,
    `${late.incidentId}  mock      2026-03-04 12:09:00 Z  ${
      localTime(ahead(9))
    }        3  ${late.sessionId}`,
  ]);
  const text = await given.out(["usage", "list", "--json"]);
  const [first, second] = JSON.parse(text);
  assertEquals(first, {
    incident_id: next.incidentId,
    session_id: next.sessionId,
    name: "nightly",
    provider: "mock",
    model: "mock-medium",
    root: given.home.work,
    scope: "weekly",
    when: ahead(2),
    reset_at: ahead(1),
    message: "Continue",
    attempt: 1,
    log_path: null,
    owner_pid: null,
  });
  assertEquals([second.incident_id, second.owner_pid], [late.incidentId, ALIVE.ownerPid]);
  assertStringIncludes(text, "\n  {\n");
});

Deno.test("usage list --root looks at one project alone", async () => {
  await using given = await Recorded.create();
  addWaiting(given, 1, { project: "elsewhere" });
  const list = await given.out(["usage", "--json", "list", "--root", given.home.work]);
  assertEquals(list, "[]\n");
});

Deno.test("usage list fits a narrow terminal", async () => {
  await using given = await Recorded.create();
  addWaiting(given, 1, { name: "a long name that does not fit" });
  const out = await given.out(["usage", "list"], { stdoutTty: true, columns: 40 });
  for (const line of out.split("\n")) assertEquals(line.length <= 40, true, line);
  assertStringIncludes(out, "2026-03-04 12:01:00 Z");
});
