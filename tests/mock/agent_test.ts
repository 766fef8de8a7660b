import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import { runAgent, said, startAgent, withTempDir } from "./run_agent.ts";

Deno.test("runMockAgent() echoes the prompt without a script", async () => {
  const run = await runAgent({ stdin: "hello you", args: ["--session=s"] });
  assertEquals(run.events, [
    {
      type: "init",
      model: "mock-medium",
      tools: ["shell"],
      working_directory: Deno.cwd(),
      metadata: { session_id: "s", cwd: Deno.cwd() },
    },
    {
      type: "assistant_message",
      content: [{ type: "text", text: "hello you" }],
      usage: null,
    },
    {
      type: "turn_complete",
      stop_reason: "end_turn",
      turn_index: 0,
      usage: {
        input_tokens: 2,
        output_tokens: 2,
        cache_read_tokens: null,
        cache_creation_tokens: null,
        web_search_requests: null,
        web_fetch_requests: null,
      },
    },
    { type: "result", success: true, message: "hello you", duration_ms: 0, num_turns: 1 },
  ]);
  assertEquals(run.state.costUsd, 0);
  assertEquals([run.code, run.stderr], [0, ""]);
});

Deno.test("runMockAgent() prints the same bytes every time", async () => {
  const options = { stdin: "hi", args: ["--session=s", "--partial", "--replay"] };
  assertEquals((await runAgent(options)).stdout, (await runAgent(options)).stdout);
});

Deno.test("runMockAgent() prints the answers alone as text, and trouble on stderr", async () => {
  const run = await runAgent({
    args: ["--output=text"],
    script: [
      { do: "think", text: "hm" },
      { do: "tool", name: "t", output: "o" },
      { do: "say", text: "one", deltas: 2 },
      { do: "say", text: "two\n", deltas: 0 },
      { do: "error", message: "boom", fatal: true },
    ],
  });
  assertEquals([run.stdout, run.stderr, run.code], ["one\ntwo\n", "boom\n", 1]);
});

Deno.test("runMockAgent() takes the model from the flag, else from the script", async () => {
  const script = { model: "special", turns: [{ steps: [{ do: "prompt" }] }] };
  assertEquals((await runAgent({ script })).state.model, "special");
  assertEquals((await runAgent({ script, args: ["--model=m"] })).state.model, "m");
});

Deno.test("runMockAgent() stops when --max-turns allows no more", async () => {
  const tool = { do: "tool", name: "t", output: "o" };
  const script = [tool, tool, { do: "say", text: "done" }];
  const stopped = await runAgent({ script, args: ["--max-turns=2"] });
  assertEquals(stopped.events.filter((event) => event.type === "tool_execution").length, 2);
  assertEquals([stopped.code, stopped.state.isError], [1, true]);
  assertStringIncludes(stopped.state.errorMessage ?? "", "--max-turns");
  assertStringIncludes(stopped.stdout, '"stop_reason":"max_turns"');
  assertEquals((await runAgent({ script, args: ["--max-turns=3"] })).code, 0);
});

Deno.test("runMockAgent() refuses flags it does not know, without an event", async () => {
  const run = await runAgent({ args: ["--modle=x"] });
  assertEquals([run.code, run.stdout], [2, ""]);
  assertStringIncludes(run.stderr, 'unknown argument "--modle": did you mean "--model"?');
});

