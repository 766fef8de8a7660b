/** Compares what zag made of a session with what the CLI itself printed and wrote. */
import type { AgentOutput, Event, Usage } from "../../src/events/event.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { type AgentHome, entries, type NativeEvent, only, parseLines } from "./agent_home.ts";
import { transcriptPath } from "./copilot_support.ts";
import { assertSameLog } from "./faithful_log.ts";

/** Reads the CLI's own lines, in the plainest way. */
export function readNative(events: readonly NativeEvent[]) {
  const of = (type: string) => events.filter((event) => event.type === type);
  const last = events.at(-1);
  assert(last?.type === "result", "the CLI printed no result");
  const said = of("assistant.message").map(({ data }) => data);
  const requests = said.flatMap(({ toolRequests }) => toolRequests as NativeEvent[]);
  return {
    model: of("session.tools_updated")[0]?.data.model as string,
    texts: said.map(({ content }) => content as string).filter((text) => text !== ""),
    deltas: of("assistant.message_delta").map(({ data }) => data.deltaContent as string),
    calls: requests.map(({ toolCallId, name, arguments: input }) => ({
      id: toolCallId,
      name,
      input,
    })),
    results: of("tool.execution_complete").map(({ data }) => ({
      id: data.toolCallId,
      success: data.success && (data.shellExecution?.exitCode ?? 0) === 0,
    })),
    errors: of("session.error").map(({ data }) => data.message as string),
    turns: of("assistant.turn_start").filter(({ agentId }) => agentId === undefined).length,
    durationMs: Date.parse(last.timestamp) - Date.parse(events[0]!.timestamp),
    sessionId: last.sessionId as string,
    success: last.exitCode === 0,
  };
}

/** The tokens of the last run of a session, call by call, as the CLI's own file has them. */
export async function usageOfLastRun(copilot: AgentHome, id: string) {
  const lines = parseLines(await Deno.readTextFile(transcriptPath(copilot, id)));
  const begun = lines.findLastIndex(({ type }) => /^session\.(start|resume)$/.test(type));
  const calls = lines.slice(begun).filter(({ type }) => type === "session.usage_record")
    .map(({ data }) => data.usage);
  const sum = (name: string) => calls.reduce((total, usage) => total + usage[name], 0);
  return {
    input_tokens: sum("inputTokens"),
    output_tokens: sum("outputTokens"),
    cache_read_tokens: sum("cacheReadTokens"),
    cache_creation_tokens: sum("cacheWriteTokens"),
  };
}

/** The counters that Copilot has. */
export function countersOf(usage: Usage | null | undefined) {
  assert(usage, "no tokens were told");
  const { input_tokens, output_tokens, cache_read_tokens, cache_creation_tokens } = usage;
  return { input_tokens, output_tokens, cache_read_tokens, cache_creation_tokens };
}

/** Compares the events of `-o stream-json` or `-o json`. */
export async function assertSameEvents(
  copilot: AgentHome,
  events: readonly Event[],
  native: readonly NativeEvent[],
): Promise<void> {
  const read = readNative(native);
  const [init, ...more] = only(events, "init");
  assertEquals([events[0], more], [init, []]);
  assertEquals([init?.model, init?.metadata.session_id], [read.model, read.sessionId]);
  const blocks = only(events, "assistant_message").flatMap(({ content }) => content);
  assertEquals(blocks.flatMap((block) => block.type === "text" ? block.text : []), read.texts);
  assertEquals(
    blocks.flatMap((block) =>
      block.type === "tool_use" ? { id: block.id, name: block.name, input: block.input } : []
    ),
    read.calls,
  );
  assertEquals(
    only(events, "tool_execution").map(({ tool_id, result }) => ({
      id: tool_id,
      success: result.success,
    })),
    read.results,
  );
  assertEquals(only(events, "error").map(({ message }) => message), read.errors);
  const [turn, result] = events.slice(-2);
  assert(turn?.type === "turn_complete" && result?.type === "result");
  assertEquals(countersOf(turn.usage), await usageOfLastRun(copilot, read.sessionId));
  assertEquals([result.success, result.num_turns], [read.success, read.turns]);
  assertEquals(result.message, read.success ? read.texts.at(-1) : read.errors.at(-1));
  assertEquals(result.duration_ms, read.durationMs);
}

/** Compares the document of `-o json`. */
export async function assertSameOutput(
  copilot: AgentHome,
  output: AgentOutput,
  native: readonly NativeEvent[],
): Promise<void> {
  const read = readNative(native);
  await assertSameEvents(copilot, output.events, native);
  assertEquals([output.session_id, output.model], [read.sessionId, read.model]);
  assertEquals(output.is_error, !read.success);
  assertEquals(output.result, read.texts.at(-1) ?? null);
  assertEquals(countersOf(output.usage), await usageOfLastRun(copilot, read.sessionId));
  assertEquals(output.total_cost_usd, null);
}

/** Compares the log and the store of the only session. */
export async function assertSameBooks(
  copilot: AgentHome,
  native: readonly NativeEvent[],
): Promise<void> {
  const read = readNative(native);
  const log = await copilot.log();
  assertSameLog(log, read);
  const usage = await usageOfLastRun(copilot, read.sessionId);
  const [logged] = entries(log, "usage");
  assertEquals(
    [logged?.input_tokens, logged?.output_tokens],
    [usage.input_tokens, usage.output_tokens],
  );
  assertEquals(entries(log, "parse_warning"), []);
  const ended = log.at(-1);
  assert(ended?.type === "session_ended");
  assertEquals(ended.success, read.success);
  const session = await copilot.session();
  assertEquals(session.providerSessionId, read.sessionId);
  assertEquals(session.outcome, read.success ? "success" : "failure");
  assertEquals(
    [session.inputTokens, session.outputTokens, session.cacheReadTokens],
    [usage.input_tokens, usage.output_tokens, usage.cache_read_tokens],
  );
  assertEquals(session.logCompleteness, "full");
}
