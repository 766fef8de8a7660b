import { provider } from "../../src/providers/codex/mod.ts";
import { tomlValue } from "../../src/providers/codex/toml_value.ts";
import type { LaunchPlan, PlanRequest } from "../../src/providers/launch_plan.ts";
import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import { PLAIN_REQUEST } from "../support/plan_request.ts";

const ENV = {
  RUST_LIB_BACKTRACE: "0",
  CODEX_CI: undefined,
  CODEX_SESSION_ID: undefined,
  CODEX_THREAD_ID: undefined,
  CODEX_TOOL_CALL_ID: undefined,
};
const EXEC = ["exec", "--json", "--skip-git-repo-check", "--cd=/project"];
const NO_LOGIN = "--config=allow_login_shell=false";
const INTERACTIVE = { stdin: "inherit", stdout: "inherit" } as const;
/** A new session is told from others by what Codex records of it. */
const MARKED = {
  ...INTERACTIVE,
  env: {
    ...ENV,
    CODEX_TUI_RECORD_SESSION: "1",
    CODEX_TUI_SESSION_LOG_PATH: "/temp/codex_session.jsonl",
  },
  mark: "/temp/codex_session.jsonl",
} as const;

function plan(change: Partial<PlanRequest>, expected: Partial<LaunchPlan>): void {
  const base: LaunchPlan = {
    program: "codex",
    args: [...EXEC, NO_LOGIN, "-"],
    env: ENV,
    cwd: "/project",
    stdin: { text: "--hi\n-x" },
    stdout: "events",
    files: [],
  };
  assertEquals(provider.plan({ ...PLAIN_REQUEST, ...change }), { ...base, ...expected });
}

const brief = '--config=developer_instructions="be \\"brief\\"\\nö"';

const rows: [string, Partial<PlanRequest>, Partial<LaunchPlan>][] = [
  ["a plain prompt goes to stdin, whatever it begins with", {}, {}],
  ["text output", { output: "text" }, {
    args: ["exec", "--skip-git-repo-check", "--cd=/project", NO_LOGIN, "-"],
    stdout: "raw",
  }],
  ["a session that goes on, with all flags before the word", { resume: "id", model: "m" }, {
    args: [...EXEC, "--model=m", NO_LOGIN, "resume", "--", "id", "-"],
  }],
  ["model, directories, auto-approve", {
    model: "-odd",
    addDirs: ["/a", "-b"],
    autoApprove: true,
  }, {
    args: [
      ...EXEC,
      "--model=-odd",
      "--dangerously-bypass-approvals-and-sandbox",
      "--add-dir=/a",
      "--add-dir=-b",
      NO_LOGIN,
      "-",
    ],
  }],
  ["a system prompt", { systemPrompt: 'be "brief"\nö' }, { args: [...EXEC, NO_LOGIN, brief, "-"] }],
  ["a system prompt for a session that goes on", { systemPrompt: 'be "brief"\nö', resume: "id" }, {
    args: [...EXEC, NO_LOGIN, brief, "resume", "--", "id", "-"],
    stdin: { text: 'be "brief"\nö\n\n--hi\n-x' },
  }],
  ["a JSON schema by file", { jsonSchema: { type: "object" } }, {
    args: [...EXEC, NO_LOGIN, "--output-schema=/temp/schema.json", "-"],
    files: [{ path: "/temp/schema.json", content: '{"type":"object"}' }],
  }],
  ["an interactive session", { mode: "interactive" }, {
    ...MARKED,
    args: ["--no-daemon", "--cd=/project", NO_LOGIN, "--", "--hi\n-x"],
  }],
  ["an interactive session without a prompt", { mode: "interactive", prompt: undefined }, {
    ...MARKED,
    args: ["--no-daemon", "--cd=/project", NO_LOGIN],
  }],
  ["an interactive session that goes on", {
    mode: "interactive",
    prompt: undefined,
    resume: "id",
    systemPrompt: "be brief",
  }, {
    ...INTERACTIVE,
    args: [
      "resume",
      "--no-daemon",
      "--cd=/project",
      NO_LOGIN,
      '--config=developer_instructions="be brief"',
      "--",
      "id",
    ],
  }],
  ["an interactive session that goes on with a prompt", {
    mode: "interactive",
    resume: "id",
    systemPrompt: "be brief",
  }, {
    ...INTERACTIVE,
    args: [
      "resume",
      "--no-daemon",
      "--cd=/project",
      NO_LOGIN,
      '--config=developer_instructions="be brief"',
      "--",
      "id",
      "be brief\n\n--hi\n-x",
    ],
  }],
];

for (const [title, change, expected] of rows) {
  Deno.test(`plan() for Codex: ${title}`, () => plan(change, expected));
}

Deno.test("plan() for Codex gives the same plan for the same request", () => {
  const request = { ...PLAIN_REQUEST, systemPrompt: "x", mcpConfig: "{}", jsonSchema: {} };
  assertEquals(provider.plan(request), provider.plan(request));
});

const LONG = "é".repeat(60_000);

Deno.test("plan() for Codex puts a system prompt before the prompt that no argument can hold", () => {
  plan({ systemPrompt: LONG }, { stdin: { text: `${LONG}\n\n--hi\n-x` } });
});

