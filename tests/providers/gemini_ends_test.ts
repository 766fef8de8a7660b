/** How sessions of Gemini CLI end before they are over. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { isAlive } from "../support/living.ts";
import { type AgentHome, entries, only, outputOf } from "./agent_home.ts";
import { geminiTest } from "./gemini_support.ts";

const TOOL = "[[bash:touch begun; sleep 1000]][[say:x]]";

/** What the assistant said, as the log has it. */
async function loggedText(gemini: AgentHome): Promise<string> {
  return entries(await gemini.log(), "assistant_message").map(({ content }) => content).join("");
}

async function assertEnded(gemini: AgentHome, outcome: string): Promise<void> {
  assertEquals((await gemini.session()).outcome, outcome);
  const ended = (await gemini.log()).at(-1);
  assert(ended?.type === "session_ended");
  assertEquals([ended.success, ended.outcome as string], [false, outcome]);
}

geminiTest([], "exec keeps what it has printed when SIGTERM ends it", async (gemini) => {
  const zag = gemini.spawn(["exec", "[[slow:600,50]]"]);
  await zag.untilPrints("tick 5 ");
  zag.child.kill("SIGTERM");
  const ran = await zag.finished();
  assertEquals(await gemini.living(), []);
  assertEquals(ran.code, 143);
  assertMatch(ran.stdout, /^tick 0 .*tick 5/);
  assertEquals((await loggedText(gemini)).trimEnd(), ran.stdout.trimEnd());
  await assertEnded(gemini, "interrupted");
});

geminiTest([], "exec ends the tool that Gemini CLI leaves behind", async (gemini) => {
  const zag = gemini.spawn(["exec", "-a", TOOL]);
  const tool = await gemini.untilRuns(/^sleep 1000/);
  zag.child.kill("SIGINT");
  const ran = await zag.finished();
  assertEquals(await gemini.living(), []);
  assertEquals(await isAlive(tool.pid), false);
  assertEquals(ran.code, 130);
  assertEquals(entries(await gemini.log(), "tool_call").length, 1);
  await assertEnded(gemini, "interrupted");
});

for (
  const [title, prompt, command] of [
    ["speaks", "[[slow:600,50]]", undefined],
    ["has said something and uses a tool", "[[2bash:sleep 1000|echo hi]]", /^sleep 1000/],
  ] as const
) {
  geminiTest(
    [],
    `exec does not know the outcome of a CLI that is ended while it ${title}`,
    async (gemini) => {
      const zag = gemini.spawn(["exec", "-a", prompt]);
      if (command === undefined) await zag.untilPrints("tick 2 ");
      else await gemini.untilRuns(command);
      const agent = (await gemini.living()).find(({ command }) => /gemini --output/.test(command))!;
      // It exits with 0, and the tool lives on.
      Deno.kill(agent.pid, "SIGTERM");
      const ran = await zag.finished();
      assertEquals(await gemini.living(), []);
      assertEquals(ran.code, 2);
      assertStringIncludes(ran.stderr, "Gemini CLI ended without a result (exit code 0)");
      await assertEnded(gemini, "unknown");
    },
  );
}

geminiTest([], "exec leaves nothing of what a tool has started as a daemon", async (gemini) => {
  const prompt = "[[bash:setsid nohup sleep 1000 >/dev/null 2>&1 & echo ok]][[say:done]]";
  const ran = await gemini.zag(["exec", "-a", prompt]);
  assertEquals(await gemini.living(), []);
  assertEquals([ran.code, ran.stdout], [0, "done\n"]);
});

geminiTest(
  [],
  "exec ends an agent that says nothing, and one that takes too long",
  async (gemini) => {
    const silent = await gemini.zag(["exec", "--idle-timeout", "8s", "[[hang:60000]]"]);
    assertEquals([silent.code, await gemini.living()], [124, []]);
    assertMatch(silent.stderr, /was silent for 8s .*further output/);
    const slow = await gemini.zag(["exec", "--timeout", "3s", "-o", "json", "[[slow:600,50]]"]);
    assertEquals([slow.code, await gemini.living()], [124, []]);
    assertEquals(outputOf(slow).is_error, true);
  },
);

geminiTest([], "exec ends with its reader", async (gemini) => {
  const zag = gemini.home.spawn(["-p", "gemini", "exec", "[[slow:600,50]]"], { env: gemini.env() });
  const errors = new Response(zag.stderr).text();
  const reader = zag.stdout.getReader();
  await reader.read();
  await reader.cancel();
  assertEquals([(await zag.status).code, await errors], [141, ""]);
  assertEquals(await gemini.living(), []);
});

geminiTest(
  ["max_turns"],
  "exec --max-turns ends a session that goes on for too long",
  async (gemini) => {
    const args = ["exec", "-a", "--max-turns", "2", "-o", "json"];
    const prompt = "[[bash:echo 1]][[bash:echo 2]][[hang:60000]]";
    const ran = await gemini.zag([...args, prompt]);
    assertEquals(await gemini.living(), []);
    assertEquals(ran.code, 0);
    assertMatch(ran.stderr, /^error: .*limit of 2 turns/);
    const output = outputOf(ran);
    assertEquals([output.is_error, only(output.events, "tool_execution").length], [true, 2]);
    // The third call may have been on its way.
    assert(gemini.asked.length <= 3);
    await assertEnded(gemini, "failure");
    const enough = await gemini.zag([...args, "[[bash:echo 1]][[say:x]]"]);
    assertEquals([enough.stderr, outputOf(enough).result], ["", "x"]);
  },
);
