import type { Event } from "../../src/events/event.ts";
import { GeminiParser } from "../../src/providers/gemini/events.ts";
import { provider } from "../../src/providers/gemini/mod.ts";
import { assertEquals } from "../support/assert.ts";
import { PLAIN_PARSER } from "../support/plan_request.ts";
import { type Read, readBytes, testRecordings } from "../support/recordings.ts";

testRecordings(provider);

/** Reads lines of the CLI; the first two of every session are added. */
function read(lines: readonly unknown[], partialMessages = false): Read {
  const start = [
    { type: "init", session_id: "s", model: "auto" },
    { type: "message", role: "user", content: "hi" },
  ];
  const text = [...start, ...lines].map((line) => JSON.stringify(line) + "\n").join("");
  const parser = new GeminiParser({ ...PLAIN_PARSER, partialMessages });
  return readBytes(parser, new TextEncoder().encode(text));
}

function types(events: readonly Event[]): string[] {
  return events.map(({ type }) => type);
}

const SAY = { type: "message", role: "assistant", content: "hello", delta: true };
const USE = { type: "tool_use", tool_name: "replace", tool_id: "t", parameters: { a: 1 } };
const OVER = { type: "tool_result", tool_id: "t", status: "success", output: "ok" };

function result(status: string, more: Record<string, unknown> = {}) {
  const stats = { input_tokens: 3, output_tokens: 2, cached: 1, duration_ms: 9, models: { m: {} } };
  return { type: "result", status, stats, ...more };
}

Deno.test("GeminiParser joins chunks into one message, and tells them only when asked", () => {
  const lines = [SAY, SAY, USE, OVER, SAY, result("success")];
  const { events, state } = read(lines);
  const said = events.flatMap((event) => event.type === "assistant_message" ? event.content : [])
    .map((block) => block.type === "text" ? block.text : block.name);
  assertEquals(said, ["hellohello", "replace", "hello"]);
  assertEquals(state.result, "hello");
  assertEquals(
    types(read(lines, true).events).filter((type) => type === "assistant_delta").length,
    3,
  );
  assertEquals(types(events).includes("assistant_delta"), false);
  assertEquals(types(events).includes("user_message"), false);
});

Deno.test("GeminiParser names the model that was asked", () => {
  assertEquals(read([SAY, result("success")]).state.model, "m");
  const two = { stats: { models: { a: {}, b: {} } } };
  assertEquals(read([SAY, result("success", two)]).state.model, "auto");
});

const calls: [string, readonly unknown[], number][] = [
  ["the first one", [], 1],
  ["one more for each round of tools", [USE, OVER, SAY, USE, OVER], 3],
  ["one for tools that ran side by side", [
    USE,
    { ...USE, tool_id: "u" },
    OVER,
    { ...OVER, tool_id: "u" },
  ], 2],
  ["none while a tool is at work", [USE, { ...USE, tool_id: "u" }, OVER], 1],
  ["none after a tool that ends the turn", [
    USE,
    { ...OVER, status: "error", error: { type: "stop_execution", message: "a hook" } },
  ], 1],
  ["none for a limit of the CLI's own", [
    USE,
    OVER,
    result("error", { error: { type: "FatalTurnLimitedError", message: "too many" } }),
  ], 1],
  ["none for a result that belongs to no call", [OVER], 1],
  ["none when nobody was asked", [result("success", { stats: { models: {} } })], 0],
];

for (const [title, lines, count] of calls) {
  Deno.test(`GeminiParser counts calls of the model: ${title}`, () => {
    assertEquals(read(lines).state.modelCalls, count);
  });
}

Deno.test("GeminiParser tells an error once, whichever line it came in", () => {
  const message = "nothing came";
  const early = read([{ type: "error", severity: "error", message }, result("error")]);
  const late = read([result("error", { error: { type: "unknown", message } })]);
  for (const { events, state } of [early, late]) {
    assertEquals(types(events), ["init", "error", "turn_complete", "result"]);
    assertEquals([state.isError, state.errorMessage], [true, message]);
  }
  const warning = read([{ type: "error", severity: "warning", message }, result("success")]);
  assertEquals(types(warning.events), ["init", "error", "turn_complete", "result"]);
  assertEquals(warning.state.isError, false);
});

Deno.test("GeminiParser takes a limit from an error and never from what was said", () => {
  const message = "[API Error: You have exhausted your daily quota on this model.]";
  const limited = read([result("error", { error: { message } })]).events;
  assertEquals(types(limited), [
    "init",
    "error",
    "usage_limit_detected",
    "turn_complete",
    "result",
  ]);
  const said = read([{ ...SAY, content: message }, result("success")]).events;
  assertEquals(types(said).includes("usage_limit_detected"), false);
});

const denied: [string, string, boolean][] = [
  ["run_shell_command", "tool_not_registered", true],
  ["no_such_tool", "tool_not_registered", false],
  ["replace", "policy_violation", true],
  ["replace", "edit_no_change", false],
];

for (const [tool_name, type, expected] of denied) {
  Deno.test(`GeminiParser ${expected ? "asks" : "does not ask"} for permission: ${tool_name} ${type}`, () => {
    const failed = { ...OVER, status: "error", error: { type, message: "no" } };
    const { events } = read([{ ...USE, tool_name }, failed]);
    assertEquals(types(events).includes("permission_request"), expected);
  });
}

Deno.test("GeminiParser reads the document of native JSON", async () => {
  const path = new URL("../fixtures/gemini/transcripts/output_json.json", import.meta.url);
  const parser = new GeminiParser(PLAIN_PARSER);
  const events: Event[] = [];
  parser.document(await Deno.readTextFile(path), {
    event: (event) => events.push(event),
    note: () => {},
  });
  assertEquals(types(events), ["init", "assistant_message", "turn_complete", "result"]);
  assertEquals(parser.state.sessionId, "03b0773b-eb0a-4dc5-8536-d74f25be37dd");
  assertEquals([parser.state.result, parser.state.results], ["STUB:hello", 1]);
  assertEquals([parser.state.usage?.input_tokens, parser.state.usage?.output_tokens], [12, 5]);
});

Deno.test("GeminiParser notes a document that is no JSON", () => {
  const notes: string[] = [];
  for (const text of ["{", "null", "[]"]) {
    new GeminiParser(PLAIN_PARSER).document(text, {
      event: () => notes.push("event"),
      note: ({ type }) => notes.push(type),
    });
  }
  assertEquals(notes, ["parse_warning", "parse_warning", "parse_warning"]);
});

Deno.test("GeminiParser says why no model was asked, if the CLI has said it", () => {
  const nothing = result("success", { stats: { models: {} } });
  const warning = { type: "error", severity: "warning", message: "Loop detected" };
  assertEquals(read([nothing]).state.errorMessage, "Gemini CLI asked no model");
  const { state } = read([warning, nothing]);
  assertEquals([state.isError, state.errorMessage], [true, "Loop detected"]);
  // An answer is an answer, whatever it complained about.
  assertEquals(read([warning, SAY, nothing]).state.isError, false);
});
