import { expectedPath } from "../../src/agent/find_transcript.ts";
import type { LogKind } from "../../src/events/log_event.ts";
import type { TranscriptParserOptions } from "../../src/providers/transcript.ts";
import { codexTranscript } from "../../src/providers/codex/transcript.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { apart, counts } from "../support/transcript_usage.ts";

const FOLDER = new URL("../fixtures/codex/transcripts/", import.meta.url);

async function read(name: string) {
  return readLines((await Deno.readTextFile(new URL(name, FOLDER))).split("\n"));
}

function readLines(lines: readonly string[], options?: TranscriptParserOptions) {
  const parser = codexTranscript.parser(options);
  const kinds: LogKind[] = [];
  for (const line of lines) parser.line(line, (kind) => kinds.push(kind));
  parser.end?.((kind) => kinds.push(kind));
  return { ...apart(kinds), state: parser.state };
}

/** Reads payloads of `event_msg`, or of the type that goes before them. */
function readPayloads(payloads: readonly unknown[], type = "event_msg") {
  return readLines(payloads.map((payload) => JSON.stringify({ type, payload })));
}

function brief(kind: LogKind): string {
  switch (kind.type) {
    case "tool_call":
      return `call ${kind.tool_name} ${kind.tool_kind} ${JSON.stringify(kind.input)}`;
    case "tool_result":
      return `result ${kind.tool_name} ${kind.success} ${kind.output ?? kind.error}`.trim();
    case "user_message":
    case "assistant_message":
    case "reasoning":
      return `${kind.type} ${kind.content}`.trim();
    case "provider_status":
      return `status ${kind.message}`;
    default:
      return kind.type;
  }
}

Deno.test("codexTranscript reads a session with tools", async () => {
  const { kinds, usage, state } = await read("rollout.jsonl");
  assertEquals(kinds.map(brief), [
    "user_message [[bash:echo hello-from-tool]][[write:note.txt|line one]][[bash:exit 3]]" +
    "[[think:deep thought]]",
    `call command_execution shell {"command":"/bin/bash -lc 'echo hello-from-tool'"}`,
    "result command_execution true hello-from-tool",
    'call file_change file_edit {"changes":[{"path":"/home/user/project/note.txt","kind":"add"}]}',
    "result file_change true add /home/user/project/note.txt",
    `call command_execution shell {"command":"/bin/bash -lc 'exit 3'"}`,
    "result command_execution false exit code 3",
    "reasoning deep thought",
    "assistant_message STUB:thought",
  ]);
  assertEquals(state, {
    answer: "STUB:thought",
    finished: true,
    sessionId: "01a1f8e6-ceba-7801-b34e-fbb53ab22e06",
    cwd: undefined,
    directory: "/home/user/project",
    model: "gpt-5.5",
    time: "2026-11-20T12:20:38.597Z",
    isPart: false,
  });
  assertEquals(counts(usage), ["12+5 gpt-5.5", "12+5 gpt-5.5", "12+5 gpt-5.5", "12+5 gpt-5.5"]);
});

Deno.test("codexTranscript reads a session that was resumed", async () => {
  const { kinds, state } = await read("rollout_resumed.jsonl");
  assertEquals(kinds.map(brief), [
    "user_message hello",
    "assistant_message STUB:hello",
    "user_message second turn",
    "assistant_message STUB:second turn",
  ]);
  assertEquals(state.finished, true);
});

Deno.test("codexTranscript reads what a person typed, and knows where", async () => {
  const { kinds, state } = await read("rollout_interactive.jsonl");
  assertEquals(kinds.map(brief), [
    "user_message [[bash:echo hi; exit 3]][[write:n.txt|one]][[think:hm]][[say:first answer]]",
    `call command_execution shell {"command":"/bin/bash -lc 'echo hi; exit 3'"}`,
    "result command_execution false hi",
    'call file_change file_edit {"changes":[{"path":"/home/user/project/n.txt","kind":"add"}]}',
    "result file_change true add /home/user/project/n.txt",
    "reasoning hm",
    "assistant_message STUB:thought",
    "user_message [[say:typed answer]]",
    "assistant_message typed answer",
    "user_message !echo from the shell",
  ]);
  assertEquals([state.cwd, state.finished], ["/home/user/project", true]);
});

Deno.test("codexTranscript tells a call that was refused from what the model was answered", async () => {
  const { kinds } = await read("rollout_refused.jsonl");
  const [, call, result, ...more] = kinds.map(brief);
  assertEquals(call, 'call exec_command shell {"cmd":"touch /etc/denied"}');
  assert(result?.startsWith("result exec_command null Chunk ID"), result);
  assert(result?.endsWith("Read-only file system"), result);
  assertEquals(more, [
    `call command_execution shell {"command":"/bin/bash -lc 'sleep 2; echo late'"}`,
    "result command_execution true late",
    "assistant_message x",
  ]);
});

