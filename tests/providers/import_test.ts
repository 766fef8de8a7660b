/** Sessions that the real CLIs make by themselves, taken over by `zag session import`. */
import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { type AgentHome, entries } from "./agent_home.ts";
import { dialogue } from "./agent_terminal.ts";
import { withClaude } from "./claude_support.ts";
import { codexTest } from "./codex_support.ts";
import { copilotTest } from "./copilot_support.ts";
import { geminiTest } from "./gemini_support.ts";

const PROMPT = "[[bash:echo made]][[say:made without zag]]";
const MORE = "[[say:and more with zag]]";
const AGAIN = "[[say:and again without]]";

const NUMBERS = { imported: 0, updated: 0, unchanged: 0, failed: 0 };

async function imports(agent: AgentHome): Promise<unknown> {
  const { code, stdout, stderr } = await agent.zag(["session", "import", "--json"]);
  assertEquals([code, stderr], [0, ""]);
  // Gemini leaves a file behind in which nothing was said when it goes on in another minute.
  const { skipped: _skipped, ...numbers } = JSON.parse(stdout);
  return numbers;
}

/** @param args Arguments of the CLI for a prompt, and for a session that goes on. */
async function takesOver(
  agent: AgentHome,
  args: (prompt: string, resume?: string) => string[],
): Promise<void> {
  const { name } = agent.setup;
  const bare = async (prompt: string, resume?: string) => {
    const { code, stderr } = await agent.bare(args(prompt, resume));
    assertEquals(code, 0, stderr);
  };
  await bare(PROMPT);
  assertEquals(await imports(agent), { ...NUMBERS, imported: 1 });
  const told = [`user: ${PROMPT}`, `${name}: made without zag`];
  const said = async () => (await dialogue(agent)).map((line) => line.trimEnd());
  assertEquals(await said(), told);
  const [call] = entries(await agent.log(), "tool_call");
  assertEquals(call?.tool_kind, "shell");
  const { sessionId, inputTokens, discovered, model, command } = await agent.session();
  assertEquals([inputTokens, discovered, command], [24, true, "import"]);
  assert(model);

  const resumed = await agent.zag(["exec", "--resume", sessionId, MORE]);
  assertEquals([resumed.code, resumed.stdout.trim()], [0, "and more with zag"], resumed.stderr);
  const asked = JSON.stringify(agent.asked.at(-1)?.body);
  assert(asked.includes("made without zag"), "the session went on where it was");
  const both = [...told, `user: ${MORE}`, `${name}: and more with zag`];
  assertEquals(await said(), both);
  assertEquals(await imports(agent), { ...NUMBERS, unchanged: 1 });
  assertEquals(await said(), both);
  assertEquals((await agent.session()).inputTokens, 36);

  await bare(AGAIN, sessionId);
  assertEquals(await imports(agent), { ...NUMBERS, updated: 1 });
  assertEquals(await said(), [...both, `user: ${AGAIN}`, `${name}: and again without`]);
  const { inputTokens: used, outcome } = await agent.session();
  assertEquals([used, outcome], [48, "success"]);
  const shown = await agent.home.zag(["output", sessionId]);
  assertMatch(shown.stdout, /^and again without\n$/);
}

const TITLE = "session import takes over what the CLI made, and exec goes on with it";

Deno.test(`claude ${TITLE}`, () =>
  withClaude((claude) =>
    takesOver(claude, (prompt, resume) => [
      "-p",
      prompt,
      "--dangerously-skip-permissions",
      ...resume === undefined ? [] : ["--resume", resume],
    ])
  ));

codexTest([], TITLE, (codex) =>
  takesOver(codex, (prompt, resume) => [
    "exec",
    ...resume === undefined ? [] : ["resume"],
    "--skip-git-repo-check",
    "--dangerously-bypass-approvals-and-sandbox",
    ...resume === undefined ? [] : [resume],
    prompt,
  ]));

geminiTest([], TITLE, (gemini) =>
  takesOver(gemini, (prompt, resume) => [
    "--skip-trust",
    "--approval-mode=yolo",
    ...resume === undefined ? [] : ["--resume", resume],
    "-p",
    prompt,
  ]));

copilotTest([], TITLE, (copilot) =>
  takesOver(copilot, (prompt, resume) => [
    "--allow-all",
    ...resume === undefined ? [] : [`--resume=${resume}`],
    "-p",
    prompt,
  ]));
