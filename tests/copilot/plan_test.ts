import { provider } from "../../src/providers/copilot/mod.ts";
import type { LaunchPlan, PlanRequest } from "../../src/providers/launch_plan.ts";
import { assertEquals } from "../support/assert.ts";
import { PLAIN_REQUEST } from "../support/plan_request.ts";

const ID = PLAIN_REQUEST.sessionId;
const ENV = {
  COPILOT_AUTO_UPDATE: "false",
  COPILOT_AGENT_SESSION_ID: undefined,
  COPILOT_CLI: undefined,
  COPILOT_CLI_BINARY_VERSION: undefined,
  COPILOT_CLI_RESOLVED_DIST_DIR: undefined,
  COPILOT_LOADER_PID: undefined,
  COPILOT_CUSTOM_INSTRUCTIONS_DIRS: undefined,
};
const EVENTS = ["--output-format=json", "--no-ask-user", "--usage-output-file=/temp/usage.json"];
const NEW = [...EVENTS, `--session-id=${ID}`];
const DIR = "/temp/zag_instructions";
const INSTRUCTIONS = {
  path: `${DIR}/.github/instructions/zag.instructions.md`,
  content: '---\napplyTo: "**"\n---\n\nbe brief\n',
};
const DIRS = "COPILOT_CUSTOM_INSTRUCTIONS_DIRS";

const INTERACTIVE: Partial<LaunchPlan> = { stdin: "inherit", stdout: "inherit" };

const rows: [string, Partial<PlanRequest>, Partial<LaunchPlan>][] = [
  ["a plain prompt goes to stdin, whatever it begins with", {}, {}],
  ["a resumed session goes on where zag says", { resume: "native" }, {
    args: [...EVENTS, "--resume=native", "-C", "/project"],
  }],
  ["model, approval, directories", { model: "-odd", autoApprove: true, addDirs: ["/a", "-b"] }, {
    args: [...NEW, "--model=-odd", "--allow-all", "--add-dir=/a", "--add-dir=-b"],
  }],
  ["servers with secrets", { mcpConfig: ' {"mcpServers":{}}' }, {
    args: [...NEW, "--additional-mcp-config=@/temp/mcp.json"],
    files: [{ path: "/temp/mcp.json", content: ' {"mcpServers":{}}' }],
  }],
  ["a system prompt", { systemPrompt: "be brief" }, {
    joinedEnv: { [DIRS]: DIR },
    files: [INSTRUCTIONS],
  }],
  ["a system prompt beside the user's own directories", {
    systemPrompt: "be brief",
    env: { [DIRS]: "/mine,~/too" },
  }, { joinedEnv: { [DIRS]: `/mine,~/too,${DIR}` }, files: [INSTRUCTIONS] }],
  ["the user's own directories alone", { env: { [DIRS]: "/mine" } }, {
    joinedEnv: { [DIRS]: "/mine" },
  }],
  ["no system prompt of a surrounding session", {
    env: { [DIRS]: "/mine,/elsewhere/zag_instructions" },
  }, { joinedEnv: { [DIRS]: "/mine" } }],
  ["an inherited system prompt is not even there when it was the only one", {
    env: { [DIRS]: "/elsewhere/zag_instructions" },
  }, {}],
  ["what zag does itself", { maxTurns: 3, partialMessages: true, jsonSchema: {} }, {}],
];

const BASE: LaunchPlan = {
  program: "copilot",
  args: NEW,
  env: ENV,
  cwd: "/project",
  stdin: { text: "--hi\n-x" },
  stdout: "events",
  files: [],
  report: "/temp/usage.json",
};

for (const [title, change, expected] of rows) {
  Deno.test(`planCopilot: ${title}`, () => {
    assertEquals(provider.plan({ ...PLAIN_REQUEST, ...change }), { ...BASE, ...expected });
  });
}

const { report: _report, ...UNREPORTED } = BASE;

const unreported: [string, Partial<PlanRequest>, Partial<LaunchPlan>][] = [
  ["text output", { output: "text" }, {
    args: ["--output-format=text", "--silent", "--no-ask-user", `--session-id=${ID}`],
    stdout: "raw",
  }],
  ["a person's session", { mode: "interactive" }, {
    ...INTERACTIVE,
    args: [`--session-id=${ID}`, "--interactive=--hi\n-x"],
  }],
  ["a person's session without a prompt", { mode: "interactive", prompt: undefined }, {
    ...INTERACTIVE,
    args: [`--session-id=${ID}`],
  }],
  ["a person's session that goes on", { mode: "interactive", resume: "native", model: "m" }, {
    ...INTERACTIVE,
    args: ["--resume=native", "-C", "/project", "--model=m", "--interactive=--hi\n-x"],
  }],
];

for (const [title, change, expected] of unreported) {
  Deno.test(`planCopilot: ${title}`, () => {
    assertEquals(provider.plan({ ...PLAIN_REQUEST, ...change }), { ...UNREPORTED, ...expected });
  });
}
