import { parseMockArgs } from "../../src/providers/mock/args.ts";
import { provider } from "../../src/providers/mock/mod.ts";
import type { LaunchPlan, PlanRequest } from "../../src/providers/launch_plan.ts";
import { PLAIN_REQUEST } from "../support/plan_request.ts";
import { assertEquals } from "../support/assert.ts";

const REQUEST: PlanRequest = {
  ...PLAIN_REQUEST,
  prompt: "--hi",
  sessionId: "s1",
  tempDir: "/private",
  isRoot: true,
};

const PLAN: LaunchPlan = {
  program: { builtIn: "mock-agent" },
  args: ["--", "--output=events", "--session=s1"],
  env: { ZAG_MOCK_STATE: "/state" },
  cwd: "/project",
  stdin: { text: "--hi" },
  stdout: "events",
  files: [],
};

const ROWS: [string, Partial<PlanRequest>, Partial<LaunchPlan>][] = [
  ["a prompt", {}, {}],
  ["no prompt", { prompt: undefined }, { stdin: { text: "" } }],
  ["text", { output: "text" }, {
    args: ["--", "--output=text", "--session=s1"],
    stdout: "raw",
  }],
  ["a resume", { resume: "old", model: "mock-large" }, {
    args: ["--", "--output=events", "--resume=old", "--model=mock-large"],
  }],
  ["a stream of messages", {
    prompt: undefined,
    streamInput: true,
    replayUserMessages: true,
    partialMessages: true,
  }, {
    args: ["--", "--output=events", "--stream-input", "--replay", "--partial", "--session=s1"],
    stdin: "stream",
  }],
  ["every other option", {
    systemPrompt: "be brief",
    autoApprove: true,
    addDirs: ["/a", "-b"],
    maxTurns: 3,
  }, {
    args: [
      "--",
      "--output=events",
      "--session=s1",
      "--system-prompt-file=/private/system_prompt.md",
      "--auto-approve",
      "--add-dir=/a",
      "--add-dir=-b",
      "--max-turns=3",
    ],
    files: [{ path: "/private/system_prompt.md", content: "be brief" }],
  }],
  ["MCP servers, which no argument list shows", { mcpConfig: ' {"a":1}' }, {
    args: ["--", "--output=events", "--session=s1", "--mcp-config=/private/mcp.json"],
    files: [{ path: "/private/mcp.json", content: ' {"a":1}' }],
  }],
  ["a conversation", { mode: "interactive", partialMessages: true }, {
    args: ["--", "--interactive", "--prompt-file=/private/prompt.md", "--session=s1"],
    stdin: "inherit",
    stdout: "inherit",
    files: [{ path: "/private/prompt.md", content: "--hi" }],
  }],
  ["a conversation without a prompt", { mode: "interactive", prompt: undefined }, {
    args: ["--", "--interactive", "--session=s1"],
    stdin: "inherit",
    stdout: "inherit",
  }],
];

for (const [title, request, plan] of ROWS) {
  Deno.test(`plan() describes ${title}`, () => {
    const actual = provider.plan({ ...REQUEST, ...request });
    assertEquals(actual, { ...PLAN, ...plan });
    // What is planned must also be understood.
    parseMockArgs(actual.args);
  });
}

Deno.test("input encodes messages and interrupts that the agent understands", () => {
  assertEquals(
    provider.input?.userMessage('say "é"\n'),
    '{"type":"user_message","content":"say \\"é\\"\\n"}',
  );
  assertEquals(provider.input?.interrupt("r1"), '{"type":"interrupt","id":"r1"}');
  assertEquals(provider.input?.accepts({ type: "interrupt", id: "r1" }), true);
  assertEquals(provider.input?.accepts({ type: "interrupt" }), false);
  assertEquals(provider.input?.accepts({ type: "user", message: {} }), false);
});

Deno.test("models has a name for every size, and all of them are known", () => {
  const { sizes, names, defaultName } = provider.models;
  assertEquals(Object.values(sizes), ["mock-small", "mock-medium", "mock-large"]);
  assertEquals(names, Object.values(sizes));
  assertEquals(names.includes(defaultName), true);
});
