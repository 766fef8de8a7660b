import { expectedPath } from "../../src/agent/find_transcript.ts";
import type { LogKind } from "../../src/events/log_event.ts";
import { provider } from "../../src/providers/mock/mod.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { apart, counts } from "../support/transcript_usage.ts";
import { runAgent, withTempDir } from "./run_agent.ts";

const REQUEST = { sessionId: "a/b", cwd: "/p", home: "/h", stateDir: "/state", env: {} };

function read(text: string) {
  const parser = provider.transcript!.parser();
  const kinds: LogKind[] = [];
  for (const line of text.split("\n")) parser.line(line, (kind) => kinds.push(kind));
  return { ...apart(kinds), state: parser.state };
}

Deno.test("transcript.places() names the file of the session", () => {
  assertEquals(provider.transcript!.places(REQUEST), [
    { directory: "/state", path: ["a%2Fb.jsonl"] },
  ]);
});

Deno.test("transcript holds everything that was said and done", async () => {
  await withTempDir(async (state) => {
    const { code } = await runAgent({
      state,
      args: ["--session=s", "--partial", "--replay"],
      stdin: "go",
      script: [
        { do: "think", text: "hm" },
        { do: "tool", name: "read_file", input: { path: "p" }, output: "o" },
        { do: "tool", name: "write", error: "full", data: 1 },
        { do: "tool", name: "bash", needs_permission: true },
        { do: "error", message: "odd", status: 500 },
        { do: "say", text: "done", deltas: 2 },
      ],
    });
    assertEquals(code, 0);
    const request = { ...REQUEST, sessionId: "s", stateDir: state };
    const path = expectedPath(provider.transcript!, request);
    const parsed = read(await Deno.readTextFile(path!));
    assertEquals(parsed.state, {
      answer: "done",
      finished: true,
      sessionId: "s",
      directory: Deno.cwd(),
      model: "mock-medium",
    });
    assertEquals(counts(parsed.usage), ["1+2 mock-medium"]);
    const refusal = 'The tool "bash" needs permission, and nobody can be asked: allow it with ' +
      "--auto-approve";
    const call = { type: "tool_call", input: {} } as const;
    const result = {
      type: "tool_result",
      success: false,
      output: null,
      error: null,
      data: null,
    } as const;
    assertEquals(parsed.kinds, [
      { type: "user_message", role: "user", content: "go", message_id: null },
      { type: "reasoning", content: "hm", message_id: "msg_0_0" },
      {
        ...call,
        tool_name: "read_file",
        tool_kind: "file_read",
        tool_id: "tool_0_1",
        input: { path: "p" },
      },
      {
        ...result,
        tool_name: "read_file",
        tool_kind: "file_read",
        tool_id: "tool_0_1",
        success: true,
        output: "o",
      },
      { ...call, tool_name: "write", tool_kind: "file_write", tool_id: "tool_0_2" },
      {
        ...result,
        tool_name: "write",
        tool_kind: "file_write",
        tool_id: "tool_0_2",
        error: "full",
        data: 1,
      },
      { ...call, tool_name: "bash", tool_kind: "shell", tool_id: "tool_0_3" },
      { type: "permission", tool_name: "bash", description: refusal, granted: false },
      { ...result, tool_name: "bash", tool_kind: "shell", tool_id: "tool_0_3", error: refusal },
      { type: "provider_status", message: "odd", data: { status: 500 } },
      { type: "assistant_message", content: "done", message_id: "msg_0_4" },
    ]);
  });
});

Deno.test("transcript holds a result that stdout lacks", async () => {
  await withTempDir(async (state) => {
    const run = await runAgent({
      state,
      args: ["--session=s"],
      script: [{ do: "say", text: "done" }, { do: "exit", code: 0, result: "transcript" }],
    });
    assertEquals(run.state.results, 0);
    const parsed = read(await Deno.readTextFile(`${state}/s.jsonl`));
    assertEquals([parsed.state.finished, parsed.state.answer], [true, "done"]);
  });
});

Deno.test("transcript.parser() is not finished by a failed turn, nor in the middle of one", () => {
  const begin = '{"type":"turn","index":0,"entry":null,"prompt":"p"}\n';
  assertEquals(read(`${begin}{"type":"turn_end","success":true}`).state.finished, true);
  assertEquals(read(`${begin}{"type":"turn_end","success":false}`).state.finished, false);
  assertEquals(read(`{"type":"turn_end","success":true}\n${begin}`).state.finished, false);
});

Deno.test("transcript.parser() warns of lines that it cannot read", () => {
  const { kinds } = read('oops\n\n[]\n{"type":"new"}\n{"type":"text","text":"x"}');
  assertEquals(kinds.map((kind) => kind.type), [
    "parse_warning",
    "parse_warning",
    "assistant_message",
  ]);
  assert(kinds[0]?.type === "parse_warning" && kinds[0].raw === "oops");
});
