import { provider } from "../../src/providers/claude/mod.ts";
import type { ToolQuestion } from "../../src/providers/parser.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { PLAIN_PARSER, PLAIN_REQUEST } from "../support/plan_request.ts";
import { policyOf } from "../support/policies.ts";

const subject = provider.permissions!.subject!;
const { answer, accepts, guard } = provider.input!;

Deno.test("the plan of Claude with a policy is a stream that asks about tools", () => {
  const plan = provider.plan({ ...PLAIN_REQUEST, permissions: policyOf("deny") });
  assertEquals(plan.args, [
    "-p",
    "--output-format=stream-json",
    "--verbose",
    "--input-format=stream-json",
    "--permission-mode=default",
    "--permission-prompt-tool=stdio",
    "--disallowedTools=AskUserQuestion",
    `--session-id=${PLAIN_REQUEST.sessionId}`,
  ]);
  assertEquals(plan.stdin, "stream");
});

for (
  const [name, input, expected] of [
    ["Bash", { command: "ls" }, { kind: "shell", text: "ls" }],
    ["Bash", {}, { kind: "shell" }],
    ["Read", { file_path: "a" }, { kind: "read", paths: ["a"], searches: false }],
    ["Grep", { pattern: "x" }, { kind: "read", paths: ["."], searches: true }],
    ["Glob", { pattern: "/etc/*" }, { kind: "read", paths: ["/"], searches: true }],
    ["Glob", { pattern: "../*", path: "src" }, { kind: "read", paths: ["/"], searches: true }],
    ["Write", { file_path: "a" }, { kind: "write", paths: ["a"], searches: false }],
    ["Write", {}, { kind: "write", paths: [], searches: false }],
    ["NotebookEdit", { notebook_path: "n" }, { kind: "write", paths: ["n"], searches: false }],
    ["WebFetch", { url: "https://a" }, { kind: "network", text: "https://a" }],
    ["mcp__files__read", { path: "a" }, { kind: "other", text: "mcp__files__read" }],
    ["constructor", {}, { kind: "other", text: "constructor" }],
    ["StructuredOutput", {}, undefined],
  ] as const
) {
  Deno.test(`claudeSubject: ${name} ${JSON.stringify(input)}`, () => {
    assertEquals<unknown>(subject(name, input), expected);
  });
}

function questions(...items: object[]): ToolQuestion[] {
  const asked: ToolQuestion[] = [];
  const parser = provider.parser(PLAIN_PARSER);
  for (const item of items) {
    parser.line(JSON.stringify(item), {
      event: () => {},
      note: () => {},
      question: (question) => void asked.push(question),
    });
  }
  return asked;
}

Deno.test("Claude's questions are read, and answered in its own words", () => {
  const input = { command: "ls" };
  const [first, last, unknown] = questions(
    {
      type: "control_request",
      request_id: "1",
      request: {
        subtype: "hook_callback",
        callback_id: "zag",
        input: { tool_name: "Bash", tool_input: input },
      },
    },
    {
      type: "control_request",
      request_id: "2",
      request: { subtype: "can_use_tool", tool_name: "Bash", input },
    },
    { type: "control_request", request_id: "3", request: { subtype: "elicitation" } },
    { type: "control_request" },
  );
  assertEquals(first, { id: "1", stage: "first", toolName: "Bash", input });
  assertEquals(last, { id: "2", stage: "final", toolName: "Bash", input });
  assertEquals(unknown!.stage, "unknown");
  const said = (question: ToolQuestion, action: "allow" | "deny" | "ask", reason?: string) =>
    JSON.parse(answer!(question, { action, reason })).response;
  assertEquals(said(first!, "ask").response.hookSpecificOutput.permissionDecision, "ask");
  assertEquals(said(last!, "allow"), {
    subtype: "success",
    request_id: "2",
    response: { behavior: "allow", updatedInput: input },
  });
  assertEquals(said(last!, "deny", "no").response, { behavior: "deny", message: "no" });
  assertEquals(said(unknown!, "deny").subtype, "error");
  assertEquals(JSON.parse(guard!()).request.hooks.PreToolUse[0].hookCallbackIds, ["zag"]);
});

Deno.test("whoever sends messages to a guarded Claude cannot change what it may do", () => {
  const request = (subtype: string) => ({ type: "control_request", request: { subtype } });
  assert(accepts(request("interrupt"), true));
  assert(!accepts(request("set_permission_mode"), true));
  assert(!accepts(request("initialize"), true));
  assert(accepts(request("set_permission_mode")));
});
