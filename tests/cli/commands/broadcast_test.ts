import { broadcastCommand } from "../../../src/cli/commands/broadcast.ts";
import { receivers } from "../../../src/orchestration/broadcast.ts";
import { resolveSessions, SELECTOR_TAG } from "../../../src/sessions/resolve.ts";
import { assertEquals, assertStringIncludes } from "../../support/assert.ts";
import { capture } from "./capture.ts";
import { ago, ALIVE, NOW, Recorded, uuid } from "./session/support.ts";

const HOUR = 60;

/** A session that could go on. */
function resumable(number: number) {
  return { providerSessionId: uuid(number) };
}

async function recorded(): Promise<Recorded> {
  const given = await Recorded.create();
  const ended = (hours: number) => ({ createdAt: ago(hours * HOUR), endedAt: ago(hours * HOUR) });
  given.add(uuid(1), { ...resumable(1), ...ended(1), tags: ["Team"] });
  given.add(uuid(2), { ...resumable(2), ...ended(23), tags: ["other"] });
  given.add(uuid(3), { ...resumable(3), ...ended(25), tags: ["team"] });
  given.add(uuid(4), { createdAt: ago(1) });
  given.add(uuid(5), { ...resumable(5), ...ended(1), tags: [SELECTOR_TAG, "team"] });
  given.add(uuid(6), { outcome: null, createdAt: ago(48 * HOUR), tags: ["team"] }, {
    ...ALIVE,
    status: "running",
  });
  given.add(uuid(7), { outcome: null, command: "run", ...resumable(7), tags: ["team"] }, {
    ...ALIVE,
    status: "running",
    command: "run",
  });
  given.add(uuid(8), { ...resumable(8), ...ended(1), project: "elsewhere", tags: ["team"] });
  given.add(uuid(9), { ...resumable(9), ...ended(1), command: "import", outcome: "unknown" });
  return given;
}

Deno.test("receivers() are those at work and those of the last day, and with a tag all that go on", async () => {
  await using given = await recorded();
  const find = (
    tags: string[],
    scope: { project: string | null | undefined } = { project: null },
    from?: string,
  ) => {
    const tagged = tags.length === 0
      ? undefined
      : tags.flatMap((tag) => resolveSessions(given.store, [], [tag], scope));
    const found = receivers(given.store, { scope, tagged, from, now: NOW });
    return {
      ...found,
      sessions: found.sessions.map(({ sessionId }) => Number(sessionId.slice(0, 8))).sort(),
      atTerminals: found.atTerminals.map(({ sessionId }) => Number(sessionId.slice(0, 8))),
    };
  };
  const rest = { atTerminals: [7], sender: false };
  assertEquals(find([]), { sessions: [1, 2, 6], leftOut: 2, ...rest });
  assertEquals(find(["TEAM"]), { sessions: [1, 3, 6], leftOut: 0, ...rest });
  assertEquals(find(["team", "other"]), { sessions: [1, 2, 3, 6], leftOut: 0, ...rest });
  assertEquals(find(["team"], { project: undefined }), {
    sessions: [1, 3, 6, 8],
    leftOut: 0,
    ...rest,
  });
  assertEquals(find([], { project: null }, uuid(1)), {
    sessions: [2, 6],
    leftOut: 2,
    ...rest,
    sender: true,
  });
});

Deno.test("broadcast takes its flags and a message", async () => {
  const { flags, operands } = await capture(broadcastCommand, [
    ...["broadcast", "--tag", "a", "--tag=b", "--global", "--raw", "-o", "json", "-r", "/x", "hi"],
  ]);
  assertEquals(operands, ["hi"]);
  assertEquals([flags?.tag, flags?.global, flags?.raw, flags?.output, flags?.root], [
    ["a", "b"],
    true,
    true,
    "json",
    "/x",
  ]);
});

Deno.test("broadcast says where it found nobody", async () => {
  await using given = await Recorded.create();
  const none = await given.zag(["broadcast", "x"]);
  assertEquals([none.code, none.out], [1, ""]);
  assertStringIncludes(none.err, "there is no session in this project that can be sent to");
  const everywhere = await given.zag(["broadcast", "--global", "x"]);
  assertStringIncludes(everywhere.err, "there is no session that can be sent to");
  const tagged = await given.zag(["broadcast", "--tag", "team", "x"]);
  assertEquals(tagged.code, 1);
  assertStringIncludes(tagged.err, 'Cannot find a session tagged "team" in this project');
  given.add(uuid(1), { ...resumable(1), tags: ["team"] });
  const own = await given.zag(["broadcast", "--tag", "team", "x"], {
    env: { ZAG_SESSION_ID: uuid(1) },
  });
  assertStringIncludes(own.err, 'tagged "team" in this project besides the one');
  assertEquals(given.store.processesOf(uuid(1)), []);
});

Deno.test("broadcast names each tag that no session has", async () => {
  await using given = await Recorded.create();
  const none = await given.zag(["broadcast", "--tag", "one", "--tag", "two", "x"]);
  assertEquals([none.code, none.out], [1, ""]);
  for (const tag of ["one", "two"]) {
    assertStringIncludes(none.err, `Cannot find a session tagged "${tag}" in this project`);
  }
});

Deno.test("broadcast refuses what is no message and no format", async () => {
  await using given = await Recorded.create();
  given.add(uuid(1), resumable(1));
  assertEquals((await given.zag(["broadcast", " "])).code, 64);
  assertEquals((await given.zag(["broadcast"], { stdin: "\n" })).code, 64);
  assertEquals((await given.zag(["broadcast", "-o", "stream-json", "x"])).code, 64);
  assertEquals(given.store.processesOf(uuid(1)), []);
});
