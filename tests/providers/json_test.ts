/** `zag exec --json-schema` with the real agents: an answer that will not do, and its correction. */
import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import { type AgentHome, entries } from "./agent_home.ts";
import { withClaude } from "./claude_support.ts";
import { codexTest } from "./codex_support.ts";
import { copilotTest } from "./copilot_support.ts";
import { geminiTest } from "./gemini_support.ts";

/** No agent's CLI checks formats: what is wrong with one only zag finds. */
const DATES = JSON.stringify({
  $schema: "https://json-schema.org/draft/2020-12/schema",
  type: "object",
  additionalProperties: { $ref: "#/$defs/date" },
  minProperties: 1,
  $defs: { date: { type: "string", format: "date" } },
});

const RIGHT = '{"begin":"2026-01-31"}';

/** zag's words on this answer name its key, and so script the answer to the correction. */
const WRONG = JSON.stringify({ [`[[json:${RIGHT}]]`]: "soon" });

async function correctsItself(agent: AgentHome): Promise<void> {
  const ran = await agent.zag(["exec", "--json-schema", DATES, `[[json:${WRONG}]]`]);
  assertEquals([ran.code, ran.stdout, ran.stderr], [0, `${RIGHT}\n`, ""]);
  const log = await agent.log();
  const [first, second, ...more] = entries(log, "user_message").map(({ content }) => content);
  assertEquals([first, more], [`[[json:${WRONG}]]`, []]);
  assertStringIncludes(second!, 'must be in the format "date" (format), got "soon"');
  // The same session of the agent's own: it sees what it said before.
  const bare = (text: string) => text.replaceAll("\\", "");
  const last = bare(JSON.stringify(agent.asked.at(-1)!.body));
  assert(last.includes("Your last answer could not be used"), "it is told why");
  assertEquals(last.split(bare(WRONG)).length, 3, "once in the prompt, once in its answer");
  const ids = new Set(log.map(({ provider_session_id }) => provider_session_id).filter(Boolean));
  assertEquals(ids.size, 1);
  assertEquals((await agent.session()).outcome, "success");
}

Deno.test(
  "claude exec --json-schema sends back an answer that does not match",
  () => withClaude(correctsItself),
);

codexTest([], "exec --json-schema sends back an answer that does not match", correctsItself);

geminiTest([], "exec --json-schema sends back an answer that does not match", correctsItself);

copilotTest([], "exec --json-schema sends back an answer that does not match", correctsItself);
