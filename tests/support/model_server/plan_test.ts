import { assertEquals } from "../assert.ts";
import { pieces, type Plan, planAnswer } from "./plan.ts";
import { jsonTool } from "./tools.ts";

const TEXT = { kind: "text", pauseMs: 0, holdMs: 0, thinking: null, cut: false } as const;

function plan(prompt: string, tools: readonly string[] = []): Plan {
  return planAnswer([{ role: "user", text: prompt }], tools.map(jsonTool)).plan;
}

const ROWS: [prompt: string, plan: Plan][] = [
  ["hello", { ...TEXT, parts: ["STUB:hello"] }],
  ["x".repeat(90), { ...TEXT, parts: [`STUB:${"x".repeat(80)}`] }],
  ["<time>12:00</time>\n\nhello", { ...TEXT, parts: ["STUB:hello"] }],
  ["[[say:a]]", { ...TEXT, parts: ["a"] }],
  ["[[deltas:2,5,abcd]]", { ...TEXT, parts: ["ab", "cd"], pauseMs: 5 }],
  ["[[deltas:2]]", { ...TEXT, parts: ["one ", "two"] }],
  ["[[slow:2,7]]", { ...TEXT, parts: ["tick 0 ", "tick 1 "], pauseMs: 7 }],
  ["[[hang:9]]", { ...TEXT, parts: ["late"], holdMs: 9 }],
  ["[[hang]]", { ...TEXT, parts: ["late"], holdMs: 60_000 }],
  ["[[think:a]]", { ...TEXT, parts: ["STUB:thought"], thinking: "a" }],
  ["[[think]]", { ...TEXT, parts: ["STUB:thought"], thinking: "pondering" }],
  ["[[cut]]", { ...TEXT, parts: ["partial ", "answer "], pauseMs: 50, cut: true }],
  ["[[err:503]]", { kind: "error", status: 503, quota: false }],
  ["[[err:429,Q]]", { kind: "error", status: 429, quota: true }],
  ["[[err]]", { kind: "error", status: 500, quota: false }],
  ["[[ierr:a]]", { kind: "stream_error", message: "a" }],
  ["[[ierr]]", { kind: "stream_error", message: "Overloaded" }],
  ["[[nonsense:a]]", { ...TEXT, parts: ["STUB:unknown directive nonsense"] }],
];

for (const [prompt, expected] of ROWS) {
  Deno.test(`planAnswer() plans ${prompt.slice(0, 30).trim()}`, () => {
    assertEquals(plan(prompt), expected);
  });
}

Deno.test("planAnswer() names a call whose JSON it cannot read", () => {
  const { kind, parts } = plan("[[call:f {a}]]") as Extract<Plan, { kind: "text" }>;
  assertEquals(kind, "text");
  assertEquals(parts[0]?.startsWith("STUB:cannot read [[call:f {a}]]: "), true);
});

Deno.test("planAnswer() knows the shell and the file writer of each agent", () => {
  const args = (prompt: string, tools: string[]) => {
    const made = plan(prompt, tools);
    return made.kind === "tools" ? made.calls.map((call) => [call.name, call.args]) : made;
  };
  const described = { command: "ls", description: "Run a command" };
  const shells: [string[], string, unknown][] = [
    [["Read", "Bash"], "Bash", described],
    [["run_shell_command"], "run_shell_command", described],
    [["exec_command", "write_stdin"], "exec_command", { cmd: "ls" }],
    [["shell_command"], "shell_command", { command: "ls" }],
    [["shell"], "shell", { command: ["bash", "-lc", "ls"] }],
    [["bash"], "bash", described],
    [[], "shell", { command: "ls" }],
  ];
  for (const [tools, name, call] of shells) {
    assertEquals(args("[[bash:ls]]", tools), [[name, call]]);
  }
  const patch = "*** Begin Patch\n*** Add File: a\n+x\n+y\n*** End Patch\n";
  const writers: [string[], string, unknown][] = [
    [["Write"], "Write", { file_path: "a", content: "x\ny" }],
    [["write_file"], "write_file", { file_path: "a", content: "x\ny" }],
    [["create"], "create", { path: "a", file_text: "x\ny" }],
    [["apply_patch"], "apply_patch", { input: patch }],
    [[], "write_file", { file_path: "a", content: "x\ny" }],
  ];
  for (const [tools, name, call] of writers) {
    assertEquals(args("[[write:a|x\ny]]", tools), [[name, call]]);
  }
});

Deno.test("pieces() cuts a text without losing any of it", () => {
  assertEquals(pieces("abcde", 2), ["abc", "de"]);
  assertEquals(pieces("ab", 5), ["a", "b"]);
  assertEquals(pieces("", 3), []);
});
