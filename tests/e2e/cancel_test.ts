/** `zag cancel`, on sessions that are at work. */
import { zagPaths } from "../../src/config/paths.ts";
import type { Step } from "../../src/providers/mock/script.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import type { TestHome } from "../support/zag.ts";
import {
  atWork,
  FORKS,
  interactive,
  killTogether,
  runs,
  untilTool,
  working,
} from "./ps_support.ts";
import { inHome, isAlive, leftovers, logLines, script, waitFor } from "./support.ts";

/** A step that runs a line of shell. */
function shell(line: string): Step {
  return { do: "run", command: ["sh", "-c", line] };
}

/** The ends that the log of a session has. */
async function ends(home: TestHome, sessionId: string): Promise<Record<string, unknown>[]> {
  const path = (await home.logPaths()).find((path) => path.includes(sessionId))!;
  return (await logLines(path)).filter(({ type }) => type === "session_ended");
}

/** Checks that the log has one end, and that it says why the session was cancelled. */
async function assertCancelled(home: TestHome, id: string, reason = "cancelled by user") {
  const [end, second] = await ends(home, id);
  assertEquals(second, undefined, "there is one end");
  const { success, error, outcome } = end!;
  assertEquals({ success, error, outcome }, {
    success: false,
    error: `cancelled: ${reason}`,
    outcome: "killed",
  });
  const row = home.rows("sessions").find(({ session_id }) => session_id === id)!;
  assertEquals([row.outcome, row.error], ["killed", `cancelled: ${reason}`]);
  const marker = zagPaths({ get: (name) => name === "ZAG_HOME" ? `${home.path}/.zag` : undefined })
    .ended(id);
  assertEquals(JSON.parse(await Deno.readTextFile(marker)).success, false);
}

Deno.test(
  "cancel ends an exec with all that its agent has started, and every command says why",
  inHome(async (home) => {
    const { run, ended } = await working(home);
    const id = run.session_id;
    const cancel = await home.zag(["cancel", id.slice(0, 8), "--reason", "not needed"]);
    assertEquals([cancel.code, cancel.stdout, cancel.stderr], [0, `✓ ${id} cancelled\n`, ""]);
    assertEquals(await isAlive(run.agent_pid), false);
    const { code, stderr } = await ended;
    assertEquals(code, 2);
    assertStringIncludes(stderr, "error: cancelled: not needed\n");
    assertEquals(await leftovers(home), []);
    await assertCancelled(home, id, "not needed");
    assertEquals((await home.zag(["status", id])).stdout, "failed\n");
    const status = JSON.parse((await home.zag(["status", id, "--json"])).stdout);
    assertEquals(status.error, "cancelled: not needed");
    const [listed] = JSON.parse((await home.zag(["ps", "--json"])).stdout);
    assertEquals(listed.live_status, "killed");
    assertStringIncludes((await home.zag(["session", "show", id])).stdout, "cancelled: not needed");
    const output = await home.zag(["output", id]);
    assertStringIncludes(output.stdout + output.stderr, "cancelled: not needed");
    const kill = await home.zag(["ps", "kill", run.id]);
    assertStringIncludes(kill.stderr, "it was cancelled before");
  }),
);

Deno.test(
  "cancel ends an interactive agent in a terminal, which ends with 2 and says why",
  inHome(async (home) => {
    await using pty = interactive(home, ["hi"], script([...FORKS, { do: "hang" }]));
    const [run] = await atWork(home);
    const cancel = await home.zag(["cancel", run!.session_id, "--json"]);
    assertEquals(JSON.parse(cancel.stdout), [{ session_id: run!.session_id, cancelled: true }]);
    const { code, signal } = await pty.waitForExit();
    assertEquals([code, signal], [2, 0], pty.text);
    assertStringIncludes(pty.text, "cancelled: cancelled by user");
    await assertCancelled(home, run!.session_id);
  }),
);

Deno.test(
  "cancel ends an agent that ignores SIGTERM, and all that it has forked",
  inHome(async (home) => {
    const { run, ended } = await working(home, [
      { do: "ignore_term" },
      ...FORKS,
      { do: "run", command: ["sleep", "701"] },
      { do: "hang" },
    ]);
    assertEquals((await home.zag(["cancel", run.session_id])).code, 0);
    assertEquals([await isAlive(run.agent_pid), (await ended).code], [false, 2]);
    assertEquals(await leftovers(home), []);
    await assertCancelled(home, run.session_id);
  }),
);

