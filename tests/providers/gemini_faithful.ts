/** Compares what zag made of a session with what Gemini CLI itself printed. */
import type { AgentOutput, Event, Usage } from "../../src/events/event.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { type AgentHome, entries, type NativeEvent, only } from "./agent_home.ts";
import { assertSameLog } from "./faithful_log.ts";

/** Reads the CLI's own lines, in the plainest way. */
export function readNative(events: readonly NativeEvent[]) {
  const of = (type: string) => events.filter((event) => event.type === type);
  const texts: string[] = [];
  let open = false;
  for (const event of events) {
    const isText = event.type === "message" && event.role === "assistant";
    if (isText) texts.push((open ? texts.pop() : "") + event.content);
    open = isText;
  }
  const last = of("result").at(-1);
  assert(last, "the CLI printed no result");
  const errors = of("error").map(({ message }) => message as string);
  return {
    init: of("init")[0],
    texts,
    calls: of("tool_use").map(({ tool_id, tool_name, parameters }) => ({
      id: tool_id as string,
      name: tool_name as string,
      input: parameters,
    })),
    results: of("tool_result").map(({ tool_id, status }) => ({
      id: tool_id as string,
      success: status === "success",
    })),
    failed: last.status !== "success",
    error: (last.error?.message ?? errors.at(-1)) as string | undefined,
    last,
    usage: {
      input_tokens: last.stats.input_tokens as number,
      output_tokens: last.stats.output_tokens as number,
      cache_read_tokens: last.stats.cached as number,
    },
  };
}

/** Compares the events of `-o stream-json` or `-o json`. */
export function assertSameEvents(events: readonly Event[], native: readonly NativeEvent[]): void {
  const read = readNative(native);
  const [init] = only(events, "init");
  assertEquals(init?.model, read.init?.model);
  assertEquals(init?.metadata.session_id, read.init?.session_id);
  const blocks = only(events, "assistant_message").flatMap(({ content }) => content);
  assertEquals(blocks.flatMap((block) => block.type === "text" ? block.text : []), read.texts);
  assertEquals(
    blocks.flatMap((block) =>
      block.type === "tool_use" ? { id: block.id, name: block.name, input: block.input } : []
    ),
    read.calls,
  );
  const tools = only(events, "tool_execution");
  assertEquals(
    tools.map(({ tool_id, result }) => ({ id: tool_id, success: result.success })),
    read.results,
  );
  const [turn, last] = events.slice(-2);
  assert(turn?.type === "turn_complete");
  assertEquals(turn.usage && countersOf(turn.usage), read.usage);
  assert(last?.type === "result");
  assertEquals(last.success, !read.failed);
  assertEquals(last.message, (read.failed ? read.error : read.texts.at(-1)) ?? null);
  assertEquals(last.duration_ms, read.last.stats.duration_ms || null);
}

/** Compares the document of `-o json`. */
export function assertSameOutput(output: AgentOutput, native: readonly NativeEvent[]): void {
  const read = readNative(native);
  assertSameEvents(output.events, native);
  assertEquals(output.session_id, read.init?.session_id);
  assertEquals(output.is_error, read.failed);
  assertEquals(output.error_message, read.failed ? read.error : undefined);
  if (!output.is_error) assertEquals(output.result, read.texts.at(-1) ?? null);
  assertEquals(output.usage && countersOf(output.usage), read.usage);
  assertEquals(output.total_cost_usd, null);
}

/** Compares the log and the store of the only session. */
export async function assertSameBooks(
  gemini: AgentHome,
  native: readonly NativeEvent[],
): Promise<void> {
  const read = readNative(native);
  const log = await gemini.log();
  assertSameLog(log, read);
  const [usage] = entries(log, "usage");
  assertEquals(usage?.input_tokens, read.usage.input_tokens);
  assertEquals(usage?.output_tokens, read.usage.output_tokens);
  const ended = log.at(-1);
  assert(ended?.type === "session_ended");
  assertEquals(ended.success, !read.failed);
  const session = await gemini.session();
  assertEquals(session.providerSessionId, read.init?.session_id);
  assertEquals(session.outcome, read.failed ? "failure" : "success");
  assertEquals(session.error, read.failed ? read.error : null);
  assertEquals(session.inputTokens, read.usage.input_tokens);
  assertEquals(session.outputTokens, read.usage.output_tokens);
  assertEquals(session.cacheReadTokens, read.usage.cache_read_tokens);
  assertEquals(session.logCompleteness, "full");
}

function countersOf({ input_tokens, output_tokens, cache_read_tokens }: Usage) {
  return { input_tokens, output_tokens, cache_read_tokens };
}
