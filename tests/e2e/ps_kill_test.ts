/** `zag ps kill` and `zag ps stop`, on agents that are at work. */
import { DatabaseSync } from "node:sqlite";
import type { Step } from "../../src/providers/mock/script.ts";
import { startTimeOf } from "../../src/processes/process_table.ts";
import { SessionStore } from "../../src/sessions/store.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { Pty } from "../support/pty.ts";
import { MAIN, type TestHome, ZAG } from "../support/zag.ts";
import {
  ALIVE,
  atWork,
  FORKS,
  handIn,
  interactive,
  killTogether,
  recordRun,
  results,
  untilTool,
  working,
} from "./ps_support.ts";
import {
  claude,
  inHome,
  isAlive,
  jsonLines,
  leftovers,
  script,
  standIn,
  waitFor,
} from "./support.ts";

/** A step that runs a line of shell. */
function shell(line: string): Step {
  return { do: "run", command: ["sh", "-c", line] };
}

const SCHEMA = '{"type":"object","properties":{"n":{"type":"integer"}},"required":["n"]}';

Deno.test(
  "ps kill ends an exec with all that its agent has started, from outside",
  inHome(async (home) => {
    const { run, ended } = await working(home);
    const kill = await home.zag(["ps", "kill", run.id.slice(0, 8)]);
    assertEquals([kill.code, kill.stderr], [0, ""]);
    assertEquals(kill.stdout, `Ended process ${run.agent_pid} (mock, ${run.id})\n`);
    assertEquals(await isAlive(run.agent_pid), false);
    const { code, stderr } = await ended;
    assertEquals(code, 2);
    assertStringIncludes(stderr, 'was ended by "zag ps kill"');
    assertEquals(await leftovers(home), []);
    assertEquals(home.rows("sessions")[0]!.outcome, "killed");
    assertEquals((await home.zag(["status", "--latest"])).stdout, "failed\n");
  }),
);

for (
  const [what, reference] of [
    ["the agent's number", ({ agent_pid }) => String(agent_pid)],
    ["the number of zag", ({ owner_pid }) => String(owner_pid)],
    ["its session", ({ session_id }) => session_id],
    ["the beginning of its session", ({ session_id }) => session_id.slice(0, 8)],
    ["its name", () => "the-name"],
  ] as [string, (run: { agent_pid: number; owner_pid: number; session_id: string }) => string][]
) {
  Deno.test(
    `ps kill finds a run by ${what}`,
    inHome(async (home) => {
      const { run, ended } = await working(home, [{ do: "hang" }], ["--name", "the-name"]);
      const kill = await home.zag(["ps", "kill", reference(run), "--json"]);
      assertEquals([kill.code, kill.stderr], [0, ""]);
      assertEquals(JSON.parse(kill.stdout), {
        id: run.id,
        pid: run.agent_pid,
        action: "kill",
        ok: true,
        submitted: false,
      });
      await ended;
    }),
  );
}

Deno.test(
  "ps kill ends an agent that ignores SIGTERM",
  inHome(async (home) => {
    const { run, ended } = await working(home, [
      { do: "ignore_term" },
      ...FORKS,
      { do: "run", command: ["sleep", "701"] },
      { do: "hang" },
    ]);
    assertEquals((await home.zag(["ps", "kill", run.id])).code, 0);
    assertEquals([await isAlive(run.agent_pid), (await ended).code], [false, 2]);
    assertEquals(await leftovers(home), []);
  }),
);

Deno.test(
  "ps kill ends an interactive agent, and leaves the terminal's group alone",
  inHome(async (home) => {
    await using pty = interactive(home, ["hi"], script([...FORKS, { do: "hang" }]));
    const [run] = await atWork(home);
    const kill = await home.zag(["ps", "kill", run!.id]);
    assertEquals([kill.code, kill.stderr], [0, ""]);
    const { code, signal } = await pty.waitForExit();
    assertEquals([code, signal], [2, 0], pty.text);
    assertEquals(home.rows("sessions")[0]!.outcome, "killed");
  }),
);

