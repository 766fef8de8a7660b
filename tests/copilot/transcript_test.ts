import { allTranscripts, expectedPath } from "../../src/agent/find_transcript.ts";
import type { LogKind } from "../../src/events/log_event.ts";
import type { TranscriptParserOptions } from "../../src/providers/transcript.ts";
import { copilotTranscript } from "../../src/providers/copilot/transcript.ts";
import { assertEquals } from "../support/assert.ts";
import { apart, counts } from "../support/transcript_usage.ts";

const FOLDER = new URL("../fixtures/copilot/transcripts/", import.meta.url);

function readLines(lines: readonly string[], options?: TranscriptParserOptions) {
  const parser = copilotTranscript.parser(options);
  const kinds: LogKind[] = [];
  for (const line of lines) parser.line(line, (kind) => kinds.push(kind));
  return { ...apart(kinds), state: parser.state };
}

async function read(name: string) {
  return readLines((await Deno.readTextFile(new URL(name, FOLDER))).split("\n"));
}

function brief(kind: LogKind): string {
  switch (kind.type) {
    case "tool_call":
      return `tool_call ${kind.tool_name} ${kind.tool_kind}`;
    case "tool_result":
      return `tool_result ${kind.tool_name} ${kind.success}`;
    case "assistant_message":
      return `${kind.parent_tool_use_id ? "below" : "assistant_message"} ${kind.content}`;
    case "user_message":
      return `user_message ${kind.content.slice(0, 20)}`;
    case "reasoning":
      return `reasoning ${kind.content}`;
    case "permission":
      return `permission ${kind.tool_name} ${kind.granted}`;
    case "provider_status":
      return `provider_status ${kind.message}`;
    default:
      return kind.type;
  }
}

Deno.test("copilotTranscript reads a session with tools", async () => {
  const { kinds, usage, state } = await read("transcript.jsonl");
  assertEquals(kinds.map(brief), [
    "user_message [[bash:echo hello-fr",
    "tool_call bash shell",
    "tool_result bash true",
    "tool_call create file_write",
    "tool_result create true",
    "reasoning deep thought",
    "assistant_message STUB:thought",
  ]);
  assertEquals(state, {
    answer: "STUB:thought",
    finished: true,
    sessionId: "a9c11d03-5977-4f94-8261-8c761ed14171",
    cwd: "/home/user/project",
    directory: "/home/user/project",
    model: "gpt-4.1",
    time: "2026-11-20T12:15:06.142Z",
  });
  assertEquals(counts(usage), ["12+5 gpt-4.1", "12+5 gpt-4.1", "12+5 gpt-4.1"]);
});

Deno.test("copilotTranscript tells sub-agents apart", async () => {
  const { kinds, state } = await read("sub_agent.jsonl");
  assertEquals(kinds.map(brief), [
    'user_message [[call:task {"agent_',
    "tool_call task sub_agent",
    "reasoning inner thought",
    "below STUB:thought",
    "tool_result task true",
    "tool_call task sub_agent",
    "tool_call bash shell",
    "tool_result bash false",
    "provider_status 400 stub error 400",
    "tool_result task false",
    "assistant_message outer done",
  ]);
  assertEquals([state.answer, state.finished], ["outer done", true]);
});

Deno.test("copilotTranscript reads a session that was resumed, and no prompts of the CLI", async () => {
  const { kinds, state } = await read("resumed.jsonl");
  assertEquals(kinds.map(brief), [
    'user_message [[call:bash {"comman',
    "tool_call bash shell",
    "tool_result bash true",
    "assistant_message outer done",
    "tool_call read_bash shell",
    "tool_result read_bash true",
    "assistant_message STUB:done",
    "user_message [[bash:echo again]][",
    "tool_call bash shell",
    "tool_result bash true",
    "assistant_message third",
  ]);
  assertEquals([state.answer, state.finished], ["third", true]);
});

Deno.test("copilotTranscript states the tokens of the session so far", async () => {
  const lines = (await Deno.readTextFile(new URL("resumed.jsonl", FOLDER))).split("\n");
  const totals = lines.map((line) => copilotTranscript.totalUsage!(line))
    .filter((usage) => usage !== undefined);
  assertEquals(totals.map(({ input_tokens, output_tokens }) => [input_tokens, output_tokens]), [
    [0, 0],
    [36, 15],
    [60, 25],
  ]);
  assertEquals(copilotTranscript.totalUsage!('{"session.shutdown"'), undefined);
});

const event = (type: string, data: unknown = {}, more = {}) =>
  JSON.stringify({ type, data, ...more });
const START = event("assistant.turn_start");
const TOOL = event("assistant.message", {
  content: "first",
  toolRequests: [{ toolCallId: "t", name: "bash", arguments: { command: "ls" } }],
});
const ANSWER = event("assistant.message", { content: "last", toolRequests: [] });
const END = event("assistant.turn_end");

