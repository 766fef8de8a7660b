import { assertEquals, assertStringIncludes } from "../../../support/assert.ts";
import { ago, ALIVE, Recorded, uuid } from "./support.ts";

const [ONE, TWO, RUNNING] = [uuid(1), uuid(2), uuid(3)] as const;

async function recorded(): Promise<Recorded> {
  const given = await Recorded.create();
  given.add(ONE, { name: "first", providerSessionId: "native" });
  given.add(TWO);
  given.add(RUNNING, { createdAt: ago(1), outcome: null }, { ...ALIVE, status: "running" });
  return given;
}

const left = ({ store }: Recorded) => store.listSessions().map(({ sessionId }) => sessionId).sort();

Deno.test("session delete removes records by whatever names them, each once", async () => {
  await using given = await recorded();
  const out = await given.out(["session", "delete", "first", "00000002", "native"]);
  assertEquals(out, `Deleted session: ${ONE}\nDeleted session: ${TWO}\n`);
  assertEquals(left(given), [RUNNING]);
  assertEquals((await given.zag(["session", "show", ONE])).code, 1);
});

Deno.test("session delete --json prints an object for each", async () => {
  await using given = await recorded();
  assertEquals(await given.out(["session", "delete", TWO, "--json"]), `{"deleted":"${TWO}"}\n`);
  assertEquals(await given.out(["session", "--json", "delete", ONE]), `{"deleted":"${ONE}"}\n`);
});

Deno.test("session delete leaves the log, which says so", async () => {
  await using given = await Recorded.create();
  const run = ["-p", "mock", "exec", "hi", "--session", ONE];
  assertEquals((await given.home.zag(run)).code, 0);
  const [path] = await given.home.logPaths();
  const before = await Deno.readTextFile(path!);
  await given.out(["session", "delete", ONE]);
  const after = await Deno.readTextFile(path!);
  assertEquals(after.slice(0, before.length), before);
  const added = after.slice(before.length).trimEnd().split("\n").map((line) => JSON.parse(line));
  assertEquals(added.map(({ type }) => type), ["session_deleted"]);
  assertEquals(await given.out(["session", "list"]), "No sessions found.\n");
});

Deno.test("session delete and update take a name from their own project only, ids from all", async () => {
  await using given = await Recorded.create();
  given.add(ONE, { name: "there", project: "elsewhere-0a1b2c3d" });
  for (const args of [["delete", "there"], ["update", "there", "--tag", "t"]]) {
    const { code, out, err } = await given.zag(["session", ...args]);
    assertEquals([code, out], [1, ""]);
    assertStringIncludes(err, 'Cannot find session "there"');
    assertStringIncludes(err, "A session of another project has this name");
  }
  assertEquals(given.store.getSession(ONE)?.tags, []);
  assertEquals(
    (await given.out(["session", "show", "there", "--json"])).includes(ONE),
    true,
    "what only reads looks further",
  );
  for (const args of [["there", "--global"], [ONE], [ONE.slice(0, 8)]]) {
    const out = await given.out(["session", "update", ...args, "--tag", args[0]!]);
    assertEquals(out, `Updated session: ${ONE}\n`);
  }
  const out = await given.out(["session", "delete", "--global", "there"]);
  assertEquals(out, `Deleted session: ${ONE}\n`);
  assertEquals(left(given), []);
});

const refused: [string[], number, string][] = [
  [[ONE, "nobody"], 1, 'Cannot find session "nobody"'],
  [[ONE, "0000"], 1, 'Cannot choose a session for "0000"'],
  [[ONE, RUNNING], 1, `Cannot delete session "${RUNNING}": it is running (process ${Deno.pid})`],
  [[], 64, "session"],
];

for (const [args, expected, message] of refused) {
  Deno.test(`session delete deletes nothing with ${args.slice(1).join(" ") || "nothing"}`, async () => {
    await using given = await recorded();
    const { code, out, err } = await given.zag(["session", "delete", ...args]);
    assertStringIncludes(err, message);
    assertEquals([code, out], [expected, ""]);
    assertEquals(left(given), [ONE, TWO, RUNNING]);
  });
}