Deno.test(
  "ps kill ends an interactive agent that is suspended, and its zag says so when it goes on",
  inHome(async (home) => {
    await using pty = new Pty("/bin/bash", ["--norc", "-i"], {
      cwd: home.work,
      env: home.env({ TERM: "xterm-256color", ...script([...FORKS, { do: "hang" }]) }),
    });
    pty.type(`${ZAG.shell} -p mock run hi\r`);
    const [run] = await atWork(home);
    const shown = await pty.waitFor("Mock agent, model");
    pty.type("\x1a");
    const stopped = await pty.waitFor("Stopped", shown);
    const { code, stderr } = await home.zag(["ps", "kill", run!.id]);
    assertEquals(code, 1);
    assertStringIncludes(stderr, "its agent was ended, but");
    assertEquals(await isAlive(run!.agent_pid), false);
    pty.type("fg\r");
    await pty.waitFor('was ended by "zag ps kill"', stopped);
    pty.type("exit\r");
    assertEquals((await pty.waitForExit()).code, 2, pty.text);
    assertEquals(home.rows("sessions")[0]!.outcome, "killed");
  }),
);

Deno.test(
  "ps kill from outside hands in a result, which makes a success",
  inHome(async (home) => {
    const { run, ended } = await working(home);
    const kill = await home.zag(["ps", "kill", run.id, "-"], { stdin: "from\noutside\n" });
    assertEquals([kill.code, kill.stderr], [0, ""]);
    assertEquals(
      kill.stdout,
      `Recorded the result; ended process ${run.agent_pid} (mock, ${run.id})\n`,
    );
    assertEquals((await ended).code, 0);
    assertEquals((await home.zag(["output"])).stdout, "from\noutside\n");
    assertEquals(home.rows("sessions")[0]!.outcome, "success");
  }),
);

Deno.test(
  "ps kill self in an exec hands in a result that was not asked for",
  inHome(async (home) => {
    const zag = await home.zag(["-p", "mock", "exec", "hi"], {
      env: script([shell("zag ps kill self -5 >out"), { do: "hang" }]),
    });
    assertEquals(zag.code, 0, zag.stderr);
    assertEquals(await results(home), ["-5"]);
    const seen = await Deno.readTextFile(`${home.work}/out`);
    assertEquals(seen, "Recorded the result; the session ends now\n");
  }),
);

Deno.test(
  "ps kill self ends the session even when nobody reads what it prints",
  inHome(async (home) => {
    const zag = await home.zag(["-p", "mock", "exec", "hi"], {
      env: script([shell("zag ps kill self done >&-"), { do: "hang" }]),
    });
    assertEquals([zag.code, await results(home)], [0, ["done"]], zag.stderr);
  }),
);

Deno.test(
  "ps kill self without a result ends an exec as killed",
  inHome(async (home) => {
    const zag = await home.zag(["-p", "mock", "exec", "hi"], {
      env: script([shell("zag ps kill self --json >out"), { do: "hang" }]),
    });
    assertEquals([zag.code, await results(home)], [2, []]);
    const { ok, submitted } = JSON.parse(await Deno.readTextFile(`${home.work}/out`));
    assertEquals([ok, submitted], [true, false]);
  }),
);

Deno.test(
  "ps kill self records an empty result where nothing in particular is expected",
  inHome(async (home) => {
    await using pty = interactive(home, ["hi", "--exit"], script([handIn(), { do: "hang" }]));
    assertEquals((await pty.waitForExit()).code, 0, pty.text);
    assertEquals(await results(home), [""]);
  }),
);

