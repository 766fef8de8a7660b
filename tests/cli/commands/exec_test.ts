import type { LaunchOptions } from "../../../src/agent/launch_options.ts";
import { execCommand, execOptions, runExec } from "../../../src/cli/commands/exec.ts";
import { fakeContext } from "../../fakes/context.ts";
import { TestHome } from "../../support/zag.ts";
import { assert, assertEquals, assertRejects, assertStringIncludes } from "../../support/assert.ts";
import { capture } from "./capture.ts";

async function options(...args: string[]): Promise<LaunchOptions> {
  const { flags, err } = await capture(execCommand, args);
  assert(flags, err);
  return await execOptions(flags);
}

const rows: [string[], LaunchOptions][] = [
  [["exec", "hi"], {}],
  [["exec", "-p", "mock", "-m", "small", "hi"], { provider: "mock", model: "small" }],
  [["-p", "mock", "-aq", "exec", "hi"], { provider: "mock", autoApprove: true }],
  [["exec", "--env", "A=1", "--env", "B=x=y", "hi"], { env: { A: "1", B: "x=y" } }],
  [["exec", "--env", "A=1", "--env", "A=", "hi"], { env: { A: "" } }],
  [["exec", "--timeout", "1m30s", "--idle-timeout=5", "hi"], {
    timeoutMs: 90_000,
    idleTimeoutMs: 5000,
  }],
  [["exec", "--file", "a", "--file", "b", "--plan", "p", "hi"], { files: ["a", "b"], plan: "p" }],
  [["exec", "--no-auto-resume", "hi"], { autoResume: false }],
  [["exec", "-o", "json-pretty", "hi"], { outputFormat: "json-pretty" }],
  [["exec", "--json-stream", "hi"], { outputFormat: "stream-json" }],
  [["exec", "--json", "-o", "text", "hi"], { outputFormat: "json" }],
  [
    ["exec", "-i", "stream-json", "-o", "stream-json", "--replay-user-messages", "hi"],
    { inputFormat: "stream-json", outputFormat: "stream-json", replayUserMessages: true },
  ],
  [
    ["--name", "n", "--tag", "t", "exec", "--tag", "u", "--description", "d", "hi"],
    { name: "n", description: "d", tags: ["t", "u"] },
  ],
  [["exec", "--add-dir", "/x", "--max-turns", "3", "-s", "be brief", "-r", "/y", "hi"], {
    addDirs: ["/x"],
    maxTurns: 3,
    systemPrompt: "be brief",
    root: "/y",
  }],
];

for (const [args, expected] of rows) {
  Deno.test(`exec: the options of "${args.join(" ")}"`, async () => {
    // On the command line a session goes on after a usage limit, unless somebody says otherwise.
    assertEquals(await options(...args), { autoResume: true, ...expected });
  });
}

const refused: [string[], string][] = [
  [["exec", "--env", "NOEQUALS", "x"], '"NOEQUALS": it must have the form NAME=VALUE'],
  [["exec", "--env", "=x", "x"], '"=x": it must have the form NAME=VALUE'],
  [["exec", "x", "--exit"], "exec prints its result anyway"],
  [["exec", "--resume", "a", "--continue", "x"], "--resume together with --continue"],
  [["exec", "-w", "--sandbox", "--", "x"], "--worktree together with --sandbox"],
  [["exec", "--worktree=a", "--resume", "b", "x"], "--worktree together with --resume"],
  [["exec", "--sandbox=a", "--continue", "x"], "--sandbox together with --continue"],
  [["exec", "--json-stream", "--json", "x"], "--json-stream together with --json"],
  [["exec", "--json-stream", "--json-schema", "{}", "x"], "together with --json-schema"],
  [["exec", "--json", "--continue", "x"], "--json together with --continue"],
  [["exec", "--replay-user-messages", "x"], "it needs -i stream-json and -o stream-json"],
  [["exec", "--include-partial-messages", "-o", "json", "x"], "it needs -o stream-json"],
];

for (const [args, message] of refused) {
  Deno.test(`exec: refuses "${args.join(" ")}"`, async () => {
    const error = await assertRejects(() => options(...args));
    assertStringIncludes(error.message, message);
  });
}

Deno.test("exec: prints the answer alone on stdout", async () => {
  await using home = await TestHome.create();
  const ctx = fakeContext({ env: home.env(), cwd: home.work });
  const { flags } = await capture(execCommand, ["exec", "-p", "mock"]);
  assert(flags);
  assertEquals(await runExec(ctx, flags, ["hello"]), 0);
  assertEquals([ctx.out, ctx.err], ["hello\n", ""]);
});
