/** `zag run --exit` with the real interface of Claude Code: the model hands in the result itself. */
import { assertEquals, assertStringIncludes } from "../support/assert.ts";
import { assertRestored, inTerminal } from "./agent_terminal.ts";
import { claudeProves, onboard, settleIn, systemText } from "./claude_support.ts";

const PROMPT = '[[bash:zag ps kill self ""]][[bash:zag ps kill self 5]][[hang]]';

Deno.test("claude run --exit: a wrong result is refused, a right one ends the session", () =>
  claudeProves(["interactive"], async (claude) => {
    await settleIn(claude);
    const ended = await inTerminal(
      claude,
      ["-p", "claude", "-a", "--exit", "the sum", PROMPT],
      () => Promise.resolve(),
    );
    assertEquals(ended.code, 0, ended.screen);
    assertRestored(ended);
    assertEquals(await claude.living(), []);
    const output = await claude.home.zag(["output"]);
    assertEquals([output.code, output.stdout], [0, "5\n"]);
    const told = JSON.stringify(claude.lastBody.messages);
    assertStringIncludes(told, "Cannot end the session without a result: expected is the sum");
    assertStringIncludes(systemText(claude.lastBody), "What is expected as the result: the sum");
  }));

Deno.test("claude run --exit --headless does the same in a terminal that nobody sees", () =>
  claudeProves([], async (claude) => {
    // Nobody could answer whether the directory is trusted.
    await onboard(claude);
    const args = ["run", "-a", "--headless", "--exit", "the sum", PROMPT];
    const { code, stdout, stderr } = await claude.zag(args);
    assertEquals([code, stdout], [0, "5\n"], stderr);
    assertEquals(await claude.living(), []);
    const told = JSON.stringify(claude.lastBody.messages);
    assertStringIncludes(told, "Cannot end the session without a result: expected is the sum");
    const { sessionId } = await claude.session();
    const again = ["run", "-a", "--headless", "--resume", sessionId];
    const next = await claude.zag([...again, "[[bash:zag ps kill self six]][[hang]]"]);
    assertEquals([next.code, next.stdout], [0, "six\n"], next.stderr);
  }));
