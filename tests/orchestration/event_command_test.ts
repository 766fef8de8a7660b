import type { LogEvent } from "../../src/events/log_event.ts";
import { eventVariables, fillPlaceholders } from "../../src/orchestration/event_command.ts";
import { line } from "../sessions/follow/support.ts";
import { message } from "../sessions/support.ts";
import { assert, assertEquals } from "../support/assert.ts";

function origin(content: string) {
  const json = line(7, message(content)).trimEnd();
  return { sessionId: "id", event: JSON.parse(json) as LogEvent, json };
}

Deno.test("fillPlaceholders() replaces what it knows, and looks at no value again", () => {
  const { event } = origin("");
  const words = [
    "{provider}",
    "{seq}{seq} {event_type}",
    "{Seq} {x} {} {{ts}}",
    "{session_id}",
    "",
  ];
  assertEquals(fillPlaceholders(words, { sessionId: "$& {seq}", event }), [
    "mock",
    "77 assistant_message",
    `{Seq} {x} {} {${event.ts}}`,
    "$& {seq}",
    "",
  ]);
});

Deno.test("eventVariables() holds the line of the log as it is", () => {
  const given = origin("é \u0000 x");
  assertEquals(eventVariables(given), {
    ZAG_EVENT: given.json,
    ZAG_EVENT_TYPE: "assistant_message",
    ZAG_EVENT_SESSION_ID: "id",
    ZAG_EVENT_PROVIDER: "mock",
    ZAG_EVENT_SEQ: "7",
    ZAG_EVENT_TS: given.event.ts,
  });
});

Deno.test("eventVariables() cuts what is too long for a variable, between characters", () => {
  const family = "👩‍👩‍👧";
  for (const content of [family.repeat(30_000), "é".repeat(100_000), "\u0000".repeat(50_000)]) {
    const { ZAG_EVENT = "" } = eventVariables(origin(content));
    assert(new TextEncoder().encode(ZAG_EVENT).length < 128 * 1024 - 20);
    const event = JSON.parse(ZAG_EVENT);
    assertEquals([event.seq, event.type, event.truncated], [7, "assistant_message", true]);
    const kept = event.content.replace(/\.\.\.$/, "");
    assert(kept.length > 0 && content.startsWith(kept), kept.slice(-20));
    assert(kept.length % (content.startsWith(family) ? family.length : 1) === 0);
  }
});

Deno.test("eventVariables() keeps the envelope where nothing else has room", () => {
  const { sessionId, event } = origin("");
  const wide = { ...event, data: Array.from({ length: 100_000 }, () => 1) } as LogEvent;
  const { ZAG_EVENT = "" } = eventVariables({ sessionId, event: wide, json: JSON.stringify(wide) });
  const { type, seq, ts, provider, wrapper_session_id } = event;
  assertEquals(JSON.parse(ZAG_EVENT), {
    ...{ type, seq, ts, provider, wrapper_session_id },
    truncated: true,
  });
});
