import { runCommand } from "../../../src/cli/commands/run.ts";
import { createApp } from "../../../src/cli/create_app.ts";
import { fakeContext, type FakeContextOptions } from "../../fakes/context.ts";
import { TestHome } from "../../support/zag.ts";
import { assertEquals, assertStringIncludes } from "../../support/assert.ts";
import { capture } from "./capture.ts";

async function run(args: string[], options: FakeContextOptions = {}) {
  const ctx = fakeContext(options);
  const code = await createApp([runCommand]).run(["run", ...args], ctx);
  return { code, out: ctx.out, err: ctx.err };
}

Deno.test("run: flags and prompt arrive as they were typed", async () => {
  const { flags, operands } = await capture(runCommand, [
    "--sandbox",
    "box",
    "run",
    "--exit",
    "the sum",
    "what is 2+3",
  ]);
  assertEquals(flags?.sandbox, "box");
  assertEquals(flags?.exit, "the sum");
  assertEquals(operands, ["what is 2+3"]);
});

Deno.test("run: a bare -w before the command is no name", async () => {
  const { flags, operands } = await capture(runCommand, ["-w", "run", "hi"]);
  assertEquals([flags?.worktree, operands], [true, ["hi"]]);
});

const refused: [string[], string, number][] = [
  [["--resume", "abcd", "hi"], "a prompt together with --resume", 64],
  [["--continue", "hi"], "a prompt together with --continue", 64],
  [["--json"], "--json without a prompt", 64],
  [["--json-schema", "{}", "--resume", "abcd"], "--json-schema together with --resume", 64],
  [["--session", "0b5f3c2e-93a2-4b43-8d1c-6f1f0a3f9c11", "--continue"], "--session together", 64],
  [["hi"], "stdin and stdout must be a terminal", 1],
];

for (const [args, message, expected] of refused) {
  Deno.test(`run: refuses "${args.join(" ")}"`, async () => {
    const { code, out, err } = await run(args);
    assertStringIncludes(err, message);
    assertEquals([code, out], [expected, ""]);
  });
}

Deno.test("run: with --json and a prompt it does what exec does", async () => {
  await using home = await TestHome.create();
  const result = await run(["-p", "mock", "--json", '{"a": [1, 2]}'], {
    env: home.env(),
    cwd: home.work,
  });
  assertEquals(result, { code: 0, out: '{"a":[1,2]}\n', err: "" });
});
