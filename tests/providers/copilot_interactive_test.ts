/** `zag run` with the real interface of Copilot, in a real terminal. */
import { assertEquals, assertStringIncludes } from "../support/assert.ts";
import { waitFor } from "../support/living.ts";
import type { Pty } from "../support/pty.ts";
import { assertRestored, assertUsed, dialogue, inTerminal } from "./agent_terminal.ts";
import { entries } from "./agent_home.ts";
import { conversation, copilotTest, systemText, trustFolder } from "./copilot_support.ts";

async function untilAnswered(pty: Pty, answer: string): Promise<void> {
  await pty.waitForScreen(`● ${answer}`);
}

/** Types a line and sends it when the interface has taken it in; while it loads it takes nothing. */
async function typeLine(pty: Pty, text: string): Promise<void> {
  await waitFor(`"${text}" at the prompt`, () => {
    const deleteLine = "\x15";
    pty.type(deleteLine + text);
    return pty.waitForScreen(`❯ ${text}`, 2000).then(() => true, () => undefined);
  });
  pty.type("\r");
}

const PROMPT = "--- hi [[say:hello from the screen]]";

copilotTest(
  ["interactive", "resume", "session_logs", "system_prompt"],
  "run talks to a person, and the conversation can be gone on with",
  async (copilot) => {
    const args = ["-p", "copilot", "--system-prompt", "Be brief.", PROMPT];
    const first = await inTerminal(copilot, args, async (pty) => {
      await pty.waitForScreen("Do you trust the files in this folder?");
      pty.type("2");
      await untilAnswered(pty, "hello from the screen");
      assertStringIncludes(pty.screen.text, PROMPT);
      await typeLine(pty, "/exit");
    });
    assertEquals(first.code, 0);
    assertRestored(first);
    assertEquals(await copilot.living(), []);
    assertStringIncludes(systemText(copilot), "Be brief.");
    const told = [`user: ${PROMPT}`, "copilot: hello from the screen"];
    assertEquals(await dialogue(copilot), told);
    await assertUsed(copilot, 1);
    const session = await copilot.session();
    assertEquals([session.command, session.outcome], ["run", "success"]);
    assertEquals(session.providerSessionId, session.sessionId);
    assertStringIncludes(first.screen, `> Resume with: zag run --resume ${session.sessionId}`);

    const second = await inTerminal(copilot, ["--resume", session.sessionId], async (pty) => {
      await untilAnswered(pty, "hello from the screen");
      await typeLine(pty, "[[say:here again]]");
      await untilAnswered(pty, "here again");
      await typeLine(pty, "/exit");
    });
    assertEquals(second.code, 0);
    assertRestored(second);
    assertEquals(await dialogue(copilot), [
      ...told,
      "user: [[say:here again]]",
      "copilot: here again",
    ]);
    await assertUsed(copilot, 2);
    const prompts = conversation(copilot).filter((text) => text.includes("[["));
    assertEquals(prompts, [PROMPT, "[[say:here again]]"]);
    const log = await copilot.log();
    assertEquals(log.map(({ seq }) => seq), log.map((_, index) => index + 1));
    assertEquals(entries(log, "session_ended").map(({ success }) => success), [true, true]);
  },
);

copilotTest(
  ["auto_approve", "session_logs"],
  "run -a logs what Copilot does, and ends it with its tool at SIGTERM",
  async (copilot) => {
    await trustFolder(copilot);
    const prompt = "[[bash:echo made > file; echo it is done]][[bash:sleep 1000]][[hang:60000]]";
    const ended = await inTerminal(copilot, ["-a", "-p", "copilot", prompt], async () => {
      await copilot.untilRuns(/^sleep 1000/);
      const zag = await copilot.untilRuns(/main\.ts run /);
      Deno.kill(zag.pid, "SIGTERM");
    });
    assertEquals(await copilot.living(), []);
    assertEquals(ended.code, 143);
    assertRestored(ended);
    assertEquals(await Deno.readTextFile(`${copilot.work}/file`), "made\n");
    const log = await copilot.log();
    const calls = entries(log, "tool_call");
    assertEquals(calls.map(({ tool_name, tool_kind }) => [tool_name, tool_kind]), [
      ["bash", "shell"],
      ["bash", "shell"],
    ]);
    const [result] = entries(log, "tool_result");
    assertStringIncludes(result?.output ?? "", "it is done");
    assertEquals(await dialogue(copilot), [`user: ${prompt}`]);
    assertEquals((await copilot.session()).outcome, "interrupted");
  },
);