Deno.test(
  "cancel ends an agent whose zag was killed, and closes its books",
  inHome(async (home) => {
    const { run, ended, zag } = await working(home);
    zag.kill("SIGKILL");
    await ended;
    const cancel = await home.zag(["cancel", run.session_id]);
    assertEquals([cancel.code, cancel.stdout], [0, `✓ ${run.session_id} cancelled\n`]);
    assertEquals([await isAlive(run.agent_pid), await leftovers(home)], [false, []]);
    await assertCancelled(home, run.session_id);
    assertEquals(runs(home)[0]!.status, "killed");
    assertEquals((await home.zag(["status", run.session_id])).stdout, "failed\n");
  }),
);

Deno.test(
  "cancel ends what an agent has left that was killed together with its zag",
  inHome(async (home) => {
    const { run, ended, zag } = await working(home);
    await killTogether({ run, ended, zag });
    assert((await leftovers(home, 0)).length > 0);
    const cancel = await home.zag(["cancel", run.session_id]);
    assertEquals([cancel.code, cancel.stdout], [0, `✓ ${run.session_id} cancelled\n`]);
    assertEquals(await leftovers(home), []);
    await assertCancelled(home, run.session_id);
  }),
);

Deno.test(
  "cancel says that a session is dead of which nothing is left",
  inHome(async (home) => {
    const { run, ended, zag } = await working(home, [{ do: "hang" }]);
    await killTogether({ run, ended, zag });
    assertEquals(await leftovers(home), []);
    const cancel = await home.zag(["cancel", run.session_id]);
    assertEquals([cancel.code, cancel.stderr], [0, ""]);
    assertMatch(cancel.stdout, /^✗ \S+: it is dead \(20\S+Z\): its zag was killed while it ran\n$/);
    assertEquals((await ends(home, run.session_id)).map(({ outcome }) => outcome), ["dead"]);
  }),
);

Deno.test(
  "cancel lets a suspended zag go on, which ends its agent and closes its books",
  inHome(async (home) => {
    const { run, ended, zag } = await working(home);
    zag.kill("SIGSTOP");
    const cancel = await home.zag(["cancel", run.session_id]);
    assertEquals(cancel, { ...cancel, code: 0, stdout: `✓ ${run.session_id} cancelled\n` });
    assertEquals(await isAlive(run.agent_pid), false);
    assertEquals((await ended).code, 2);
    await assertCancelled(home, run.session_id);
  }),
);

