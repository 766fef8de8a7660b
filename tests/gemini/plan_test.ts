import { provider } from "../../src/providers/gemini/mod.ts";
import type { LaunchPlan, PlanRequest } from "../../src/providers/launch_plan.ts";
import { ZagError } from "../../src/errors.ts";
import { assertEquals, assertThrows } from "../support/assert.ts";
import { PLAIN_REQUEST } from "../support/plan_request.ts";

const ID = PLAIN_REQUEST.sessionId;
const TRUST = "--skip-trust";
const STREAM = ["--output-format=stream-json", `--session-id=${ID}`, TRUST];
const MODULE = "/temp/blocking_output.cjs";
const BLOCKING =
  'for (const name of ["stdout", "stderr"]) process[name]._handle?.setBlocking?.(true);\n';
const ENV = { GEMINI_CLI_NO_RELAUNCH: "true" };
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
    args: ["--output-format=text", `--session-id=${ID}`, TRUST],
    stdout: "raw",
  }],
  ["native JSON", { output: "native-json" }, {
    args: ["--output-format=json", `--session-id=${ID}`, TRUST],
    stdout: "document",
  }],
  ["a resumed session has no new id", { resume: "native" }, {
    args: ["--output-format=stream-json", "--resume=native", TRUST],
  }],
  ["model, approval, directories", { model: "-odd", autoApprove: true, addDirs: ["/a", "-b c"] }, {
    args: [
      "--output-format=stream-json",
      `--session-id=${ID}`,
      "--model=-odd",
      "--approval-mode=yolo",
      "--include-directories=/a",
      "--include-directories=-b c",
      TRUST,
    ],
  }],
  ["a system prompt comes before the prompt", { systemPrompt: "be\nbrief", resume: "native" }, {
    args: ["--output-format=stream-json", "--resume=native", TRUST],
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
  ["a person who has decided about trust", { env: { GEMINI_CLI_TRUST_WORKSPACE: "true" } }, {
    args: ["--output-format=stream-json", `--session-id=${ID}`],
  }],
  ["an interactive session", { mode: "interactive", systemPrompt: "be brief" }, {
    args: [
      `--session-id=${ID}`,
      TRUST,
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

Deno.test("plan() for Gemini CLI refuses a directory that the CLI would take for two", () => {
  const request = { ...PLAIN_REQUEST, addDirs: ["/a", "/b,c"] };
  assertThrows(() => provider.plan(request), ZagError, 'Cannot use --add-dir "/b,c"');
});
