import { assertEquals, assertStringIncludes } from "../../../support/assert.ts";
import { ago, ALIVE, Recorded, uuid } from "../session/support.ts";

async function recorded(): Promise<Recorded> {
  const given = await Recorded.create();
  given.add(uuid(1), { createdAt: ago(5), outcome: "failure", name: "the parser" }, {
    id: uuid(11),
    model: "mock-medium",
    agentPid: 4242,
    ownerPid: 4241,
    prompt: "Refactor\nthe \x1b[31mparser",
    exitCode: 3,
    exitedAt: ago(2),
    root: "/srv/app",
    parentProcessId: "somebody",
  });
  given.add(uuid(2), { createdAt: ago(4) }, { id: uuid(12), parentProcessId: uuid(11) });
  given.add(uuid(3), { createdAt: ago(3), outcome: null }, {
    ...ALIVE,
    id: uuid(13),
    status: "running",
  });
  return given;
}

Deno.test("ps show prints what is known of a run that is over", async (t) => {
  await using given = await recorded();
  const shown = await given.out(["ps", "show", uuid(11)]);
  await t.assertSnapshot(given.stable(shown, 2, 3, 4, 5));
  const tty = { stdoutTty: true, columns: 60, env: { NO_COLOR: "1" } };
  const plain = await given.out(["ps", "show", "4242"], tty);
  assertEquals(plain, shown);
});

Deno.test("ps show --json prints an object with children and processes", async () => {
  await using given = await recorded();
  const info = JSON.parse(await given.out(["ps", "show", "the parser", "--json"]));
  assertEquals([info.id, info.live_status, info.exit_code], [uuid(11), "exited", 3]);
  assertEquals(info.children.map(({ id }: { id: string }) => id), [uuid(12)]);
  assertEquals(info.processes, []);
});

Deno.test("ps show self prints the processes of a run that goes on", async () => {
  await using given = await recorded();
  const env = { ZAG_PROCESS_ID: uuid(13) };
  const info = JSON.parse(await given.out(["ps", "show", "self", "--json"], { env }));
  const [first] = info.processes;
  assertEquals([info.live_status, first.pid], ["running", Deno.pid]);
  assertStringIncludes(first.command, "deno");
  assertEquals(new Date(first.started_at).toISOString(), first.started_at);
});

Deno.test("ps show refuses what it cannot find", async () => {
  await using given = await recorded();
  for (
    const [reference, code, text] of [
      ["self", 64, "ZAG_PROCESS_ID"],
      ["nothing", 1, 'Cannot find the process "nothing"'],
      ["0000", 1, "start with it"],
    ] as const
  ) {
    const ran = await given.zag(["ps", "show", reference]);
    assertEquals(ran.code, code);
    assertStringIncludes(ran.err, text);
  }
  assertEquals((await given.zag(["ps", "show"])).code, 64);
});