Deno.test("codexTranscript logs a command that runs on once, and both its answers", async () => {
  const { kinds } = await read("rollout_background.jsonl");
  const told = kinds.map(brief);
  assertEquals(told.filter((line) => line.startsWith("call")), [
    'call exec_command shell {"cmd":"echo early; sleep 2; echo late","yield_time_ms":300}',
    `call command_execution shell {"command":"/bin/bash -lc 'sleep 4; echo second'"}`,
  ]);
  const results = kinds.filter((kind) => kind.type === "tool_result");
  assertEquals(results.map(({ success }) => success), [null, true, true]);
  assertEquals(results.map(({ output }) => output?.split("\n").at(-2)), [
    "early",
    "late",
    "second",
  ]);
  assertEquals(results[0]?.tool_id, results[1]?.tool_id);
});

Deno.test("codexTranscript shows scripts of the model only where they called no tool", async () => {
  const { kinds } = await read("rollout_code_mode.jsonl");
  assertEquals(kinds.map(brief).map((line) => line.split("\n")[0]), [
    "user_message go",
    `call command_execution shell {"command":"/bin/bash -lc 'echo one'"}`,
    "result command_execution true one",
    `call command_execution shell {"command":"/bin/bash -lc 'exit 3'"}`,
    "result command_execution false exit code 3",
    'call exec shell "const r = await tools.exec_command({cmd:\\"touch /etc/denied\\"}); text(r);"',
    "result exec null Script completed",
    'call exec shell "text(1 + 1)"',
    "result exec null Script completed",
    "assistant_message done",
  ]);
});

Deno.test("codexTranscript is not finished by a turn that failed, and says why", () => {
  const failed = { type: "task_complete", error: { message: "no luck" } };
  const { kinds, state } = readPayloads([{ type: "task_complete" }, failed]);
  assertEquals([kinds.map(brief), state.finished], [["status no luck"], false]);
  assertEquals(readPayloads([failed, { type: "task_complete" }]).state.finished, true);
  const begun = readPayloads([{ type: "task_complete" }, { type: "task_started" }]);
  assertEquals(begun.state.finished, false);
  const aborted = readPayloads([
    { type: "task_complete" },
    { type: "turn_aborted", reason: "interrupted" },
  ]);
  assertEquals(aborted.kinds.map(brief), ["status The turn was aborted: interrupted"]);
  assertEquals(aborted.state.finished, false);
});

Deno.test("codexTranscript keeps a call whose end is missing", () => {
  const { kinds } = readPayloads([
    { type: "function_call", call_id: "a", name: "exec_command", arguments: '{"cmd":"sleep 1"}' },
    { type: "custom_tool_call", call_id: "b", name: "apply_patch", input: "*** Begin Patch" },
    { type: "function_call", call_id: "c", name: "odd", arguments: "no json" },
  ], "response_item");
  assertEquals(kinds.map(brief), [
    'call exec_command shell {"cmd":"sleep 1"}',
    'call apply_patch file_edit "*** Begin Patch"',
    'call odd other "no json"',
  ]);
});

Deno.test("codexTranscript reads what older versions wrote", () => {
  const { kinds, state } = readPayloads([
    { type: "user_message", message: "hello" },
    { type: "agent_reasoning", text: "hm" },
    { type: "agent_message", message: "good day" },
  ]);
  assertEquals(kinds.map(brief), [
    "user_message hello",
    "reasoning hm",
    "assistant_message good day",
  ]);
  assertEquals([state.answer, state.finished], ["good day", true]);
});

Deno.test("codexTranscript knows the directory of sessions with a terminal alone", () => {
  const of = (source: unknown) =>
    readPayloads([{ id: "x", cwd: "/here", source }], "session_meta").state;
  assertEquals(of("cli").cwd, "/here");
  assertEquals(of("exec").cwd, undefined);
  assertEquals(of({ subagent: {} }).cwd, undefined);
  assertEquals(of("exec").sessionId, "x");
});

Deno.test("codexTranscript turns what it cannot read into a parse_warning", () => {
  const odd = ["{", "", "[]", '{"type":"event_msg"}', '{"type":"event_msg","payload":{}}'];
  assertEquals(readLines(odd).kinds.map(({ type }) => type), ["parse_warning", "parse_warning"]);
});

Deno.test("codexTranscript survives any shape in the place of any value", async () => {
  const odd = [null, 1, "x", "", [], [null], {}, [{}], true];
  const names = ["rollout_interactive.jsonl", "rollout_code_mode.jsonl"];
  for (const name of names) {
    const text = await Deno.readTextFile(new URL(name, FOLDER));
    for (const line of text.split("\n").filter((line) => line !== "")) {
      for (const changed of changes(JSON.parse(line), odd)) readLines([JSON.stringify(changed)]);
    }
  }
});

