/** How sessions in the background end before they are done. `ZAG_TEST_SPAWN_RACES` sets how many. */
import type { Step } from "../../src/providers/mock/script.ts";
import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import { sizeOf } from "../support/size.ts";
import { type TestHome, ZAG } from "../support/zag.ts";
import { soundLog } from "./faults_support.ts";
import { FORKS, untilTool } from "./ps_support.ts";
import {
  agentOf,
  alive,
  ended,
  endOf,
  exists,
  kill9,
  rowOf,
  runOf,
  spawn,
} from "./spawn_support.ts";
import { inHome, jsonLines, leftovers, script, waitFor } from "./support.ts";

const RACES = sizeOf("ZAG_TEST_SPAWN_RACES", 10);
const LINUX = Deno.build.os === "linux";

/** Every log is whole and has one end at most; no run is left open, no file of a launch is there. */
async function soundHome(home: TestHome): Promise<void> {
  for (const path of await home.logPaths()) {
    const ends = (await soundLog(path)).filter(({ type }) => type === "session_ended");
    assertEquals(ends.length, 1, path);
  }
  assertEquals(home.rows("processes").filter(({ status }) => status === "running"), []);
  // A zag removes them as the last thing that it does.
  await waitFor(
    "the files of launches to be gone",
    () => [...Deno.readDirSync(`${home.path}/.zag/temp`)].length === 0 || undefined,
  );
}

Deno.test(
  "spawn --timeout ends the agent and all that it has started",
  inHome(async (home) => {
    const steps: Step[] = [...FORKS, { do: "run", command: ["sleep", "702"] }];
    const id = await spawn(home, ["--timeout", "1s", "hi"], steps);
    assertEquals(await ended(home, id), 1);
    assertEquals(rowOf(home, id).outcome, "timeout");
    assertStringIncludes(String(rowOf(home, id).error), "1s");
    await soundHome(home);
  }),
);

Deno.test(
  "cancel and ps kill end a session in the background with all that its agent has started",
  inHome(async (home) => {
    const steps: Step[] = [...FORKS, { do: "run", command: ["sleep", "703"] }];
    const first = await spawn(home, ["hi"], steps);
    await untilTool(home, "703");
    assertEquals((await home.zag(["cancel", first, "--reason", "late"])).code, 0);
    assertEquals(endOf(home, first), ["killed", "cancelled: late"]);
    const second = await spawn(home, ["hi"], steps);
    await untilTool(home, "703");
    assertEquals((await home.zag(["ps", "kill", String(runOf(home, second).id)])).code, 0);
    assertEquals(rowOf(home, second).outcome, "killed");
    await soundHome(home);
  }),
);

Deno.test({
  name: "a zag in the background that is killed leaves a dead session, and nothing that runs",
  ignore: !LINUX,
  fn: inHome(async (home) => {
    const id = await spawn(home, ["hi"], [...FORKS, { do: "run", command: ["sleep", "704"] }]);
    await untilTool(home, "704");
    const { owner_pid, agent_pid } = await agentOf(home, id);
    await kill9(Number(owner_pid));
    assert(alive(Number(agent_pid)));
    assertEquals((await home.zag(["status", id])).stdout, "dead\n");
    assertEquals(await ended(home, id), 1);
    await soundHome(home);
  }),
});

Deno.test({
  name:
    "a zag in the background that is killed before it has read its request leaves nothing of it",
  ignore: !LINUX,
  fn: inHome(async (home) => {
    const program = await home.program("never", "#!/bin/sh\nexec sleep 705\n");
    const env = { ZAG_BIN: program };
    const id = await spawn(home, ["secret", "--env", "TOKEN=s3cr3t"], undefined, { env });
    const { id: run, owner_pid } = runOf(home, id);
    const request = `${home.path}/.zag/temp/${run}/request.json`;
    assertStringIncludes(await Deno.readTextFile(request), "s3cr3t");
    assertEquals(Deno.statSync(request).mode! & 0o777, 0o600);
    assertEquals((await home.zag(["status", id])).stdout, "running\n");
    await kill9(Number(owner_pid));
    assertEquals((await home.zag(["status", id])).stdout, "dead\n");
    assert(!exists(request));
    await soundHome(home);
  }),
});

