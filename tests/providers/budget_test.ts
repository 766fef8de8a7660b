/** Caps on what a call spends, with the real CLIs: each call of the model costs 17 tokens. */
import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import type { AgentHome } from "./agent_home.ts";
import { type ClaudeHome, withClaude } from "./claude_support.ts";
import { codexTest } from "./codex_support.ts";
import { copilotTest } from "./copilot_support.ts";
import { geminiTest } from "./gemini_support.ts";

/** More calls of the model than any cap here lasts for. */
const CALLS = "[[bash:echo a]][[bash:echo b]][[bash:echo c]][[bash:echo d]][[bash:echo e]]";
/** After two calls the agent works on, and only zag can end it. */
const STUCK = "[[bash:echo a]][[bash:sleep 600]][[say:done]]";

/** What a call of its default model costs Claude, by its own numbers. */
const CALL_USD = 0.000185;

/** How often the model was asked for an answer to a prompt that holds a script. */
function asked(agent: AgentHome): number {
  return agent.asked.length;
}

/** The newest session. */
function newest(agent: AgentHome): Record<string, unknown> {
  const rows = agent.home.rows("sessions");
  return rows.toSorted((a, b) => String(a.created_at) < String(b.created_at) ? -1 : 1).at(-1)!;
}

async function spentOf(agent: AgentHome): Promise<Record<string, unknown>> {
  const id = String(newest(agent).session_id);
  const { stdout } = await agent.home.zag(["cost", "--session", id, "--json"]);
  return JSON.parse(stdout).budgets[0];
}

Deno.test("claude exec --max-cost stops within one call of passing the cap and says what was spent", () =>
  withClaude(async (claude: ClaudeHome) => {
    for (const flags of [[], ["-o", "json"], ["-o", "stream-json"], ["-o", "native-json"]]) {
      const before = asked(claude);
      const run = await claude.zag(["exec", "-a", "--max-cost", "0.0003", ...flags, CALLS]);
      assertEquals([flags, run.code], [flags, 125]);
      // The first call leaves something, the second one passes the cap.
      assertEquals(asked(claude) - before, 2);
      assertStringIncludes(
        run.stderr,
        "$0.00037 of the $0.0003 in the budget is spent (by the agent's own numbers)",
      );
      assertEquals(await claude.living(), []);
    }
    const { max_cost_usd, spent_cost_usd, left_cost_usd } = await spentOf(claude);
    assertEquals([max_cost_usd, spent_cost_usd, left_cost_usd], [0.0003, 2 * CALL_USD, 0]);
  }));

Deno.test("claude exec --max-cost lets a session spend what the cap allows, and resumes begin anew", () =>
  withClaude(async (claude) => {
    const run = await claude.zag(["exec", "--max-cost", "0.0002", "--name", "it", "[[say:one]]"]);
    assertEquals([run.code, run.stdout], [0, "one\n"], run.stderr);
    const more = await claude.zag([
      "exec",
      "--max-cost",
      "0.0002",
      "--resume",
      "it",
      "[[say:two]]",
    ]);
    assertEquals([more.code, more.stdout], [0, "two\n"], more.stderr);
  }));

Deno.test("claude exec --max-cost counts corrections together, and leaves each what is left", () =>
  withClaude(async (claude) => {
    const run = await claude.zag(["exec", "--json", "--max-cost", "0.0003", "[[say:no]]"]);
    assertEquals([run.code, run.stdout], [125, ""], run.stderr);
    assertEquals(asked(claude), 2);
    assertStringIncludes(run.stderr, "$0.00037 of the $0.0003");
  }));

Deno.test("claude exec --max-cost ends a stream of messages", () =>
  withClaude(async (claude) => {
    const messages = ["one", "two", "three", "four"].map((word) =>
      JSON.stringify({ type: "user_message", content: `[[say:${word}]]` }) + "\n"
    ).join("");
    const run = await claude.zag(
      ["exec", "-i", "stream-json", "-o", "stream-json", "--max-cost", "0.0003"],
      { stdin: messages },
    );
    assertEquals(run.code, 125, run.stderr);
    assertEquals(asked(claude) <= 3, true, `${asked(claude)} calls`);
    assertEquals(await claude.living(), []);
  }));

Deno.test("claude exec --max-cost refuses -o text, whose dollars nobody sees", () =>
  withClaude(async (claude) => {
    const run = await claude.zag(["exec", "--max-cost", "1", "-o", "text", "[[say:x]]"]);
    assertEquals(run.code, 1);
    assertStringIncludes(run.stderr, "Cannot use --max-cost with Claude Code: it tells tokens");
    assertEquals(asked(claude), 0);
  }));

/** The agent is ended in the middle of its turn: only its own file says what it has used. */
async function stopsInTurn(agent: AgentHome): Promise<void> {
  for (const flags of [[], ["-o", "text"]]) {
    const run = await agent.zag(["exec", "-a", "--max-tokens", "20", ...flags, STUCK]);
    assertEquals([flags, run.code], [flags, 125], run.stderr);
    // 17 tokens a call; the CLI may ask once more while it is being ended, which its file tells later.
    const [, spent] = / was ended: (34|51) of the 20 tokens in the budget are spent/
      .exec(run.stderr) ?? [];
    assert(spent !== undefined, run.stderr);
    assertEquals(await agent.living(), []);
    assertEquals(newest(agent).outcome, "killed");
    const noted = Number((await spentOf(agent)).spent_tokens);
    assert([34, 51].includes(noted) && noted >= Number(spent), `${noted} noted, ${spent} said`);
  }
}

const IN_TURN = "exec --max-tokens ends an agent in the middle of its turn";

Deno.test(`claude ${IN_TURN}`, () => withClaude(stopsInTurn));
codexTest([], IN_TURN, stopsInTurn);
copilotTest([], IN_TURN, stopsInTurn);
geminiTest([], IN_TURN, stopsInTurn);

codexTest([], "exec --max-cost needs a price, and reckons with it", async (codex) => {
  const model = "gpt-6.1-sol";
  const exec = (...args: string[]) =>
    codex.zag(["exec", "-a", "-m", model, "--max-cost", "0.0025", ...args]);
  const unknown = await exec(CALLS);
  assertEquals([unknown.code, asked(codex)], [1, 0]);
  assertStringIncludes(unknown.stderr, `the price of ${model} is not known`);
  assertStringIncludes(unknown.stderr, `zag config prices.${model} "input=1.25 output=10"`);
  // 12 tokens in and 5 out: $0.0017 a call.
  const set = await codex.home.zag(["config", `prices.${model}`, "input=100 output=100"]);
  assertEquals(set.code, 0, set.stderr);
  const run = await exec(STUCK);
  assertEquals(run.code, 125, run.stderr);
  // The CLI may have asked once more before it has written down what it used.
  const [, spent] = /\$(0\.00(?:34|51)) of the \$0\.0025 in the budget is spent \(by the configured/
    .exec(run.stderr) ?? [];
  assert(spent !== undefined, run.stderr);
  const { spent_cost_usd, spent_cost_estimated } = await spentOf(codex);
  const noted = Number(spent_cost_usd);
  assert([0.0034, 0.0051].includes(noted) && noted >= Number(spent), `${noted}, ${spent} said`);
  assertEquals(spent_cost_estimated, true);
  const { stdout } = await codex.home.zag(["cost"]);
  assertStringIncludes(stdout, `~${noted}`);
});
