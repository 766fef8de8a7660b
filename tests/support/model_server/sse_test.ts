import { assertEquals } from "../assert.ts";
import { eventText, parseEvents } from "./sse.ts";

Deno.test("eventText() writes what parseEvents() reads", () => {
  const text = eventText({ a: "x\ny" }, "named") + eventText({ b: 1 }) + eventText("[DONE]");
  assertEquals(text.startsWith('event: named\ndata: {"a":"x\\ny"}\n\ndata: {"b":1}\n\n'), true);
  assertEquals(parseEvents(text), [
    { event: "named", data: { a: "x\ny" } },
    { event: null, data: { b: 1 } },
    { event: null, data: "[DONE]" },
  ]);
});

Deno.test("parseEvents() leaves out a torn last event", () => {
  assertEquals(parseEvents('data: 1\n\ndata: {"a'), [{ event: null, data: 1 }]);
  assertEquals(parseEvents(""), []);
});
