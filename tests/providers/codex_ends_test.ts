import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import { isAlive, waitFor } from "../support/living.ts";
import { type AgentHome, entries, outputOf } from "./agent_home.ts";
import { codexTest } from "./codex_support.ts";

/** A tool that runs for ever; `deaf` also to SIGTERM. */
const TOOL = "[[bash:touch begun; sleep 1000]][[say:x]]";
const DEAF_TOOL = "[[bash:trap '' TERM INT; touch begun; while :; do sleep 1; done]][[say:x]]";

async function untilToolRuns(codex: AgentHome): Promise<void> {
  await waitFor("the tool", () => Deno.stat(`${codex.work}/begun`).catch(() => undefined));
}

/** Waits until the model has begun to answer. */
async function untilAnswering(codex: AgentHome): Promise<void> {
  await codex.server.until(({ step }) => step !== null);
}

/** The last log line and the store agree on how the session ended. */
async function assertEnded(codex: AgentHome, outcome: string): Promise<void> {
  const last = (await codex.log()).at(-1);
  assert(last?.type === "session_ended");
  assertEquals([last.outcome, last.success], [outcome, false]);
  assertEquals((await codex.session()).outcome, outcome);
}

for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
  codexTest([], `exec leaves nothing when ${signal} ends an answer`, async (codex) => {
    const zag = codex.spawn(["exec", "-o", "stream-json", "[[slow:600,50]]"]);
    await untilAnswering(codex);
    zag.child.kill(signal);
    const ran = await zag.finished();
    assertEquals(await codex.living(), []);
    assertEquals([ran.code, ran.signal], [code, null]);
    assertEquals(ran.stdout.match(/"type":"result"/g), null);
    await assertEnded(codex, "interrupted");
  });

  codexTest([], `exec ends the tool when ${signal} ends it`, async (codex) => {
    const zag = codex.spawn(["exec", "-a", "-o", "stream-json", TOOL]);
    await zag.untilPrints('"tool_use"');
    const tool = await codex.untilRuns(/^sleep 1000/);
    zag.child.kill(signal);
    const ran = await zag.finished();
    assertEquals(await codex.living(), []);
    assertEquals(await isAlive(tool.pid), false);
    assertEquals(ran.code, code);
    assertEquals(entries(await codex.log(), "tool_call").length, 1);
    await assertEnded(codex, "interrupted");
  });
}

codexTest([], "exec --timeout ends a tool that does not listen", async (codex) => {
  const zag = codex.spawn(["exec", "-a", "--timeout", "6s", "-o", "json", DEAF_TOOL]);
  await untilToolRuns(codex);
  const tool = await codex.untilRuns(/^\S*sh .*trap/);
  const ran = await zag.finished();
  assertEquals(await codex.living(), []);
  assertEquals(await isAlive(tool.pid), false);
  assertEquals([ran.code, outputOf(ran).is_error], [124, true]);
  await assertEnded(codex, "timeout");
});

codexTest([], "exec --timeout ends the wait for a server that is gone", async (codex) => {
  const config = `${codex.path}/.codex/config.toml`;
  const text = await Deno.readTextFile(config);
  await Deno.writeTextFile(config, text.replace(codex.server.url, "http://127.0.0.1:9"));
  const ran = await codex.zag(["exec", "--timeout", "6s", "[[say:x]]"]);
  assertEquals(ran.code, 124);
  const notes = entries(await codex.log(), "provider_status").map(({ message }) => message);
  assert(notes.some((note) => note.startsWith("Reconnecting... waiting for network")), `${notes}`);
  await assertEnded(codex, "timeout");
});

codexTest([], "exec does not know the outcome when Codex is killed", async (codex) => {
  const zag = codex.spawn(["exec", "-a", TOOL]);
  await untilToolRuns(codex);
  const agents = (await codex.living()).filter(({ command }) =>
    /codex\S* exec --json/.test(command)
  );
  assertEquals(agents.length, 2, "the launcher and the program");
  for (const { pid } of agents) Deno.kill(pid, "SIGKILL");
  const ran = await zag.finished();
  assertEquals(await codex.living(), []);
  assertEquals(ran.code, 2);
  assertStringIncludes(ran.stderr, "ended without a result");
  await assertEnded(codex, "unknown");
});

codexTest([], "zag ends what another zag has left behind when it was killed", async (codex) => {
  const zag = codex.spawn(["exec", "-a", TOOL]);
  await untilToolRuns(codex);
  const tool = await codex.untilRuns(/^sleep 1000/);
  zag.child.kill("SIGKILL");
  await zag.finished();
  assert((await codex.living()).some(({ pid }) => pid === tool.pid));
  const { sessionId } = await codex.session();
  const next = await codex.home.zag(["-p", "mock", "exec", "hello"]);
  assertEquals(next.code, 0, next.stderr);
  assertEquals(await codex.living(), []);
  assertEquals(codex.stored(sessionId).outcome, "dead");
  const again = await codex.zag(["exec", "--resume", sessionId, "[[say:here again]]"]);
  assertEquals(again.stdout, "here again\n", again.stderr);
});

for (
  const [title, command] of [
    ["in the background of its shell", "nohup sleep 1000 >/dev/null 2>&1 & echo ok"],
    ["as a daemon", "setsid sleep 1000 >/dev/null 2>&1 & echo ok"],
  ] as const
) {
  codexTest([], `exec leaves nothing of what a tool has started ${title}`, async (codex) => {
    const ran = await codex.zag(["exec", "-a", `[[bash:${command}]][[say:done]]`]);
    assertEquals(await codex.living(), []);
    assertEquals([ran.code, ran.stdout], [0, "done\n"], ran.stderr);
  });
}

codexTest([], "exec ends with its reader", async (codex) => {
  const child = codex.home.spawn(
    ["-p", "codex", "exec", "-a", "-o", "stream-json", "[[bash:echo hi]][[slow:600,50]]"],
    { env: codex.env() },
  );
  const errors = new Response(child.stderr).text();
  const reader = child.stdout.getReader();
  await reader.read();
  await reader.cancel();
  assertEquals((await child.status).code, 141);
  assertEquals(await errors, "");
  assertEquals(await codex.living(), []);
});
