import type { ContentBlock, Event } from "../../src/events/event.ts";
import type { LogKind } from "../../src/events/log_event.ts";
import { toLogKinds } from "../../src/sessions/log_lines.ts";
import { assert, assertEquals, assertNotEquals } from "../support/assert.ts";

const usage = {
  input_tokens: 1,
  output_tokens: 2,
  cache_read_tokens: null,
  cache_creation_tokens: null,
  web_search_requests: null,
  web_fetch_requests: null,
};
const text = (value: string): ContentBlock => ({ type: "text", text: value });
const use = (id: string, name: string, input: unknown): ContentBlock => ({
  type: "tool_use",
  id,
  name,
  input,
});
const said = (content: string): LogKind => ({
  type: "assistant_message",
  content,
  message_id: null,
});
const assistant = (...content: ContentBlock[]): Event => ({
  type: "assistant_message",
  content,
  usage,
});
const bashCall: LogKind = {
  type: "tool_call",
  tool_name: "Bash",
  tool_kind: "shell",
  tool_id: "t1",
  input: { command: "ls" },
};

Deno.test("toLogKinds() writes each event as the log knows it", () => {
  const table: [string, Event, LogKind[]][] = [
    [
      "init",
      {
        type: "init",
        model: "opus",
        tools: ["Bash"],
        working_directory: "/w",
        metadata: { session_id: "n" },
      },
      [{
        type: "provider_status",
        message: "Initialized opus",
        data: { working_directory: "/w", metadata: { session_id: "n" } },
      }],
    ],
    [
      "user_message",
      { type: "user_message", content: [text("do "), text("it")] },
      [{ type: "user_message", role: "user", content: "do it", message_id: null }],
    ],
    ["an empty user_message", { type: "user_message", content: [] }, []],
    ["one text", assistant(text("hi")), [said("hi")]],
    ["an empty text", assistant(text("")), []],
    ["no content", assistant(), []],
    ["texts that follow each other", assistant(text("a"), text(""), text("b")), [said("ab")]],
    ["a tool call", assistant(use("t1", "Bash", { command: "ls" })), [bashCall]],
    [
      "text around a tool call",
      assistant(text("a"), use("t1", "Bash", { command: "ls" }), text("b"), text("c")),
      [said("a"), bashCall, said("bc")],
    ],
    ["a tool call without input", assistant(use("t2", "Zap", undefined)), [{
      type: "tool_call",
      tool_name: "Zap",
      tool_kind: "other",
      tool_id: "t2",
      input: null,
    }]],
    ["a delta", { type: "assistant_delta", text: "h" }, []],
    [
      "reasoning",
      { type: "reasoning", content: "hm" },
      [{ type: "reasoning", content: "hm", message_id: null }],
    ],
    ["empty reasoning", { type: "reasoning", content: "" }, []],
    [
      "a tool that worked",
      {
        type: "tool_execution",
        tool_name: "Read",
        tool_id: "t3",
        input: null,
        result: { success: true, output: "text", error: null, data: { lines: 1 } },
      },
      [{
        type: "tool_result",
        tool_name: "Read",
        tool_kind: "file_read",
        tool_id: "t3",
        success: true,
        output: "text",
        error: null,
        data: { lines: 1 },
      }],
    ],
    [
      "a tool that failed",
      {
        type: "tool_execution",
        tool_name: "Bash",
        tool_id: "t4",
        input: null,
        result: { success: false, output: null, error: "no", data: undefined },
        parent_tool_use_id: "t0",
      },
      [{
        type: "tool_result",
        tool_name: "Bash",
        tool_kind: "shell",
        tool_id: "t4",
        success: false,
        output: null,
        error: "no",
        data: null,
      }],
    ],
    [
      "a permission",
      { type: "permission_request", tool_name: "Bash", description: "rm", granted: false },
      [{ type: "permission", tool_name: "Bash", description: "rm", granted: false }],
    ],
    [
      "an error",
      { type: "error", message: "overloaded", details: { code: 529 } },
      [{ type: "provider_status", message: "overloaded", data: { code: 529 } }],
    ],
    [
      "the end of a turn",
      { type: "turn_complete", stop_reason: "end_turn", turn_index: 0, usage },
      [{
        type: "provider_status",
        message: "Turn 1 complete",
        data: { stop_reason: "end_turn", turn_index: 0, usage },
      }],
    ],
    [
      "a result",
      { type: "result", success: true, message: "done", duration_ms: 5, num_turns: 1 },
      [{
        type: "provider_status",
        message: "done",
        data: { success: true, duration_ms: 5, num_turns: 1 },
      }],
    ],
    [
      "a result without text",
      { type: "result", success: false, message: null, duration_ms: null, num_turns: null },
      [{
        type: "provider_status",
        message: "Result emitted",
        data: { success: false, duration_ms: null, num_turns: null },
      }],
    ],
  ];
  for (const [title, event, expected] of table) assertEquals(toLogKinds(event), expected, title);
});

Deno.test("toLogKinds() gives every usage limit an incident of its own", () => {
  const event: Event = {
    type: "usage_limit_detected",
    provider: "claude",
    scope: "weekly",
    reset_at: "2026-01-01T00:00:00Z",
    raw: "limit|1",
  };
  const [first] = toLogKinds(event);
  const [second] = toLogKinds({ type: "usage_limit_detected", provider: "codex", scope: "daily" });
  assert(first?.type === "usage_limit_hit" && second?.type === "usage_limit_hit");
  assertEquals(first, {
    type: "usage_limit_hit",
    scope: "weekly",
    reset_at: "2026-01-01T00:00:00Z",
    fallback_used: false,
    incident_id: first.incident_id,
    raw: "limit|1",
  });
  assertEquals(Object.keys(second).sort(), ["fallback_used", "incident_id", "scope", "type"]);
  assertNotEquals(first.incident_id, second.incident_id);
});

Deno.test("toLogKinds() keeps the sub-agent that a message belongs to", () => {
  const [kind] = toLogKinds({
    type: "assistant_message",
    content: [{ type: "text", text: "found it" }],
    usage: null,
    parent_tool_use_id: "toolu_1",
  });
  assertEquals(kind, {
    type: "assistant_message",
    content: "found it",
    message_id: null,
    parent_tool_use_id: "toolu_1",
  });
});
