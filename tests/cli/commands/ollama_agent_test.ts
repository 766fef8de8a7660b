import { commands } from "../../../src/cli/commands.ts";
import { ollamaAgentCommand } from "../../../src/cli/commands/ollama_agent.ts";
import { createApp } from "../../../src/cli/create_app.ts";
import { fakeContext } from "../../fakes/context.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { startOllamaServer } from "../../support/ollama_server.ts";

Deno.test("ollama-agent: answers the prompt on stdin with its events on stdout", async () => {
  await using server = startOllamaServer();
  const ctx = fakeContext({ stdin: "hello", env: { OLLAMA_HOST: server.host } });
  const args = ["ollama-agent", "--", "--output=events", "--session=s"];
  assertEquals(await createApp([ollamaAgentCommand]).run(args, ctx), 0);
  const lines = ctx.out.trim().split("\n").map((line) => JSON.parse(line));
  assertEquals(lines.map(({ type }) => type), ["init", "delta", "text", "result"]);
  assertEquals([lines[0].cwd, lines[2].text], ["/work", "You said: hello"]);
});

Deno.test("ollama-agent: is not listed in the help", async () => {
  const ctx = fakeContext();
  assertEquals(await createApp(commands).run(["--help"], ctx), 0);
  assert(ctx.out.includes("exec"));
  assert(!ctx.out.includes("ollama-agent"));
});
