import { provider } from "../../src/providers/mock/mod.ts";
import { assertEquals, assertStringIncludes } from "../support/assert.ts";
import { endlessProgram, isAlive, kill, readPid } from "./processes.ts";
import { runAgent, withTempDir } from "./run_agent.ts";
import { RunningAgent } from "./running_agent.ts";

const input = provider.input!;

Deno.test("--stream-input makes each message a turn, and announces itself once", async () => {
  const run = await runAgent({
    args: ["--stream-input", "--replay"],
    stdin: [
      input.userMessage("one"),
      "",
      '{"type":"user_message","content":[{"type":"text","text":"tw"},{"type":"text","text":"o"}]}',
    ].join("\n"),
  });
  const turn = ["user_message", "assistant_message", "turn_complete", "result"];
  assertEquals(run.events.map((event) => event.type), ["init", ...turn, ...turn]);
  const text = (content: string) => [{ type: "text", text: content }];
  assertEquals(
    run.events.flatMap((event) => "content" in event ? [event.content] : []),
    [text("one"), text("one"), text("two"), text("two")] as never,
  );
  assertEquals(
    run.events.flatMap((event) => event.type === "turn_complete" ? event.turn_index : []),
    [0, 1],
  );
  assertEquals(run.stdout.match(/"type":"init"/g)?.length, 1);
  assertEquals([run.code, run.state.results], [0, 2]);
});

Deno.test("--stream-input prints nothing before the first message", async () => {
  const run = await runAgent({ args: ["--stream-input"] });
  assertEquals([run.stdout, run.code], ["", 0]);
});

Deno.test("--stream-input answers while stdin stays open, and queues what comes in between", async () => {
  await using agent = new RunningAgent({
    args: ["--stream-input"],
    script: { turns: [{ steps: [{ do: "sleep", ms: 50 }, { do: "echo" }] }] },
  });
  await agent.send(input.userMessage("one"));
  await agent.send(input.userMessage("two"));
  assertStringIncludes(await agent.until('"turn_end"'), '"result":"one"');
  assertStringIncludes(await agent.until('"turn_end"'), '"result":"two"');
  await agent.send(input.userMessage("three"));
  assertStringIncludes(await agent.until('"turn_end"'), '"result":"three"');
  await agent.closeStdin();
  assertEquals((await agent.status).code, 0);
  assertEquals(await agent.rest(), []);
});

const LONG: [string, unknown, string][] = [
  ["a wait", { do: "sleep", ms: 600_000 }, '"begun"'],
  ["a text", { do: "say", text: "abc", deltas: 3, delay: 600_000 }, '"text":"a"'],
  ["a tool", { do: "tool", name: "t", ms: 600_000 }, '"tool_call"'],
];

for (const [title, step, sign] of LONG) {
  Deno.test(`an interrupt ends ${title} and the turn, but not the session`, async () => {
    await using agent = new RunningAgent({
      args: ["--stream-input", "--partial"],
      script: {
        turns: [{ steps: [{ do: "say", text: "begun" }, step, { do: "say", text: "never" }] }],
      },
    });
    await agent.send(input.userMessage("one"));
    await agent.until(sign);
    await agent.send(input.interrupt("r1")!);
    assertEquals(JSON.parse(await agent.until('"interrupted"')), {
      type: "interrupted",
      id: "r1",
      turn: true,
    });
    const end = JSON.parse(await agent.until('"turn_end"'));
    assertEquals([end.success, end.stop_reason], [false, "interrupted"]);
    assertEquals(end.result, title === "a text" ? "a" : "begun");
    await agent.send(input.userMessage("two"));
    assertStringIncludes(await agent.until('"turn_end"'), '"result":"two"');
    await agent.closeStdin();
    assertEquals((await agent.status).code, 0);
  });
}

Deno.test("an interrupt ends the program that the turn runs", async () => {
  await withTempDir(async (dir) => {
    await using agent = new RunningAgent({
      args: ["--stream-input"],
      script: [{ do: "run", command: endlessProgram(`${dir}/pid`) }],
    });
    await agent.send(input.userMessage("one"));
    const pid = await readPid(`${dir}/pid`);
    try {
      await agent.send(input.interrupt("r1")!);
      assertStringIncludes(await agent.until('"tool_result"'), '"signal":"SIGKILL"');
      assertStringIncludes(await agent.until('"turn_end"'), '"stop_reason":"interrupted"');
      assertEquals(await isAlive(pid), false);
    } finally {
      kill(pid);
    }
    await agent.closeStdin();
    assertEquals((await agent.status).code, 1);
  });
});

Deno.test("an interrupt between turns is acknowledged and harms nothing", async () => {
  const run = await runAgent({
    args: ["--stream-input"],
    stdin: `${input.interrupt("r1")}\n${input.userMessage("hi")}\n`,
  });
  assertEquals(run.notes, [{
    type: "provider_status",
    message: "Turn interrupted",
    data: { type: "interrupted", id: "r1", turn: false },
  }]);
  assertEquals([run.code, run.state.result], [0, "hi"]);
});

for (const line of ["oops", "[]", '{"type":"user"}', '{"type":"user_message","content":5}']) {
  Deno.test(`--stream-input ends with an error at ${line}, after the messages before it`, async () => {
    const run = await runAgent({
      args: ["--stream-input"],
      stdin: `${input.userMessage("hi")}\n${line}\n${input.userMessage("never")}\n`,
    });
    assertEquals([run.code, run.state.results], [1, 1]);
    const last = run.events.at(-1);
    assertEquals(last?.type, "error");
    if (last?.type === "error") assertStringIncludes(last.message, `Cannot read the input ${line}`);
  });
}

Deno.test("--stream-input goes on after a failed turn, and exit ends it", async () => {
  const run = await runAgent({
    args: ["--stream-input"],
    script: {
      turns: [
        { steps: [{ do: "error", message: "boom", fatal: true }] },
        { steps: [{ do: "exit", code: 9 }] },
      ],
    },
    stdin: [1, 2, 3].map((number) => input.userMessage(`${number}`)).join("\n"),
  });
  assertEquals([run.code, run.state.results, run.state.isError], [9, 1, true]);
});

Deno.test("--stream-input fails when its last turn did", async () => {
  const script = { turns: [{ steps: [{ do: "error", message: "boom", fatal: true }] }] };
  const first = await runAgent({ args: ["--stream-input"], script, stdin: input.userMessage("a") });
  assertEquals(first.code, 1);
  assertEquals(first.state.errorMessage, "boom");
});

Deno.test("--stream-input ends at exit although stdin stays open", async () => {
  await using agent = new RunningAgent({
    args: ["--stream-input"],
    script: [{ do: "exit", code: 9 }],
  });
  await agent.send(input.userMessage("one"));
  assertEquals((await agent.status).code, 9);
});
