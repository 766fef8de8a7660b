import type { Event } from "../../src/events/event.ts";
import { CopilotParser } from "../../src/providers/copilot/events.ts";
import { provider } from "../../src/providers/copilot/mod.ts";
import type { ParserOptions } from "../../src/providers/parser.ts";
import { assertEquals } from "../support/assert.ts";
import { PLAIN_PARSER } from "../support/plan_request.ts";
import { type Read, readBytes, testRecordings } from "../support/recordings.ts";

const FIXTURES = new URL("../fixtures/copilot/", import.meta.url);

testRecordings(provider);

/** Reads lines of the CLI, and then its report. */
function read(
  lines: readonly unknown[],
  options: Partial<ParserOptions> = {},
  report?: string,
): Read {
  const text = lines.map((line) => JSON.stringify(line) + "\n").join("");
  const parser = new CopilotParser({ ...PLAIN_PARSER, ...options });
  return readBytes(parser, new TextEncoder().encode(text), undefined, report);
}

function types(events: readonly Event[]): string[] {
  return events.map(({ type }) => type);
}

const START = { type: "assistant.turn_start", data: { turnId: "0" } };
const ANSWER = { type: "assistant.message", data: { content: "done", toolRequests: [] } };
const RESULT = { type: "result", exitCode: 0, sessionId: "s" };

function reportOf(inputTokens: number): string {
  const usage = { inputTokens, outputTokens: 5, cacheReadTokens: 2, cacheWriteTokens: 1 };
  return JSON.stringify({ modelMetrics: { a: { usage }, b: { usage } } });
}

const USAGE = {
  input_tokens: 20,
  output_tokens: 10,
  cache_read_tokens: 4,
  cache_creation_tokens: 2,
  web_search_requests: null,
  web_fetch_requests: null,
};

Deno.test("CopilotParser emits deltas only when they were asked for", async () => {
  const bytes = await Deno.readFile(new URL("two_tools_and_deltas/stdout.ndjson", FIXTURES));
  const count = (partialMessages: boolean) =>
    readBytes(new CopilotParser({ ...PLAIN_PARSER, partialMessages }), bytes).events
      .filter((event) => event.type === "assistant_delta").length;
  assertEquals(count(true), 4);
  assertEquals(count(false), 0);
});

Deno.test("CopilotParser counts the result at once and emits it at the end", () => {
  const parser = new CopilotParser(PLAIN_PARSER);
  const events: Event[] = [];
  const sink = { event: (event: Event) => void events.push(event), note: () => {} };
  for (const line of [START, ANSWER, RESULT]) parser.line(JSON.stringify(line), sink);
  assertEquals([parser.state.results, types(events)], [1, ["init", "assistant_message"]]);
  parser.report(reportOf(10));
  parser.end(sink);
  assertEquals(types(events).slice(2), ["turn_complete", "result"]);
  assertEquals(parser.state.usage, USAGE);
});

Deno.test("CopilotParser takes what a session had used before from its report", () => {
  const before = { ...USAGE, input_tokens: 12, output_tokens: 4 };
  const resumed = { resume: "s", usageBefore: before };
  const usage = { ...USAGE, input_tokens: 8, output_tokens: 6 };
  const { events, state } = read([ANSWER, RESULT], resumed, reportOf(10));
  const none = { cache_read_tokens: 0, cache_creation_tokens: 0 };
  assertEquals(state.usage, { ...usage, ...none });
  const turn = events.find((event) => event.type === "turn_complete");
  assertEquals(turn?.usage, state.usage);
});

Deno.test("CopilotParser claims no tokens that it cannot know", () => {
  assertEquals(read([ANSWER, RESULT], { resume: "s" }, reportOf(10)).state.usage, undefined);
  for (const report of ["", "{", "[]", '{"modelMetrics":null}']) {
    assertEquals(read([ANSWER, RESULT], {}, report).state.usage, undefined, report);
  }
});

Deno.test("CopilotParser knows the tokens of a turn that has no end", () => {
  const { events, state } = read([START], {}, reportOf(10));
  assertEquals([events, state.results, state.usage], [[], 0, USAGE]);
});

