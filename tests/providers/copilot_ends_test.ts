import { isAlive, waitFor } from "../support/living.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { type AgentHome, entries, outputOf } from "./agent_home.ts";
import { copilotTest } from "./copilot_support.ts";

/** A tool that runs for ever; `deaf` also to SIGTERM. */
const TOOL = "[[bash:touch begun; sleep 1000]][[say:x]]";
const DEAF_TOOL = "[[bash:trap '' TERM INT; touch begun; while :; do sleep 1; done]][[say:x]]";

async function untilToolRuns(copilot: AgentHome): Promise<void> {
  await waitFor("the tool", () => Deno.stat(`${copilot.work}/begun`).catch(() => undefined));
}

/** The last log line and the store agree on how the session ended. */
async function assertEnded(copilot: AgentHome, outcome: string): Promise<void> {
  const last = (await copilot.log()).at(-1);
  assert(last?.type === "session_ended");
  assertEquals([last.outcome, last.success], [outcome, false]);
  assertEquals((await copilot.session()).outcome, outcome);
}

for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
  copilotTest([], `exec keeps what it has printed when ${signal} ends it`, async (copilot) => {
    const zag = copilot.spawn(["exec", "[[slow:600,50]]"]);
    await zag.untilPrints("tick 5 ");
    zag.child.kill(signal);
    const ran = await zag.finished();
    assertEquals(await copilot.living(), []);
    assertEquals([ran.code, ran.signal], [code, null]);
    const printed = ran.stdout.trimEnd();
    assertMatch(printed, /^tick 0 .*tick 5/);
    const said = entries(await copilot.log(), "assistant_message").map(({ content }) => content);
    assertEquals(said.join("").trimEnd(), printed);
    await assertEnded(copilot, "interrupted");
  });
}

copilotTest([], "exec ends the tool when SIGTERM ends it", async (copilot) => {
  const zag = copilot.spawn(["exec", "-a", "-o", "json", TOOL]);
  await untilToolRuns(copilot);
  const tool = await copilot.untilRuns(/^sleep 1000/);
  zag.child.kill("SIGTERM");
  const ran = await zag.finished();
  assertEquals(await copilot.living(), []);
  assertEquals(await isAlive(tool.pid), false);
  assertEquals(ran.code, 143);
  assertEquals(entries(await copilot.log(), "tool_call").length, 1);
  await assertEnded(copilot, "interrupted");
  // The call that was paid for is known although the turn has no end.
  assertEquals((await copilot.session()).inputTokens, 12);
});

copilotTest([], "exec --timeout ends a tool that does not listen", async (copilot) => {
  const zag = copilot.spawn(["exec", "-a", "--timeout", "8s", "-o", "json", DEAF_TOOL]);
  await untilToolRuns(copilot);
  const tool = await copilot.untilRuns(/^\S*sh .*trap/);
  const ran = await zag.finished();
  assertEquals(await copilot.living(), []);
  assertEquals(await isAlive(tool.pid), false);
  assertEquals([ran.code, outputOf(ran).is_error], [124, true]);
  await assertEnded(copilot, "timeout");
});

copilotTest([], "exec does not know the outcome when Copilot is killed", async (copilot) => {
  const zag = copilot.spawn(["exec", "-a", TOOL]);
  await untilToolRuns(copilot);
  const agent = await copilot.untilRuns(/^\S*copilot-[^/]*\/copilot /);
  Deno.kill(agent.pid, "SIGKILL");
  const ran = await zag.finished();
  assertEquals(await copilot.living(), []);
  assertEquals(ran.code, 2);
  assertStringIncludes(ran.stderr, "ended without a result (");
  await assertEnded(copilot, "unknown");
});

copilotTest(
  [],
  "exec ends what outlives the launcher when that alone is killed",
  async (copilot) => {
    const zag = copilot.spawn(["exec", "-a", "--exit-on-failure", TOOL]);
    await untilToolRuns(copilot);
    const launcher = await copilot.untilRuns(/^node .*copilot /);
    Deno.kill(launcher.pid, "SIGKILL");
    const ran = await zag.finished();
    assertEquals(await copilot.living(), []);
    // What outlived it may find the time to say that it was aborted.
    const { outcome } = await copilot.session();
    assertEquals(ran.code, outcome === "failure" ? 1 : 2);
    assert(outcome === "failure" || outcome === "unknown", `the outcome is "${outcome}"`);
  },
);

copilotTest(
  [],
  "exec goes on after zag was killed, without what it left behind",
  async (copilot) => {
    const zag = copilot.spawn(["exec", "-a", TOOL]);
    await untilToolRuns(copilot);
    const tool = await copilot.untilRuns(/^sleep 1000/);
    zag.child.kill("SIGKILL");
    await zag.finished();
    assertEquals(await isAlive(tool.pid), true);
    const { sessionId } = await copilot.session();
    const ran = await copilot.zag(["exec", "--resume", sessionId, "[[say:here again]]"]);
    assertEquals(await isAlive(tool.pid), false);
    assertEquals(ran.stdout, "here again\n", ran.stderr);
    const ends = entries(await copilot.log(), "session_ended").map(({ outcome }) => outcome);
    assertEquals(ends, ["dead", "success"]);
  },
);
