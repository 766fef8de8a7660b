/** `zag run --exit` with the real interfaces of Codex, Gemini CLI and Copilot. */
import { assertEquals, assertStringIncludes } from "../support/assert.ts";
import type { AgentHome } from "./agent_home.ts";
import { assertRestored, inTerminal } from "./agent_terminal.ts";
import { codexTest, trust } from "./codex_support.ts";
import { copilotTest, trustFolder } from "./copilot_support.ts";
import { geminiTest } from "./gemini_support.ts";

/** What makes the model hand in nothing, and then what was asked for. */
function prompt(kill: string): string {
  const handIn = (result: string) => `[[bash:zag ps ${kill} self ${result}]]`;
  return `${handIn('""')}${handIn("five")}[[hang]]`;
}

/** At a terminal the agent hands in nothing, is refused, and hands in what was asked for. */
async function handsIn(agent: AgentHome, kill = "kill"): Promise<void> {
  const { name } = agent.setup;
  const ended = await inTerminal(
    agent,
    ["-p", name, "-a", "--exit", "the sum", prompt(kill)],
    () => Promise.resolve(),
  );
  assertEquals(ended.code, 0, ended.screen);
  assertRestored(ended);
  assertEquals(await agent.living(), []);
  const output = await agent.home.zag(["output"]);
  assertEquals([output.code, output.stdout], [0, "five\n"]);
  assertAsked(agent);
}

/** The same without a terminal. */
async function handsInUnseen(agent: AgentHome, kill = "kill"): Promise<void> {
  const args = ["run", "-a", "--headless", "--exit", "the sum", prompt(kill)];
  const { code, stdout, stderr } = await agent.zag(args, { env: { CI: "true" } });
  assertEquals([code, stdout], [0, "five\n"], stderr);
  assertEquals(await agent.living(), []);
  assertAsked(agent);
  const { sessionId } = await agent.session();
  const again = ["run", "-a", "--headless", "--resume", sessionId];
  const next = await agent.zag([...again, `[[bash:zag ps ${kill} self six]][[hang]]`]);
  assertEquals([next.code, next.stdout], [0, "six\n"], next.stderr);
}

function assertAsked(agent: AgentHome): void {
  const asked = JSON.stringify(agent.asked.map(({ body }) => body));
  assertStringIncludes(asked, "Cannot end the session without a result: expected is the sum");
  assertStringIncludes(asked, "What is expected as the result: the sum");
}

codexTest(["interactive"], "run --exit ends with the result that is handed in", async (codex) => {
  await trust(codex);
  await handsIn(codex);
});

codexTest([], "run --exit --headless prints the result", (codex) => handsInUnseen(codex));

geminiTest(
  ["interactive"],
  "run --exit ends with the result that is handed in",
  (gemini) => handsIn(gemini),
);

geminiTest([], "run --exit --headless prints the result", (gemini) => handsInUnseen(gemini));

copilotTest(
  ["interactive"],
  "run --exit ends with the result that is handed in",
  async (copilot) => {
    await trustFolder(copilot);
    // It does not run a command with the bare word, and the instructions say what to do then.
    await handsIn(copilot, '"kill"');
  },
);

copilotTest(
  [],
  "run --exit --headless prints the result",
  (copilot) => handsInUnseen(copilot, '"kill"'),
);