Deno.test(
  "ps kill self --file refuses what cannot be a result, and ends nothing",
  inHome(async (home) => {
    await Deno.writeFile(`${home.work}/binary`, new Uint8Array([0x80, 0xff, 0]));
    await Deno.writeTextFile(`${home.work}/good`, '```json\n{"n":1}\n```\n');
    await using pty = interactive(
      home,
      ["hi", "--exit", "--json-schema", SCHEMA],
      script([
        handIn("--file", "missing"),
        handIn("--file", "."),
        handIn("--file", "binary"),
        handIn("{}", "--file", "good"),
        handIn("--file", "good"),
        { do: "hang" },
      ]),
    );
    assertEquals((await pty.waitForExit()).code, 0, pty.text);
    const refused = (await home.logs()).flat()
      .filter(({ type, success }) => type === "tool_result" && !success)
      .map(({ output, error }) => `${output ?? ""}${error ?? ""}`);
    for (
      const [index, text] of ["no such file", "directory", "no text in UTF-8", "give one of them"]
        .entries()
    ) assertStringIncludes(refused[index]!, text);
    assertEquals(await results(home), ['{"n":1}']);
  }),
);

Deno.test(
  "ps kill from outside refuses a wrong result, and kills without one",
  inHome(async (home) => {
    await using pty = interactive(
      home,
      ["--exit", "the count", "--json-schema", SCHEMA, "hi"],
      script([{ do: "hang" }]),
    );
    const [run] = await atWork(home);
    const wrong = await home.zag(["ps", "kill", run!.id, '{"n":"x"}']);
    assertEquals([wrong.code, wrong.stdout], [1, ""]);
    assertStringIncludes(wrong.stderr, "does not match the schema");
    assertStringIncludes(wrong.stderr, "The session goes on");
    assertEquals([await isAlive(run!.agent_pid), await results(home)], [true, []]);
    assertEquals((await home.zag(["ps", "kill", run!.id])).code, 0);
    assertEquals((await pty.waitForExit()).code, 2, pty.text);
    assertEquals(home.rows("sessions")[0]!.outcome, "killed");
  }),
);

Deno.test(
  "ps kill self several times at once records one result",
  inHome(async (home) => {
    const command = 'for i in 1 2 3 4; do zag ps kill self "$i" 2>"e$i" & done; wait';
    const zag = await home.zag(["-p", "mock", "exec", "hi"], {
      env: script([{ do: "run", command: ["sh", "-c", command] }, { do: "hang" }]),
    });
    assertEquals(zag.code, 0, zag.stderr);
    assertEquals((await results(home)).length, 1);
  }),
);

Deno.test(
  "ps kill refuses a second result, and adds nothing to the log",
  inHome(async (home) => {
    // The agent is not ended before the first caller is, which here stays for a while.
    const { run, ended, zag } = await working(home);
    zag.kill("SIGSTOP");
    const hand = home.spawn(["ps", "kill", run.id, "first"]);
    await waitFor("the result", async () => (await results(home)).length > 0 || undefined);
    const second = await home.zag(["ps", "kill", run.id, "second"]);
    // By then the first one may have ended what its zag could not.
    assertEquals([second.code, second.stdout], [1, ""]);
    assertMatch(second.stderr, /second result|handed in|ended/);
    assertEquals(await results(home), ["first"]);
    assertEquals((await hand.output()).code, 0);
    assertEquals(await isAlive(run.agent_pid), false);
    assertEquals((await ended).code, 0);
    assertEquals(home.rows("sessions")[0]!.outcome, "success");
  }),
);

Deno.test(
  "ps kill of the parent, by an agent that its agent has started, ends both",
  inHome(async (home) => {
    const inner = script([
      { do: "run", command: ["sh", "-c", 'zag ps kill "$PARENT" 2>"$HOME/err"'] },
      { do: "hang" },
    ]);
    const nested =
      'PARENT="$ZAG_PROCESS_ID" ZAG_MOCK_SCRIPT="$INNER" zag -p mock exec nested; sleep 702';
    const zag = await home.zag(["-p", "mock", "exec", "outer"], {
      env: {
        ...script([{ do: "run", command: ["sh", "-c", nested] }, { do: "hang" }]),
        INNER: inner.ZAG_MOCK_SCRIPT,
      },
    });
    assertEquals(zag.code, 2, zag.stderr);
    assertEquals(await Deno.readTextFile(`${home.path}/err`), "");
    assertEquals(home.rows("processes").map(({ status }) => status), ["killed", "killed"]);
  }),
);

