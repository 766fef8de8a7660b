import type { Event } from "../../src/events/event.ts";
import type { LogKind } from "../../src/events/log_event.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { parse } from "./run_agent.ts";

const encoder = new TextEncoder();

function parseText(text: string, partial = false) {
  return parse([encoder.encode(text)], partial);
}

function parseLines(...lines: unknown[]) {
  return parseText(lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
}

const END = {
  type: "turn_end",
  session_id: "s",
  success: true,
  result: "r",
  error: null,
  stop_reason: "end_turn",
  usage: { input_tokens: 1, output_tokens: 2 },
  cost_usd: 0.5,
  duration_ms: 7,
  num_turns: 1,
};
const USAGE = {
  input_tokens: 1,
  output_tokens: 2,
  cache_read_tokens: null,
  cache_creation_tokens: null,
  web_search_requests: null,
  web_fetch_requests: null,
};

const ROWS: [string, unknown[], Event[]][] = [
  ["init", [{ type: "init", session_id: "s", model: "m", cwd: "/p", tools: ["a", 1] }], [{
    type: "init",
    model: "m",
    tools: ["a"],
    working_directory: "/p",
    metadata: { session_id: "s", cwd: "/p" },
  }]],
  ["a second init, which is none", [{ type: "init", model: "m" }, { type: "init" }], [{
    type: "init",
    model: "m",
    tools: [],
    working_directory: null,
    metadata: { session_id: null, cwd: null },
  }]],
  ["an echoed prompt", [{ type: "user", text: "hi" }], [
    { type: "user_message", content: [{ type: "text", text: "hi" }] },
  ]],
  ["text", [{ type: "text", id: "1", text: "hi" }], [
    { type: "assistant_message", content: [{ type: "text", text: "hi" }], usage: null },
  ]],
  ["a thought", [{ type: "thinking", id: "1", text: "hm" }], [
    { type: "reasoning", content: "hm" },
  ]],
  ["a fragment nobody asked for", [{ type: "delta", id: "1", text: "h" }], []],
  ["a tool call and its outcome", [
    { type: "tool_call", id: "t", name: "read", input: { path: "p" } },
    { type: "tool_result", id: "t", success: true, output: "o", error: null, data: { n: 1 } },
  ], [
    {
      type: "assistant_message",
      content: [{ type: "tool_use", id: "t", name: "read", input: { path: "p" } }],
      usage: null,
    },
    {
      type: "tool_execution",
      tool_name: "read",
      tool_id: "t",
      input: { path: "p" },
      result: { success: true, output: "o", error: null, data: { n: 1 } },
    },
  ]],
  ["the outcome of an unknown call", [
    { type: "tool_result", id: "t", success: false, error: "e" },
  ], [{
    type: "tool_execution",
    tool_name: "unknown",
    tool_id: "t",
    input: null,
    result: { success: false, output: null, error: "e", data: null },
  }]],
  ["a refused permission", [
    { type: "permission", tool: "write", description: "d", granted: false },
  ], [
    { type: "permission_request", tool_name: "write", description: "d", granted: false },
  ]],
  ["an error", [{ type: "error", message: "m", details: { status: 500 } }], [
    { type: "error", message: "m", details: { status: 500 } },
  ]],
  ["a usage limit", [
    { type: "limit", scope: "weekly", reset_at: "2030-01-31T09:00:00Z", message: "m" },
  ], [{
    type: "usage_limit_detected",
    provider: "mock",
    scope: "weekly",
    reset_at: "2030-01-31T09:00:00Z",
    raw: "m",
  }]],
  ["a usage limit without details", [{ type: "limit", scope: "hourly" }], [
    { type: "usage_limit_detected", provider: "mock", scope: "unknown" },
  ]],
  ["the end of a turn", [END], [
    { type: "turn_complete", stop_reason: "end_turn", turn_index: 0, usage: USAGE },
    { type: "result", success: true, message: "r", duration_ms: 7, num_turns: 1 },
  ]],
  ["an end that says nothing, which is no success", [{ type: "turn_end" }], [
    { type: "turn_complete", stop_reason: null, turn_index: 0, usage: null },
    {
      type: "result",
      success: false,
      message: "The mock agent failed",
      duration_ms: null,
      num_turns: null,
    },
  ]],
];

for (const [title, lines, expected] of ROWS) {
  Deno.test(`parser() reads ${title}`, () => {
    const { events, notes } = parseLines(...lines);
    assertEquals(events, expected);
    assertEquals(notes, []);
  });
}

Deno.test("parser() passes fragments on when they were asked for", () => {
  const line = '{"type":"delta","id":"1","text":"h"}\n';
  assertEquals(parseText(line, true).events, [{ type: "assistant_delta", text: "h" }]);
});

Deno.test("parser() sums the usage and the cost of all turns", () => {
  const second = {
    ...END,
    result: "last",
    usage: { input_tokens: 10, output_tokens: 20, cache_read_tokens: 5 },
  };
  const { state, events } = parseLines({ type: "init", session_id: "a", model: "m" }, END, second);
  assertEquals(state, {
    sessionId: "s",
    model: "m",
    results: 2,
    isError: false,
    errorMessage: undefined,
    result: "last",
    structured: undefined,
    costUsd: 1,
    usage: { ...USAGE, input_tokens: 11, output_tokens: 22, cache_read_tokens: 5 },
    modelCalls: 0,
  });
  const turns = events.flatMap((event) => event.type === "turn_complete" ? event.turn_index : []);
  assertEquals(turns, [0, 1]);
});

Deno.test("parser() keeps the failure of the last turn only", () => {
  const failed = { ...END, success: false, result: "half", error: "boom" };
  assertEquals(parseLines(END, failed).state.isError, true);
  assertEquals(parseLines(END, failed).state.errorMessage, "boom");
  assertEquals(parseLines(END, failed).state.result, "half");
  assertEquals(parseLines(failed, END).state.isError, false);
  assertEquals(parseLines(failed, END).state.errorMessage, undefined);
});

Deno.test("parser() knows no result before a turn has ended", () => {
  const { state } = parseLines({ type: "text", id: "1", text: "hi" });
  assertEquals([state.results, state.isError, state.result], [0, false, undefined]);
});

const WARNINGS: [string, string][] = [
  ["oops", "The mock agent's output holds a line that is no JSON object"],
  ["[1]", "The mock agent's output holds a line that is no JSON object"],
  ["null", "The mock agent's output holds a line that is no JSON object"],
  ['{"type":"new"}', 'Mock agent printed an unknown type "new"'],
  ["{}", 'Mock agent printed an unknown type "undefined"'],
];

for (const [raw, message] of WARNINGS) {
  Deno.test(`parser() warns of ${raw} and reads on`, () => {
    const { events, notes } = parseText(`${raw}\n\n${JSON.stringify(END)}\n`);
    assertEquals(notes, [{ type: "parse_warning", message, raw }]);
    assertEquals(events.length, 2);
  });
}

Deno.test("parser() loses nothing before a torn last line", () => {
  const { events, notes } = parseText(`${JSON.stringify(END)}\n{"type":"te`);
  assertEquals(events.length, 2);
  assertEquals(notes.map((note) => note.type === "parse_warning" && note.raw), ['{"type":"te']);
});

const TYPES = [
  "init",
  "user",
  "delta",
  "text",
  "thinking",
  "tool_call",
  "tool_result",
  "permission",
  "error",
  "limit",
  "interrupted",
  "turn_end",
  "other",
];
const VALUES = [null, true, -1, 1e400, "", "é😀\u2028", [], [[]], {}, { text: [] }];
const KEYS = ["id", "text", "name", "input", "success", "output", "usage", "tools", "session_id"];

/** The same numbers on every run, so that a failure can be repeated. */
function* numbers(seed: number): Generator<number> {
  for (let state = seed;;) {
    state = Math.imul(state ^ (state >>> 15), 2246822519) + 0x9e3779b9 | 0;
    yield state >>> 0;
  }
}

function hostileStream(seed: number): string {
  const random = numbers(seed);
  const pick = <T>(items: readonly T[]): T => items[random.next().value! % items.length]!;
  let stream = "";
  for (let count = 0; count < 200; count++) {
    const line: Record<string, unknown> = { type: pick(TYPES) };
    for (const key of KEYS) if (random.next().value! % 2 === 0) line[key] = pick(VALUES);
    const text = JSON.stringify(line);
    const cut = random.next().value! % 10 === 0 ? random.next().value! % text.length : text.length;
    stream += text.slice(0, cut) + pick(["\n", "\n", "\n", "\r\n"]);
  }
  return stream + '{"type":"text","text":"tor';
}

Deno.test("parser() reads the same whole, in pieces of seven and byte by byte", () => {
  for (let seed = 1; seed <= 10; seed++) {
    const bytes = encoder.encode(hostileStream(seed));
    const whole = parse([bytes], true);
    assert(whole.events.length > 50, `seed ${seed} made too few events`);
    for (const size of [7, 1]) {
      const pieces: Uint8Array[] = [];
      for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.slice(at, at + size));
      assertEquals(parse(pieces, true), whole, `seed ${seed}, pieces of ${size}`);
    }
  }
});

Deno.test("parser() closes every turn with turn_complete and then result, whatever it reads", () => {
  for (let seed = 1; seed <= 10; seed++) {
    const { events, state } = parseText(hostileStream(seed));
    const types = events.map((event) => event.type);
    let pairs = 0;
    for (const [index, type] of types.entries()) {
      if (type === "turn_complete") {
        assertEquals(types[index + 1], "result");
        pairs++;
      }
    }
    assertEquals(types.filter((type) => type === "result").length, pairs);
    assertEquals(state.results, pairs);
    assertEquals(types.filter((type) => type === "init").length <= 1, true);
  }
});

Deno.test("parser() turns garbage into warnings and never throws", () => {
  const random = numbers(99);
  const bytes = Uint8Array.from({ length: 20_000 }, () => random.next().value! % 256);
  const { events, notes } = parse([bytes]);
  assertEquals(events, []);
  assert(notes.length > 10);
  assert(notes.every((note: LogKind) => note.type === "parse_warning"));
});
