/** `zag run` with the real interface of Claude Code, in a real terminal. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import type { Pty } from "../support/pty.ts";
import { assertRestored, assertUsed, dialogue, inTerminal } from "./agent_terminal.ts";
import { claudeProves, entries, settleIn, userTexts, withClaude } from "./claude_support.ts";
import { waitFor } from "../support/living.ts";

/** Waits for an answer on the screen; prompts look different. */
async function untilAnswered(pty: Pty, answer: string): Promise<void> {
  await pty.waitForScreen(new RegExp(`[●⏺] ${answer}`));
}

/** Types a line and sends it when the interface has taken it in. */
async function typeLine(pty: Pty, text: string): Promise<void> {
  pty.type(text);
  await pty.waitForScreen(text);
  pty.type("\r");
}

const PROMPT = "[[say:hello from the screen]]";

Deno.test("claude run talks to a person, and the conversation can be gone on with", () =>
  claudeProves(["interactive", "resume", "session_logs"], async (claude) => {
    await settleIn(claude);
    const first = await inTerminal(claude, ["-p", "claude", PROMPT], async (pty) => {
      await untilAnswered(pty, "hello from the screen");
      assertStringIncludes(pty.screen.text, PROMPT);
      await typeLine(pty, "/exit");
    });
    assertEquals(first.code, 0);
    assertRestored(first);
    assertEquals(await claude.living(), []);
    assertEquals(await dialogue(claude), [`user: ${PROMPT}`, "claude: hello from the screen"]);
    await assertUsed(claude, 1);
    const session = await claude.session();
    assertEquals(session.command, "run");
    assertEquals(session.outcome, "success");
    assertStringIncludes(first.screen, `> Resume with: zag run --resume ${session.sessionId}`);

    const second = await inTerminal(claude, ["--resume", session.sessionId], async (pty) => {
      await untilAnswered(pty, "hello from the screen");
      await typeLine(pty, "[[say:here again]]");
      await untilAnswered(pty, "here again");
      await typeLine(pty, "/exit");
    });
    assertEquals(second.code, 0);
    assertRestored(second);
    assertEquals(await dialogue(claude), [
      `user: ${PROMPT}`,
      "claude: hello from the screen",
      "user: [[say:here again]]",
      "claude: here again",
    ]);
    const log = await claude.log();
    assertEquals(log.map(({ seq }) => seq), log.map((_, index) => index + 1));
    assertEquals(entries(log, "session_ended").map(({ success }) => success), [true, true]);
    await assertUsed(claude, 2);
    const told = userTexts(claude.lastBody).filter((text) => text.includes("[["));
    assertEquals(told, [PROMPT, "[[say:here again]]"]);
  }));

Deno.test("claude run --continue goes on with the last conversation", () =>
  withClaude(async (claude) => {
    await settleIn(claude);
    const exec = await claude.zag(["exec", "[[say:not a conversation]]"]);
    assertEquals(exec.code, 0, exec.stderr);
    const leave = (pty: Pty) => typeLine(pty, "/exit");
    await inTerminal(claude, ["-p", "claude", PROMPT], async (pty) => {
      await untilAnswered(pty, "hello from the screen");
      await leave(pty);
    });
    const again = await inTerminal(claude, ["--continue"], async (pty) => {
      await untilAnswered(pty, "hello from the screen");
      await leave(pty);
    });
    assertEquals(again.code, 0);
    assertEquals((await claude.home.logPaths()).length, 2);
  }));

Deno.test("claude run leaves Ctrl-C to Claude, which ends at the second one", () =>
  withClaude(async (claude) => {
    await settleIn(claude);
    const ended = await inTerminal(claude, ["-p", "claude", "[[slow:600,50]]"], async (pty) => {
      await pty.waitForScreen("tick 4");
      pty.type("\x03");
      await pty.waitForScreen(/Interrupted/);
      pty.type("\x03");
      await pty.waitForScreen(/again to exit/);
      pty.type("\x03");
    });
    assertEquals(ended.code, 0);
    assertRestored(ended);
    assertEquals((await claude.session()).outcome, "success");
    const [, said] = await dialogue(claude);
    assertMatch(said ?? "", /^claude: tick 0 tick 1 /);
  }));

Deno.test("claude run -a lets Claude use its tools and logs them", () =>
  withClaude(async (claude) => {
    await settleIn(claude);
    const prompt = "[[bash:echo made > file; echo it is done]][[say:finished]]";
    const ended = await inTerminal(claude, ["-a", "-p", "claude", prompt], async (pty) => {
      await untilAnswered(pty, "finished");
      await typeLine(pty, "/exit");
    });
    assertEquals(ended.code, 0);
    assertEquals(await Deno.readTextFile(`${claude.work}/file`), "made\n");
    const log = await claude.log();
    assertEquals(entries(log, "tool_call").map(({ tool_name }) => tool_name), ["Bash"]);
    assertEquals(entries(log, "tool_result").map(({ output }) => output), ["it is done"]);
    assertEquals(await dialogue(claude), [`user: ${prompt}`, "claude: finished"]);
  }));

