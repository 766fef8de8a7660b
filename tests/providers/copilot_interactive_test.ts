/** `zag run` with the real interface of Copilot, in a real terminal. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { waitFor } from "../support/living.ts";
import { Pty } from "../support/pty.ts";
import { MAIN } from "../support/zag.ts";
import { type AgentHome, entries } from "./agent_home.ts";
import { conversation, copilotTest, systemText } from "./copilot_support.ts";

/** How a `zag run` looks from the outside when it has ended. */
interface Ended {
  code: number;
  /** Modes of the terminal before and after. */
  modes: [string, string];
  /** All that was printed. */
  raw: string;
  /** The last lines. */
  screen: string;
}

/** Runs `zag run` in a terminal until it ends, with somebody in front of it. */
async function inTerminal(
  copilot: AgentHome,
  args: readonly string[],
  person: (pty: Pty) => Promise<void>,
): Promise<Ended> {
  const zag = `exec '${Deno.execPath()}' run -A --no-prompt '${MAIN}' "$@"`;
  await copilot.program("zag", ["#!/bin/sh", zag]);
  const script =
    'stty -a > "$HOME/before"; zag run "$@"; code=$?; stty -a > "$HOME/after"; exit $code';
  await using pty = new Pty("/bin/sh", ["-c", script, "sh", ...args], {
    cwd: copilot.work,
    env: copilot.env({ TERM: "xterm-256color", LANG: "C.UTF-8" }),
    columns: 110,
    rows: 35,
  });
  await person(pty);
  const { code } = await pty.waitForExit();
  const modes = await Promise.all(
    ["before", "after"].map((name) => Deno.readTextFile(`${copilot.path}/${name}`)),
  );
  return { code, modes: modes as [string, string], raw: pty.raw, screen: pty.screen.text };
}

/** Lets Copilot work here without asking first. */
async function trustFolder(copilot: AgentHome): Promise<void> {
  await Deno.mkdir(`${copilot.path}/.copilot`);
  const config = { trustedFolders: [copilot.work] };
  await Deno.writeTextFile(`${copilot.path}/.copilot/config.json`, JSON.stringify(config));
}

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

/** The terminal is as it was: its modes, the main screen, the cursor, no reports and pastes. */
function assertRestored({ modes: [before, after], raw }: Ended): void {
  assertMatch(before, /icanon/);
  assertEquals(after, before);
  for (const mode of ["1049", "2004", "1004", "1000", "1002", "1003", "1006"]) {
    const on = raw.lastIndexOf(`\x1b[?${mode}h`);
    assert(raw.lastIndexOf(`\x1b[?${mode}l`) >= on, `mode ${mode} was left on`);
  }
  assert(raw.lastIndexOf("\x1b[?25h") > raw.lastIndexOf("\x1b[?25l"), "the cursor was left hidden");
}

/** Who said what, as the log has it. */
async function dialogue(copilot: AgentHome): Promise<string[]> {
  return (await copilot.log()).flatMap((line) =>
    line.type === "user_message"
      ? `user: ${line.content}`
      : line.type === "assistant_message"
      ? `copilot: ${line.content}`
      : []
  );
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
