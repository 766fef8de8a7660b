import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import {
  type ClaudeHome,
  entries,
  outputOf,
  type RunningZag,
  withClaude,
} from "./claude_support.ts";
import { isAlive, waitFor } from "../support/living.ts";

/** A tool that runs for ever; `deaf` also to SIGTERM. */
const TOOL = "[[bash:touch begun; sleep 1000]][[say:x]]";
const DEAF_TOOL = "[[bash:trap '' TERM INT; touch begun; while :; do sleep 1; done]][[say:x]]";

/** Waits until the tool of a session runs. */
async function untilToolRuns(claude: ClaudeHome): Promise<void> {
  await waitFor("the tool", () => Deno.stat(`${claude.work}/begun`).catch(() => undefined));
}

/** The assistant's text in the log. */
async function loggedText(claude: ClaudeHome): Promise<string> {
  return entries(await claude.log(), "assistant_message").map(({ content }) => content).join("");
}

/** The last log line and the store agree on how the session ended. */
async function assertEnded(claude: ClaudeHome, outcome: string): Promise<void> {
  const last = (await claude.log()).at(-1);
  assert(last?.type === "session_ended");
  assertEquals(last.outcome, outcome);
  assertEquals(last.success, false);
  assertEquals((await claude.session()).outcome, outcome);
}

for (
  const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143], ["SIGHUP", 129]] as const
) {
  Deno.test(`claude exec keeps what it has printed when ${signal} ends it`, () =>
    withClaude(async (claude) => {
      const zag = claude.spawn(["exec", "[[slow:600,50]]"]);
      await zag.untilPrints("tick 5 ");
      zag.child.kill(signal);
      const ran = await zag.finished();
      assertEquals(await claude.living(), []);
      assertEquals(ran.code, code);
      assertEquals(ran.signal, null);
      const printed = ran.stdout.trimEnd();
      assertMatch(printed, /^tick 0 .*tick 5/);
      assertEquals((await loggedText(claude)).trimEnd(), printed);
      await assertEnded(claude, "interrupted");
    }));

  Deno.test(`claude exec ends the tool when ${signal} ends it`, () =>
    withClaude(async (claude) => {
      const zag = claude.spawn(["exec", "-a", TOOL]);
      await untilToolRuns(claude);
      const tool = await claude.untilRuns(/^sleep 1000/);
      zag.child.kill(signal);
      const ran = await zag.finished();
      assertEquals(await claude.living(), []);
      assertEquals(await isAlive(tool.pid), false);
      assertEquals(ran.code, code);
      assertEquals(entries(await claude.log(), "tool_call").length, 1);
      await assertEnded(claude, "interrupted");
    }));
}

Deno.test("claude exec --timeout ends an answer that takes too long", () =>
  withClaude(async (claude) => {
    const ran = await claude.zag(["exec", "--timeout", "7s", "[[slow:600,50]]"]);
    assertEquals(await claude.living(), []);
    assertEquals(ran.code, 124);
    assertStringIncludes(ran.stderr, "did not finish within 7s");
    assertMatch(ran.stdout, /^tick 0 tick 1 /);
    assertEquals((await loggedText(claude)).trimEnd(), ran.stdout.trimEnd());
    await assertEnded(claude, "timeout");
  }));

Deno.test("claude exec --timeout ends a tool that does not listen", () =>
  withClaude(async (claude) => {
    const zag = claude.spawn(["exec", "-a", "--timeout", "8s", "-o", "json", DEAF_TOOL]);
    await untilToolRuns(claude);
    const tool = await claude.untilRuns(/^\S*sh .*trap/);
    const ran = await zag.finished();
    assertEquals(await claude.living(), []);
    assertEquals(await isAlive(tool.pid), false);
    assertEquals(ran.code, 124);
    assertEquals(outputOf(ran).is_error, true);
    assertStringIncludes(outputOf(ran).error_message ?? "", "8s");
    await assertEnded(claude, "timeout");
  }));

Deno.test("claude exec --idle-timeout ends an agent that says nothing", () =>
  withClaude(async (claude) => {
    const ran = await claude.zag(["exec", "--idle-timeout", "6s", "[[hang:60000]]"]);
    assertEquals(await claude.living(), []);
    assertEquals(ran.code, 124);
    assertMatch(ran.stderr, /was silent for 6s .*further output/);
    assertEquals(claude.asked.length, 1);
    await assertEnded(claude, "timeout");
  }));

Deno.test("claude exec starts a CLI once more that hangs before its first byte", () =>
  withClaude(async (claude) => {
    const command = "[ -e $HOME/hung ] || { touch $HOME/hung; sleep 600; }";
    const hooks = { SessionStart: [{ hooks: [{ type: "command", command }] }] };
    await Deno.mkdir(`${claude.path}/.claude`);
    await Deno.writeTextFile(`${claude.path}/.claude/settings.json`, JSON.stringify({ hooks }));
    const exec = (deadline: string) =>
      claude.zag(["exec", "--first-byte-timeout", deadline, "[[say:here]]"]);
    let asked = 0;
    let ran = await exec("9s");
    // Where the machine is so slow that the second start, too, says nothing in time.
    for (const deadline of ["20s", "60s"]) {
      if (ran.code !== 124) break;
      await Deno.remove(`${claude.path}/hung`);
      asked = claude.asked.length;
      ran = await exec(deadline);
    }
    assertEquals([ran.code, ran.stdout], [0, "here\n"], ran.stderr);
    assertMatch(ran.stderr, /^warning: .* no sign of life for \d+s .* started once more\n$/);
    assertEquals(await claude.living(), []);
    assertEquals(claude.asked.length - asked, 1);
    const outcomes = claude.home.rows("sessions").map(({ outcome }) => outcome);
    assertEquals(outcomes.filter((outcome) => outcome !== "timeout"), ["success"]);
  }));

