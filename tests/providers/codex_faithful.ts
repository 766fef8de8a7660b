/** Compares what zag made of a session with what the CLI itself printed. */
import type { AgentOutput, Event, Usage } from "../../src/events/event.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { type AgentHome, entries, type NativeEvent, only } from "./agent_home.ts";

const TOOLS = new Set(["command_execution", "file_change", "mcp_tool_call"]);

/** Reads the CLI's own lines of one invocation, in the plainest way. */
export function readNative(events: readonly NativeEvent[]) {
  const done = events.filter(({ type }) => type === "item.completed").map(({ item }) => item);
  const tools = done.filter(({ type }) => TOOLS.has(type));
  const last = events.at(-1);
  assert(last, "the CLI printed nothing");
  return {
    id: events.find(({ type }) => type === "thread.started")?.thread_id as string | undefined,
    texts: done.filter(({ type }) => type === "agent_message").map(({ text }) => text as string),
    thoughts: done.filter(({ type }) => type === "reasoning").map(({ text }) => text as string),
    tools: tools.map(({ id, status }) => ({ id, success: status === "completed" })),
    commands: tools.filter(({ type }) => type === "command_execution")
      .map(({ command, aggregated_output }) => ({ command, output: aggregated_output })),
    failed: last.type === "turn.failed",
    last,
  };
}

/** The tokens that a line states, less those of an earlier line. */
export function nativeUsage({ usage }: NativeEvent, before?: NativeEvent) {
  const count = (name: string) => usage[name] - (before?.usage[name] ?? 0);
  return {
    input_tokens: count("input_tokens"),
    output_tokens: count("output_tokens"),
    cache_read_tokens: count("cached_input_tokens"),
    cache_creation_tokens: count("cache_write_input_tokens"),
  };
}

/**
 * Compares the events of `-o stream-json` or `-o json`.
 *
 * @param before The line that ended the invocation before this one, where it has gone on with it.
 */
export function assertSameEvents(
  events: readonly Event[],
  native: readonly NativeEvent[],
  before?: NativeEvent,
): void {
  const read = readNative(native);
  const [init, ...more] = only(events, "init");
  assertEquals([init?.metadata.session_id, more], [read.id, []]);
  const blocks = only(events, "assistant_message").flatMap(({ content }) => content);
  assertEquals(blocks.flatMap((block) => block.type === "text" ? block.text : []), read.texts);
  const calls = blocks.flatMap((block) => block.type === "tool_use" ? block : []);
  assertEquals(calls.map(({ id }) => id).sort(), read.tools.map(({ id }) => id).sort());
  const ran = only(events, "tool_execution");
  assertEquals(
    ran.map(({ tool_id, result }) => ({ id: tool_id, success: result.success })),
    read.tools,
  );
  assertEquals(
    ran.filter(({ tool_name }) => tool_name === "command_execution").map(({ input, result }) => ({
      command: (input as { command: string }).command,
      output: result.output ?? result.error,
    })),
    read.commands,
  );
  assertEquals(only(events, "reasoning").map(({ content }) => content), read.thoughts);
  const [turn, last] = events.slice(-2);
  assert(turn?.type === "turn_complete" && last?.type === "result");
  assertEquals(last.success, !read.failed);
  assertEquals(last.message, read.failed ? read.last.error.message : read.texts.at(-1) ?? null);
  assertEquals(
    turn.usage && countersOf(turn.usage),
    read.failed ? null : nativeUsage(read.last, before),
  );
}

/** Compares the document of `-o json`. */
export function assertSameOutput(
  output: AgentOutput,
  native: readonly NativeEvent[],
  before?: NativeEvent,
): void {
  const read = readNative(native);
  assertSameEvents(output.events, native, before);
  assertEquals(output.session_id, read.id);
  assertEquals(output.is_error, read.failed);
  if (!read.failed) assertEquals(output.result, read.texts.at(-1));
  assertEquals(
    output.usage && countersOf(output.usage),
    read.failed ? null : nativeUsage(read.last, before),
  );
  assertEquals(output.total_cost_usd, null);
}

/** Compares the log and the store of the only session, which has had one invocation. */
export async function assertSameBooks(
  codex: AgentHome,
  native: readonly NativeEvent[],
): Promise<void> {
  const read = readNative(native);
  const log = await codex.log();
  assertEquals(entries(log, "assistant_message").map(({ content }) => content), read.texts);
  assertEquals(entries(log, "reasoning").map(({ content }) => content), read.thoughts);
  assertEquals(
    entries(log, "tool_result").map(({ tool_id, success }) => ({ id: tool_id, success })),
    read.tools,
  );
  assertEquals(
    entries(log, "tool_call").map(({ tool_id }) => tool_id).sort(),
    read.tools.map(({ id }) => id).sort(),
  );
  const usage = read.failed ? undefined : nativeUsage(read.last);
  const [told] = entries(log, "usage");
  assertEquals([told?.input_tokens, told?.output_tokens], [
    usage?.input_tokens,
    usage?.output_tokens,
  ]);
  assertEquals(log.map(({ seq }) => seq), log.map((_, index) => index + 1));
  assertEquals(new Set(log.map(({ completeness }) => completeness)), new Set(["full" as const]));
  const last = log.at(-1);
  assert(last?.type === "session_ended");
  assertEquals([last.success, last.provider_session_id], [!read.failed, read.id]);
  const session = await codex.session();
  assertEquals(session.providerSessionId, read.id);
  assertEquals(session.outcome, read.failed ? "failure" : "success");
  assertEquals(session.inputTokens, usage?.input_tokens ?? null);
  assertEquals(session.outputTokens, usage?.output_tokens ?? null);
  assertEquals(session.cacheReadTokens, usage?.cache_read_tokens ?? null);
  assertEquals(session.costUsd, null);
  assertEquals(session.logCompleteness, "full");
}

function countersOf(usage: Usage) {
  const { input_tokens, output_tokens, cache_read_tokens, cache_creation_tokens } = usage;
  return { input_tokens, output_tokens, cache_read_tokens, cache_creation_tokens };
}
