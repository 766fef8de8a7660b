import type { Event } from "../../src/events/event.ts";
import { OllamaParser } from "../../src/providers/ollama/events.ts";
import { provider } from "../../src/providers/ollama/mod.ts";
import { assertEquals } from "../support/assert.ts";
import { readBytes, testRecordings } from "../support/recordings.ts";

const FIXTURES = new URL("../fixtures/ollama/", import.meta.url);

testRecordings(provider);

function read(text: string, partialMessages = false) {
  return readBytes(new OllamaParser({ partialMessages }), new TextEncoder().encode(text));
}

Deno.test("OllamaParser emits deltas only when they were asked for", async () => {
  const text = await Deno.readTextFile(new URL("thinking/stdout.ndjson", FIXTURES));
  const deltas = (events: readonly Event[]) =>
    events.filter((event) => event.type === "assistant_delta").map((event) => event.text);
  assertEquals(deltas(read(text, true).events), ["Hel", "lo ", "🦙\n"]);
  assertEquals(deltas(read(text).events), []);
});

Deno.test("OllamaParser takes an end for a failure that does not say success", () => {
  for (const line of ['{"type":"result"}', '{"type":"result","success":"yes","text":"x"}']) {
    const { events, state } = read(line);
    assertEquals(events.map((event) => event.type), ["turn_complete", "result"]);
    assertEquals([state.isError, state.errorMessage], [true, "The Ollama agent failed"]);
  }
});

Deno.test("OllamaParser knows no outcome before the agent has told it", async () => {
  const text = await Deno.readTextFile(new URL("simple/stdout.ndjson", FIXTURES));
  const cut = text.split("\n").slice(0, -2).join("\n");
  const { state } = read(cut);
  assertEquals([state.results, state.sessionId, state.model], [0, "s1", "qwen3.5:9b"]);
});