Deno.test(
  "ps kill says how a run has ended by itself",
  inHome(async (home) => {
    const { ended, run } = await working(home, [{ do: "exit", code: 3, result: true }]);
    await ended;
    const kill = await home.zag(["ps", "kill", run.id, "late"]);
    assertEquals([kill.code, kill.stdout], [1, ""]);
    assertMatch(kill.stderr, /has ended by itself with exit code 3 \(20.+Z\)/);
    assertEquals(await results(home), []);
  }),
);

Deno.test(
  "ps kill says that an agent was killed from outside",
  inHome(async (home) => {
    const { ended, run } = await working(home);
    Deno.kill(run.agent_pid, "SIGKILL");
    await ended;
    const kill = await home.zag(["ps", "kill", run.id, "--json"]);
    assertEquals(kill.code, 1);
    assertEquals(JSON.parse(kill.stdout).ok, false);
    assertStringIncludes(kill.stderr, "was killed from outside by SIGKILL");
    const [listed] = JSON.parse((await home.zag(["ps", "--json"])).stdout);
    assertEquals(listed.live_status, "killed");
  }),
);

Deno.test(
  "ps list knows an interactive agent as killed that was killed from outside",
  inHome(async (home) => {
    await using pty = interactive(home, ["hi"], script([{ do: "hang" }]));
    const [run] = await atWork(home);
    Deno.kill(run!.agent_pid, "SIGKILL");
    assertEquals((await pty.waitForExit()).code, 2, pty.text);
    const [listed] = JSON.parse((await home.zag(["ps", "--json"])).stdout);
    assertEquals([listed.live_status, listed.command], ["killed", "run"]);
  }),
);

Deno.test(
  "ps kill ends an agent whose zag was killed, and records its result",
  inHome(async (home) => {
    const { run, ended, zag } = await working(home);
    zag.kill("SIGKILL");
    await ended;
    const kill = await home.zag(["ps", "kill", run.id, "kept"]);
    assertEquals([kill.code, kill.stderr], [0, ""]);
    assertEquals(await leftovers(home), []);
    assertEquals(await results(home), ["kept"]);
    assertEquals((await home.zag(["status", "--latest"])).stdout, "completed\n");
    const log = (await home.logs())[0]!;
    assertEquals([log.at(-1)!.type, log.at(-1)!.outcome], ["session_ended", "success"]);
    const [listed] = JSON.parse((await home.zag(["ps", "--json"])).stdout);
    assertEquals([listed.live_status, listed.status], ["exited", "exited"]);
  }),
);

Deno.test(
  "ps kill self in an agent whose zag was killed keeps the result, and ends the agent",
  inHome(async (home) => {
    const go = `${home.path}/go`;
    const command = `while ! [ -e ${go} ]; do sleep 0.0501; done; exec zag ps kill self kept`;
    const { run, ended, zag } = await working(home, [
      ...FORKS,
      { do: "run", command: ["sh", "-c", command] },
      { do: "hang" },
    ]);
    await untilTool(home, `0.0501`);
    zag.kill("SIGKILL");
    await ended;
    await Deno.writeTextFile(go, "");
    await waitFor("the end", async () => await isAlive(run.agent_pid) ? undefined : true);
    assertEquals(await leftovers(home, 10_000), []);
    assertEquals(await results(home), ["kept"]);
    assertEquals((await home.zag(["output"])).stdout, "kept\n");
    assertEquals((await home.zag(["status", "--latest"])).stdout, "completed\n");
  }),
);

Deno.test(
  "ps kill says that a run is dead, and ends what is left of it",
  inHome(async (home) => {
    const { run, ended, zag } = await working(home);
    await killTogether({ run, ended, zag });
    assert((await leftovers(home, 0)).length > 0);
    const kill = await home.zag(["ps", "kill", run.id, "late"]);
    assertEquals([kill.code, kill.stdout], [1, ""]);
    assertStringIncludes(kill.stderr, "is dead: its zag was killed while it ran");
    assertEquals(await leftovers(home), []);
    const [listed] = JSON.parse((await home.zag(["ps", "--json"])).stdout);
    assertEquals([listed.live_status, listed.status], ["dead", "killed"]);
    assertEquals(await results(home), []);
  }),
);

