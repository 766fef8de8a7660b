import { provider } from "../../src/providers/gemini/mod.ts";
import type { LaunchPlan, PlanRequest } from "../../src/providers/provider.ts";
import { assertEquals } from "../support/assert.ts";
import { PLAIN_REQUEST } from "../support/plan_request.ts";

const ID = PLAIN_REQUEST.sessionId;
const STREAM = ["--output-format=stream-json", `--session-id=${ID}`];
const MODULE = "/temp/blocking_output.cjs";
const BLOCKING =
  'for (const name of ["stdout", "stderr"]) process[name]._handle?.setBlocking?.(true);\n';
const ENV = {
  GEMINI_CLI_NO_RELAUNCH: "true",
  GEMINI_CLI_TRUST_WORKSPACE: "true",
};
const FILES = [{ path: MODULE, content: `${BLOCKING}delete process.env.NODE_OPTIONS;\n` }];

const EXEC: LaunchPlan = {
  program: "gemini",
  args: STREAM,
  env: ENV,
  joinedEnv: { NODE_OPTIONS: `--require "${MODULE}"` },
  cwd: "/project",
  stdin: { text: "--hi\n-x" },
  stdout: "events",
  files: FILES,
};
const INTERACTIVE: LaunchPlan = {
  program: "gemini",
  args: [],
  env: {},
  cwd: "/project",
  stdin: "inherit",
  stdout: "inherit",
  files: [],
};

const rows: [string, Partial<PlanRequest>, Partial<LaunchPlan>][] = [
  ["a plain prompt goes to stdin, whatever it begins with", { partialMessages: true }, {}],
  ["text output", { output: "text" }, {
    args: ["--output-format=text", `--session-id=${ID}`],
    stdout: "raw",
  }],
  ["native JSON", { output: "native-json" }, {
    args: ["--output-format=json", `--session-id=${ID}`],
    stdout: "document",
  }],
  ["a resumed session has no new id", { resume: "native" }, {
    args: ["--output-format=stream-json", "--resume=native"],
  }],
  ["model, approval, directories", { model: "-odd", autoApprove: true, addDirs: ["/a", "-b c"] }, {
    args: [
      ...STREAM,
      "--model=-odd",
      "--approval-mode=yolo",
      "--include-directories=/a",
      "--include-directories=-b c",
    ],
  }],
  ["a system prompt comes before the prompt", { systemPrompt: "be\nbrief", resume: "native" }, {
    args: ["--output-format=stream-json", "--resume=native"],
    stdin: { text: "<system_instructions>\nbe\nbrief\n</system_instructions>\n\n--hi\n-x" },
  }],
  ["what Node is told by others is told on, and given back to the tools", {
    env: { NODE_OPTIONS: "--no-warnings" },
  }, {
    joinedEnv: { NODE_OPTIONS: `--no-warnings --require "${MODULE}"` },
    files: [{
      path: MODULE,
      content: `${BLOCKING}process.env.NODE_OPTIONS = "--no-warnings";\n`,
    }],
  }],
  ["a person who trusts nothing", { env: { GEMINI_CLI_TRUST_WORKSPACE: "false" } }, {
    env: { ...ENV, GEMINI_CLI_TRUST_WORKSPACE: "false" },
  }],
  ["an interactive session", { mode: "interactive", systemPrompt: "be brief" }, {
    args: [
      `--session-id=${ID}`,
      "--skip-trust",
      "--prompt-interactive=<system_instructions>\nbe brief\n</system_instructions>\n\n--hi\n-x",
    ],
  }],
  ["an interactive session without a prompt, of a person who trusts nothing", {
    mode: "interactive",
    prompt: undefined,
    resume: "native",
    env: { GEMINI_CLI_TRUST_WORKSPACE: "false" },
  }, { args: ["--resume=native"] }],
];

for (const [title, change, expected] of rows) {
  Deno.test(`plan() for Gemini CLI: ${title}`, () => {
    const base = change.mode === "interactive" ? INTERACTIVE : EXEC;
    assertEquals(provider.plan({ ...PLAIN_REQUEST, ...change }), { ...base, ...expected });
  });
}

Deno.test("plan() for Gemini CLI quotes the path of its module as Node reads it", () => {
  const { joinedEnv } = provider.plan({ ...PLAIN_REQUEST, tempDir: '/my temp/"x"' });
  assertEquals(joinedEnv?.NODE_OPTIONS, '--require "/my temp/\\"x\\"/blocking_output.cjs"');
});
