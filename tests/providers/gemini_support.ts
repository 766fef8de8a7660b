/** What the tests of Gemini CLI share: how its home is made ready, and what the model was told. */
import type { ToolExecutionEvent } from "../../src/events/event.ts";
import { type Json, list, record, str } from "../../src/providers/json.ts";
import { assert, assertEquals } from "../support/assert.ts";
import type { Finished } from "../support/zag.ts";
import { type AgentHome, type AgentSetup, agentTest, only, outputOf } from "./agent_home.ts";

/** Asked where no model flag is passed; the CLI's own choice asks a model which model to ask. */
export const MODEL = "gemini-2.5-flash";

/** How Gemini CLI reaches the model server. */
export const GEMINI: AgentSetup = {
  name: "gemini",
  prepare: async (home, server) => {
    const settings = {
      security: { auth: { selectedType: "gemini-api-key" } },
      // Errors of the server are tried again for minutes.
      general: { maxAttempts: 1, enableAutoUpdate: false, enableAutoUpdateNotification: false },
      privacy: { usageStatisticsEnabled: false },
    };
    await Deno.mkdir(`${home.path}/.gemini`);
    await Deno.mkdir(`${home.path}/tmp`);
    await Deno.writeTextFile(`${home.path}/.gemini/settings.json`, JSON.stringify(settings));
    return {
      GEMINI_API_KEY: "test-key-0123456789",
      GEMINI_MODEL: MODEL,
      GOOGLE_GEMINI_BASE_URL: server.url,
      // It leaves reports of errors there.
      TMPDIR: `${home.path}/tmp`,
    };
  },
};

/** Registers a test with a home of its own; see {@linkcode agentTest}. */
export function geminiTest(
  proves: readonly string[],
  name: string,
  test: (gemini: AgentHome) => Promise<void>,
): void {
  agentTest(GEMINI, proves, name, test);
}

/** Runs the CLI without zag, as zag runs it. */
export async function runBare(
  gemini: AgentHome,
  args: readonly string[],
  stdin: string,
  env: Record<string, string> = {},
): Promise<Finished> {
  return await gemini.bare([...args, "--skip-trust"], stdin, {
    GEMINI_CLI_NO_RELAUNCH: "true",
    ...env,
  });
}

/** The body of the last request for an answer. */
export function lastBody(gemini: AgentHome): Json {
  const last = gemini.asked.at(-1);
  assert(last, "the model was not asked");
  return record(last.body)!;
}

/** What the model was told last, without what the CLI adds: prompts and answers in their order. */
export function conversation(gemini: AgentHome): string[] {
  return list(lastBody(gemini).contents).flatMap((content) => list(record(content)?.parts))
    .map((part) => str(record(part)?.text) ?? "")
    .filter((text) => text !== "" && !text.startsWith("<session_context>"));
}

/** The system prompt of the last request. */
export function systemText(gemini: AgentHome): string {
  const { parts } = record(lastBody(gemini).systemInstruction) ?? {};
  return list(parts).map((part) => str(record(part)?.text) ?? "").join("");
}

/** The directory in which the CLI keeps the sessions of the directory that the tests work in. */
export function chatsDirectory(gemini: AgentHome): string {
  return `${gemini.path}/.gemini/tmp/work/chats`;
}

/** Names of the CLI's own session files. */
export async function chatFiles(gemini: AgentHome): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(chatsDirectory(gemini))).catch(() => []);
  return entries.map(({ name }) => name).sort();
}

/** The names in the directory that the agent works in. */
export async function workFiles(gemini: AgentHome): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(gemini.work))).map(({ name }) => name).sort();
}

/** How the only tool call of a run of `-o json` ended. */
export function onlyTool(ran: Pick<Finished, "stdout">): ToolExecutionEvent {
  const tools = only(outputOf(ran as Finished).events, "tool_execution");
  assertEquals(tools.length, 1);
  return tools[0]!;
}
