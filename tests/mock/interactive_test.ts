import { assertEquals, assertStringIncludes } from "../support/assert.ts";
import { runAgent, withTempDir } from "./run_agent.ts";
import { RunningAgent } from "./running_agent.ts";

const ARGS = ["--interactive", "--session=s"];
const BANNER = "Mock agent, model mock-medium, session s\n";

Deno.test("--interactive answers each line until stdin ends", async () => {
  const run = await runAgent({ args: ARGS, stdin: "one\n\n  two  \n" });
  assertEquals([run.stdout, run.stderr, run.code], [`${BANNER}one\ntwo\n`, "", 0]);
});

Deno.test("--interactive ends at /exit", async () => {
  const run = await runAgent({ args: ARGS, stdin: "one\n/exit\ntwo\n" });
  assertEquals([run.stdout, run.code], [`${BANNER}one\n`, 0]);
});

Deno.test("--interactive begins with the prompt of a file", async () => {
  await withTempDir(async (dir) => {
    await Deno.writeTextFile(`${dir}/prompt.md`, "from\nthe file");
    const args = [...ARGS, `--prompt-file=${dir}/prompt.md`];
    const run = await runAgent({
      args,
      stdin: "next\n",
      script: { turns: [{ steps: [{ do: "say", text: "first" }] }] },
    });
    assertEquals(run.stdout, `${BANNER}from\nthe file\nfirst\nnext\n`);
  });
});

Deno.test("--interactive shows tools and goes on after a failed turn", async () => {
  const run = await runAgent({
    args: ARGS,
    stdin: "one\ntwo\n",
    script: [
      { do: "tool", name: "read", input: { path: "p" } },
      { do: "limit", message: "Enough" },
    ],
  });
  assertEquals(run.stdout, `${BANNER}[read] {"path":"p"}\ntwo\n`);
  assertEquals([run.stderr, run.code], ["Enough\n", 0]);
});

Deno.test("--interactive ends with the exit code of the script", async () => {
  const run = await runAgent({ args: ARGS, stdin: "a\nb\n", script: [{ do: "exit", code: 5 }] });
  assertEquals([run.stdout, run.code], [BANNER, 5]);
});

Deno.test("--interactive keeps a transcript and can be resumed", async () => {
  await withTempDir(async (state) => {
    await runAgent({ args: ARGS, state, stdin: "one\ntwo\n" });
    const run = await runAgent({ args: ["--interactive", "--resume=s"], state, stdin: "three\n" });
    assertStringIncludes(run.stdout, "three");
    const turns = (await Deno.readTextFile(`${state}/s.jsonl`)).match(/"type":"turn",/g);
    assertEquals(turns?.length, 3);
  });
});

Deno.test("SIGINT stops the turn, not the conversation", async () => {
  await using agent = new RunningAgent({
    args: ARGS,
    script: [{ do: "say", text: "begun" }, { do: "sleep", ms: 600_000 }],
  });
  await agent.send("one");
  await agent.until("begun");
  agent.kill("SIGINT");
  await agent.send("two");
  await agent.until("two");
  await agent.closeStdin();
  assertEquals((await agent.status).code, 0);
  assertEquals(await agent.rest(), []);
  assertEquals(await agent.stderr, "Interrupted\n");
});

Deno.test("SIGINT between turns says how to leave", async () => {
  await using agent = new RunningAgent({ args: ARGS });
  await agent.until("Mock agent");
  agent.kill("SIGINT");
  await agent.until("Type /exit or press Ctrl-D to leave");
  await agent.send("/exit");
  assertEquals((await agent.status).code, 0);
});

Deno.test("SIGTERM ends the conversation", async () => {
  await using agent = new RunningAgent({ args: ARGS });
  await agent.until("Mock agent");
  agent.kill("SIGTERM");
  assertEquals((await agent.status).signal, "SIGTERM");
});