Deno.test("plan() for Codex puts a system prompt into a file that no argument can hold", () => {
  const { args, files } = provider.plan({
    ...PLAIN_REQUEST,
    mode: "interactive",
    systemPrompt: LONG,
  });
  assertEquals(files, [{ path: "/temp/system_prompt.md", content: LONG }]);
  assert(args.every((arg) => arg.length < 1000));
  const setting = args.find((arg) => arg.startsWith("--config=developer_instructions="))!;
  assertStringIncludes(setting, "/temp/system_prompt.md");
});

Deno.test("plan() for Codex leaves room for the prompt beside a system prompt", () => {
  const half = { systemPrompt: "s".repeat(60_000), prompt: "p".repeat(60_000) };
  const { args } = provider.plan({ ...PLAIN_REQUEST, ...half, mode: "interactive", resume: "id" });
  assert(args.every((arg) => arg.length < 100 * 1024));
  plan(half, {
    args: [...EXEC, NO_LOGIN, `--config=developer_instructions="${half.systemPrompt}"`, "-"],
    stdin: { text: half.prompt },
  });
});

const SERVERS = {
  plain: { type: "stdio", command: "plain-server", args: ["--a", "b c", 'q"q'] },
  "a.b": { command: "deno", args: ["run"], env: { TOKEN: "it's s3cret", EMPTY: "" } },
  web: { type: "http", url: "http://127.0.0.1/mcp", headers: { Authorization: "Bearer s3cret" } },
  odd: { command: "odd-server", env: { "not a name": "value" } },
};

/** The setting that a plan makes of MCP servers, and what goes with it. */
function mcp(servers: unknown, change: Partial<PlanRequest> = {}) {
  const mcpConfig = JSON.stringify({ mcpServers: servers });
  const { args, files, env } = provider.plan({ ...PLAIN_REQUEST, mcpConfig, ...change });
  return { setting: args.find((arg) => arg.startsWith("--config=mcp_servers=")), args, files, env };
}

Deno.test("plan() for Codex translates MCP servers and keeps secrets out of the arguments", () => {
  const { setting, args, files, env } = mcp(SERVERS);
  assertEquals(
    setting,
    "--config=mcp_servers={" +
      '"plain"={"command"="plain-server","args"=["--a","b c","q\\"q"]},' +
      '"a.b"={"command"="/bin/sh","args"=["-c","set -a; . \\"$0\\"; exec \\"$@\\"",' +
      '"/temp/mcp_0.env","deno","run"]},' +
      '"web"={"url"="http://127.0.0.1/mcp",' +
      '"env_http_headers"={"Authorization"="ZAG_MCP_HEADER_0"}},' +
      '"odd"={"command"="odd-server","args"=[],"env"={"not a name"="value"}}}',
  );
  assertEquals(args.filter((arg) => arg.includes("s3cret")), []);
  assertEquals(files, [
    { path: "/temp/mcp_0.env", content: "TOKEN='it'\\''s s3cret'\nEMPTY=''\n" },
  ]);
  assertEquals(env, { ...ENV, ZAG_MCP_HEADER_0: "Bearer s3cret" });
});

Deno.test("plan() for Codex hands variables over in the open where there is no shell", () => {
  const { setting, files } = mcp({ b: SERVERS["a.b"] }, { tempDir: "C:\\temp" });
  assertStringIncludes(setting!, `"env"={"TOKEN"="it's s3cret","EMPTY"=""}`);
  assertEquals(files, []);
});

Deno.test("plan() for Codex survives MCP servers of any shape", () => {
  for (const servers of [{}, { x: null }, { x: { args: [1], env: { A: 1 }, headers: 3 } }, 5, []]) {
    assert(mcp(servers).setting!.startsWith("--config=mcp_servers={"));
  }
});

Deno.test("tomlValue() writes what TOML reads as the same", () => {
  const value = { a: ['"\\\n\t', "\u007f\u0000é😀", 1.5, true], b: { c: null, "d e": {} } };
  assertEquals(
    tomlValue(value),
    '{"a"=["\\"\\\\\\n\\t","\\u007f\\u0000é😀",1.5,true],"b"={"d e"={}}}',
  );
  assertEquals(tomlValue("half \ud800"), '"half \ufffd"');
  assertEquals(tomlValue([1, null, 2]), "[1,2]");
});

const REVIEWS: readonly [review: PlanRequest["review"], args: string[] | undefined][] = [
  [{ uncommitted: true }, ["--uncommitted"]],
  [{ base: "-x" }, ["--base=-x"]],
  [{ commit: "abc" }, ["--commit=abc"]],
  [{ commit: "abc", title: "--json" }, ["--commit=abc", "--title=--json"]],
  [{ base: "main", title: "A" }, undefined],
  [{ uncommitted: true, commit: "abc" }, undefined],
  [{ title: "A" }, undefined],
];

for (const [review, args] of REVIEWS) {
  const how = args ? "uses the CLI's own command" : "sends the prompt";
  Deno.test(`plan() for Codex ${how} for a review of ${JSON.stringify(review)}`, () => {
    plan({ review }, args ? { args: [...EXEC, NO_LOGIN, "review", ...args], stdin: "null" } : {});
    // A review that goes on is a conversation like any other.
    const resumed = provider.plan({ ...PLAIN_REQUEST, review, resume: "id" });
    assertEquals(resumed.args.slice(-4), ["resume", "--", "id", "-"]);
  });
}
