import { expectedPath } from "../../src/agent/find_transcript.ts";
import type { LogKind } from "../../src/events/log_event.ts";
import { provider } from "../../src/providers/ollama/mod.ts";
import { assertEquals } from "../support/assert.ts";
import { withBench } from "./run_agent.ts";

const FIXTURES = new URL("../fixtures/ollama/transcripts/", import.meta.url);
const REQUEST = { sessionId: "a/b", cwd: "/p", home: "/h", stateDir: "/state", env: {} };

function read(text: string) {
  const parser = provider.transcript!.parser();
  const kinds: LogKind[] = [];
  for (const line of text.split("\n")) parser.line(line, (kind) => kinds.push(kind));
  return { kinds, state: parser.state };
}

Deno.test("ollamaTranscript.places names the file of the conversation", () => {
  assertEquals(provider.transcript!.places(REQUEST), [
    { directory: "/state", path: ["a%2Fb.jsonl"] },
  ]);
});

Deno.test("ollamaTranscript.places is where the agent keeps it", () =>
  withBench({}, async ({ run, state }) => {
    for (const sessionId of ["s", "ä/.. b"]) {
      await run("hi", [`--session=${sessionId}`]);
      const path = expectedPath(provider.transcript!, { ...REQUEST, sessionId, stateDir: state });
      assertEquals(read(await Deno.readTextFile(path!)).state, {
        answer: "You said: hi",
        finished: true,
        sessionId,
        cwd: "/project",
      });
    }
  }));

Deno.test("ollamaTranscript tells the last answer, and that the turn after it is not over", async () => {
  const { kinds, state } = read(await Deno.readTextFile(new URL("failed.jsonl", FIXTURES)));
  assertEquals(state, {
    answer: "Hello",
    finished: false,
    sessionId: "s1",
    cwd: "/home/user/project",
  });
  assertEquals(kinds, [
    { type: "user_message", role: "user", content: "one", message_id: null },
    { type: "reasoning", content: "Hm", message_id: null },
    { type: "assistant_message", content: "Hello", message_id: null },
    { type: "user_message", role: "user", content: "two", message_id: null },
  ]);
});

Deno.test("ollamaTranscript reads a conversation that went on", async () => {
  const { kinds, state } = read(await Deno.readTextFile(new URL("resumed.jsonl", FIXTURES)));
  assertEquals([state.answer, state.finished], ["You said: two", true]);
  assertEquals(kinds.map(({ type }) => type), [
    "user_message",
    "assistant_message",
    "user_message",
    "assistant_message",
  ]);
});

Deno.test("ollamaTranscript notes a torn line, and knows others by their type only", () => {
  const { kinds, state } = read('{"type":"assist\n{"type":"new"}\n{"type":"assistant","text":3}\n');
  assertEquals(kinds.map(({ type }) => type), ["parse_warning", "assistant_message"]);
  assertEquals(state.answer, "");
});
