import { run } from "../../src/cli/app.ts";
import { commands } from "../../src/cli/commands.ts";
import { ExitCode } from "../../src/cli/errors.ts";
import { fakeContext } from "../fakes/context.ts";
import { runFake } from "../cli/fake_commands.ts";
import { assert, assertEquals } from "../support/assert.ts";

async function guide(args: readonly string[]): Promise<string> {
  const ctx = fakeContext();
  assertEquals([await run(args, ctx), ctx.err], [0, ""], args.join(" "));
  return ctx.out;
}

Deno.test("--help-agent prints the page for agents, whatever else is given", async () => {
  const text = await guide(["--help-agent"]);
  assertEquals(text, await guide(["man", "agents"]));
  for (
    const args of [
      ["-q", "--help-agent"],
      ["exec", "--help-agent"],
      ["exec", "do it", "--help-agent", "--help"],
      ["--help-agent", "-V"],
      ["no-such-command", "--no-such-flag", "--help-agent"],
      ["session", "--help-agent", "list", "--", "x"],
    ]
  ) assertEquals(await guide(args), text, args.join(" "));
});

Deno.test("--help-agent is text where text stands", async () => {
  for (const args of [["exec", "--", "--help-agent"], ["exec", "--prompt=--help-agent"]]) {
    const { code, calls } = await runFake(args);
    assertEquals([code, calls[0]?.operands], [0, ["--help-agent"]]);
  }
});

Deno.test("--help-agent names every command and every exit code", async () => {
  const text = await guide(["--help-agent"]);
  for (const { name, brief, hidden } of commands) {
    if (!hidden) assert(text.replace(/\s+/g, " ").includes(`${name} ${brief}`), name);
  }
  for (const code of Object.values(ExitCode)) {
    assert(new RegExp(`^${code} `, "m").test(text), `${code}`);
  }
  assert(text.length < 9000, "short enough to be read as a part of something else");
});