Deno.test(
  "cancel of a session that has ended changes nothing, and is no failure",
  inHome(async (home) => {
    const done = await home.zag(["-p", "mock", "exec", "hi", "--tag", "t"]);
    assertEquals(done.code, 0);
    const { run, ended } = await working(home, [{ do: "hang" }], ["--tag", "t"]);
    const before = (await home.logs()).map((log) => log.length);
    const cancel = await home.zag(["cancel", "--tag", "T", "--json"]);
    assertEquals([cancel.code, cancel.stderr], [0, ""]);
    const [first, second] = JSON.parse(cancel.stdout);
    assertEquals(first, { session_id: run.session_id, cancelled: true });
    assertEquals(second.cancelled, false);
    assertMatch(second.error, /^it has completed \(20/);
    assertEquals((await home.logs())[0]!.length, before[0]);
    await ended;
    const again = await home.zag(["cancel", run.session_id]);
    assertEquals(again.code, 0);
    assertMatch(again.stdout, /^✗ \S+: it was cancelled before \(20\S+Z\)\n$/);
    await assertCancelled(home, run.session_id);
  }),
);

Deno.test(
  "cancel of an unknown id is a failure, and the others are cancelled in their order",
  inHome(async (home) => {
    const one = await working(home, [{ do: "hang" }], ["--name", "one"]);
    const two = await working(home, [{ do: "hang" }]);
    const cancel = await home.zag(["cancel", two.run.session_id, "nowhere", "one", "--json"]);
    assertEquals(cancel.code, 1);
    const infos = JSON.parse(cancel.stdout) as { session_id: string; cancelled: boolean }[];
    assertEquals(infos.map(({ session_id, cancelled }) => [session_id, cancelled]), [
      [two.run.session_id, true],
      ["nowhere", false],
      [one.run.session_id, true],
    ]);
    assertEquals([(await one.ended).code, (await two.ended).code], [2, 2]);
  }),
);

Deno.test(
  "cancel of an exec that has to answer in JSON asks the agent no more",
  inHome(async (home) => {
    const { run, ended } = await working(home, [{ do: "hang" }], ["--json"]);
    assertEquals((await home.zag(["cancel", run.session_id])).code, 0);
    const { code, stdout, stderr } = await ended;
    assertEquals([code, stdout], [2, ""]);
    assertStringIncludes(stderr, "cancelled: cancelled by user");
    assertEquals(runs(home).length, 1);
    await assertCancelled(home, run.session_id);
  }),
);

Deno.test(
  "cancel twice at once writes one end",
  inHome(async (home) => {
    const { run, ended } = await working(home);
    const both = await Promise.all([
      home.zag(["cancel", run.session_id]),
      home.zag(["cancel", run.session_id]),
    ]);
    assertEquals(both.map(({ code }) => code), [0, 0]);
    assertEquals((await ended).code, 2);
    await assertCancelled(home, run.session_id);
  }),
);

Deno.test(
  "cancel twice at once of a session whose zag was killed writes one end",
  inHome(async (home) => {
    const { run, ended, zag } = await working(home);
    zag.kill("SIGKILL");
    await ended;
    const both = await Promise.all([
      home.zag(["cancel", run.session_id]),
      home.zag(["cancel", run.session_id]),
    ]);
    assertEquals(both.map(({ code }) => code), [0, 0], JSON.stringify(both));
    await assertCancelled(home, run.session_id);
  }),
);

Deno.test(
  "cancel by the agent itself prints, and ends before its session does",
  inHome(async (home) => {
    // The shell outlives the signal that ends the session, and the command in it would not.
    const line = 'trap : TERM; zag cancel "$ZAG_SESSION_ID" --reason "gave up" >out; echo $? >code';
    const zag = await home.zag(["-p", "mock", "exec", "hi"], {
      env: script([shell(line), { do: "hang" }]),
    });
    assertEquals(zag.code, 2, zag.stderr);
    assertStringIncludes(zag.stderr, "cancelled: gave up");
    const id = String(home.rows("sessions")[0]!.session_id);
    assertEquals(await Deno.readTextFile(`${home.work}/out`), `✓ ${id} cancelled\n`);
    assertEquals(await Deno.readTextFile(`${home.work}/code`), "0\n");
    await assertCancelled(home, id, "gave up");
  }),
);

Deno.test(
  "cancel by the agent itself works when nobody reads what it prints",
  inHome(async (home) => {
    const zag = await home.zag(["-p", "mock", "exec", "hi"], {
      env: script([shell('zag cancel "$ZAG_SESSION_ID" >&-'), { do: "hang" }]),
    });
    assertEquals(zag.code, 2, zag.stderr);
    await assertCancelled(home, String(home.rows("sessions")[0]!.session_id));
  }),
);

/** An exec whose agent starts an exec, whose agent starts one. */
async function nested(home: TestHome) {
  const next = 'ZAG_MOCK_SCRIPT="$SCRIPT_B" zag -p mock exec middle; sleep 702';
  const last = 'ZAG_MOCK_SCRIPT="$SCRIPT_C" zag -p mock exec inner; sleep 702';
  const zag = home.spawn(["-p", "mock", "exec", "outer"], {
    env: {
      ...script([shell(next)]),
      SCRIPT_B: script([shell(last)]).ZAG_MOCK_SCRIPT,
      SCRIPT_C: script([{ do: "run", command: ["sleep", "701"] }]).ZAG_MOCK_SCRIPT,
    },
  });
  const ended = zag.output();
  await untilTool(home, "701");
  const [outer, middle, inner] = await atWork(home, 3);
  return { ended, ids: [outer, middle, inner].map((run) => run!.session_id) };
}

Deno.test(
  "cancel --tree cancels all that a session has started, the deepest first",
  inHome(async (home) => {
    const { ended, ids } = await nested(home);
    const cancel = await home.zag(["cancel", "--tree", ids[0]!]);
    assertEquals([cancel.code, cancel.stderr], [0, ""]);
    const lines = ids.toReversed().map((id) => `✓ ${id} cancelled\n`);
    assertEquals(cancel.stdout, lines.join(""));
    assertEquals((await ended).code, 2);
    for (const id of ids) await assertCancelled(home, id);
    assertEquals(await leftovers(home), []);
  }),
);

Deno.test(
  "cancel without --tree ends what runs below, which nobody has cancelled",
  inHome(async (home) => {
    const { ended, ids } = await nested(home);
    assertEquals((await home.zag(["cancel", ids[0]!])).stdout, `✓ ${ids[0]} cancelled\n`);
    assertEquals((await ended).code, 2);
    await assertCancelled(home, ids[0]!);
    assertEquals(await leftovers(home), []);
    for (const id of ids.slice(1)) {
      const all = await waitFor("the end", async () => {
        const found = await ends(home, id);
        return found.length > 0 ? found : undefined;
      });
      // Its agent and its zag are hit at the same time: which of them is first is open.
      assertEquals(all.map(({ success }) => success), [false]);
      assertEquals(String(all[0]!.error).startsWith("cancelled"), false);
    }
  }),
);

Deno.test(
  "cancel --tree by the agent in the middle spares nobody but who has started it",
  inHome(async (home) => {
    const own = 'ZAG_MOCK_SCRIPT="$SCRIPT_C" zag -p mock exec inner >/dev/null 2>&1 & ' +
      'until [ -e "$HOME/go" ]; do sleep 0.05; done; ' +
      'zag cancel --tree "$ZAG_SESSION_ID" >"$HOME/out"; sleep 702';
    const zag = home.spawn(["-p", "mock", "exec", "outer"], {
      env: {
        ...script([shell('ZAG_MOCK_SCRIPT="$SCRIPT_B" zag -p mock exec middle'), {
          do: "say",
          text: "still here",
        }]),
        SCRIPT_B: script([shell(own)]).ZAG_MOCK_SCRIPT,
        SCRIPT_C: script([{ do: "run", command: ["sleep", "701"] }]).ZAG_MOCK_SCRIPT,
      },
    });
    const ended = zag.output();
    await untilTool(home, "701");
    const [, middle, inner] = (await atWork(home, 3)).map((run) => run.session_id);
    await Deno.writeTextFile(`${home.path}/go`, "");
    const { code, stdout } = await ended;
    assertEquals([code, new TextDecoder().decode(stdout)], [0, "still here\n"]);
    assertEquals(
      await Deno.readTextFile(`${home.path}/out`),
      `✓ ${inner} cancelled\n✓ ${middle} cancelled\n`,
    );
    await assertCancelled(home, middle!);
    await assertCancelled(home, inner!);
  }),
);

Deno.test(
  "cancel --tree of the session that has started the own one cancels both",
  inHome(async (home) => {
    const own = 'zag cancel --tree "$PARENT" >"$HOME/out"; sleep 702';
    const zag = await home.zag(["-p", "mock", "exec", "outer"], {
      env: {
        ...script([
          shell('PARENT="$ZAG_SESSION_ID" ZAG_MOCK_SCRIPT="$SCRIPT_B" zag -p mock exec inner'),
          { do: "hang" },
        ]),
        SCRIPT_B: script([shell(own)]).ZAG_MOCK_SCRIPT,
      },
    });
    assertEquals(zag.code, 2, zag.stderr);
    const [outer, inner] = home.rows("sessions").map(({ session_id }) => String(session_id));
    assertEquals(
      await Deno.readTextFile(`${home.path}/out`),
      `✓ ${inner} cancelled\n✓ ${outer} cancelled\n`,
    );
    assertEquals(await leftovers(home), []);
    for (const id of [outer!, inner!]) await assertCancelled(home, id);
  }),
);

Deno.test(
  "cancel by an agent that was to hand in a result ends its session without one",
  inHome(async (home) => {
    await using pty = interactive(
      home,
      ["--exit", "the count", "hi"],
      script([shell('zag cancel "$ZAG_SESSION_ID" --reason "cannot count"'), { do: "hang" }]),
    );
    assertEquals((await pty.waitForExit()).code, 2, pty.text);
    assertStringIncludes(pty.text, "cancelled: cannot count");
    await assertCancelled(home, String(home.rows("sessions")[0]!.session_id), "cannot count");
  }),
);

Deno.test(
  "cancel ends a dozen sessions of a tag, each with one end",
  inHome(async (home) => {
    const all = await Promise.all(
      Array.from({ length: 12 }, () => working(home, [{ do: "hang" }], ["--tag", "many"])),
    );
    const cancel = await home.zag(["cancel", "--tag", "many", "--json"]);
    assertEquals([cancel.code, cancel.stderr], [0, ""]);
    const infos = JSON.parse(cancel.stdout) as { cancelled: boolean }[];
    assertEquals([infos.length, infos.every(({ cancelled }) => cancelled)], [12, true]);
    for (const { ended, run } of all) {
      assertEquals((await ended).code, 2);
      await assertCancelled(home, run.session_id);
    }
  }),
);