Deno.test("claude exec --idle-timeout is patient with text that comes slowly", () =>
  withClaude(async (claude) => {
    const text = [..."abcdefghijklmnopqrst"].join(" ");
    const args = ["exec", "--idle-timeout", "6s", `[[deltas:20,400,${text}]]`];
    const ran = await claude.zag(args);
    assertEquals(ran.code, 0, ran.stderr);
    assertEquals(ran.stdout, `${text}\n`);
  }));

Deno.test("zag ends what another zag has left behind when it was killed", () =>
  withClaude(async (claude) => {
    const zag = claude.spawn(["exec", "-a", TOOL]);
    await untilToolRuns(claude);
    const tool = await claude.untilRuns(/^sleep 1000/);
    zag.child.kill("SIGKILL");
    await zag.finished();
    const strays = (await claude.living()).map(({ pid }) => pid);
    assert(strays.includes(tool.pid), "the tool outlives a zag that is killed");
    assert(strays.length >= 2);
    assertEquals((await claude.session()).outcome, null);
    const { sessionId } = await claude.session();
    const next = await claude.home.zag(["-p", "mock", "exec", "hello"]);
    assertEquals(next.code, 0, next.stderr);
    assertEquals(await claude.living(), []);
    assertEquals(claude.stored(sessionId).outcome, "dead");
    const log = (await claude.home.logs()).find(([first]) =>
      first!.wrapper_session_id === sessionId
    )!;
    assertEquals(log.at(-1)?.type, "session_ended");
    assertEquals(log.at(-1)?.outcome, "dead");
  }));

Deno.test("claude exec --resume goes on after zag was killed", () =>
  withClaude(async (claude) => {
    const zag = claude.spawn(["exec", "[[slow:600,50]]"]);
    await zag.untilPrints("tick 2 ");
    zag.child.kill("SIGKILL");
    await zag.finished();
    const { sessionId } = await claude.session();
    const ran = await claude.zag(["exec", "--resume", sessionId, "[[say:here again]]"]);
    assertEquals(ran.stdout, "here again\n", ran.stderr);
    const ends = entries(await claude.log(), "session_ended").map(({ outcome }) => outcome);
    assertEquals(ends, ["dead", "success"]);
  }));

Deno.test("claude exec does not know the outcome when Claude is killed", () =>
  withClaude(async (claude) => {
    const zag = claude.spawn(["exec", "-a", TOOL]);
    await untilToolRuns(claude);
    const agent = (await claude.living()).find(({ command }) => /claude\S* -p/.test(command))!;
    Deno.kill(agent.pid, "SIGKILL");
    const ran = await zag.finished();
    assertEquals(await claude.living(), []);
    assertEquals(ran.code, 2);
    assertStringIncludes(ran.stderr, "ended without a result (signal SIGKILL)");
    await assertEnded(claude, "unknown");
  }));

for (
  const [title, prompt] of [
    ["in the background of its shell", "[[bash:nohup sleep 1000 >/dev/null 2>&1 & echo ok]]"],
    ["as a daemon", "[[bash:setsid sleep 1000 >/dev/null 2>&1 & echo ok]]"],
    [
      "as a background task of Claude",
      `[[call:Bash {"command":"sleep 1000","description":"x","run_in_background":true}]]`,
    ],
  ] as const
) {
  Deno.test(`claude exec leaves nothing of what a tool has started ${title}`, () =>
    withClaude(async (claude) => {
      const ran = await claude.zag(["exec", "-a", `${prompt}[[say:done]]`]);
      assertEquals(await claude.living(), []);
      assertEquals(ran.code, 0, ran.stderr);
      // When a task of its own ends, Claude may say so.
      assertMatch(ran.stdout, /^done\n(\nSTUB:done\n)?$/);
    }));
}

Deno.test("claude exec ends with its reader", () =>
  withClaude(async (claude) => {
    const child = claude.home.spawn(["-p", "claude", "exec", "[[slow:600,50]]"], {
      env: claude.env(),
    });
    const errors = new Response(child.stderr).text();
    const reader = child.stdout.getReader();
    await reader.read();
    await reader.cancel();
    assertEquals((await child.status).code, 141);
    assertEquals(await errors, "");
    assertEquals(await claude.living(), []);
    assert(["interrupted", "failure"].includes((await claude.session()).outcome!));
  }));

Deno.test("claude exec gives no more time at the second Ctrl-C", () =>
  withClaude(async (claude) => {
    const zag: RunningZag = claude.spawn(["exec", "-a", DEAF_TOOL]);
    await untilToolRuns(claude);
    zag.child.kill("SIGINT");
    await waitFor(
      "the agent to be asked",
      async () =>
        (await claude.living()).some(({ command }) => /claude\S* -p/.test(command))
          ? undefined
          : true,
      5000,
    ).catch(() => {});
    zag.child.kill("SIGINT");
    const ran = await zag.finished();
    assertEquals(await claude.living(), []);
    assertEquals(ran.code, 130);
  }));
