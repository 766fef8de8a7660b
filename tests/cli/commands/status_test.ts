import { assertEquals, assertStringIncludes } from "../../support/assert.ts";
import { ago, ALIVE, Recorded, uuid } from "./session/support.ts";

const [RUNNING, FAILED, DONE] = [uuid(1), uuid(2), uuid(3)] as const;

async function recorded(): Promise<Recorded> {
  const given = await Recorded.create();
  given.add(RUNNING, {
    createdAt: ago(1),
    outcome: null,
    heartbeatAt: ago(0),
    name: "at\nwork",
    tags: ["night"],
  }, { ...ALIVE, agentPid: 4_000_000, status: "running" });
  given.add(FAILED, {
    createdAt: ago(2),
    endedAt: ago(2),
    outcome: "killed",
    exitCode: 137,
    error: "the agent was ended",
    heartbeatAt: ago(9),
    model: null,
    tags: ["night"],
  });
  given.add(DONE, {
    createdAt: ago(3),
    startedAt: ago(3),
    heartbeatAt: ago(2),
    endedAt: ago(1),
    exitCode: 0,
  });
  return given;
}

Deno.test("status is one word", async () => {
  await using given = await recorded();
  assertEquals(await given.out(["status", RUNNING]), "running\n");
  assertEquals(await given.out(["status", FAILED], { stdoutTty: true }), "\x1b[31mfailed\x1b[0m\n");
  const plain = { stdoutTty: true, env: { NO_COLOR: "1" } };
  assertEquals(await given.out(["status", FAILED], plain), "failed\n");
  assertEquals(await given.out(["-q", "status", FAILED], { stdoutTty: true }), "failed\n");
});

Deno.test("status --json", async () => {
  await using given = await recorded();
  const objects = [
    {
      session_id: RUNNING,
      status: "running",
      provider: "mock",
      model: "mock-medium",
      name: "at\nwork",
      pid: 4_000_000,
      last_heartbeat_at: ago(0),
    },
    {
      session_id: FAILED,
      status: "failed",
      provider: "mock",
      model: "",
      exit_code: 137,
      error: "the agent was ended",
      last_heartbeat_at: ago(2),
    },
    {
      session_id: DONE,
      status: "completed",
      provider: "mock",
      model: "mock-medium",
      exit_code: 0,
      last_heartbeat_at: ago(2),
    },
  ];
  for (const object of objects) {
    const out = await given.out(["status", object.session_id, "--json"], { stdoutTty: true });
    assertEquals(out, JSON.stringify(object) + "\n");
  }
  const [running, failed, done] = objects;
  const several: [string[], unknown[]][] = [
    [["--tag", "NIGHT"], [running, failed]],
    [[DONE, RUNNING], [done, running]],
    [[DONE, "--tag", "night"], [done, running, failed]],
    [[DONE, DONE], [done]],
  ];
  for (const [args, expected] of several) {
    assertEquals(JSON.parse(await given.out(["status", "--json", ...args])), expected);
  }
});

Deno.test("status of several sessions is a line for each", async () => {
  await using given = await recorded();
  assertEquals(
    await given.out(["status", "--tag", "night", DONE]),
    `completed  ${DONE}\nrunning    ${RUNNING}  at work\nfailed     ${FAILED}\n`,
  );
  assertEquals(
    await given.out(["status", DONE, RUNNING], { stdoutTty: true }),
    `\x1b[32mcompleted\x1b[0m  ${DONE}\n\x1b[36mrunning\x1b[0m    ${RUNNING}  at work\n`,
  );
});

Deno.test("status finds a session by whatever names it", async () => {
  await using given = await recorded();
  for (
    const args of [["00000001"], ["at\nwork"], ["--latest"], ["--active"], ["--ps", "4000000"]]
  ) {
    assertEquals(await given.out(["status", ...args]), "running\n", args.join(" "));
  }
});

Deno.test("status of several tells of those that are known, and exits with 1 for the others", async () => {
  await using given = await recorded();
  const cases: [args: string[], known: string[], message: string][] = [
    [[DONE, "nobody"], [DONE], 'Cannot find session "nobody"'],
    [["nobody", "no one"], [], 'Cannot find session "no one"'],
    [["--tag", "night", "--tag", "none"], [RUNNING, FAILED], 'a session tagged "none"'],
    [["--tag", "none"], [], 'Cannot find a session tagged "none" in this project'],
  ];
  for (const [args, known, message] of cases) {
    const json = await given.zag(["status", "--json", ...args]);
    const ids = JSON.parse(json.out).map(({ session_id }: { session_id: string }) => session_id);
    assertEquals([json.code, ids], [1, known]);
    assertStringIncludes(json.err, message);
    const text = await given.zag(["status", ...args]);
    assertEquals([text.code, text.out.split("\n").length - 1], [1, known.length]);
    for (const id of known) assertStringIncludes(text.out, id);
  }
});

const refused: [string[], number, string][] = [
  [[], 64, "give a session, --tag, --latest, --active, --ps or --name"],
  [[""], 64, "Cannot choose a session by an empty text"],
  [["--name", ""], 64, "Cannot choose a session by an empty text"],
  [["nobody"], 1, 'Cannot find session "nobody"'],
  [["--tag", "none"], 1, 'Cannot find a session tagged "none" in this project'],
  [[DONE, "--latest"], 64, "together with --latest"],
  [[DONE, RUNNING, "--latest"], 64, "together with --latest"],
  [["--tag", "night", "--latest"], 64, "--latest together with --tag"],
];

for (const [args, expected, message] of refused) {
  Deno.test(`status refuses ${args.join(" ") || "nothing"}`, async () => {
    await using given = await recorded();
    const { code, out, err } = await given.zag(["status", ...args]);
    assertStringIncludes(err, message);
    assertEquals([code, out], [expected, ""]);
  });
}
