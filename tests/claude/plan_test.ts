import { provider } from "../../src/providers/claude/mod.ts";
import type { LaunchPlan, PlanRequest } from "../../src/providers/launch_plan.ts";
import { PLAIN_REQUEST } from "../support/plan_request.ts";
import { assertEquals } from "../support/assert.ts";

const ID = PLAIN_REQUEST.sessionId;
const ENV = {
  DISABLE_AUTOUPDATER: "1",
  CLAUDECODE: undefined,
  CLAUDE_CODE_CHILD_SESSION: undefined,
  CLAUDE_CODE_CHILD_NOTES_DIR: undefined,
  CLAUDE_CODE_ENTRYPOINT: undefined,
  CLAUDE_CODE_LAUNCHED_BY_SESSION_IDS: undefined,
  CLAUDE_CODE_MESSAGING_SOCKET: undefined,
  CLAUDE_CODE_MESSAGING_TOKEN: undefined,
  CLAUDE_CODE_SESSION_ATTENDED: undefined,
  CLAUDE_CODE_SESSION_ID: undefined,
  CLAUDE_PID: undefined,
};
const STREAM = ["-p", "--output-format=stream-json", "--verbose"];

function plan(change: Partial<PlanRequest>, expected: Partial<LaunchPlan>): void {
  const base: LaunchPlan = {
    program: "claude",
    args: [...STREAM, `--session-id=${ID}`],
    env: ENV,
    cwd: "/project",
    stdin: { text: "--hi\n-x" },
    stdout: "events",
    files: [],
  };
  assertEquals(provider.plan({ ...PLAIN_REQUEST, ...change }), { ...base, ...expected });
}

const rows: [string, Partial<PlanRequest>, Partial<LaunchPlan>][] = [
  ["a plain prompt goes to stdin, whatever it begins with", {}, {}],
  ["text output", { output: "text", partialMessages: true }, {
    args: ["-p", "--output-format=text", `--session-id=${ID}`],
    stdout: "raw",
  }],
  ["native JSON", { output: "native-json" }, {
    args: ["-p", "--output-format=json", "--verbose", `--session-id=${ID}`],
    stdout: "document",
  }],
  ["a resumed session has no new id", { resume: "native" }, {
    args: [...STREAM, "--resume=native"],
  }],
  ["a stream of messages", {
    prompt: undefined,
    streamInput: true,
    replayUserMessages: true,
    partialMessages: true,
  }, {
    args: [
      ...STREAM,
      "--input-format=stream-json",
      "--replay-user-messages",
      "--include-partial-messages",
      `--session-id=${ID}`,
    ],
    stdin: "stream",
  }],
  ["model, turns, directories", { model: "-odd", maxTurns: 3, addDirs: ["/a", "-b"] }, {
    args: [
      ...STREAM,
      `--session-id=${ID}`,
      "--model=-odd",
      "--add-dir=/a",
      "--add-dir=-b",
      "--max-turns=3",
    ],
  }],
  ["auto-approve", { autoApprove: true }, {
    args: [...STREAM, `--session-id=${ID}`, "--dangerously-skip-permissions"],
  }],
  ["auto-approve as root", { autoApprove: true, isRoot: true }, {
    args: [...STREAM, `--session-id=${ID}`, "--dangerously-skip-permissions"],
    env: { ...ENV, IS_SANDBOX: "1" },
  }],
  ["a root that did not ask for auto-approve", { isRoot: true }, {}],
  ["a system prompt by file", { systemPrompt: "be brief" }, {
    args: [
      ...STREAM,
      `--session-id=${ID}`,
      "--append-system-prompt-file=/temp/system_prompt.md",
    ],
    files: [{ path: "/temp/system_prompt.md", content: "be brief" }],
  }],
  ["a system prompt for a resumed session", { systemPrompt: "x", resume: "native" }, {
    args: [...STREAM, "--resume=native", "--append-system-prompt-file=/temp/system_prompt.md"],
    files: [{ path: "/temp/system_prompt.md", content: "x" }],
  }],
  ["MCP servers by file", { mcpConfig: ' {"mcpServers":{}}' }, {
    args: [...STREAM, `--session-id=${ID}`, "--mcp-config=/temp/mcp.json"],
    files: [{ path: "/temp/mcp.json", content: ' {"mcpServers":{}}' }],
  }],
  ["an interactive session", { mode: "interactive" }, {
    args: [`--session-id=${ID}`, "--", "--hi\n-x"],
    stdin: "inherit",
    stdout: "inherit",
  }],
  ["an interactive session without a prompt", {
    mode: "interactive",
    prompt: undefined,
    resume: "native",
  }, { args: ["--resume=native"], stdin: "inherit", stdout: "inherit" }],
];

for (const [title, change, expected] of rows) {
  Deno.test(`plan() for Claude Code: ${title}`, () => plan(change, expected));
}

const versions: [string, Partial<PlanRequest>, boolean][] = [
  ["not before the flag exists", { version: "2.1.252" }, false],
  ["from the first version that has the flag", { version: "2.1.257" }, true],
  ["in later versions", { version: "2.1.330" }, true],
  ["in later versions by numbers, not letters", { version: "2.10.0" }, true],
  ["not where the version is unknown", {}, false],
  ["not in a new session", { version: "2.1.330", resume: undefined }, false],
  ["not without a system prompt", { version: "2.1.330", systemPrompt: undefined }, false],
];

for (const [title, change, expected] of versions) {
  Deno.test(`plan() for Claude Code replaces the system prompt of a resume: ${title}`, () => {
    const request = { ...PLAIN_REQUEST, resume: "native", systemPrompt: "x", ...change };
    const { args } = provider.plan(request);
    assertEquals(args.includes("--system-prompt-snapshot=off"), expected);
  });
}

Deno.test("needsVersion() of Claude Code: only for a system prompt of a resumed session", () => {
  const asks = (change: Partial<PlanRequest>) =>
    provider.needsVersion?.({ ...PLAIN_REQUEST, ...change });
  assertEquals(asks({ resume: "native", systemPrompt: "x" }), true);
  assertEquals(asks({ resume: "native" }), false);
  assertEquals(asks({ systemPrompt: "x" }), false);
});

Deno.test("plan() for Claude Code gives the same plan for the same request", () => {
  const request = { ...PLAIN_REQUEST, systemPrompt: "x", mcpConfig: "{}" };
  assertEquals(provider.plan(request), provider.plan(request));
});

Deno.test("the input of Claude Code takes its own objects and no others", () => {
  const accepts = (message: Record<string, unknown>) => provider.input?.accepts(message);
  assertEquals(accepts({ type: "user", message: { role: "user", content: "x" } }), true);
  assertEquals(accepts({ type: "control_request", request_id: "r", request: {} }), true);
  assertEquals(accepts({ type: "user" }), false);
  assertEquals(accepts({ type: "user_message", content: "x" }), false);
  assertEquals(accepts({ data: "input" }), false);
});
