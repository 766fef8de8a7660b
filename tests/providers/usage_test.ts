/** What sessions use is counted once, whether zag reads it from the output or from the transcript. */
import { assertEquals } from "../support/assert.ts";
import type { AgentHome } from "./agent_home.ts";
import { assertUsed } from "./agent_terminal.ts";
import { withClaude } from "./claude_support.ts";
import { codexTest } from "./codex_support.ts";
import { copilotTest } from "./copilot_support.ts";
import { geminiTest } from "./gemini_support.ts";

async function countsOnce(agent: AgentHome): Promise<void> {
  const exec = async (...args: string[]) => {
    const { code, stderr } = await agent.zag(["exec", ...args]);
    assertEquals(code, 0, stderr);
  };
  await exec("-a", "-o", "text", "[[bash:echo x]][[say:one]]");
  await assertUsed(agent, 2);
  const { sessionId } = await agent.session();
  await exec("-o", "text", "--resume", sessionId, "[[say:two]]");
  await assertUsed(agent, 3);
  await exec("--resume", sessionId, "[[say:three]]");
  await assertUsed(agent, 4);
}

const TITLE = "exec counts what is used once, with events and without";

Deno.test(`claude ${TITLE}`, () => withClaude(countsOnce));
codexTest([], TITLE, countsOnce);
copilotTest([], TITLE, countsOnce);
geminiTest([], TITLE, countsOnce);
