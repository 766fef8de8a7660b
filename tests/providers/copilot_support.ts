/** What the tests of Copilot share: how its home is made ready, and what the model was told. */
import { fileURLToPath } from "node:url";
import type { ToolExecutionEvent } from "../../src/events/event.ts";
import { assert, assertEquals } from "../support/assert.ts";
import type { Finished } from "../support/zag.ts";
import { type AgentHome, type AgentSetup, agentTest, only, outputOf } from "./agent_home.ts";

/** The CLI unpacks itself before its first run: once for all homes. */
const CACHE = fileURLToPath(new URL("../../.cache/copilot", import.meta.url));

/** How Copilot reaches the model server. */
export const COPILOT: AgentSetup = {
  name: "copilot",
  prepare: (_home, server) =>
    Promise.resolve({
      // Without zag, too, the version under test and no other one from the cache.
      COPILOT_AUTO_UPDATE: "false",
      COPILOT_CACHE_HOME: CACHE,
      COPILOT_OFFLINE: "true",
      COPILOT_PROVIDER_BASE_URL: `${server.url}/v1`,
      // Its value is blotted out wherever it appears in the CLI's output.
      COPILOT_PROVIDER_API_KEY: "test-key-0123456789",
      COPILOT_PROVIDER_MAX_PROMPT_TOKENS: "1000000",
      COPILOT_MODEL: "gpt-4.1",
    }),
};

/** Registers a test with a home of its own; see {@linkcode agentTest}. */
export function copilotTest(
  proves: readonly string[],
  name: string,
  test: (copilot: AgentHome) => Promise<void>,
): void {
  agentTest(COPILOT, proves, name, test);
}

/** The body of a request for an answer. */
interface ChatBody {
  model: string;
  messages: { role: string; content: string | null }[];
}

/** The body of the last request for an answer. */
export function lastBody(copilot: AgentHome): ChatBody {
  const last = copilot.asked.at(-1);
  assert(last, "the model was not asked");
  return last.body as ChatBody;
}

/** What the model was told last, without what the CLI adds: prompts and answers in their order. */
export function conversation(copilot: AgentHome): string[] {
  return lastBody(copilot).messages.filter(({ role }) => role === "user" || role === "assistant")
    .map(({ content }) =>
      (content ?? "").replace(/^<current_datetime>.*<\/current_datetime>\n\n/, "")
    );
}

/** The system prompt of the last request. */
export function systemText(copilot: AgentHome): string {
  return lastBody(copilot).messages.filter(({ role }) => role === "system")
    .map(({ content }) => content ?? "").join("\n");
}

/** The CLI's own file of a session. */
export function transcriptPath(copilot: AgentHome, id: string): string {
  return `${copilot.path}/.copilot/session-state/${id}/events.jsonl`;
}

/** How the only tool call of a run of `-o json` ended. */
export function onlyTool(ran: Pick<Finished, "stdout">): ToolExecutionEvent {
  const tools = only(outputOf(ran as Finished).events, "tool_execution");
  assertEquals(tools.length, 1);
  return tools[0]!;
}

/** What the only tool of a run said, without the CLI's word on the exit code. */
export function toolOutput(ran: Pick<Finished, "stdout">): string {
  const { result } = onlyTool(ran);
  return (result.output ?? `failed: ${result.error}`)
    .replace(/\n<shellId: \d+ completed with exit code \d+>$/, "");
}

/** Lets Copilot work here without asking first. */
export async function trustFolder(copilot: AgentHome): Promise<void> {
  await Deno.mkdir(`${copilot.path}/.copilot`);
  const config = { trustedFolders: [copilot.work] };
  await Deno.writeTextFile(`${copilot.path}/.copilot/config.json`, JSON.stringify(config));
}
