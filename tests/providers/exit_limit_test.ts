/** `zag run --exit --headless` with real interfaces that hit a usage limit. */
import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import { type AgentHome, type AgentSetup, entries } from "./agent_home.ts";
import { CLAUDE, type ClaudeHome, onboard } from "./claude_support.ts";
import { CODEX } from "./codex_support.ts";
import { COPILOT } from "./copilot_support.ts";
import { GEMINI } from "./gemini_support.ts";
import { limited, resumed } from "./limit_support.ts";

interface Case {
  readonly setup: AgentSetup;
  /** So many requests it makes until it gives up. */
  readonly tries: number;
  /** As its shell tool takes the word. */
  readonly kill?: string;
  readonly prepare?: (agent: AgentHome) => Promise<void>;
}

const CASES: readonly Case[] = [
  { setup: CLAUDE, tries: 1, prepare: (agent) => onboard(agent as ClaudeHome) },
  { setup: CODEX, tries: 1 },
  { setup: GEMINI, tries: 1 },
  { setup: COPILOT, tries: 6, kill: '"kill"' },
];

for (const { setup, tries, kill = "kill", prepare } of CASES) {
  const { name } = setup;
  const handIn = (result: string) => `[[bash:zag ps ${kill} self ${result}]]`;
  const goOn = `${handIn('""')}${handIn("five")}[[hang]]`;
  Deno.test(
    `${name} run --exit --headless goes on when a usage limit is over, and is told how to end`,
    async () => {
      await limited(setup, tries, 1, async (agent) => {
        await prepare?.(agent);
        const prompt = "what is it? [[hang]]";
        const flags = ["--headless", "--timeout", "2m", "--exit", "the sum"];
        const { code, stdout, stderr } = await agent.zag(["run", "-a", ...flags, prompt]);
        const log = await agent.log();
        const seen = [stderr, ...log.map((event) => JSON.stringify(event))].join("\n");
        const asked = agent.server.requests.map((request) => JSON.stringify(request)).join("\n");
        assertEquals([code, stdout], [0, "five\n"], `${seen}\n${asked}`);
        assertEquals(await agent.living(), []);
        const [hit] = entries(log, "usage_limit_hit");
        assert(hit?.scheduled_resume_at !== undefined, "it is told when it goes on");
        assertEquals(resumed(log).map(({ incident_id }) => incident_id), [hit.incident_id]);
        const told = JSON.stringify(agent.asked.at(-1)!.body);
        assertStringIncludes(told, "What is expected as the result: the sum");
        // It is the same session, and its result was checked.
        assertStringIncludes(told, "what is it?");
        assertStringIncludes(told, "Cannot end the session without a result: expected is the sum");
        const { outcome, error } = await agent.session();
        assertEquals([outcome, error], ["success", null]);
      }, goOn);
    },
  );
}
