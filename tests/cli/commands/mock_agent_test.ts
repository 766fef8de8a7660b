import { commands } from "../../../src/cli/commands.ts";
import { mockAgentCommand } from "../../../src/cli/commands/mock_agent.ts";
import { createApp } from "../../../src/cli/create_app.ts";
import { fakeContext } from "../../fakes/context.ts";
import { assert, assertEquals } from "../../support/assert.ts";

Deno.test("mock-agent: speaks its events on stdout", async () => {
  const ctx = fakeContext({ stdin: "hello" });
  const id = crypto.randomUUID();
  const args = ["mock-agent", "--", "--output=events", `--session=${id}`];
  assertEquals(await createApp([mockAgentCommand]).run(args, ctx), 0);
  const types = ctx.out.trim().split("\n").map((line) => JSON.parse(line).type);
  assertEquals([types[0], types.at(-1)], ["init", "turn_end"]);
});

Deno.test("mock-agent: is not listed in the help", async () => {
  const ctx = fakeContext();
  assertEquals(await createApp(commands).run(["--help"], ctx), 0);
  assert(ctx.out.includes("exec"));
  assert(!ctx.out.includes("mock-agent"));
});