Deno.test(
  "ps kill and ps stop do not signal another program that has the number now",
  inHome(async (home) => {
    const other = new Deno.Command("sleep", { args: ["703"] }).spawn();
    try {
      const agent = { agentPid: other.pid, agentStart: "proc:00000000:1", agentDetached: true };
      const { id } = recordRun(home, agent);
      const [listed] = JSON.parse((await home.zag(["ps", "--json", "--orphans"])).stdout || "[]");
      assertEquals(listed, undefined);
      for (
        const [action, reference] of [["stop", String(other.pid)], ["kill", String(other.pid)]]
      ) {
        const { code, stderr } = await home.zag(["ps", action!, reference!]);
        assertEquals(code, 1);
        assertStringIncludes(
          stderr,
          `process ${other.pid}: the number belongs to another program now`,
        );
      }
      const [after] = JSON.parse((await home.zag(["ps", "--json"])).stdout);
      assertEquals([after.id, after.live_status], [id, "dead"]);
      assertEquals(await isAlive(other.pid), true);
    } finally {
      other.kill("SIGKILL");
      await other.status;
    }
  }),
);

Deno.test(
  "ps list shows a run as dead whose numbers belong to this test",
  inHome(async (home) => {
    const agentStart = "proc:00000000:7";
    const { id } = recordRun(home, { agentPid: Deno.pid, agentStart, agentDetached: true });
    const [listed] = JSON.parse((await home.zag(["ps", "--json"])).stdout);
    assertEquals([listed.id, listed.pid, listed.live_status], [id, Deno.pid, "dead"]);
  }),
);

/** A repository in the directory of root is out of reach for anybody else. */
const othersMayRead = Deno.uid() !== 0 || (await new Deno.Command("cat", {
  args: [ZAG.isCompiled ? ZAG.program : MAIN],
  uid: 65534,
  gid: 65534,
  stdout: "null",
  stderr: "null",
}).output()).success;

