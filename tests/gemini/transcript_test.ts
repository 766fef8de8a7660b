import { findTranscript } from "../../src/agent/find_transcript.ts";
import type { LogKind } from "../../src/events/log_event.ts";
import { geminiTranscript } from "../../src/providers/gemini/transcript.ts";
import { assertEquals } from "../support/assert.ts";
import { apart, counts } from "../support/transcript_usage.ts";

const FOLDER = new URL("../fixtures/gemini/transcripts/", import.meta.url);

function readLines(lines: readonly unknown[]) {
  const parser = geminiTranscript.parser();
  const kinds: LogKind[] = [];
  for (const line of lines) {
    const text = typeof line === "string" ? line : JSON.stringify(line);
    parser.line(text, (kind) => kinds.push(kind));
  }
  const told = apart(kinds);
  return { ...told, said: told.kinds.map(brief), state: parser.state };
}

async function readFile(name: string) {
  return readLines((await Deno.readTextFile(new URL(name, FOLDER))).split("\n"));
}

function brief(kind: LogKind): string {
  switch (kind.type) {
    case "tool_call":
      return `tool_call ${kind.tool_name} ${kind.tool_kind}`;
    case "tool_result":
      return `tool_result ${kind.tool_name} ${kind.success} ${kind.output ?? kind.error}`;
    case "user_message":
    case "assistant_message":
    case "reasoning":
      return `${kind.type} ${kind.content.slice(0, 24)}`;
    default:
      return kind.type;
  }
}

const HEADER = { sessionId: "0123456789", projectHash: "x", kind: "main" };
const CONTEXT = { id: "c", type: "user", content: [{ text: "<session_context>\nToday is" }] };
const PROMPT = { id: "p", type: "user", content: [{ text: "do it" }] };
const ANSWER = { id: "a", type: "gemini", content: "done", thoughts: [] };
const CALL = { id: "t", name: "run_shell_command", args: { command: "ls" } };

Deno.test("geminiTranscript reads a session with tools", async () => {
  const { said, state, kinds, usage } = await readFile("transcript.jsonl");
  assertEquals(said, [
    "user_message [[bash:echo hello-from-t",
    "tool_call run_shell_command shell",
    "tool_result run_shell_command true hello-from-tool",
    "tool_call write_file file_write",
    "tool_result write_file true Successfully created and wrote to new file: " +
    "/home/user/project/note.txt. Here is the updated code:\nline one",
    "reasoning deep thought",
    "assistant_message STUB:thought",
  ]);
  assertEquals(state, {
    answer: "STUB:thought",
    finished: undefined,
    sessionId: "eb103521-fade-497e-9385-3d60161ed884",
    messages: 4,
    directory: "/home/user/project",
    model: "gemini-2.5-flash",
    time: "2026-11-20T12:15:04.882Z",
    isPart: false,
  });
  assertEquals(counts(usage), [
    "12+5 gemini-2.5-flash",
    "12+5 gemini-2.5-flash",
    "12+5 gemini-2.5-flash",
  ]);
  const [shell, write] = kinds.filter((kind) => kind.type === "tool_result");
  assertEquals([shell?.data, (write?.data as { newContent: string }).newContent], [
    null,
    "line one",
  ]);
});

Deno.test("geminiTranscript tells a session that was resumed once", async () => {
  const { said, state } = await readFile("transcript_resumed.jsonl");
  assertEquals(said, [
    "user_message first turn",
    "assistant_message STUB:first turn",
    "user_message [[bash:echo hi]][[think:",
    "tool_call run_shell_command shell",
    "tool_result run_shell_command true hi",
    "reasoning considering",
    "assistant_message STUB:thought",
  ]);
  assertEquals(state.messages, 5);
});

Deno.test("geminiTranscript tells each message and each call once, however often it changes", () => {
  const waiting = { ...ANSWER, toolCalls: [{ ...CALL, status: "executing" }] };
  const over = { ...CALL, status: "error", resultDisplay: "no such thing" };
  const { said, state } = readLines([
    HEADER,
    PROMPT,
    ANSWER,
    { ...ANSWER, tokens: { total: 3 } },
    waiting,
    { ...waiting, toolCalls: [over] },
    { ...waiting, content: [{ text: "done" }], toolCalls: [over] },
    { $set: { messages: [PROMPT, { ...ANSWER, content: [{ text: "done" }] }] } },
    PROMPT,
  ]);
  assertEquals(said, [
    "user_message do it",
    "assistant_message done",
    "tool_call run_shell_command shell",
    "tool_result run_shell_command false no such thing",
  ]);
  assertEquals(state.finished, false);
});

Deno.test("geminiTranscript knows that a turn goes on, but not that it is over", () => {
  const finished = (...lines: unknown[]) => readLines([HEADER, ...lines]).state.finished;
  assertEquals(finished(PROMPT), false);
  assertEquals(finished(PROMPT, ANSWER), undefined);
  const called = { ...ANSWER, toolCalls: [{ ...CALL, status: "success" }] };
  assertEquals(finished(PROMPT, called), false);
  const response = { id: "r", type: "user", content: [{ functionResponse: { id: "t" } }] };
  assertEquals(finished(PROMPT, ANSWER, response), false);
});

Deno.test("geminiTranscript forgets an answer when something else is asked", () => {
  const { state } = readLines([HEADER, PROMPT, ANSWER, { ...PROMPT, id: "q" }]);
  assertEquals(state.answer, undefined);
});

