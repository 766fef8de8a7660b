/** Sessions in the background that wait for others. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import type { Step } from "../../src/providers/mock/script.ts";
import { SessionStore } from "../../src/sessions/store.ts";
import type { TestHome } from "../support/zag.ts";
import { recordRun } from "./ps_support.ts";
import { ended, endOf, inCharge, kill9, rowOf, spawn } from "./spawn_support.ts";
import { inHome, jsonLines, mock, script, waitFor } from "./support.ts";

/** Records a session that has not begun, and that nobody runs. */
function recordSession(home: TestHome, sessionId: string): void {
  using store = SessionStore.open(`${home.path}/.zag/zag.db`);
  const createdAt = new Date().toISOString();
  store.addSession({
    sessionId,
    provider: "mock",
    command: "exec",
    workspacePath: home.work,
    createdAt,
  });
}

/** Which session of a graph waits for which. */
const GRAPH: Readonly<Record<string, readonly string[]>> = {
  a: [],
  b: [],
  c: ["a"],
  d: ["b", "a"],
  e: ["c", "d"],
  f: ["d"],
  g: ["f", "e", "a"],
  h: ["g"],
};

/** Notes in a file that the agent begins and ends. */
function note(home: TestHome, name: string, ...between: Step[]): Step[] {
  const line = (text: string): Step => ({
    do: "run",
    command: ["sh", "-c", `echo "${text} ${name}" >> '${home.path}/order'`],
  });
  const said: Step[] = [{ do: "prompt" }, { do: "say", text: `result of ${name}` }];
  return [line("begin"), ...between, line("end"), ...said];
}

Deno.test(
  "spawn --depends-on runs a graph of sessions in its order, each with the results before it",
  inHome(async (home) => {
    const ids: Record<string, string> = {};
    for (const [name, first] of Object.entries(GRAPH)) {
      const flags = first.flatMap((each) => ["--depends-on", ids[each]!]);
      if (first.length > 0) flags.push("--inject-context");
      const wait: Step[] = first.length > 0 ? [] : [{ do: "sleep", ms: 200 }];
      ids[name] = await spawn(home, [...flags, "--name", name, name], note(home, name, ...wait));
    }
    assertEquals(await ended(home, ...Object.values(ids)), 0);
    const order = (await Deno.readTextFile(`${home.path}/order`)).trim().split("\n");
    assertEquals(order.length, 16);
    for (const [name, first] of Object.entries(GRAPH)) {
      const begin = order.indexOf(`begin ${name}`);
      for (const each of first) assert(order.indexOf(`end ${each}`) < begin, order.join());
    }
    for (const [name, first] of Object.entries(GRAPH)) {
      const { stdout } = await home.zag(["events", name, "--json", "--type", "assistant_message"]);
      const { prompt } = JSON.parse(String(jsonLines(stdout)[0]?.content));
      const given = [...prompt.matchAll(/result of (\w)/g)].map((match) => match[1]);
      assertEquals([name, ...given], [name, ...first]);
    }
    const last = await home.zag(["session", "show", "h", "--json"]);
    assertEquals(JSON.parse(last.stdout).dependencies, [ids.g]);
  }),
);

Deno.test(
  "spawn --inject-context gives the results in the order in which the sessions were named",
  inHome(async (home) => {
    await mock(home, [{ do: "say", text: "<none>" }], ["hi", "--name", "before"]);
    const ids: string[] = [];
    for (const [name, ms] of [["one", 400], ["two", 0], ["three", 200]] as const) {
      ids.push(await spawn(home, [name], [{ do: "sleep", ms }, { do: "say", text: `<${name}>` }]));
    }
    const named = [ids[2]!, ids[0]!, ids[1]!].flatMap((id) => ["--depends-on", id]);
    const id = await spawn(
      home,
      [...named, "--inject-context", "--context", "before", "now"],
      [{ do: "prompt" }],
    );
    assertEquals(await ended(home, id), 0);
    const { prompt } = JSON.parse((await home.zag(["output", id])).stdout);
    const seen = [...prompt.matchAll(/(?:<|&lt;)(none|one|two|three)(?:>|&gt;)/g)].map((m) => m[1]);
    assertEquals(seen, ["three", "one", "two", "none"]);
    assertStringIncludes(prompt, "now");
  }),
);