/** Runs zag as a user that nothing belongs to, where this test may do that. */
async function asNobody(home: TestHome, args: string[]) {
  const root = Deno.uid() === 0;
  const env = home.env();
  if (root) {
    // Nobody else may look into the directories of this user.
    env.DENO_DIR = `${home.path}/deno`;
    const isThere = await Deno.stat(env.DENO_DIR).then(() => true, () => false);
    if (!isThere) {
      await new Deno.Command("cp", { args: ["-r", home.env().DENO_DIR!, env.DENO_DIR] }).output();
      await new Deno.Command("chmod", { args: ["-R", "a+rwX", home.path] }).output();
    }
  }
  const { code, stdout, stderr } = await new Deno.Command(ZAG.program, {
    args: [...ZAG.args, ...args],
    cwd: home.work,
    env,
    clearEnv: true,
    ...(root ? { uid: 65534, gid: 65534 } : {}),
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

Deno.test({
  name: "ps kill and ps stop refuse another user's process before anything is recorded",
  ignore: !othersMayRead,
  fn: inHome(async (home) => {
    const logPath = `${home.path}/.zag/logs/sessions/s.jsonl`;
    const { id } = recordRun(home, {
      agentPid: 1,
      agentStart: startTimeOf(1)!,
      agentDetached: true,
      ...ALIVE,
    }, { logPath });
    for (const args of [["kill", id, "result"], ["kill", "1"], ["stop", id]]) {
      const { code, stderr } = await asNobody(home, ["ps", ...args]);
      assertEquals(code, 77, stderr);
      assertStringIncludes(stderr, "process 1: it belongs to another user");
    }
    assertEquals(await home.logs(), []);
    using store = SessionStore.open(`${home.path}/.zag/zag.db`);
    store.endProcess(id, { status: "killed", exitCode: null });
  }),
});

Deno.test(
  "ps kill does not end a session whose result cannot be recorded",
  inHome(async (home) => {
    const { run, ended } = await working(home);
    const log = (await home.logPaths())[0]!;
    // No write makes the file longer than this many blocks.
    const limited = `trap '' XFSZ; ulimit -f 0; exec "$@"`;
    const { code, stdout, stderr } = await new Deno.Command("sh", {
      args: [
        "-c",
        limited,
        "sh",
        ZAG.program,
        ...ZAG.args,
        "ps",
        "kill",
        run.id,
        "x",
      ],
      env: home.env(),
      clearEnv: true,
      cwd: home.work,
      stdout: "piped",
    }).output().then((output) => ({
      code: output.code,
      stdout: new TextDecoder().decode(output.stdout),
      stderr: new TextDecoder().decode(output.stderr),
    }));
    assertEquals([code, stdout], [1, ""], stderr);
    assertStringIncludes(stderr, "Cannot record the result of session");
    assertStringIncludes(stderr, "the session was not ended");
    assertEquals([await isAlive(run.agent_pid), await results(home)], [true, []]);
    assert((await Deno.readTextFile(log)).endsWith("\n"));
    assertEquals((await home.zag(["ps", "kill", run.id, "y"])).code, 0);
    assertEquals([await results(home), (await ended).code], [["y"], 0]);
  }),
);

Deno.test(
  "ps kill and ps stop let a zag go on that is suspended, and leave nothing open",
  inHome(async (home) => {
    for (const how of ["kill", "stop"]) {
      const { run, ended, zag } = await working(home, [{ do: "run", command: ["sleep", "701"] }]);
      zag.kill("SIGSTOP");
      const { code, stderr } = await home.zag(["ps", how, run.id]);
      assertEquals([code, stderr], [0, ""]);
      assertEquals(await isAlive(run.agent_pid), false);
      assertEquals((await ended).code, 2);
      const outcomes = home.rows("sessions").map(({ outcome }) => outcome);
      assertEquals(new Set(outcomes), new Set(["killed"]));
    }
  }),
);

Deno.test(
  "ps kill ends the agent itself when its zag is suspended and does not go on, and says so",
  inHome(async (home) => {
    const { run, ended, zag } = await working(home);
    zag.kill("SIGSTOP");
    {
      using db = new DatabaseSync(`${home.path}/.zag/zag.db`, { timeout: 10_000 });
      // As one with an interactive agent, which is the person's to let go on.
      db.exec("UPDATE processes SET command = 'run'");
    }
    const kill = await home.zag(["ps", "kill", run.id]);
    assertEquals(kill.code, 1);
    assertStringIncludes(kill.stderr, `its agent was ended, but`);
    assertStringIncludes(kill.stderr, `kill -CONT ${zag.pid}`);
    assertEquals(await isAlive(run.agent_pid), false);
    zag.kill("SIGCONT");
    assertEquals((await ended).code, 2);
    assertEquals(home.rows("sessions")[0]!.outcome, "killed");
  }),
);

Deno.test(
  "ps kill names what it cannot find, and where self is unknown",
  inHome(async (home) => {
    const outside = await home.zag(["ps", "kill", "self", "x"], {
      env: { ZAG_PROCESS_ID: undefined },
    });
    assertEquals(outside.code, 64);
    assertStringIncludes(outside.stderr, "ZAG_PROCESS_ID");
    for (const reference of ["nothing", "999999999", "abc"]) {
      const { code, stderr } = await home.zag(["ps", "kill", reference]);
      assertEquals(code, 1);
      assertStringIncludes(stderr, `Cannot find the process "${reference}"`);
    }
    const three = await home.zag(["ps", "kill", "a", "b", "c"]);
    assertEquals(three.code, 64);
    assertStringIncludes(three.stderr, "Usage: zag [flags] ps kill <process> [result]");
    const both = await home.zag(["ps", "kill", "a", "b", "--file", "c"]);
    assertEquals(both.code, 64);
  }),
);

Deno.test(
  "ps stop hangs up an agent with all that it has started",
  inHome(async (home) => {
    const { run, ended } = await working(home);
    const stop = await home.zag(["ps", "stop", run.id, "--json"]);
    assertEquals([stop.code, stop.stderr], [0, ""]);
    assertEquals(jsonLines(stop.stdout), [
      { id: run.id, pid: run.agent_pid, action: "stop", ok: true },
    ]);
    const { code, stderr } = await ended;
    assertEquals(code, 2);
    assertStringIncludes(stderr, 'was stopped by "zag ps stop"');
    assertEquals(home.rows("sessions")[0]!.outcome, "killed");
  }),
);

Deno.test(
  "ps stop hangs up an interactive agent, and not the zag that shares its group",
  inHome(async (home) => {
    await using pty = interactive(home, ["hi"], script([...FORKS, { do: "hang" }]));
    const [run] = await atWork(home);
    assertEquals((await home.zag(["ps", "stop", run!.session_id])).code, 0);
    const { code, signal } = await pty.waitForExit();
    assertEquals([code, signal], [2, 0], pty.text);
    assertStringIncludes(pty.text, 'was stopped by "zag ps stop"');
  }),
);

Deno.test(
  "ps stop says that an agent still runs, and how to end it",
  inHome(async (home) => {
    await standIn(home, "trap '' HUP; while :; do sleep 0.1; done");
    const running = claude(home, ["hi"]);
    const [run] = await atWork(home);
    await waitFor("the agent's trap", async () => {
      const status = await Deno.readTextFile(`/proc/${run!.agent_pid}/status`);
      return Number.parseInt(/SigIgn:\s+(\S+)/.exec(status)![1]!, 16) & 1 ? true : undefined;
    });
    const stop = await home.zag(["ps", "stop", run!.id]);
    assertEquals([stop.code, stop.stdout], [1, ""]);
    assertStringIncludes(stop.stderr, "still runs after 2 seconds");
    assertStringIncludes(stop.stderr, `"zag ps kill ${run!.id}" ends it`);
    assertEquals(await isAlive(run!.agent_pid), true);
    assertEquals((await home.zag(["ps", "kill", run!.id])).code, 0);
    assertStringIncludes((await running).stderr, '"zag ps kill"');
  }),
);

Deno.test(
  "ps stop goes on with the others when one does not run",
  inHome(async (home) => {
    const { run, ended } = await working(home, [{ do: "run", command: ["sleep", "701"] }]);
    const over = recordRun(home, { status: "exited", exitCode: 0 }, { outcome: "success" });
    const { code, stdout, stderr } = await home.zag(["ps", "stop", over.id, run.id, "--json"]);
    assertEquals(code, 1);
    assertEquals(jsonLines(stdout).map(({ id, ok }) => [id, ok]), [[over.id, false], [
      run.id,
      true,
    ]]);
    assertStringIncludes(stderr, "has ended by itself");
    assertEquals((await ended).code, 2);
    const none = await home.zag(["ps", "stop", over.id, "nothing"]);
    assertEquals([none.code, none.stdout], [1, ""]);
  }),
);

Deno.test(
  "ps stop self ends the agent that runs it",
  inHome(async (home) => {
    const zag = await home.zag(["-p", "mock", "exec", "hi"], {
      env: script([{ do: "run", command: ["zag", "ps", "stop", "self"] }, { do: "hang" }]),
    });
    assertEquals(zag.code, 2);
    assertStringIncludes(zag.stderr, 'was stopped by "zag ps stop"');
  }),
);

Deno.test(
  "ps stop hangs up an agent whose zag was killed",
  inHome(async (home) => {
    const { run, ended, zag } = await working(home);
    zag.kill("SIGKILL");
    await ended;
    assertEquals((await home.zag(["ps", "stop", run.id])).code, 0);
    assertEquals(await leftovers(home), []);
    const [listed] = JSON.parse((await home.zag(["ps", "--json"])).stdout);
    assertEquals(listed.live_status, "dead");
  }),
);