const held: [string, readonly unknown[], number][] = [
  ["nothing in a file that has only begun", [HEADER, { $set: { messages: [CONTEXT] } }], 0],
  ["prompts and answers", [HEADER, CONTEXT, PROMPT, ANSWER], 2],
  ["nothing after the beginning was written anew", [
    HEADER,
    PROMPT,
    ANSWER,
    HEADER,
    { $set: { messages: [CONTEXT] } },
  ], 0],
  ["what a list brings back", [HEADER, PROMPT, HEADER, { $set: { messages: [PROMPT] } }], 1],
  ["what is left when somebody goes back", [HEADER, PROMPT, ANSWER, { $rewindTo: "a" }], 1],
  ["nothing when somebody goes back to the unknown", [HEADER, PROMPT, { $rewindTo: "z" }], 0],
  ["no commands and no silence", [
    HEADER,
    { ...PROMPT, content: [{ text: "/help" }] },
    { ...ANSWER, content: "" },
  ], 0],
  ["messages without a beginning", [PROMPT, ANSWER], 2],
];

for (const [title, lines, messages] of held) {
  Deno.test(`geminiTranscript counts what a resume would find: ${title}`, () => {
    assertEquals(readLines(lines).state.messages, messages);
  });
}

const typed: [string, Record<string, unknown>, string[]][] = [
  ["what was typed, not what became of it", {
    content: [{ text: "Greet everybody" }],
    displayContent: [{ text: "/greet everybody" }],
  }, ["/greet everybody"]],
  ["what a hook added", {
    content: [{ text: "<hook_context>be kind</hook_context>\n\nhello" }],
  }, ["hello"]],
  ["a summary", { content: [{ text: "<state_snapshot>so far</state_snapshot>" }] }, []],
  ["a command of the shell", {
    content: [{
      text: "I ran the following shell command:\n```sh\nls -l\n```\n\nThis produced the " +
        "following result:\n```\ntotal 0\n```",
    }],
  }, ["!ls -l"]],
  ["text with a file", { content: [{ text: "read @a" }, { text: "\n--- a ---" }] }, [
    "read @a\n--- a ---",
  ]],
];

for (const [title, message, expected] of typed) {
  Deno.test(`geminiTranscript knows what was typed: ${title}`, () => {
    const { kinds } = readLines([HEADER, { id: "u", type: "user", ...message }]);
    const said = kinds.map((kind) => kind.type === "user_message" ? kind.content : kind.type);
    assertEquals(said, expected);
  });
}

Deno.test("geminiTranscript does not take the CLI's own words for an answer", () => {
  const { said } = readLines([HEADER, PROMPT, { ...ANSWER, content: [{ text: "Got it." }] }]);
  assertEquals(said, ["user_message do it"]);
});

Deno.test("geminiTranscript turns what it cannot read into a parse_warning", () => {
  const odd = ["{", "", "[]", "{}", '{"id":1}', '{"$set":1}', '{"$set":{"messages":[1]}}'];
  const { said } = readLines([...odd, { id: "x" }, { id: "y", type: "gemini", toolCalls: [1] }]);
  assertEquals(said, ["parse_warning", "parse_warning"]);
});

Deno.test("geminiTranscript finds the file of a session, not the empty one beside it", async () => {
  const home = await Deno.makeTempDir();
  try {
    const chats = `${home}/.gemini/tmp/project/chats`;
    await Deno.mkdir(chats, { recursive: true });
    await Deno.mkdir(`${home}/.gemini/tmp/bin`);
    const text = (lines: unknown[]) => lines.map((line) => JSON.stringify(line) + "\n").join("");
    const long = { ...PROMPT, content: [{ text: "x".repeat(300_000) }] };
    const write = (name: string, ...lines: unknown[]) =>
      Deno.writeTextFile(`${chats}/${name}`, text(lines));
    await write("session-2026-01-01T00-00-01234567.jsonl", HEADER, long);
    await write("session-2026-01-02T00-00-01234567.jsonl", HEADER, { $set: { messages: [] } });
    await write("session-2026-01-03T00-00-01234567.jsonl", { ...HEADER, sessionId: "01234567x" });
    const request = { sessionId: "0123456789", cwd: "/", home, stateDir: "/state", env: {} };
    const path = await findTranscript(geminiTranscript, request);
    assertEquals(path, `${chats}/session-2026-01-01T00-00-01234567.jsonl`);
    const elsewhere = { ...request, home: "/none", env: { GEMINI_CLI_HOME: home } };
    assertEquals(await findTranscript(geminiTranscript, elsewhere), path);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});

Deno.test("geminiTranscript counts a message once, however often it is written", () => {
  const tokens = { input: 10, output: 2, cached: 4, thoughts: 1, total: 13 };
  const counted = { ...ANSWER, model: "flash", tokens };
  const { usage, state } = readLines([
    HEADER,
    PROMPT,
    ANSWER,
    counted,
    { ...counted, toolCalls: [{ ...CALL, status: "success" }] },
    { ...counted, id: "b", tokens: { ...tokens, output: 9 } },
  ]);
  assertEquals(counts(usage), ["10+2 flash", "10+9 flash"]);
  assertEquals([usage[0]?.cache_read_tokens, state.model], [4, "flash"]);
});

Deno.test("geminiTranscript knows where the session was, and the file that says so", () => {
  const context = "\n<session_context>\nThis is the Gemini CLI.\n- **Workspace Directories:**\n" +
    "  - /home/me/my app\n  - /other\n- **Directory Structure:**\n";
  const { state } = readLines([HEADER, { $set: { messages: [{ ...CONTEXT, content: context }] } }]);
  assertEquals(state.directory, "/home/me/my app");
  assertEquals(readLines([HEADER, CONTEXT, PROMPT]).state.directory, undefined);
  assertEquals(
    geminiTranscript.directoryFile!("/h/.gemini/tmp/app/chats/session-1.jsonl"),
    "/h/.gemini/tmp/app/.project_root",
  );
  assertEquals(readLines([{ ...HEADER, kind: "subagent" }]).state.isPart, true);
});
