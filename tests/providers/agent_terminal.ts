/** What the tests of the agents' own interfaces share: `zag run` in a real terminal. */
import type { LogEvent } from "../../src/events/log_event.ts";
import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { Pty } from "../support/pty.ts";
import { ZAG } from "../support/zag.ts";
import type { AgentHome } from "./agent_home.ts";

const COLUMNS = 110;
const ROWS = 35;

/** How a `zag run` that a person has ended looks from the outside. */
export interface Ended {
  code: number;
  /** Modes of the terminal before and after. */
  modes: [string, string];
  /** All that was printed. */
  raw: string;
  /** The last lines. */
  screen: string;
}

/** Runs `zag run` in a terminal until it ends, with somebody in front of it. */
export async function inTerminal(
  agent: AgentHome,
  args: readonly string[],
  person: (pty: Pty) => Promise<void>,
  env: Record<string, string> = {},
): Promise<Ended> {
  const zag = ZAG.shell;
  // Several may run at once; and the shell has to survive what the person sends to zag.
  const run = crypto.randomUUID();
  const script = `trap : INT; stty -a > "$HOME/before.${run}"; ${zag} run "$@"; code=$?; ` +
    `stty -a > "$HOME/after.${run}"; exit $code`;
  await using pty = new Pty("/bin/sh", ["-c", script, "sh", ...args], {
    cwd: agent.work,
    env: agent.env({ TERM: "xterm-256color", LANG: "C.UTF-8", ...env }),
    columns: COLUMNS,
    rows: ROWS,
  });
  await person(pty);
  const { code } = await pty.waitForExit();
  const modes = await Promise.all(
    ["before", "after"].map((name) => Deno.readTextFile(`${agent.path}/${name}.${run}`)),
  );
  return { code, modes: modes as [string, string], raw: pty.raw, screen: pty.screen.text };
}

/** The terminal is as it was: its modes, the main screen, the cursor, no reports and pastes. */
export function assertRestored({ modes: [before, after], raw }: Ended): void {
  assertMatch(before, /icanon/);
  assertEquals(after, before);
  for (const mode of ["1049", "2004", "1004", "1000", "1002", "1003", "1006"]) {
    const on = raw.lastIndexOf(`\x1b[?${mode}h`);
    assert(raw.lastIndexOf(`\x1b[?${mode}l`) >= on, `mode ${mode} was left on`);
  }
  assert(raw.lastIndexOf("\x1b[?25h") > raw.lastIndexOf("\x1b[?25l"), "the cursor was left hidden");
}

/** Who said what, as a log has it: `user: TEXT`, `PROVIDER: TEXT`. */
export function dialogueOf(log: readonly LogEvent[]): string[] {
  return log.flatMap((line) =>
    line.type === "user_message"
      ? `user: ${line.content}`
      : line.type === "assistant_message"
      ? `${line.provider}: ${line.content}`
      : []
  );
}

/** Who said what in the only session. */
export async function dialogue(agent: AgentHome): Promise<string[]> {
  return dialogueOf(await agent.log());
}

/** The only session has used what so many calls of the test's model use, call by call. */
export async function assertUsed(agent: AgentHome, calls: number): Promise<void> {
  const used = (await agent.log()).filter((line) => line.type === "usage");
  assertEquals(
    used.map((line) => [line.input_tokens, line.output_tokens]),
    Array.from({ length: calls }, () => [12, 5]),
  );
  const { inputTokens, outputTokens } = await agent.session();
  assertEquals([inputTokens, outputTokens], [12 * calls, 5 * calls]);
}
