/** Compares what zag made of a session with what the CLI itself printed. */
import type { AgentOutput, Event, Usage } from "../../src/events/event.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { type ClaudeHome, entries, type NativeEvent, only } from "./claude_support.ts";
import { assertSameLog } from "./faithful_log.ts";

/** Reads the CLI's own lines, in the plainest way. */
export function readNative(events: readonly NativeEvent[]) {
  const of = (type: string) => events.filter((event) => event.type === type);
  const blocks = (list: readonly NativeEvent[]): NativeEvent[] =>
    list.flatMap(({ message }) => Array.isArray(message.content) ? message.content : []);
  const said = of("assistant").filter(({ message }) => message.model !== "<synthetic>");
  const results = of("result");
  const last = results.at(-1);
  assert(last, "the CLI printed no result");
  const total = (name: string) => results.reduce((sum, { usage }) => sum + usage[name], 0);
  return {
    init: of("system").find(({ subtype }) => subtype === "init"),
    texts: blocks(said).filter(({ type }) => type === "text").map(({ text }) => text as string),
    calls: blocks(said).filter(({ type }) => type === "tool_use")
      .map(({ id, name, input }) => ({ id, name, input })),
    results: blocks(of("user")).filter(({ type }) => type === "tool_result")
      .map(({ tool_use_id, is_error }) => ({ id: tool_use_id, success: is_error !== true })),
    last,
    costUsd: last.total_cost_usd as number,
    usage: {
      input_tokens: total("input_tokens"),
      output_tokens: total("output_tokens"),
      cache_read_tokens: total("cache_read_input_tokens"),
      cache_creation_tokens: total("cache_creation_input_tokens"),
    },
  };
}

/** Compares the events of `-o stream-json` or `-o json`. */
export function assertSameEvents(events: readonly Event[], native: readonly NativeEvent[]): void {
  const read = readNative(native);
  const [init] = only(events, "init");
  assertEquals(init?.model, read.init?.model);
  assertEquals(init?.tools, read.init?.tools);
  assertEquals(init?.metadata.session_id, read.init?.session_id);
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
  const last = events.at(-1);
  assert(last?.type === "result");
  assertEquals(last.success, !read.last.is_error);
  if (last.success) assertEquals(last.message, read.last.result);
  assertEquals(last.num_turns, read.last.num_turns);
  assertEquals(last.duration_ms, read.last.duration_ms);
  const turn = events.at(-2);
  assert(turn?.type === "turn_complete");
  assertEquals(turn.stop_reason, read.last.stop_reason);
  assertEquals(turn.usage && countersOf(turn.usage), {
    input_tokens: read.last.usage.input_tokens,
    output_tokens: read.last.usage.output_tokens,
    cache_read_tokens: read.last.usage.cache_read_input_tokens,
    cache_creation_tokens: read.last.usage.cache_creation_input_tokens,
  });
}

/** Compares the document of `-o json`. */
export function assertSameOutput(output: AgentOutput, native: readonly NativeEvent[]): void {
  const read = readNative(native);
  assertSameEvents(output.events, native);
  assertEquals(output.session_id, read.last.session_id);
  assertEquals(output.model, read.init?.model);
  assertEquals(output.is_error, read.last.is_error);
  if (!output.is_error) assertEquals(output.result, read.last.result);
  assertEquals(output.total_cost_usd, read.costUsd);
  assertEquals(output.usage && countersOf(output.usage), read.usage);
}

/** Compares the log and the store of the only session. */
export async function assertSameBooks(
  claude: ClaudeHome,
  native: readonly NativeEvent[],
): Promise<void> {
  const read = readNative(native);
  const log = await claude.log();
  assertSameLog(log, read);
  const [usage] = entries(log, "usage");
  assertEquals(usage?.input_tokens, read.usage.input_tokens);
  assertEquals(usage?.output_tokens, read.usage.output_tokens);
  assertEquals(usage?.total_cost_usd, read.costUsd);
  const [ended] = entries(log, "session_ended");
  assertEquals(ended?.success, !read.last.is_error);
  assertEquals(log.at(-1)?.type, "session_ended");
  const session = await claude.session();
  assertEquals(session.providerSessionId, read.last.session_id);
  assertEquals(session.outcome, read.last.is_error ? "failure" : "success");
  assertEquals(session.inputTokens, read.usage.input_tokens);
  assertEquals(session.outputTokens, read.usage.output_tokens);
  assertEquals(session.cacheReadTokens, read.usage.cache_read_tokens);
  assertEquals(session.cacheCreationTokens, read.usage.cache_creation_tokens);
  assertEquals(session.costUsd, read.costUsd);
  assertEquals(session.logCompleteness, "full");
}

function countersOf(usage: Usage) {
  const { input_tokens, output_tokens, cache_read_tokens, cache_creation_tokens } = usage;
  return { input_tokens, output_tokens, cache_read_tokens, cache_creation_tokens };
}
