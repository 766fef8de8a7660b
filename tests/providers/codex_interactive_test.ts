/** `zag run` with the real interface of Codex, in a real terminal. */
import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import { waitFor } from "../support/living.ts";
import type { Pty } from "../support/pty.ts";
import { assertRestored, assertUsed, dialogue, dialogueOf, inTerminal } from "./agent_terminal.ts";
import { type AgentHome, entries } from "./agent_home.ts";
import { codexTest, lastBody, rolloutPaths, said, trust } from "./codex_support.ts";

/** Makes a home in which Codex asks nothing before it begins. */
async function settleIn(codex: AgentHome): Promise<void> {
  await trust(codex);
}

/** Waits for an answer on the screen; prompts look different. */
async function untilAnswered(pty: Pty, answer: string): Promise<void> {
  await pty.waitForScreen(new RegExp(`• ${answer}`));
}

/** Types a line and sends it when the interface has taken it in. */
async function typeLine(pty: Pty, text: string): Promise<void> {
  pty.type(text);
  await pty.waitForScreen(`› ${text}`);
  pty.type("\r");
}

async function leave(pty: Pty): Promise<void> {
  pty.type("/quit");
  await pty.waitForScreen("exit Codex");
  pty.type("\r");
}

const PROMPT = "--- [[say:hello from the screen]]";

codexTest(
  ["interactive", "resume", "session_logs"],
  "run talks to a person, and the conversation can be gone on with",
  async (codex) => {
    await settleIn(codex);
    const first = await inTerminal(codex, ["-p", "codex", "--", PROMPT], async (pty) => {
      await untilAnswered(pty, "hello from the screen");
      await typeLine(pty, "[[say:typed]]");
      await untilAnswered(pty, "typed");
      await leave(pty);
    });
    assertEquals(first.code, 0);
    assertRestored(first);
    assertEquals(await codex.living(), []);
    const told = [
      `user: ${PROMPT}`,
      "codex: hello from the screen",
      "user: [[say:typed]]",
      "codex: typed",
    ];
    assertEquals(await dialogue(codex), told);
    await assertUsed(codex, 2);
    const session = await codex.session();
    assertEquals([session.command, session.outcome], ["run", "success"]);
    const [path, ...more] = await rolloutPaths(codex);
    assertEquals(more, []);
    assertStringIncludes(path!, session.providerSessionId!);
    assertStringIncludes(first.screen, `> Resume with: zag run --resume ${session.sessionId}`);

    const second = await inTerminal(codex, ["--resume", session.sessionId], async (pty) => {
      await untilAnswered(pty, "typed");
      await typeLine(pty, "[[say:here again]]");
      await untilAnswered(pty, "here again");
      await leave(pty);
    });
    assertEquals(second.code, 0);
    assertRestored(second);
    const all = [...told, "user: [[say:here again]]", "codex: here again"];
    assertEquals(await dialogue(codex), all);
    await assertUsed(codex, 3);
    const log = await codex.log();
    assertEquals(log.map(({ seq }) => seq), log.map((_, index) => index + 1));
    assertEquals(entries(log, "session_ended").map(({ success }) => success), [true, true]);
    assertEquals(said(codex, "user").filter((text) => text.includes("[[")), [
      PROMPT,
      "[[say:typed]]",
      "[[say:here again]]",
    ]);
  },
);

codexTest([], "run waits for what a person says first", async (codex) => {
  await settleIn(codex);
  const ended = await inTerminal(codex, ["-p", "codex"], async (pty) => {
    await pty.waitForScreen("Ask Codex to do anything");
    assertEquals(await rolloutPaths(codex), []);
    await typeLine(pty, "[[say:at last]]");
    await untilAnswered(pty, "at last");
    await leave(pty);
  });
  assertEquals(ended.code, 0);
  assertEquals(await dialogue(codex), [
    "user: [[say:at last]]",
    "codex: at last",
  ]);
});

codexTest(
  [],
  "run -a lets Codex use its tools and logs them, with a system prompt",
  async (codex) => {
    await settleIn(codex);
    const prompt = "[[bash:echo made > file; echo it is done]][[say:finished]]";
    const args = ["-a", "--system-prompt", "Be brief.", "-m", "gpt-5.5", "-p", "codex", prompt];
    const ended = await inTerminal(codex, args, async (pty) => {
      await untilAnswered(pty, "finished");
      await waitFor(
        "the log",
        async () => (await dialogue(codex)).length === 2 ? true : undefined,
      );
      await leave(pty);
    });
    assertEquals(ended.code, 0);
    assertEquals(await Deno.readTextFile(`${codex.work}/file`), "made\n");
    assert(said(codex, "developer").includes("Be brief."));
    assertEquals(lastBody(codex).model, "gpt-5.5");
    const log = await codex.log();
    assertEquals(entries(log, "tool_call").map(({ tool_kind }) => tool_kind), ["shell"]);
    assertEquals(entries(log, "tool_result").map(({ output }) => output), ["it is done\n"]);
    assertEquals(await dialogue(codex), [
      `user: ${prompt}`,
      "codex: finished",
    ]);
    assertEquals(new Set(log.map(({ completeness }) => completeness)), new Set(["full" as const]));
  },
);

codexTest(
  [],
  "run ends Codex and its tool at SIGTERM, and gives the terminal back",
  async (codex) => {
    await settleIn(codex);
    const prompt = "[[bash:touch begun; sleep 1000]][[say:x]]";
    const ended = await inTerminal(codex, ["-a", "-p", "codex", prompt], async () => {
      await codex.untilRuns(/^sleep 1000/);
      const zag = await codex.untilRuns(/main\.ts run /);
      Deno.kill(zag.pid, "SIGTERM");
    });
    assertEquals(await codex.living(), []);
    assertEquals(ended.code, 143);
    assertRestored(ended);
    assertEquals((await codex.session()).outcome, "interrupted");
  },
);

codexTest(
  [],
  "run keeps sessions in one directory apart, also one that is silent",
  async (codex) => {
    await settleIn(codex);
    const silentStarted = Promise.withResolvers<void>();
    const othersDone = Promise.withResolvers<void>();
    const silent = inTerminal(codex, ["-p", "codex"], async (pty) => {
      await pty.waitForScreen("Ask Codex to do anything");
      silentStarted.resolve();
      await othersDone.promise;
      await leave(pty);
    });
    await silentStarted.promise;
    const talk = (word: string) =>
      inTerminal(codex, ["-p", "codex", `[[say:${word}]]`], async (pty) => {
        await untilAnswered(pty, word);
        await leave(pty);
      });
    const ended = await Promise.all(["apple", "berry"].map(talk));
    othersDone.resolve();
    assertEquals([...ended, await silent].map(({ code }) => code), [0, 0, 0]);
    const logs = (await codex.home.logs()).map((log) => dialogueOf(log as never).join("; ")).sort();
    assertEquals(logs, [
      "",
      "user: [[say:apple]]; codex: apple",
      "user: [[say:berry]]; codex: berry",
    ]);
  },
);