Deno.test("runMockAgent() ends with a failing result when it cannot begin", async () => {
  await withTempDir(async (dir) => {
    await Deno.writeTextFile(`${dir}/script.json`, '{"turns": [{"steps": [{"do": "sya"}]}]}');
    await Deno.writeTextFile(`${dir}/mcp.json`, "{");
    const rows: [Parameters<typeof runAgent>[0], string][] = [
      [{ script: `${dir}/script.json` }, `"${dir}/script.json": turns[0].steps[0]`],
      [{ script: `${dir}/none.json` }, `names "${dir}/none.json": there is no such file`],
      [{ script: "{" }, "Cannot use the mock script in ZAG_MOCK_SCRIPT: it is not JSON"],
      [{ args: [`--mcp-config=${dir}/mcp.json`] }, "Cannot use the MCP configuration"],
      [{ args: [`--system-prompt-file=${dir}/none`] }, "Cannot read the system prompt"],
      [{ args: ["--resume=x"] }, "ZAG_MOCK_STATE names no directory"],
      [
        { state: `${dir}/mcp.json/sub`, args: ["--resume=x"] },
        "Cannot keep the session in",
      ],
    ];
    for (const [options, message] of rows) {
      const run = await runAgent(options);
      assertEquals(run.events.map((event) => event.type), ["error", "turn_complete", "result"]);
      assertStringIncludes(run.state.errorMessage ?? "", message);
      assertEquals([run.code, run.state.isError, run.stderr], [1, true, ""]);
      const text = await runAgent({ ...options, args: [...options?.args ?? [], "--output=text"] });
      assertEquals([text.code, text.stdout], [1, ""]);
      assertEquals(text.stderr, `${run.state.errorMessage}\n`);
    }
  });
});

Deno.test("runMockAgent() answers although it cannot keep the session", async () => {
  await withTempDir(async (dir) => {
    await Deno.writeTextFile(`${dir}/file`, "");
    const run = await runAgent({ script: [{ do: "say", text: "hey" }], state: `${dir}/file/sub` });
    assertEquals([run.code, said(run)], [0, "hey"]);
    assertStringIncludes(run.stderr, "warning: Cannot keep the session in");
  });
});

Deno.test("runMockAgent() reads a script from a file", async () => {
  await withTempDir(async (dir) => {
    const path = `${dir}/script.json`;
    await Deno.writeTextFile(path, '{"turns": [{"steps": [{"do": "say", "text": "hey"}]}]}');
    assertEquals(said(await runAgent({ script: path })), "hey");
  });
});

Deno.test("runMockAgent() ends quietly when nobody reads its output", async () => {
  const child = startAgent({ script: [{ do: "sleep", ms: 50 }, { do: "big", bytes: 1_000_000 }] });
  await child.stdout.cancel();
  await child.stdin.close();
  assertEquals((await child.status).code, 141);
  assertEquals(await new Response(child.stderr).text(), "");
});

Deno.test("runMockAgent() chooses the first turn that fits and was not played", async () => {
  const say = (text: string) => [{ do: "say", text }];
  const script = {
    turns: [
      { match: "build", steps: say("building") },
      { match: { regex: "^re" }, steps: say("reviewing") },
      { steps: say("anything") },
    ],
  };
  const prompts = ["review", "build", "build", "build"];
  const answers = ["reviewing", "building", "anything", "build"];
  await withTempDir(async (state) => {
    for (const [index, prompt] of prompts.entries()) {
      const args = [index === 0 ? "--session=s" : "--resume=s"];
      assertEquals(said(await runAgent({ script, args, state, stdin: prompt })), answers[index]);
    }
  });
});

Deno.test("runMockAgent() does what the script says when no turn is left", async () => {
  const turns = [{ steps: [{ do: "say", text: "1" }] }, { steps: [{ do: "say", text: "2" }] }];
  const rows: [string, (string | undefined)[]][] = [
    ["echo", ["1", "2", "p", "p"]],
    ["repeat-last", ["1", "2", "2", "2"]],
    ["error", ["1", "2", undefined, undefined]],
  ];
  for (const [after, answers] of rows) {
    await withTempDir(async (state) => {
      for (const [index, answer] of answers.entries()) {
        const args = [index === 0 ? "--session=s" : "--resume=s"];
        const run = await runAgent({ script: { turns, after }, args, state, stdin: "p" });
        if (answer !== undefined) assertEquals(said(run), answer, after);
        else {
          assertEquals([run.code, run.state.isError], [1, true]);
          assert(run.state.errorMessage?.includes("the script has 2"), run.state.errorMessage);
        }
      }
    });
  }
});
