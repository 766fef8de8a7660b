/** Compares a session log with what the agent's CLI itself printed. */
import type { LogEvent } from "../../src/events/log_event.ts";
import { assertEquals } from "../support/assert.ts";
import { entries } from "./agent_home.ts";

/** What was said and done, read from the CLI's own lines. */
export interface NativeStory {
  texts: string[];
  calls: { id: string | null; name: string; input: unknown }[];
  results: { id: string | null; success: boolean | null }[];
}

/** The log tells all of it, in whole lines with numbers that have no gap. */
export function assertSameLog(log: readonly LogEvent[], native: NativeStory): void {
  assertEquals(entries(log, "assistant_message").map(({ content }) => content), native.texts);
  assertEquals(
    entries(log, "tool_call").map(({ tool_id, tool_name, input }) => ({
      id: tool_id,
      name: tool_name,
      input,
    })),
    native.calls,
  );
  assertEquals(
    entries(log, "tool_result").map(({ tool_id, success }) => ({ id: tool_id, success })),
    native.results,
  );
  assertEquals(log.map(({ seq }) => seq), log.map((_, index) => index + 1));
  assertEquals(new Set(log.map(({ completeness }) => completeness)), new Set(["full" as const]));
}