Deno.test(
  "cancel ends a session whose zag does not answer, because it is not there yet",
  inHome(async (home) => {
    // It starts when the file is there.
    const program = await home.program(
      "late",
      `#!/bin/sh
while ! [ -e '${home.path}/go' ]; do sleep 0.02; done
exec zag "$@"
`,
    );
    await home.program("zag", `#!/bin/sh\nexec ${ZAG.shell} "$@"\n`);
    const env = { ZAG_BIN: program };
    const id = await spawn(home, ["hi"], [{ do: "say", text: "no" }], { env });
    const cancel = home.zag(["cancel", id, "--reason", "at once"]);
    const run = home.rows("processes")[0]?.id;
    const asked = `${home.path}/.zag/temp/${run}/end.json`;
    await waitFor("the request", () => exists(asked) || undefined);
    await Deno.writeTextFile(`${home.path}/go`, "");
    assertEquals((await cancel).code, 0);
    assertEquals(endOf(home, id), ["killed", "cancelled: at once"]);
    await soundHome(home);
  }),
);

Deno.test(
  "cancel right after spawn always ends the session, in one way",
  inHome(async (home) => {
    for (let count = 0; count < RACES; count++) {
      const id = await spawn(home, ["hi"], [{ do: "hang" }]);
      const { code, stdout } = await home.zag(["cancel", id, "--reason", "r", "--json"]);
      assertEquals([code, JSON.parse(stdout)[0].cancelled], [0, true], stdout);
      assertEquals(endOf(home, id), ["killed", "cancelled: r"]);
    }
    await soundHome(home);
  }),
);

Deno.test(
  "spawn loses no session while other zags look for what was left behind",
  inHome(async (home) => {
    const spawns = Array.from(
      { length: RACES },
      () => home.zag(["spawn", "-p", "mock", "hi"], { env: script([{ do: "say", text: "here" }]) }),
    );
    const lists = Array.from({ length: RACES }, () => home.zag(["ps", "list", "--json"]));
    const done = await Promise.all(spawns);
    for (const { code, stderr } of done) assertEquals([code, stderr], [0, ""]);
    for (const { code, stdout } of await Promise.all(lists)) {
      assertEquals(code, 0);
      const statuses = JSON.parse(stdout).map(({ live_status }: Record<string, string>) =>
        live_status
      );
      assert(!statuses.includes("dead"), stdout);
    }
    const ids = done.map(({ stdout }) => stdout.trim());
    const waited = await home.zag(["wait", "--json", ...ids]);
    assertEquals(jsonLines(waited.stdout).map(({ success }) => success), ids.map(() => true));
    for (const id of ids) assertEquals(rowOf(home, id).outcome, "success");
    await soundHome(home);
  }),
);

/** Where `zag spawn` is when the zag that it has started kills it, and what becomes of the session. */
const KILLED: [when: string, gate: string, outcomes: (string | undefined)[]][] = [
  // It may have recorded its session by then, and written the request, or not.
  ["has just started it", ":", [undefined, "failure", "dead", "success"]],
  ["has begun its log", 'until "$log"; do :; done', ["failure", "dead", "success"]],
  ["has handed over its request", 'until [ -e "$request" ]; do :; done', ["success"]],
];

for (const [when, gate, outcomes] of KILLED) {
  Deno.test(
    `a zag in the background loses no session when the zag that started it is killed when it ${when}`,
    inHome(async (home) => {
      const program = await home.program(
        "killer",
        `#!/bin/sh
request="$HOME/.zag/temp/$3/request.json"
log() { [ -n "$(find "$HOME/.zag" -name "$1.jsonl" -path "*sessions*")" ]; }
${gate.replace('"$log"', 'log "$2"')}
kill -9 $PPID
exec ${ZAG.shell} "$@"
`,
      );
      const env = { ...script([{ do: "say", text: "here" }]), ZAG_BIN: program };
      const kill = async () => (await home.zag(["spawn", "-p", "mock", "hi"], { env })).signal;
      // A busy machine may let it come to its end first.
      let missed = 0;
      while (await kill() === null) assert(++missed < 20, "it was never killed in time");
      assertEquals(await leftovers(home, 60_000), []);
      await home.zag(["ps", "list"]);
      const ends = home.rows("sessions").map(({ outcome }) => outcome as string);
      // The newest is that of the zag that was killed.
      const end = ends.length === missed ? undefined : ends.pop();
      assert(outcomes.includes(end), String(end));
      assertEquals(ends, Array(missed).fill("success"));
      await soundHome(home);
    }),
  );
}
