/** `zag run` with the real interface of Gemini CLI, in a real terminal. */
import { assertEquals, assertStringIncludes } from "../support/assert.ts";
import { waitFor } from "../support/living.ts";
import type { Pty } from "../support/pty.ts";
import { assertRestored, assertUsed, dialogue, inTerminal } from "./agent_terminal.ts";
import { entries } from "./agent_home.ts";
import {
  chatFiles,
  chatsDirectory,
  conversation,
  geminiTest,
  workFiles,
} from "./gemini_support.ts";

/** Looks whether the screen shows something soon. */
async function shows(pty: Pty, text: string): Promise<true | undefined> {
  return await pty.waitForScreen(text, 2000).then(() => true, () => undefined);
}

/**
 * Types a line and sends it. The interface drops keys before it listens, and an Enter that comes too
 * soon after other keys.
 *
 * @param shown What the screen shows when the line was taken.
 */
async function send(pty: Pty, line: string, shown: string): Promise<void> {
  await waitFor(`"${line}" to be taken in`, () => {
    pty.type(`\x15${line}`);
    return shows(pty, line);
  });
  await waitFor(shown, () => {
    pty.type("\r");
    return shows(pty, shown);
  });
}

/** Leaves the interface. */
async function quit(pty: Pty): Promise<void> {
  await send(pty, "/quit", "powering down");
}

geminiTest(
  ["interactive", "session_logs"],
  "run talks to a person, and the conversation can be gone on with",
  async (gemini) => {
    const prompt = "--[[bash:echo made > made]][[think:let me see]]";
    const first = await inTerminal(gemini, ["-a", "-p", "gemini", prompt], async (pty) => {
      await pty.waitForScreen("✦ STUB:thought");
      await quit(pty);
    });
    assertEquals(first.code, 0, first.screen);
    assertRestored(first);
    assertEquals(await gemini.living(), []);
    assertEquals(await workFiles(gemini), ["made"]);
    assertEquals(await dialogue(gemini), [`user: ${prompt}`, "gemini: STUB:thought"]);
    const log = await gemini.log();
    assertEquals(entries(log, "tool_call").map(({ tool_name }) => tool_name), [
      "run_shell_command",
    ]);
    assertEquals(entries(log, "tool_result").map(({ success }) => success), [true]);
    assertEquals(entries(log, "reasoning").map(({ content }) => content), ["let me see"]);
    await assertUsed(gemini, 2);
    const session = await gemini.session();
    assertEquals([session.command, session.outcome], ["run", "success"]);
    assertEquals(session.providerSessionId, session.sessionId);
    assertStringIncludes(first.screen, `> Resume with: zag run --resume ${session.sessionId}`);

    const second = await inTerminal(gemini, ["--resume", session.sessionId], async (pty) => {
      await pty.waitForScreen("✦ STUB:thought");
      await send(pty, "[[say:here again]]", "✦ here again");
      await quit(pty);
    });
    assertEquals(second.code, 0, second.screen);
    assertRestored(second);
    assertEquals((await dialogue(gemini)).slice(2), [
      "user: [[say:here again]]",
      "gemini: here again",
    ]);
    assertEquals(entries(await gemini.log(), "tool_call").length, 1);
    await assertUsed(gemini, 3);
    assertEquals(
      conversation(gemini).slice(-3),
      [
        prompt,
        "STUB:thought",
        "[[say:here again]]",
      ].filter((text) => conversation(gemini).includes(text)),
    );
  },
);

geminiTest([], "run --resume loses no session when the person leaves at once", async (gemini) => {
  const ran = await gemini.zag(["exec", "[[say:the first answer]]"]);
  assertEquals(ran.code, 0, ran.stderr);
  const { sessionId } = await gemini.session();
  const files = chatsDirectory(gemini);
  const old = `session-2020-01-01T10-00-${sessionId.slice(0, 8)}.jsonl`;
  const names = [(await chatFiles(gemini))[0]!, old];
  for (const name of names) {
    if (name === old) await Deno.rename(`${files}/${names[0]}`, `${files}/${old}`);
    const before = await Deno.readTextFile(`${files}/${name}`);
    const state = async () =>
      JSON.stringify([
        await chatFiles(gemini),
        await Deno.stat(`${files}/${name}`).then(({ size }) => size, () => 0),
      ]);
    const untouched = await state();
    await inTerminal(gemini, ["--resume", sessionId], async (pty) => {
      await waitFor("the CLI to begin", async () => await state() !== untouched || undefined);
      await waitFor("the end", async () => {
        pty.type("\x03");
        return (await gemini.living()).every(({ command }) => !/gemini/.test(command)) || undefined;
      });
    });
    assertEquals(await gemini.living(), []);
    assertEquals(await chatFiles(gemini), [name]);
    const after = await Deno.readTextFile(`${files}/${name}`);
    assertEquals(after.slice(0, before.length), before);
  }
  await gemini.zag(["exec", "[[say:another session]]"]);
  const again = await gemini.zag(["exec", "--resume", sessionId, "[[say:here again]]"]);
  assertEquals(again.stdout, "here again\n", again.stderr);
  assertEquals(conversation(gemini).slice(0, 2), ["[[say:the first answer]]", "the first answer"]);
});

geminiTest([], "run ends Gemini CLI and its tool at SIGTERM", async (gemini) => {
  const prompt = "[[bash:touch begun; sleep 1000]][[say:x]]";
  const ended = await inTerminal(gemini, ["-a", "-p", "gemini", prompt], async () => {
    await gemini.untilRuns(/^sleep 1000/);
    const zag = await gemini.untilRuns(/main\.ts run /);
    Deno.kill(zag.pid, "SIGTERM");
  });
  assertEquals(await gemini.living(), []);
  assertEquals(ended.code, 143);
  assertRestored(ended);
  assertEquals((await gemini.session()).outcome, "interrupted");
});