/** Copies of a value in which one inner value is another one. */
function* changes(value: unknown, others: readonly unknown[]): Generator<unknown> {
  if (typeof value !== "object" || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    const replaced = (other: unknown) =>
      Array.isArray(value) ? value.with(Number(key), other) : { ...value, [key]: other };
    for (const other of others) yield replaced(other);
    for (const changed of changes(inner, others)) yield replaced(changed);
  }
}

const REQUEST = { sessionId: "id", cwd: "/", home: "/home/me", stateDir: "/state", env: {} };

Deno.test("codexTranscript names the places of a session's file", () => {
  const matches = (change: Partial<typeof REQUEST>, file: string) => {
    const [place, ...more] = codexTranscript.places({ ...REQUEST, ...change });
    assertEquals(more, []);
    const { directory, path } = place!;
    const parts = file.split("/");
    assertEquals(parts.length, path.length);
    const known = parts.every((part, i) => (path[i] as RegExp).test(part));
    return known ? directory : undefined;
  };
  const file = "2026/11/20/rollout-2026-11-20T12-20-38-id.jsonl";
  assertEquals(matches({}, file), "/home/me/.codex/sessions");
  assertEquals(matches({ env: { CODEX_HOME: "/etc/c" } }, file), "/etc/c/sessions");
  assertEquals(matches({ sessionId: "i." }, file), undefined);
  assertEquals(matches({}, "2026/11/20/notes.txt"), undefined);
  assertEquals(matches({ sessionId: undefined! }, file), "/home/me/.codex/sessions");
  assertEquals(expectedPath(codexTranscript, REQUEST), undefined);
});

Deno.test("codexTranscript knows the tokens of the session so far", async () => {
  const text = await Deno.readTextFile(new URL("rollout_resumed.jsonl", FOLDER));
  const totals = text.split("\n").map((line) => codexTranscript.totalUsage!(line))
    .filter((usage) => usage !== undefined);
  assertEquals(totals.map(({ input_tokens, output_tokens }) => [input_tokens, output_tokens]), [
    [12, 5],
    [24, 10],
  ]);
  for (const line of ['{"payload":{"type":"token_count","info":null}}', '"token_count"', "{"]) {
    assertEquals(codexTranscript.totalUsage!(line), undefined);
  }
});

/** A line that states the tokens of the session so far. */
function totalLine(input: number, output: number): string {
  const total = { input_tokens: input, output_tokens: output, cached_input_tokens: 1 };
  const payload = { type: "token_count", info: { total_token_usage: total } };
  return JSON.stringify({ type: "event_msg", timestamp: "2026-01-01T00:00:00Z", payload });
}

Deno.test("codexTranscript counts what came on top of the total, however often it is stated", () => {
  const lines = [totalLine(10, 2), totalLine(10, 2), totalLine(25, 3), totalLine(25, 3)];
  assertEquals(counts(readLines(lines).usage), ["10+2 undefined", "15+1 undefined"]);
  const usageBefore = codexTranscript.totalUsage!(totalLine(4, 1));
  assertEquals(counts(readLines(lines, { usageBefore }).usage), [
    "6+1 undefined",
    "15+1 undefined",
  ]);
});

Deno.test("codexTranscript tells the directory of every session, and whose part a file is", () => {
  const of = (source: unknown) => {
    const { directory, isPart } =
      readPayloads([{ id: "x", cwd: "/here", source }], "session_meta").state;
    return [directory, isPart];
  };
  assertEquals(of("cli"), ["/here", false]);
  assertEquals(of("exec"), ["/here", false]);
  assertEquals(of({ subagent: "review" }), ["/here", true]);
});

Deno.test("codexTranscript tells of a limit with which a turn ends, and of no other error", () => {
  const limited = "You\u2019ve hit your usage limit. Try again later, or try again at 1:20 PM.";
  const { kinds } = readLines([limited, "stream disconnected"].map((message) =>
    JSON.stringify({
      timestamp: "2026-11-22T04:56:37.500Z",
      type: "event_msg",
      payload: { type: "task_complete", turn_id: "t-1", error: { message } },
    })
  ));
  assertEquals(kinds.map(brief), [
    `status ${limited}`,
    "usage_limit_hit",
    "status stream disconnected",
  ]);
  const at = new Date("2026-11-22T04:56:37.500Z");
  at.setHours(13, 20, 0, 0);
  assertEquals<unknown>(kinds[1], {
    type: "usage_limit_hit",
    scope: "unknown",
    reset_at: at.toISOString(),
    raw: limited,
    fallback_used: false,
    incident_id: "t-1",
  });
});
