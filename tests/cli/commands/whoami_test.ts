import { assertEquals, assertStringIncludes } from "../../support/assert.ts";
import { ago, ALIVE, Recorded, uuid } from "./session/support.ts";

const ID = uuid(1);
const ENV = {
  ZAG_SESSION_ID: ID,
  ZAG_SESSION_NAME: "as it was started",
  ZAG_PROCESS_ID: "run-1",
  ZAG_PROVIDER: "mock",
  ZAG_MODEL: "mock-large",
  ZAG_ROOT: "/srv/app",
};
const EMPTY = {
  session_id: null,
  session_name: null,
  process_id: null,
  pid: null,
  agent_pid: null,
  provider: null,
  model: null,
  root: null,
  parent_session_id: null,
  parent_process_id: null,
};

async function recorded(): Promise<Recorded> {
  const given = await Recorded.create();
  given.add(ID, { name: "as it is named now", outcome: null }, {
    ...ALIVE,
    id: "run-1",
    agentPid: 4_000_000,
    status: "running",
    root: "/recorded",
    parentSessionId: "mother",
    parentProcessId: "mothers-run",
  });
  given.add(ID.replace("1", "2"), { createdAt: ago(1) });
  return given;
}

async function json(given: Recorded, env: Record<string, string>): Promise<unknown> {
  return JSON.parse(await given.out(["whoami", "--json"], { env, cwd: "/" }));
}

Deno.test("whoami tells what the environment says and what is recorded of it", async () => {
  await using given = await recorded();
  assertEquals(
    await given.out(["whoami"], { env: ENV, cwd: "/" }),
    `Session ID:        ${ID}
Session Name:      as it is named now
Process ID:        run-1
PID:               ${Deno.pid}
Agent PID:         4000000
Provider:          mock
Model:             mock-large
Root:              /srv/app
Parent Session ID: mother
Parent Process ID: mothers-run
`,
  );
  const expected = {
    session_id: ID,
    session_name: "as it is named now",
    process_id: "run-1",
    pid: Deno.pid,
    agent_pid: 4_000_000,
    provider: "mock",
    model: "mock-large",
    root: "/srv/app",
    parent_session_id: "mother",
    parent_process_id: "mothers-run",
  };
  const out = await given.out(["whoami", "--json"], { env: ENV });
  assertEquals(out, JSON.stringify(expected) + "\n");
  const recordedAlone = { ...expected, model: "mock-medium", root: "/recorded" };
  assertEquals(await json(given, { ZAG_SESSION_ID: ID }), recordedAlone);
  assertEquals(await json(given, { ZAG_PROCESS_ID: "run-1" }), recordedAlone);
});

Deno.test("whoami outside of any session", async () => {
  await using given = await recorded();
  for (const env of [{}, { ZAG_SESSION_ID: "", ZAG_PROCESS_ID: "" }, { ZAG_PROVIDER: "mock" }]) {
    const { code, out, err } = await given.zag(["whoami"], { env });
    assertEquals([code, out], [1, ""]);
    assertStringIncludes(err, "ZAG_SESSION_ID and ZAG_PROCESS_ID are not set");
    assertEquals(await given.out(["whoami", "--json"], { env }), "{}\n");
  }
});

Deno.test("whoami knows of a session that is not recorded what its environment says", async () => {
  await using given = await recorded();
  assertEquals(await json(given, { ZAG_SESSION_ID: "gone" }), { ...EMPTY, session_id: "gone" });
  assertEquals(
    await given.out(["whoami"], { env: { ZAG_SESSION_ID: "gone", ZAG_MODEL: "a\nb\x1b[2J" } }),
    "Session ID:        gone\nModel:             a b[2J\n",
  );
});

Deno.test("whoami goes by the environment where the index cannot be used", async () => {
  await using given = await recorded();
  await Deno.writeTextFile(`${given.home.path}/no-directory`, "");
  const env = { ...ENV, ZAG_HOME: `${given.home.path}/no-directory/zag` };
  const { code, out, err } = await given.zag(["whoami", "--json"], { env });
  assertEquals(code, 0);
  assertStringIncludes(err, "warning: Cannot create directory");
  assertEquals(JSON.parse(out), {
    ...EMPTY,
    session_id: ID,
    session_name: ENV.ZAG_SESSION_NAME,
    process_id: "run-1",
    provider: "mock",
    model: "mock-large",
    root: "/srv/app",
  });
  assertEquals((await given.zag(["-q", "whoami"], { env })).err, "");
});