Deno.test("claude run logs commands as they were typed", () =>
  withClaude(async (claude) => {
    await settleIn(claude);
    await Deno.mkdir(`${claude.path}/.claude/commands`);
    await Deno.writeTextFile(
      `${claude.path}/.claude/commands/greet.md`,
      "[[say:welcome $ARGUMENTS]]",
    );
    const ended = await inTerminal(claude, ["-p", "claude", PROMPT], async (pty) => {
      await untilAnswered(pty, "hello from the screen");
      await typeLine(pty, "/greet everybody");
      await untilAnswered(pty, "welcome everybody");
      await typeLine(pty, "/exit");
    });
    assertEquals(ended.code, 0);
    assertEquals(await dialogue(claude), [
      `user: ${PROMPT}`,
      "claude: hello from the screen",
      "user: /greet everybody",
      "claude: welcome everybody",
    ]);
  }));

Deno.test("claude run follows Claude into the session that /clear begins", () =>
  withClaude(async (claude) => {
    await settleIn(claude);
    const said = async (count: number) =>
      await waitFor(
        `${count} lines in the log`,
        async () => (await dialogue(claude)).length === count || undefined,
      );
    const ended = await inTerminal(claude, ["-p", "claude", PROMPT], async (pty) => {
      await untilAnswered(pty, "hello from the screen");
      await said(2);
      await typeLine(pty, "/clear");
      await waitFor(
        "the change",
        async () => entries(await claude.log(), "session_cleared").length === 1 || undefined,
      );
      await typeLine(pty, "[[say:a fresh start]]");
      await untilAnswered(pty, "a fresh start");
      await typeLine(pty, "/exit");
    });
    assertEquals(ended.code, 0);
    const told = [
      `user: ${PROMPT}`,
      "claude: hello from the screen",
      "user: [[say:a fresh start]]",
      "claude: a fresh start",
    ];
    assertEquals(await dialogue(claude), told);
    await assertUsed(claude, 2);
    const session = await claude.session();
    const [cleared, ...more] = entries(await claude.log(), "session_cleared");
    assertEquals(more, []);
    assertEquals(
      [cleared?.old_session_id, cleared?.new_session_id],
      [session.sessionId, session.providerSessionId],
    );
    assert(session.sessionId !== session.providerSessionId);
    const imported = await claude.zag(["session", "import", "--json"]);
    assertEquals(JSON.parse(imported.stdout).imported, 0);

    await inTerminal(claude, ["--resume", session.sessionId], async (pty) => {
      await untilAnswered(pty, "a fresh start");
      await typeLine(pty, "[[say:gone on]]");
      await untilAnswered(pty, "gone on");
      await typeLine(pty, "/exit");
    });
    assertEquals(await dialogue(claude), [...told, "user: [[say:gone on]]", "claude: gone on"]);
    const sent = userTexts(claude.lastBody).filter((text) => text.includes("[["));
    assertEquals(sent, ["[[say:a fresh start]]", "[[say:gone on]]"]);
    assertEquals(entries(await claude.log(), "session_cleared").length, 1);
  }));

Deno.test("claude run ends Claude and its tool at SIGTERM, and gives the terminal back", () =>
  withClaude(async (claude) => {
    await settleIn(claude);
    const prompt = "[[bash:touch begun; sleep 1000]][[say:x]]";
    const ended = await inTerminal(claude, ["-a", "-p", "claude", prompt], async () => {
      await claude.untilRuns(/^sleep 1000/);
      const zag = await claude.untilRuns(/main\.ts run /);
      Deno.kill(zag.pid, "SIGTERM");
    });
    assertEquals(await claude.living(), []);
    assertEquals(ended.code, 143);
    assertRestored(ended);
    assertEquals((await claude.session()).outcome, "interrupted");
  }));

Deno.test("claude run ends what Claude leaves behind", () =>
  withClaude(async (claude) => {
    await settleIn(claude);
    const prompt = "[[bash:nohup setsid sleep 1000 >/dev/null 2>&1 & echo ok]][[say:finished]]";
    await inTerminal(claude, ["-a", "-p", "claude", prompt], async (pty) => {
      await untilAnswered(pty, "finished");
      await claude.untilRuns(/^sleep 1000/);
      await typeLine(pty, "/exit");
    });
    assertEquals(await claude.living(), []);
  }));

Deno.test("claude run keeps a transcript inside a session of Claude", () =>
  withClaude(async (claude) => {
    await settleIn(claude);
    const person = async (pty: Pty) => {
      await untilAnswered(pty, "hello from the screen");
      await waitFor(
        "the log",
        async () => (await dialogue(claude)).length === 2 ? true : undefined,
      );
      await typeLine(pty, "/exit");
    };
    const surrounding = { CLAUDECODE: "1", CLAUDE_CODE_CHILD_SESSION: "1" };
    const ended = await inTerminal(claude, ["-p", "claude", PROMPT], person, surrounding);
    assertEquals(ended.code, 0);
    const { sessionId } = await claude.session();
    assert((await Deno.stat(claude.transcriptPath(sessionId))).isFile);
  }));
