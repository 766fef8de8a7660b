import { unicodeWidth } from "../../../../src/events/render/width.ts";
import { assert, assertEquals, assertStringIncludes } from "../../../support/assert.ts";
import { ago, ALIVE, Recorded, uuid } from "../session/support.ts";

/** Runs of every kind; what its agent started stands two levels below the first. */
async function recorded(): Promise<Recorded> {
  const given = await Recorded.create();
  const run = { model: "mock-medium" };
  given.add(uuid(1), { createdAt: ago(5), outcome: null, name: "the parser" }, {
    ...run,
    ...ALIVE,
    id: uuid(11),
    agentPid: 4243,
    status: "running",
    prompt: "Refactor the parser of dates,\nand then everything else that has to do with time 🚀",
    provider: "claude",
    model: "claude-opus-5.5",
    command: "run",
    root: "/srv/app",
  });
  given.add(uuid(2), { createdAt: ago(4), outcome: "success" }, {
    ...run,
    id: uuid(12),
    exitCode: 0,
    agentPid: 4242,
    exitedAt: ago(3),
    parentProcessId: uuid(11),
    parentSessionId: uuid(1),
    prompt: "first child",
  });
  given.add(uuid(3), { createdAt: ago(3), outcome: "killed" }, {
    ...run,
    id: uuid(13),
    status: "killed",
    parentProcessId: uuid(12),
    prompt: "\x1b[31mgrandchild",
  });
  given.add(uuid(4), { createdAt: ago(2), outcome: "failure" }, {
    ...run,
    id: uuid(14),
    exitCode: 3,
    parentSessionId: uuid(1),
    prompt: null,
  });
  given.add(uuid(5), { createdAt: ago(1), outcome: "dead", endedAt: ago(0) }, {
    ...run,
    id: uuid(15),
    status: "killed",
    exitedAt: ago(0),
    parentProcessId: "not there any more",
    prompt: "日本語の長い質問です",
  });
  return given;
}

const TIMES = [0, 1, 2, 3, 4, 5];

Deno.test("ps list at a terminal draws what agents started below them, and cuts nothing it needs", async () => {
  await using given = await recorded();
  for (const columns of [40, 80, 120, 200]) {
    const terminal = { stdoutTty: true, columns, env: { NO_COLOR: "1" } };
    const lines = (await given.out(["ps", "list"], terminal)).split("\n").slice(0, -1);
    for (const line of lines) assert(unicodeWidth(line) <= columns, line);
    const firsts = lines.slice(1).map((line) => line.slice(0, line.search(/\d{8}/)));
    assertEquals(firsts, ["", "", "├─ ", "└─ ", "   └─ "]);
    const ids = lines.slice(1).map((line) => /\d{8}/.exec(line)![0]);
    assertEquals(ids, ["00000015", "00000011", "00000014", "00000012", "00000013"]);
  }
});

Deno.test("ps alone lists, with whole ids in a pipe", async (t) => {
  await using given = await recorded();
  const shown = await given.out(["ps"]);
  assertEquals(shown, await given.out(["ps", "list"]));
  await t.assertSnapshot(given.stable(shown, ...TIMES));
});

Deno.test("ps list in colour", async (t) => {
  await using given = await recorded();
  const shown = await given.out(["ps"], { stdoutTty: true, columns: 110 });
  await t.assertSnapshot(given.stable(shown, ...TIMES));
});

Deno.test("ps list --json prints all fields, flat, newest first", async () => {
  await using given = await recorded();
  const infos = JSON.parse(await given.out(["ps", "--json"]));
  assertEquals(infos.map(({ id }: { id: string }) => id), [15, 14, 13, 12, 11].map(uuid));
  assertEquals(
    infos.map(({ live_status }: { live_status: string }) => live_status),
    ["dead", "exited", "killed", "exited", "running"],
  );
  assertEquals(infos[3], {
    id: uuid(12),
    pid: 4242,
    session_id: uuid(2),
    provider: "mock",
    model: "mock-medium",
    command: "exec",
    prompt: "first child",
    started_at: ago(4),
    status: "exited",
    exit_code: 0,
    exited_at: ago(3),
    root: null,
    parent_process_id: uuid(11),
    parent_session_id: uuid(1),
    live_status: "exited",
    agent_pid: 4242,
    owner_pid: 1,
    session_name: null,
  });
  assertEquals([infos[4].pid, infos[4].owner_pid, infos[4].session_name], [
    4243,
    Deno.pid,
    "the parser",
  ]);
});

for (
  const [args, numbers] of [
    [["--running"], [11]],
    [["-p", "claude"], [11]],
    [["-p", "MOCK", "-n", "2"], [15, 14]],
    [["--children", uuid(11)], [14, 13, 12]],
    [["--children", uuid(12).slice(0, 8)], [13]],
    [["--children", uuid(1)], [14, 13, 12]],
    [["--children", "the parser", "-n", "1"], [14]],
    [["--children", "self"], [13]],
    [["--children", "not there any more"], [15]],
    [["--children", uuid(15)], []],
    [["--orphans"], []],
  ] as [string[], number[]][]
) {
  Deno.test(`ps list ${args.join(" ")} chooses`, async () => {
    await using given = await recorded();
    const env = { ZAG_PROCESS_ID: uuid(12) };
    const infos = JSON.parse(await given.out(["ps", ...args, "--json"], { env }));
    assertEquals(infos.map(({ id }: { id: string }) => id), numbers.map(uuid));
  });
}

Deno.test("ps list says that there is nothing, and what it cannot find", async () => {
  await using given = await Recorded.create();
  assertEquals(await given.out(["ps"]), "No processes found.\n");
  assertEquals(await given.out(["ps", "--json"]), "[]\n");
  const unknown = await given.zag(["ps", "--children", "nothing"]);
  assertEquals(unknown.code, 1);
  assertStringIncludes(unknown.err, 'Cannot find the process "nothing"');
  const self = await given.zag(["ps", "--children", "self"]);
  assertEquals(self.code, 64);
  assertStringIncludes(self.err, "ZAG_PROCESS_ID");
  assertEquals((await given.zag(["ps", "-p", "nobody"])).code, 64);
});
