import type { Event } from "../../src/events/event.ts";
import { ClaudeParser } from "../../src/providers/claude/events.ts";
import { provider } from "../../src/providers/claude/mod.ts";
import { assertEquals } from "../support/assert.ts";
import { readBytes, testRecordings } from "../support/recordings.ts";

const FIXTURES = new URL("../fixtures/claude/", import.meta.url);

testRecordings(provider);

Deno.test("ClaudeParser emits deltas only when they were asked for", async () => {
  const bytes = await Deno.readFile(new URL("partial_messages/stdout.ndjson", FIXTURES));
  const count = (partialMessages: boolean) =>
    readBytes(new ClaudeParser({ partialMessages }), bytes).events
      .filter((event) => event.type === "assistant_delta").length;
  assertEquals(count(true), 3);
  assertEquals(count(false), 0);
});

Deno.test("ClaudeParser reads the document of native JSON as the same events", async () => {
  const bytes = await Deno.readFile(new URL("tool_calls/stdout.ndjson", FIXTURES));
  const lines = new TextDecoder().decode(bytes).trim().split("\n");
  const parser = new ClaudeParser({ partialMessages: true });
  const events: Event[] = [];
  parser.document(`[${lines.join(",")}]\n`, {
    event: (event) => events.push(event),
    note: () => {},
  });
  const expected = readBytes(new ClaudeParser({ partialMessages: true }), bytes).events;
  assertEquals(events, expected);
});
