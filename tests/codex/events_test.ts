import { toolKind } from "../../src/events/tool_kinds.ts";
import { CodexParser } from "../../src/providers/codex/events.ts";
import { provider } from "../../src/providers/codex/mod.ts";
import { assertEquals } from "../support/assert.ts";
import { PLAIN_PARSER } from "../support/plan_request.ts";
import { type Read, readBytes, testRecordings } from "../support/recordings.ts";

testRecordings(provider);

/** What a parser makes of some events of the CLI. */
function read(lines: readonly unknown[], parser = new CodexParser(PLAIN_PARSER)): Read {
  return readBytes(
    parser,
    new TextEncoder().encode(lines.map((line) => JSON.stringify(line)).join("\n")),
  );
}

const completed = (input_tokens: number, output_tokens: number) => ({
  type: "turn.completed",
  usage: { input_tokens, output_tokens, cached_input_tokens: 1 },
});

const USED = {
  input_tokens: 100,
  output_tokens: 10,
  cache_read_tokens: null,
  cache_creation_tokens: null,
  web_search_requests: null,
  web_fetch_requests: null,
};

Deno.test("CodexParser counts the tokens of each turn once", () => {
  const parser = new CodexParser({ ...PLAIN_PARSER, usageBefore: USED });
  const { events, state } = read([completed(112, 15), completed(150, 40)], parser);
  const turns = events.flatMap((event) => event.type === "turn_complete" ? [event.usage] : []);
  assertEquals(turns.map((usage) => [usage?.input_tokens, usage?.output_tokens]), [
    [12, 5],
    [38, 25],
  ]);
  assertEquals([state.usage?.input_tokens, state.usage?.output_tokens], [50, 30]);
  assertEquals(turns.map((usage) => usage?.cache_read_tokens), [1, 0]);
});

Deno.test("CodexParser never counts less than nothing", () => {
  const parser = new CodexParser({ ...PLAIN_PARSER, usageBefore: USED });
  const { state } = read([completed(5, 2)], parser);
  assertEquals([state.usage?.input_tokens, state.usage?.output_tokens], [0, 0]);
});

Deno.test("CodexParser takes the model from the flag", () => {
  const { events, state } = read(
    [{ type: "thread.started", thread_id: "t" }, { type: "thread.started", thread_id: "t" }],
    new CodexParser({ ...PLAIN_PARSER, model: "gpt-6-luna" }),
  );
  assertEquals(events, [{
    type: "init",
    model: "gpt-6-luna",
    tools: [],
    working_directory: "/project",
    metadata: { session_id: "t" },
  }]);
  assertEquals([state.model, state.sessionId], ["gpt-6-luna", "t"]);
});

Deno.test("CodexParser finds the session's id on stderr, where stdout is plain text", () => {
  const id = "01a1fe5c-5464-76c0-9c6e-b65377a2a0f0";
  const parser = new CodexParser(PLAIN_PARSER);
  for (const piece of ["OpenAI Codex v0.169.0\nsession i", `d: ${id.slice(0, 9)}`]) {
    parser.stderr(piece);
    assertEquals(parser.state.sessionId, undefined);
  }
  parser.stderr(`${id.slice(9)}\n--------\nsession id: ${id.replaceAll("0", "1")}\n`);
  assertEquals(parser.state.sessionId, id);
});

Deno.test("CodexParser gives a call that ends without a beginning both its events", () => {
  const item = { id: "item_0", type: "command_execution", command: "ls", status: "completed" };
  const { events } = read([{ type: "item.completed", item }]);
  assertEquals(events.map(({ type }) => type), ["assistant_message", "tool_execution"]);
});

Deno.test("CodexParser tells a call that was declined from one that failed", () => {
  const run = (status: string) => {
    const item = {
      id: "item_0",
      type: "command_execution",
      command: "ls",
      exit_code: null,
      status,
    };
    return read([{ type: "item.completed", item }]).events;
  };
  const declined = run("declined");
  assertEquals(declined.map(({ type }) => type), [
    "assistant_message",
    "permission_request",
    "tool_execution",
  ]);
  assertEquals(declined[1], {
    type: "permission_request",
    tool_name: "command_execution",
    description: '{"command":"ls"}',
    granted: false,
  });
  const failed = run("failed");
  assertEquals(failed.map(({ type }) => type), ["assistant_message", "tool_execution"]);
  const [, execution] = failed;
  assertEquals(execution?.type === "tool_execution" && execution.result.error, "failed");
});

Deno.test("CodexParser says why a turn failed that has no error line", () => {
  const failure = (error: unknown) => read([{ type: "turn.failed", error }]);
  for (const error of [{ message: "no luck" }, "no luck"]) {
    const { events, state } = failure(error);
    assertEquals(events.map(({ type }) => type), ["error", "turn_complete", "result"]);
    assertEquals(state.errorMessage, "no luck");
  }
  assertEquals(failure(null).state.errorMessage, "Codex ended with an error");
});

Deno.test("CodexParser believes an answer that comes after errors", () => {
  const { events, state } = read([
    { type: "error", message: "Something happened" },
    { type: "item.completed", item: { id: "item_0", type: "agent_message", text: "made it" } },
    completed(1, 1),
  ]);
  assertEquals(events.map(({ type }) => type), [
    "error",
    "assistant_message",
    "turn_complete",
    "result",
  ]);
  assertEquals([state.isError, state.errorMessage, state.result], [false, undefined, "made it"]);
});

Deno.test("CodexParser reads the day of a limit from its clock", () => {
  const message = "You’ve hit your usage limit. Try again at 1:48 PM.";
  const clock = () => new Date(2026, 10, 21, 9, 30);
  const { events } = read(
    [{ type: "turn.failed", error: { message } }],
    new CodexParser(PLAIN_PARSER, clock),
  );
  const [, limit, turn] = events;
  assertEquals(limit, {
    type: "usage_limit_detected",
    provider: "codex",
    scope: "unknown",
    reset_at: new Date(2026, 10, 21, 13, 48).toISOString(),
    raw: message,
  });
  assertEquals(turn?.type, "turn_complete");
});

Deno.test("CodexParser finds no limit in what the model says", () => {
  const text = "You’ve hit your usage limit. Try again at 1:48 PM.";
  const { events } = read([
    { type: "item.completed", item: { id: "item_0", type: "agent_message", text } },
    { type: "turn.failed", error: { message: `The model said: ${text}` } },
  ]);
  assertEquals(events.filter(({ type }) => type === "usage_limit_detected"), []);
});

Deno.test("the tools of Codex have their kinds", () => {
  const kinds = [
    "command_execution",
    "exec_command",
    "write_stdin",
    "file_change",
    "apply_patch",
    "view_image",
    "web_search",
    "spawn_agent",
    "wait",
    "mcp__demo__ping",
  ].map((name) => toolKind(name, provider.toolKinds));
  assertEquals(kinds, [
    "shell",
    "shell",
    "shell",
    "file_edit",
    "file_edit",
    "file_read",
    "web",
    "sub_agent",
    "sub_agent",
    "other",
  ]);
});