Deno.test("CopilotParser announces the session first, whatever comes first", () => {
  const error = { type: "session.error", data: { message: "no such model" } };
  const { events } = read([error], { model: "m", resume: "s" });
  assertEquals(types(events), ["init", "error"]);
  assertEquals(events[0], {
    type: "init",
    model: "m",
    tools: [],
    working_directory: "/project",
    metadata: { session_id: "s", cwd: "/project", mcp_servers: [] },
  });
});

const thought = { type: "assistant.reasoning", data: { content: "hm" } };
const message = { type: "assistant.message", data: { content: "x", reasoningText: "hm" } };
const other = { ...thought, agentId: "sub" };

for (
  const [title, lines, expected] of [
    ["before its message", [START, thought, message], 1],
    ["behind its message", [START, message, thought], 1],
    ["without a message", [START, thought], 1],
    ["in two calls of the model", [START, message, thought, START, message, thought], 2],
    ["by two agents", [START, thought, other, message], 2],
  ] as const
) {
  Deno.test(`CopilotParser tells a thought once: ${title}`, () => {
    assertEquals(types(read(lines).events).filter((type) => type === "reasoning").length, expected);
  });
}

Deno.test("CopilotParser takes an error for the end only if nothing comes after it", () => {
  const error = { type: "session.error", data: { message: "slow down", errorType: "rate_limit" } };
  const failed = read([START, error, RESULT]);
  assertEquals([failed.state.isError, failed.state.errorMessage], [true, "slow down"]);
  assertEquals(types(failed.events).slice(-3), ["usage_limit_detected", "turn_complete", "result"]);
  const saved = read([START, error, START, ANSWER, RESULT]);
  assertEquals([saved.state.isError, saved.state.errorMessage], [false, undefined]);
  assertEquals(types(saved.events).includes("usage_limit_detected"), false);
  const below = read([START, { ...error, agentId: "sub" }, ANSWER, RESULT]);
  assertEquals([below.state.isError, types(below.events)[1]], [false, "error"]);
});

for (
  const [title, lines, failure] of [
    [
      "an abort",
      [{ type: "abort", data: { reason: "user_abort" } }, RESULT],
      /aborted: user_abort/,
    ],
    ["an exit code", [{ ...RESULT, exitCode: 3 }], /exit code 3/],
    ["no exit code", [{ type: "result" }], /exit code/],
  ] as const
) {
  Deno.test(`CopilotParser takes ${title} for a failure`, () => {
    const { events, state } = read([START, ANSWER, ...lines]);
    const last = events.at(-1);
    assertEquals([state.isError, last?.type === "result" && last.success], [true, false]);
    assertEquals(failure.test(state.errorMessage ?? ""), true, state.errorMessage);
    assertEquals(state.result, "done");
  });
}

Deno.test("CopilotParser believes the exit code of a command, wherever it is told", () => {
  const complete = (data: Record<string, unknown>) => ({
    type: "tool.execution_complete",
    data: { toolCallId: "t", success: true, result: { content: "out" }, ...data },
  });
  const succeeded = (data: Record<string, unknown>) => {
    const [event] = read([complete(data)]).events.filter(({ type }) => type === "tool_execution");
    return event?.type === "tool_execution" && event.result.success;
  };
  assertEquals(succeeded({}), true);
  assertEquals(succeeded({ shellExecution: { exitCode: 0 } }), true);
  assertEquals(succeeded({ shellExecution: { exitCode: 2 } }), false);
  assertEquals(succeeded({ toolTelemetry: { metrics: { exit_code: 2 } } }), false);
  assertEquals(succeeded({ success: false }), false);
});

Deno.test("CopilotParser notes why something does not work", () => {
  const { events, notes } = read([
    {
      type: "session.mcp_server_status_changed",
      data: { serverName: "demo", status: "failed", error: "no such program" },
    },
    { type: "model.call_failure", data: { statusCode: 500, errorMessage: '{"message":"oops"}' } },
    { type: "assistant.turn_retry", data: { reason: "api_error" } },
  ]);
  assertEquals(events, []);
  assertEquals(notes.map((note) => "message" in note && note.message), [
    'MCP server "demo" failed: no such program',
    "A call of the model failed with status 500: oops",
    "Retrying: api_error",
  ]);
});
