import type { LogKind } from "../../src/events/log_event.ts";
import { FIELD_CAP, kindJson } from "../../src/sessions/kind_json.ts";
import { assert, assertEquals } from "../support/assert.ts";

const LONG = "x".repeat(FIELD_CAP + 1);

function roundTrip(kind: LogKind): Record<string, unknown> {
  return JSON.parse(kindJson(kind));
}

function result(fields: Partial<Extract<LogKind, { type: "tool_result" }>>): LogKind {
  return {
    type: "tool_result",
    tool_name: "Bash",
    tool_id: "t",
    success: true,
    output: null,
    error: null,
    data: null,
    ...fields,
  };
}

Deno.test("kindJson() gives the JSON of an entry that is short enough", () => {
  const table: LogKind[] = [
    { type: "assistant_message", content: 'a "b"\n\u2028\ud800', message_id: null },
    { type: "assistant_message", content: "a", message_id: "m" },
    { type: "assistant_message", content: "a", message_id: null, truncated: true },
    { type: "reasoning", content: "x".repeat(FIELD_CAP - 100), message_id: null },
    result({ output: "x".repeat(FIELD_CAP - 200) }),
    { type: "session_deleted" },
  ];
  for (const kind of table) assertEquals(kindJson(kind), JSON.stringify(kind));
});

Deno.test("kindJson() cuts long strings and marks the entry", () => {
  const table: [LogKind, string][] = [
    [{ type: "assistant_message", content: LONG, message_id: null }, "content"],
    [{ type: "user_message", role: "user", content: LONG, message_id: null }, "content"],
    [{ type: "reasoning", content: LONG, message_id: null }, "content"],
    [result({ output: LONG }), "output"],
    [result({ error: LONG }), "error"],
    [{ type: "session_ended", success: false, error: LONG }, "error"],
    [{ type: "parse_warning", message: "m", raw: LONG }, "raw"],
    [{ type: "stderr", message: LONG }, "message"],
  ];
  for (const [kind, field] of table) {
    const cut = roundTrip(kind);
    assertEquals(cut, { ...kind, [field]: LONG.slice(0, FIELD_CAP), truncated: true });
  }
});

Deno.test("kindJson() keeps fields that are short beside a long one", () => {
  const cut = roundTrip(result({ output: LONG, data: { exit: 1 } }));
  assertEquals([cut.tool_name, cut.data, cut.truncated], ["Bash", { exit: 1 }, true]);
  const many = { output: "x".repeat(FIELD_CAP - 10), error: "y".repeat(FIELD_CAP - 10) };
  assertEquals(roundTrip(result(many)), { ...result(many) });
});

Deno.test("kindJson() puts the outline of a long value in its place", () => {
  const input = { file_path: "/a/b", content: LONG, lines: 3, dry: false, none: null, deep: {} };
  const kind: LogKind = {
    type: "tool_call",
    tool_name: "Write",
    tool_kind: "file_write",
    tool_id: "t",
    input,
  };
  assertEquals(roundTrip(kind), {
    ...kind,
    input: {
      file_path: "/a/b",
      lines: 3,
      dry: false,
      none: null,
      truncated: true,
      json_length: JSON.stringify(input).length,
    },
    truncated: true,
  });
  const list = roundTrip(result({ data: Array.from({ length: FIELD_CAP }, () => 1) }));
  assert(JSON.stringify(list).length < 2000);
  const string = roundTrip(result({ data: LONG }));
  assertEquals(string.data, LONG.slice(0, FIELD_CAP));
});

Deno.test("kindJson() never cuts a result or what the store is rebuilt from", () => {
  const kinds: LogKind[] = [
    { type: "session_result", result: LONG },
    { type: "session_meta", meta: { prompt: LONG } },
  ];
  for (const kind of kinds) assertEquals(kindJson(kind), JSON.stringify(kind));
});

Deno.test("kindJson() does not cut a character in half", () => {
  const content = "x".repeat(FIELD_CAP - 1) + "\u{1f600}y";
  const cut = roundTrip({ type: "assistant_message", content, message_id: null });
  assertEquals(cut.content, "x".repeat(FIELD_CAP - 1));
});

Deno.test("kindJson() survives values that are no JSON", () => {
  const loop: Record<string, unknown> = { name: "loop", count: 1 };
  loop.self = loop;
  assertEquals(roundTrip(result({ data: loop })).data, {
    name: "loop",
    count: 1,
    truncated: true,
    json_length: null,
  });
  assertEquals(roundTrip(result({ data: { big: 1n } })).truncated, true);
  assertEquals(roundTrip({ type: "session_meta", meta: loop }).type, "parse_warning");
});
