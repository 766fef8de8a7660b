import { LogView, type LogViewOptions } from "../../src/events/render/log_view.ts";
import { renderMarkdown } from "../../src/events/render/markdown.ts";
import { LOG_TYPES } from "../../src/events/log_types.ts";
import { unicodeWidth } from "../../src/events/render/width.ts";
import type { LogEvent } from "../../src/events/log_event.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { EVENTS } from "./log_kinds.ts";

function shown(options: Partial<LogViewOptions> = {}): string {
  const view = new LogView({ color: false, ...options });
  return EVENTS.map((event) => view.render(event)).join("");
}

function rich(width: number, color: boolean): Partial<LogViewOptions> {
  return { color, markdown: (text) => renderMarkdown(text, { width: width - 2, color }) };
}

/** Escape sequences as text, so that a snapshot can be read. */
const visible = (text: string) => text.replaceAll("\x1b", "␛");

Deno.test("LogView shows every kind of event as text", async (t) => {
  await t.assertSnapshot(shown());
});

Deno.test("LogView shows times, thoughts, and only the first lines of a tool's output", async (t) => {
  await t.assertSnapshot(
    shown({ timestamp: (ts) => ts.slice(11, 19), showThinking: true, maxLines: 1 }),
  );
});

for (const width of [60, 100, 200]) {
  Deno.test(`LogView shows rich text at ${width} columns, in a terminal and in a pipe`, async (t) => {
    await t.assertSnapshot(visible(shown({ ...rich(width, true), showThinking: true })));
    await t.assertSnapshot(shown({ ...rich(width, false), showThinking: true }));
  });
}

Deno.test("LogView knows every type of line", () => {
  const types = new Set<string>(EVENTS.map(({ type }) => type));
  assertEquals(LOG_TYPES.filter((type) => !types.has(type)), []);
});

Deno.test("LogView lets no escape sequence of an event through", () => {
  const evil =
    "\x1b]0;t\x07\x1b[2J\x9b31m\x1bPq\x1b\\&#27;[1m&#155;\r\b\x07a\u202e&#8238;\u2066\x1b";
  const poison = (value: unknown): unknown =>
    typeof value === "string"
      ? value + evil
      : Array.isArray(value)
      ? value.map(poison)
      : typeof value === "object" && value !== null
      ? Object.fromEntries(Object.entries(value).map(([key, each]) => [key + evil, poison(each)]))
      : value;
  for (const event of EVENTS) {
    const fields = Object.entries(event).map(([key, value]) =>
      [key, key === "type" || key === "ts" ? value : poison(value)] as const
    );
    const poisoned = Object.fromEntries(fields) as unknown as LogEvent;
    for (const options of [{}, rich(60, false)]) {
      const view = new LogView({ color: false, showThinking: true, ...options });
      // deno-lint-ignore no-control-regex
      const found = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e\u2066]/.exec(view.render(poisoned));
      assertEquals(found?.[0], undefined, event.type);
    }
  }
});

Deno.test("LogView shows events whose fields are missing or are not what they were", () => {
  const values = [undefined, null, 0, "", [], {}, [null], true];
  for (const { type, ...fields } of EVENTS) {
    for (const value of values) {
      const broken = Object.fromEntries(Object.keys(fields).map((key) => [key, value]));
      const view = new LogView({ color: true, showThinking: true, timestamp: (ts) => ts });
      assertEquals(typeof view.render({ ...broken, type } as unknown as LogEvent), "string");
    }
  }
});

Deno.test("LogView keeps rich text within the terminal but for code and tools", () => {
  const view = new LogView({ color: false, ...rich(60, false) });
  const answer = EVENTS.find(({ type }) => type === "assistant_message")!;
  for (const line of view.render(answer).split("\n")) assert(unicodeWidth(line) <= 60, line);
});

Deno.test("LogView does not repeat an answer that the result of its turn repeats", () => {
  const view = new LogView({ color: false });
  const event = (type: string, rest: object) => ({ ...EVENTS[0], type, ...rest }) as LogEvent;
  view.render(event("assistant_message", { content: "Hello." }));
  assertEquals(view.render(event("provider_status", { message: "Hello." })), "");
  assertEquals(view.render(event("provider_status", { message: "Bye." })), "  > Bye.\n");
});

Deno.test("LogView says of a session whose end nobody saw that it is unknown", () => {
  const view = new LogView({ color: false });
  const end = (fields: object) =>
    view.render({ type: "session_ended", success: false, ...fields } as unknown as LogEvent);
  assertEquals(
    end({ error: null, outcome: "unknown" }),
    "\n● Session unknown: nobody saw how it ended\n",
  );
  assertEquals(end({ error: "no result", outcome: "unknown" }), "\n● Session failed: no result\n");
});

Deno.test("LogView leaves out an answer that stands before what is shown", () => {
  const turn = (success: boolean) =>
    ({
      type: "provider_status",
      message: "the answer",
      data: { success, duration_ms: 1, num_turns: 1 },
    }) as unknown as LogEvent;
  const shown = (event: LogEvent, inMiddle: boolean) =>
    new LogView({ color: false, inMiddle }).render(event);
  assertEquals(shown(turn(true), true), "");
  assertEquals(shown(turn(true), false), "  > the answer\n");
  assertEquals(shown(turn(false), true), "  > the answer\n");
});

Deno.test("LogView begins a line where a message has a carriage return; tools write over", () => {
  const lines = (type: string, fields: Record<string, unknown>, rich = false) => {
    const view = new LogView({
      color: false,
      showThinking: true,
      ...(rich ? { markdown: (text) => renderMarkdown(text, { width: 60, color: false }) } : {}),
    });
    const event = { seq: 1, ts: "2026-01-01T00:00:00.000Z", ...fields, type };
    return view.render(event as unknown as LogEvent).trim().split("\n").map((line) => line.trim());
  };
  const content = "cr\rover\r\nend";
  assertEquals(lines("assistant_message", { content }), ["⏺ cr", "over", "end"]);
  assertEquals(lines("assistant_message", { content: "a\r\rb" }, true).join(" "), "⏺ a b");
  assertEquals(lines("user_message", { content }), ["❯ cr", "over", "end"]);
  assertEquals(lines("reasoning", { content }), ["… cr", "over", "end"]);
  assertEquals(lines("session_result", { result: content }), ["● Result: cr\\nover\\nend"]);
  assertEquals(lines("tool_result", { success: true, output: content }), ["✓ over", "end"]);
  assertEquals(lines("stderr", { message: content }), ["! over\\nend"]);
});
