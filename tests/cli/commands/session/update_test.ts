import type { LogEvent } from "../../../../src/events/log_event.ts";
import { assert, assertEquals, assertStringIncludes } from "../../../support/assert.ts";
import { ago, ALIVE, Recorded, uuid } from "./support.ts";

const ID = uuid(1);

async function recorded(): Promise<Recorded> {
  const given = await Recorded.create();
  given.add(ID, {
    name: "old",
    description: "before",
    tags: ["a", "B"],
    providerSessionId: "native",
  });
  return given;
}

const CHANGES: [args: string[], name: string | null, description: string | null, tags: string[]][] =
  [
    [["--name", "new name"], "new name", "before", ["a", "B"]],
    [["--name", ""], null, "before", ["a", "B"]],
    [["--description", "after: it's done\nall"], "old", "after: it's done\nall", ["a", "B"]],
    [["--description="], "old", null, ["a", "B"]],
    [["--tag", "c", "--tag", "A", "--tag", "c"], "old", "before", ["a", "B", "c"]],
    [["--untag", "b", "--untag", "none"], "old", "before", ["a"]],
    [["--clear-tags"], "old", "before", []],
    [["--tag", "z", "--clear-tags"], "old", "before", ["z"]],
    [["--name", "n", "--description", "d", "--tag", "t"], "n", "d", ["a", "B", "t"]],
  ];

for (const [args, name, description, tags] of CHANGES) {
  Deno.test(`session update ${args.join(" ")}`, async () => {
    await using given = await recorded();
    const out = await given.out(["session", "update", ID, ...args]);
    assertEquals(out, `Updated session: ${ID}\n`);
    const session = given.store.getSession(ID)!;
    assertEquals(
      [session.name, session.description, session.tags],
      [name, description, tags],
    );
  });
}

Deno.test("session update tells the log, which outlives the index", async () => {
  await using given = await recorded();
  await given.out(["session", "update", ID, "--name", "new", "--clear-tags"]);
  const { logPath } = given.store.getSession(ID)!;
  const lines: LogEvent[] = (await Deno.readTextFile(logPath!)).trimEnd().split("\n")
    .map((line) => JSON.parse(line));
  const told: Record<string, unknown> = {};
  for (const line of lines) if (line.type === "session_meta") Object.assign(told, line.meta);
  assertEquals([told.name, told.description, told.tags], ["new", "before", []]);
});

Deno.test("session update --json prints the session as it is now", async () => {
  await using given = await recorded();
  const out = await given.out(["session", "update", "old", "--name", "new", "--json"]);
  const [info] = JSON.parse(await given.out(["session", "list", "--json"]));
  assertEquals(JSON.parse(out), info);
  assertEquals(info.name, "new");
});

Deno.test("session update finds a session by whatever names it, also one that runs", async () => {
  await using given = await recorded();
  given.add(uuid(2), { createdAt: ago(1), outcome: null }, { ...ALIVE, status: "running" });
  for (const reference of ["00000001", "native", "old"]) {
    const out = await given.out(["session", "update", reference, "--tag", reference]);
    assertEquals(out, `Updated session: ${ID}\n`);
  }
  await given.out(["session", "update", uuid(2), "--name", "at work"]);
  assertEquals(given.store.getSession(uuid(2))?.name, "at work");
  assertEquals(given.store.getSession(ID)?.tags, ["a", "B", "00000001", "native", "old"]);
});

const refused: [string[], number, string][] = [
  [[ID], 64, "give --name, --description, --tag, --untag or --clear-tags"],
  [["--name", "x"], 64, "session"],
  [[ID, ID, "--name", "x"], 64, ID],
  [[ID, "--tag", ""], 64, "a tag must not be empty"],
  [[ID, "--tag", "ok", "--tag", " \t"], 64, "a tag must not be empty"],
  [[ID, "--tag", "two\nlines"], 64, "no line breaks and no control characters"],
  [[ID, "--name", "  "], 64, "a name must not be empty"],
  [[ID, "--name", "two\rlines"], 64, "no line breaks and no control characters"],
  [[ID, "--name", "a\x1b[31mb"], 64, 'Wrong value for "--name": Cannot use "a\\u001b[31mb"'],
  [["nobody", "--name", "x"], 1, 'Cannot find session "nobody"'],
];

for (const [args, expected, message] of refused) {
  Deno.test(`session update refuses ${args.join(" ")}`, async () => {
    await using given = await recorded();
    const before = given.store.getSession(ID);
    const { code, out, err } = await given.zag(["session", "update", ...args]);
    assertStringIncludes(err, message);
    assertEquals([code, out], [expected, ""]);
    assertEquals(given.store.getSession(ID), before);
    assert(!err.includes("\x1b"));
  });
}