for (
  const [title, lines, finished] of [
    ["an answer", [START, ANSWER, END], true],
    ["an answer whose turn is open", [START, ANSWER], false],
    ["a tool call", [START, TOOL, END], false],
    ["no answer", [START, ANSWER, END, START, END], false],
    ["an error", [START, END, event("session.error")], false],
    ["an abort", [START, ANSWER, END, event("abort")], false],
    ["a new prompt", [START, ANSWER, END, event("user.message", { content: "x" })], false],
    ["an error of a sub-agent", [START, ANSWER, END, event("abort", {}, { agentId: "a" })], true],
  ] as const
) {
  Deno.test(`copilotTranscript is ${finished ? "" : "not "}finished at ${title}`, () => {
    assertEquals(readLines(lines).state.finished, finished);
  });
}

Deno.test("copilotTranscript tells a call once, also one that nobody asked for", () => {
  const begun = (toolCallId: string) =>
    event("tool.execution_start", { toolCallId, toolName: "bash", arguments: { command: "ls" } });
  const refused = event("tool.execution_complete", {
    toolCallId: "t",
    success: false,
    error: { message: "no", code: "rejected" },
  });
  const { kinds } = readLines([TOOL, begun("t"), refused, begun("u")]);
  assertEquals(kinds.map(brief), [
    "assistant_message first",
    "tool_call bash shell",
    "permission bash false",
    "tool_result bash false",
    "tool_call bash shell",
  ]);
});

Deno.test("copilotTranscript logs a usage limit before its error", () => {
  const data = { errorType: "rate_limit", message: "Try again in 1 hour" };
  const more = { id: "incident", timestamp: "2026-11-21T12:00:00Z" };
  const { kinds } = readLines([event("session.error", data, more)]);
  assertEquals(kinds, [
    {
      type: "usage_limit_hit",
      scope: "unknown",
      reset_at: "2026-11-21T13:00:00.000Z",
      raw: "Try again in 1 hour",
      fallback_used: false,
      incident_id: "incident",
    },
    { type: "provider_status", message: "Try again in 1 hour", data },
  ]);
});

Deno.test("copilotTranscript survives odd lines", () => {
  const lines = ["{", "", "[]", "{}", '{"type":"user.message"}', '{"type":"assistant.message"}'];
  const { kinds } = readLines([
    ...lines,
    '{"type":"assistant.message","data":{"toolRequests":[1]}}',
  ]);
  assertEquals(kinds.map((kind) => kind.type), ["parse_warning", "parse_warning"]);
});

const REQUEST = { sessionId: "id", cwd: "/w", home: "/home/me", stateDir: "/state", env: {} };

Deno.test("copilotTranscript names the file of a session", () => {
  assertEquals(
    expectedPath(copilotTranscript, REQUEST),
    "/home/me/.copilot/session-state/id/events.jsonl",
  );
  const env = { COPILOT_HOME: "/etc/copilot" };
  assertEquals(
    expectedPath(copilotTranscript, { ...REQUEST, env }),
    "/etc/copilot/session-state/id/events.jsonl",
  );
});

Deno.test("copilotTranscript finds all sessions", async () => {
  const home = await Deno.makeTempDir();
  try {
    const folder = `${home}/.copilot/session-state`;
    const id = "a9c11d03-5977-4f94-8261-8c761ed14171";
    for (const name of [id, ".session-operation-locks"]) {
      await Deno.mkdir(`${folder}/${name}`, { recursive: true });
      await Deno.writeTextFile(`${folder}/${name}/events.jsonl`, "");
    }
    const found = await allTranscripts(copilotTranscript, { ...REQUEST, home });
    assertEquals([...found], [`${folder}/${id}/events.jsonl`]);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});

Deno.test("copilotTranscript counts every call of a model, those of sub-agents too", async () => {
  const { usage, state } = await read("sub_agent.jsonl");
  assertEquals(counts(usage), Array.from({ length: 5 }, () => "12+5 gpt-4.1"));
  assertEquals(state.model, "gpt-4.1");
  assertEquals((await read("resumed.jsonl")).usage.length, 5);
});

Deno.test("copilotTranscript takes the totals of versions that note no calls", async () => {
  const text = await Deno.readTextFile(new URL("resumed.jsonl", FOLDER));
  const lines = text.split("\n").filter((line) => !line.includes('"session.usage_record"'));
  assertEquals(counts(readLines(lines).usage), ["36+15 gpt-4.1", "24+10 gpt-4.1"]);
  const again = lines.findIndex((line) => line.includes('"session.resume"'));
  const usageBefore = lines.slice(0, again).map((line) => copilotTranscript.totalUsage!(line))
    .findLast((total) => total !== undefined);
  const { usage } = readLines(lines.slice(again), { usageBefore });
  assertEquals(usage.map(({ input_tokens }) => input_tokens), [24]);
});