Deno.test(
  "spawn --inject-context goes without the result of a session that completed without one",
  inHome(async (home) => {
    const mute = await spawn(home, ["x"], []);
    const one = await spawn(home, ["x"], [{ do: "say", text: "<one>" }]);
    const flags = ["--depends-on", mute, "--depends-on", one, "--inject-context"];
    const id = await spawn(home, [...flags, "now"], [{ do: "prompt" }, {
      do: "error",
      message: "no luck",
      fatal: true,
    }]);
    const alone = await spawn(home, ["--depends-on", mute, "--inject-context", "now"], [
      { do: "prompt" },
    ]);
    assertEquals([await ended(home, alone), await ended(home, id)], [0, 1]);
    const { prompt } = JSON.parse((await home.zag(["output", alone])).stdout);
    assertEquals(prompt, "now");
    assertEquals(JSON.parse(String(rowOf(home, id).launch)).injected, 1);
    const { stdout } = await home.zag(["events", id, "--json", "--type", "user_event"]);
    assertEquals(jsonLines(stdout).map(({ level, message }) => [level, message]), [[
      "warn",
      `session "${mute}" has completed without a result: nothing of it is put before the prompt`,
    ]]);
    const { stdout: retried } = await home.zag(["retry", id, "--json"], {
      env: script([{ do: "prompt" }]),
    });
    const again = JSON.parse(retried)[0].new_session_id;
    assertEquals(await ended(home, again), 0);
    const told = JSON.parse((await home.zag(["output", again])).stdout).prompt;
    assertEquals(told.match(/# Result of session \S+/g), [`# Result of session ${one}`]);
  }),
);

Deno.test(
  "spawn --depends-on refuses a session that is not known, is ambiguous, or waits for itself",
  inHome(async (home) => {
    const command = ["spawn", "-p", "mock", "hi", "--depends-on"];
    const unknown = await home.zag([...command, "nobody"]);
    assertEquals([unknown.code, unknown.stdout], [1, ""]);
    assertStringIncludes(unknown.stderr, 'Cannot find session "nobody"');
    assertEquals(home.rows("sessions"), []);

    const outcome = "success";
    for (const end of ["a", "b"]) recordRun(home, {}, { sessionId: `same-${end}`, outcome });
    const ambiguous = await home.zag([...command, "same"]);
    assertEquals([ambiguous.code, ambiguous.stdout], [1, ""]);
    assertStringIncludes(ambiguous.stderr, "same-a");

    recordRun(home, {}, { sessionId: "round-1", dependencies: ["round-2"], outcome });
    recordRun(home, {}, { sessionId: "round-2", dependencies: ["gone", "round-1"], outcome });
    recordRun(home, {}, { sessionId: "behind", dependencies: ["round-2"], outcome });
    const before = home.rows("sessions").length;
    const cycle = await home.zag([...command, "behind"]);
    assertEquals([cycle.code, cycle.stdout], [1, ""]);
    assertStringIncludes(
      cycle.stderr,
      'Cannot depend on session "round-2": it waits for itself (round-2 → round-1 → round-2)',
    );
    assertEquals(home.rows("sessions").length, before);
    assertEquals(await home.logPaths(), []);
  }),
);

Deno.test(
  "spawn --depends-on finds sessions of other projects by id, and names in that of --root",
  inHome(async (home) => {
    for (const name of ["one", "two"]) {
      await Deno.mkdir(`${home.path}/${name}`);
      const git = new Deno.Command("git", { args: ["init", "-q", `${home.path}/${name}`] });
      assert((await git.output()).success);
    }
    const one = { cwd: `${home.path}/one` };
    const two = { cwd: `${home.path}/two` };
    const first = await spawn(home, ["--name", "same", "x"], [{ do: "say", text: "1" }], one);
    const second = await spawn(home, ["--name", "same", "x"], [{ do: "say", text: "2" }], two);
    const across = await spawn(home, ["--depends-on", first, "x"], undefined, two);
    const flags = ["-r", `${home.path}/one`, "--depends-on", "same", "x"];
    const rooted = await spawn(home, flags, [{ do: "prompt" }], two);
    assertEquals(rowOf(home, across).dependencies, JSON.stringify([first]));
    assertEquals(rowOf(home, rooted).dependencies, JSON.stringify([first]));
    assertEquals(await ended(home, first, second, across, rooted), 0);
    const { cwd } = JSON.parse((await home.zag(["output", rooted])).stdout);
    assertEquals([cwd, rowOf(home, rooted).project], [one.cwd, rowOf(home, first).project]);
  }),
);

const FAILURES: [
  what: string,
  steps: Step[],
  end: (home: TestHome, id: string) => Promise<void>,
  why: RegExp,
][] = [
  [
    "fails",
    [{ do: "error", message: "no luck", fatal: true }],
    async () => {},
    /has failed: no luck$/,
  ],
  ["is cancelled", [{ do: "hang" }], async (home, id) => {
    await home.zag(["cancel", id, "--reason", "not needed"]);
  }, /was cancelled: not needed$/],
  ["is killed", [{ do: "hang" }], async (home, id) => {
    await kill9(await inCharge(home, id));
  }, /is dead: zag was killed while the session ran$/],
];

for (const [what, steps, end, why] of FAILURES) {
  Deno.test(
    `spawn --depends-on passes it on when a session ${what}, and nothing behind it starts`,
    inHome(async (home) => {
      const first = await spawn(home, ["--name", "first", "x"], steps);
      const second = await spawn(home, ["--depends-on", first, "x"], [{ do: "say", text: "!" }]);
      const third = await spawn(home, ["--depends-on", second, "x"], [{ do: "say", text: "!" }]);
      await end(home, first);
      const waited = await home.zag(["wait", third, "--json"]);
      assertEquals(waited.code, 1);
      assertStringIncludes(
        JSON.parse(waited.stdout).error,
        `session "${second}", which it depends`,
      );
      assertEquals(endOf(home, second)[0], "failure");
      const error = String(endOf(home, second)[1]);
      assertStringIncludes(error, `session "${first}" ("first"), which it depends on, `);
      assertMatch(error, why);
      // What went wrong first stands first, however far away it was.
      const root = (id: string) =>
        error.replace(", which it depends on", `, which comes before session "${id}"$&`);
      assertEquals(endOf(home, third), ["failure", root(second)]);
      const fourth = await spawn(home, ["--depends-on", third, "x"]);
      assertEquals(await ended(home, fourth), 1);
      assertEquals(endOf(home, fourth), ["failure", root(third)]);
      // Its books are closed before it says that.
      const said = await waitFor("the reason", async () => {
        const text = await Deno.readTextFile(`${home.path}/.zag/logs/spawn/${third}.log`);
        return text.endsWith("\n") ? text : undefined;
      });
      assertEquals(said, `error: ${root(second)}\n`);
      const runs = home.rows("processes").slice(1);
      assertEquals(
        runs.map(({ agent_pid, status }) => [agent_pid, status]),
        Array(3).fill([null, "exited"]),
      );
      const types = (await home.logs()).flat().filter(({ wrapper_session_id: id }) => id === third)
        .map(({ type }) => type);
      assert(!types.includes("session_started"), types.join());
      assertEquals(types.filter((type) => type === "session_ended").length, 1);
    }),
  );
}

Deno.test(
  "spawn --depends-on fails when the session before it is deleted while it waits",
  inHome(async (home) => {
    // It has not ended, and nothing runs it.
    const first = "never-began";
    const other = await spawn(home, ["x"], [{ do: "hang" }]);
    recordSession(home, first);
    const second = await spawn(home, ["--depends-on", other, "--depends-on", first, "x"]);
    await inCharge(home, second);
    assertEquals((await home.zag(["session", "delete", first])).code, 0);
    assertEquals(await ended(home, second), 1);
    await home.zag(["cancel", other]);
    assertEquals(endOf(home, second), [
      "failure",
      'session "never-began", which it depends on, is unknown: it was deleted',
    ]);
  }),
);

Deno.test(
  "spawn --depends-on waits for the session that it is started in, and wait says that it would hang",
  inHome(async (home) => {
    const inner = `id=$(env ZAG_MOCK_SCRIPT= zag spawn -p mock --depends-on "$ZAG_SESSION_ID" x)
zag wait --timeout 1s "$id"; echo "code $?"`;
    const outer = await spawn(home, ["x"], [{ do: "run", command: ["sh", "-c", inner] }, {
      do: "say",
      text: "done",
    }]);
    assertEquals(await ended(home, outer), 0);
    const [, child] = home.rows("sessions");
    assertEquals(await ended(home, String(child?.session_id)), 0);
    const log = (await home.logs()).flat();
    const output = String(log.find(({ type }) => type === "tool_result")?.output);
    assertStringIncludes(output, "code 124");
    assertStringIncludes(output, `depends on ${outer}, the one that this command was started in`);
    const at = (id: unknown, type: string) =>
      String(log.find((line) => line.wrapper_session_id === id && line.type === type)?.ts);
    assert(at(outer, "session_ended") <= at(child?.session_id, "session_started"));
  }),
);

Deno.test(
  "spawn --depends-on can be cancelled while it waits, and ps kill ends it as well",
  inHome(async (home) => {
    const first = await spawn(home, ["x"], [{ do: "hang" }]);
    const flags = ["--depends-on", first, "x"];
    const cancelled = await spawn(home, flags);
    const killed = await spawn(home, flags);
    const early = await spawn(home, flags);
    assertEquals((await home.zag(["cancel", early, "--reason", "no"])).code, 0);
    await inCharge(home, killed);
    assertEquals((await home.zag(["cancel", cancelled, "--reason", "why"])).code, 0);
    const run = home.rows("processes").find(({ session_id }) => session_id === killed);
    assertEquals((await home.zag(["ps", "kill", String(run?.id)])).code, 0);
    assertEquals(endOf(home, cancelled), ["killed", "cancelled: why"]);
    assertEquals(endOf(home, early), ["killed", "cancelled: no"]);
    assertEquals(endOf(home, killed)[0], "killed");
    await home.zag(["cancel", first]);
    assertEquals(home.rows("processes").filter(({ status }) => status === "running"), []);
  }),
);

Deno.test(
  "spawn --depends-on takes a result that is handed in while it waits as its end",
  inHome(async (home) => {
    const first = await spawn(home, ["x"], [{ do: "hang" }]);
    const second = await spawn(home, ["--depends-on", first, "x"]);
    await inCharge(home, second);
    const run = home.rows("processes").find(({ session_id }) => session_id === second);
    assertEquals((await home.zag(["ps", "kill", String(run?.id), "42"])).code, 0);
    assertEquals(await ended(home, second), 0);
    assertEquals((await home.zag(["output", second])).stdout, "42\n");
    await home.zag(["cancel", first]);
  }),
);

Deno.test(
  "spawn --depends-on leaves nothing behind when its zag is killed while it waits",
  inHome(async (home) => {
    const first = await spawn(home, ["x"], [{ do: "hang" }]);
    const second = await spawn(home, ["--depends-on", first, "secret words"]);
    const pid = await inCharge(home, second);
    const { stdout } = await home.zag(["status", second]);
    assertEquals(stdout, "running\n");
    await kill9(pid);
    assertEquals((await home.zag(["status", second])).stdout, "dead\n");
    assertEquals(endOf(home, second)[0], "dead");
    const [run] = home.rows("processes").filter(({ session_id }) => session_id === second);
    assertEquals(run?.status, "killed");
    await waitFor("the files of the launch to be gone", () => {
      const left = [...Deno.readDirSync(`${home.path}/.zag/temp`)].map(({ name }) => name);
      return left.some((name) => name.startsWith(String(run?.id))) ? undefined : true;
    });
    await home.zag(["cancel", first]);
  }),
);
