import type { Event, EventType } from "../../src/events/event.ts";
import { STEP_FIELDS } from "../../src/providers/mock/script.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { endlessProgram, isAlive, kill, processIds, readPid } from "./processes.ts";
import { type Run, runAgent, said, withTempDir } from "./run_agent.ts";
import { RunningAgent } from "./running_agent.ts";

interface Played {
  step: string;
  criterion: string;
  steps: unknown[];
  options?: Omit<Parameters<typeof runAgent>[0] & object, "script">;
  check(run: Run): void | Promise<void>;
}

function typesOf(run: Run): EventType[] {
  return run.events.map((event) => event.type);
}

function find<T extends EventType>(run: Run, type: T): Extract<Event, { type: T }> {
  const event = run.events.find((event) => event.type === type);
  if (!event) throw new Error(`no ${type} in ${run.stdout}`);
  return event as Extract<Event, { type: T }>;
}

const OK = ["init", "assistant_message", "turn_complete", "result"];

const PLAYED: Played[] = [
  {
    step: "say",
    criterion: "says a text",
    steps: [{ do: "say", text: "one\ntwo" }],
    check(run) {
      assertEquals(typesOf(run), OK);
      assertEquals([said(run), run.code], ["one\ntwo", 0]);
    },
  },
  {
    step: "say",
    criterion: "comes in fragments with --partial, never cut inside a character",
    steps: [{ do: "say", text: "a😀bcd", deltas: 3, delay: 5 }],
    options: { args: ["--partial"] },
    check(run) {
      const deltas = run.events.flatMap((event) =>
        event.type === "assistant_delta" ? event.text : []
      );
      assertEquals(deltas, ["a", "😀b", "cd"]);
      assertEquals(said(run), "a😀bcd");
      assertEquals(find(run, "result").duration_ms, 15);
    },
  },
  {
    step: "say",
    criterion: "prints no fragments without --partial, and none for 0",
    steps: [{ do: "say", text: "ab", deltas: 2 }],
    check: (run) => assertEquals(run.stdout.includes("delta"), false),
  },
  {
    step: "say",
    criterion: "leaves the last text as the answer",
    steps: [{ do: "say", text: "first" }, { do: "say", text: "last" }],
    check: (run) => assertEquals(said(run), "last"),
  },
  {
    step: "think",
    criterion: "thinks aloud",
    steps: [{ do: "think", text: "hm" }],
    check(run) {
      assertEquals(find(run, "reasoning").content, "hm");
      assertEquals([said(run), run.code], ["", 0]);
    },
  },
  {
    step: "echo",
    criterion: "says the prompt to the byte",
    steps: [{ do: "echo" }],
    options: { stdin: " é😀\u2028\r\n--x\n" },
    check: (run) => assertEquals(said(run), " é😀\u2028\r\n--x\n"),
  },
  {
    step: "json",
    criterion: "says a value on one line",
    steps: [{ do: "json", value: { a: [1, null], b: "é\n" } }],
    check: (run) => assertEquals(said(run), '{"a":[1,null],"b":"é\\n"}'),
  },
  {
    step: "big",
    criterion: "says a text of that size as one line",
    steps: [{ do: "big", bytes: 3_000_000 }],
    options: { args: ["--partial"] },
    check(run) {
      assertEquals(said(run).length, 3_000_000);
      // The text and, at the end of the turn, the answer.
      assertEquals(run.stdout.length - 6_000_000 < 2_000, true);
    },
  },
  {
    step: "big",
    criterion: "says an array of that size",
    steps: [{ do: "big", bytes: 10_001, json: true }],
    check(run) {
      assertEquals(said(run).length, 10_001);
      const list = JSON.parse(said(run));
      assertEquals([list.length > 100, list[1]], [true, { id: 1, text: "x".repeat(40) }]);
    },
  },
  {
    step: "env",
    criterion: "says what a variable holds",
    steps: [{ do: "env", name: "SOME_NAME" }],
    options: { env: { SOME_NAME: "some value" } },
    check: (run) => assertEquals(said(run), "some value"),
  },
  {
    step: "env",
    criterion: "tells an unset variable",
    steps: [{ do: "env", name: "SOME_NAME_THAT_NOBODY_SETS" }],
    check: (run) => assertEquals(said(run), "(unset)"),
  },
  {
    step: "tool",
    criterion: "reports a call and its output",
    steps: [{ do: "tool", name: "read", input: { path: "p" }, output: "text", data: 1, ms: 20 }],
    check(run) {
      assertEquals(typesOf(run), [
        "init",
        "assistant_message",
        "tool_execution",
        "turn_complete",
        "result",
      ]);
      const { tool_name, tool_id, input, result } = find(run, "tool_execution");
      assertEquals([tool_name, input], ["read", { path: "p" }]);
      assertEquals(result, { success: true, output: "text", error: null, data: 1 });
      assertEquals(find(run, "assistant_message").content, [
        { type: "tool_use", id: tool_id, name: "read", input: { path: "p" } },
      ]);
      assertEquals([find(run, "result").num_turns, find(run, "result").duration_ms], [2, 20]);
    },
  },
  {
    step: "tool",
    criterion: "reports a failure, and the turn goes on",
    steps: [{ do: "tool", name: "t", error: "no" }, { do: "say", text: "well" }],
    check(run) {
      assertEquals(find(run, "tool_execution").result, {
        success: false,
        output: null,
        error: "no",
        data: null,
      });
      assertEquals([said(run), run.code], ["well", 0]);
    },
  },
  {
    step: "tool",
    criterion: "is refused without permission, naming the tool and the flag",
    steps: [{ do: "tool", name: "write", output: "done", needs_permission: true }],
    check(run) {
      const request = find(run, "permission_request");
      assertEquals([request.tool_name, request.granted], ["write", false]);
      assertStringIncludes(request.description, '"write"');
      assertStringIncludes(request.description, "--auto-approve");
      assertEquals(find(run, "tool_execution").result.success, false);
    },
  },
  {
    step: "tool",
    criterion: "needs no more permission with --auto-approve",
    steps: [{ do: "tool", name: "write", output: "done", needs_permission: true }],
    options: { args: ["--auto-approve"] },
    check(run) {
      assertEquals(typesOf(run).includes("permission_request"), false);
      assertEquals(find(run, "tool_execution").result.output, "done");
    },
  },
  {
    step: "run",
    criterion: "runs a program and reports both of its outputs",
    steps: [{
      do: "run",
      command: [Deno.execPath(), "eval", "console.log('out'); console.error('err x')"],
    }],
    check(run) {
      const { tool_name, input, result } = find(run, "tool_execution");
      assertEquals(tool_name, "shell");
      assertMatch((input as { command: string }).command, /deno eval "console\.log/);
      assertEquals(result, {
        success: true,
        output: "out\nerr x\n",
        error: null,
        data: { exit_code: 0, signal: null },
      });
    },
  },
  {
    step: "run",
    criterion: "reports a program that fails",
    steps: [{ do: "run", command: [Deno.execPath(), "eval", "Deno.exit(3)"] }],
    check(run) {
      assertEquals(find(run, "tool_execution").result, {
        success: false,
        output: null,
        error: "",
        data: { exit_code: 3, signal: null },
      });
      assertEquals(run.code, 0);
    },
  },
  {
    step: "run",
    criterion: "reports a program that does not exist",
    steps: [{ do: "run", command: ["no-such-program-here"] }],
    check: (run) =>
      assertStringIncludes(
        find(run, "tool_execution").result.error ?? "",
        'Cannot run "no-such-program-here": there is no such program',
      ),
  },
  {
    step: "usage",
    criterion: "sets tokens and cost",
    steps: [
      { do: "usage", input_tokens: 100, cache_read_tokens: 7, cost_usd: 0.25 },
      { do: "say", text: "one two three" },
    ],
    check(run) {
      assertEquals(run.state.costUsd, 0.25);
      assertEquals(run.state.usage, {
        input_tokens: 100,
        output_tokens: 3,
        cache_read_tokens: 7,
        cache_creation_tokens: null,
        web_search_requests: null,
        web_fetch_requests: null,
      });
    },
  },
  {
    step: "sleep",
    criterion: "waits, and the waiting is the duration of the turn",
    steps: [{ do: "sleep", ms: 30 }, { do: "sleep", ms: 12 }],
    check: (run) => assertEquals(find(run, "result").duration_ms, 42),
  },
  {
    step: "error",
    criterion: "reports an error, and the turn goes on",
    steps: [{ do: "error", message: "odd", status: 529 }, { do: "say", text: "well" }],
    check(run) {
      assertEquals(find(run, "error"), {
        type: "error",
        message: "odd",
        details: { status: 529 },
      });
      assertEquals([said(run), run.code, run.state.isError], ["well", 0, false]);
    },
  },
  {
    step: "error",
    criterion: "ends the turn when it is fatal",
    steps: [
      { do: "say", text: "half" },
      { do: "error", message: "broken", fatal: true },
      { do: "say", text: "never" },
    ],
    check(run) {
      assertEquals(typesOf(run).slice(-3), ["error", "turn_complete", "result"]);
      assertEquals(find(run, "turn_complete").stop_reason, "error");
      assertEquals(find(run, "result").success, false);
      assertEquals([run.state.errorMessage, said(run), run.code], ["broken", "half", 1]);
    },
  },
  {
    step: "limit",
    criterion: "reports a usage limit and fails the turn",
    steps: [{ do: "limit", scope: "weekly", reset_at: "2030-01-31T09:00:00Z", message: "Enough" }],
    check(run) {
      assertEquals(typesOf(run), ["init", "usage_limit_detected", "turn_complete", "result"]);
      assertEquals(find(run, "usage_limit_detected"), {
        type: "usage_limit_detected",
        provider: "mock",
        scope: "weekly",
        reset_at: "2030-01-31T09:00:00Z",
        raw: "Enough",
      });
      assertEquals([run.state.errorMessage, run.state.isError, run.code], ["Enough", true, 1]);
    },
  },
  {
    step: "limit",
    criterion: "counts the reset from now",
    steps: [{ do: "limit", reset_in: 3600 }],
    check(run) {
      const { reset_at, scope, raw } = find(run, "usage_limit_detected");
      assertEquals([scope, raw], ["session", "Usage limit reached (session)"]);
      const left = Date.parse(reset_at ?? "") - Date.now();
      assert(left > 3_000_000 && left <= 3_600_000, `${left}`);
    },
  },
  {
    step: "exit",
    criterion: "ends the process without a result",
    steps: [{ do: "say", text: "x" }, { do: "exit", code: 7 }, { do: "say", text: "never" }],
    check(run) {
      assertEquals(typesOf(run), ["init", "assistant_message"]);
      assertEquals([run.code, run.state.results], [7, 0]);
    },
  },
  {
    step: "exit",
    criterion: "closes the turn first when it has a result",
    steps: [{ do: "say", text: "x" }, { do: "exit", code: 7, result: true }],
    check(run) {
      assertEquals(typesOf(run), OK);
      assertEquals([run.code, run.state.isError, said(run)], [7, false, "x"]);
    },
  },
  {
    step: "crash",
    criterion: "dies of SIGKILL after what was printed",
    steps: [{ do: "say", text: "x" }, { do: "crash" }],
    check(run) {
      assertEquals(typesOf(run), ["init", "assistant_message"]);
      assertEquals(run.signal, "SIGKILL");
    },
  },
  {
    step: "stderr",
    criterion: "writes a line to stderr",
    steps: [{ do: "stderr", text: "warning" }],
    check: (run) => assertEquals([run.stderr, run.code], ["warning\n", 0]),
  },
  {
    step: "flood_stderr",
    criterion: "writes that many bytes to stderr",
    steps: [{ do: "flood_stderr", bytes: 1_000_001 }],
    check: (run) => assertEquals(run.stderr.length, 1_000_001),
  },
  {
    step: "garbage",
    criterion: "writes a line as it is",
    steps: [{ do: "garbage", line: "Segmentation fault" }, { do: "say", text: "x" }],
    check(run) {
      assertEquals(run.notes, [{
        type: "parse_warning",
        message: "The mock agent's output holds a line that is no JSON object",
        raw: "Segmentation fault",
      }]);
      assertEquals(said(run), "x");
    },
  },
  {
    step: "garbage",
    criterion: "writes bytes that are no UTF-8",
    steps: [{ do: "garbage", bytes: [0x22, 0xff, 0xfe, 0x22] }],
    // Lossy decoding makes this valid JSON, but still no object.
    check: (run) => assertEquals(run.notes.map((note) => note.type), ["parse_warning"]),
  },
  {
    step: "garbage",
    criterion: "tears a line",
    steps: [
      { do: "say", text: "x" },
      { do: "garbage", line: '{"type":"te', newline: false },
      { do: "exit", code: 0 },
    ],
    check(run) {
      assert(run.stdout.endsWith('\n{"type":"te'));
      assertEquals(typesOf(run), ["init", "assistant_message"]);
      assertEquals(run.notes.length, 1);
    },
  },
];

for (const { step, criterion, steps, options, check } of PLAYED) {
  Deno.test(`${step} ${criterion}`, async () =>
    check(await runAgent({ ...options, script: steps })));
}

Deno.test("prompt says everything that reached the agent", async () => {
  await withTempDir(async (dir) => {
    await Deno.writeTextFile(`${dir}/system.md`, "be brief");
    await Deno.writeTextFile(`${dir}/mcp.json`, '{"mcpServers":{}}');
    const run = await runAgent({
      script: [{ do: "prompt" }],
      stdin: "hi",
      args: [
        "--session=s",
        "--model=mock-large",
        `--system-prompt-file=${dir}/system.md`,
        `--mcp-config=${dir}/mcp.json`,
        "--add-dir=/a",
        "--add-dir=/b",
        "--max-turns=4",
        "--auto-approve",
      ],
    });
    assertEquals(JSON.parse(said(run)), {
      prompt: "hi",
      system_prompt: "be brief",
      model: "mock-large",
      session_id: "s",
      resumed: false,
      turn: 0,
      cwd: Deno.cwd(),
      add_dirs: ["/a", "/b"],
      max_turns: 4,
      auto_approve: true,
      mcp_config: { mcpServers: {} },
      history: [],
    });
  });
});

Deno.test("hang prints nothing more and ends by a signal", async () => {
  await using agent = new RunningAgent({ script: [{ do: "say", text: "x" }, { do: "hang" }] });
  await agent.closeStdin();
  await agent.until('"text"');
  agent.kill("SIGTERM");
  assertEquals((await agent.status).signal, "SIGTERM");
  assertEquals(await agent.rest(), []);
});

Deno.test("ignore_term survives SIGTERM and SIGINT, and only SIGKILL ends it", async () => {
  await using agent = new RunningAgent({
    script: [
      { do: "ignore_term" },
      { do: "say", text: "ready" },
      { do: "sleep", ms: 200 },
      { do: "say", text: "still here" },
      { do: "hang" },
    ],
  });
  await agent.closeStdin();
  await agent.until('"ready"');
  agent.kill("SIGTERM");
  agent.kill("SIGINT");
  await agent.until('"still here"');
  agent.kill("SIGTERM");
  agent.kill("SIGKILL");
  assertEquals((await agent.status).signal, "SIGKILL");
});

Deno.test("init false holds the first line back until a step prints one", async () => {
  const script = { turns: [{ init: false, steps: [{ do: "sleep", ms: 1 }] }] };
  assertEquals(typesOf(await runAgent({ script })), ["turn_complete", "result"]);
});

Deno.test("after_result keeps the process running when its result is out", async () => {
  await using agent = new RunningAgent({
    script: [{ do: "after_result", ms: 600_000 }, { do: "say", text: "done" }],
  });
  await agent.closeStdin();
  await agent.until('"turn_end"');
  assertEquals(await isAlive(agent.pid), true);
  agent.kill("SIGTERM");
  assertEquals((await agent.status).signal, "SIGTERM");
});

Deno.test("run puts the program in a group of its own, which outlives the agent", async () => {
  await withTempDir(async (dir) => {
    await using agent = new RunningAgent({
      script: [{ do: "run", command: endlessProgram(`${dir}/pid`) }],
    });
    await agent.closeStdin();
    const pid = await readPid(`${dir}/pid`);
    try {
      assertEquals(await processIds(pid), { parent: agent.pid, group: pid });
      agent.kill("SIGKILL");
      await agent.status;
      assertEquals(await isAlive(pid), true);
    } finally {
      kill(pid);
    }
  });
});

for (const mode of ["child", "new_session", "daemon"]) {
  Deno.test({
    name: `fork leaves a process running in mode ${mode}`,
    // macOS has no "setsid".
    ignore: mode === "daemon" && Deno.build.os !== "linux",
    async fn() {
      await using agent = new RunningAgent({
        script: [{ do: "fork", mode, seconds: 60 }, { do: "hang" }],
      });
      await agent.closeStdin();
      const { data: { pid }, success } = JSON.parse(await agent.until('"tool_result"'));
      try {
        assertEquals(success, true);
        const { parent, group } = await processIds(pid);
        const { group: agentGroup } = await processIds(agent.pid);
        assertEquals(parent === agent.pid, mode !== "daemon");
        assertEquals(group === agentGroup, mode === "child");
        agent.kill("SIGKILL");
        await agent.status;
        assertEquals(await isAlive(pid), true);
        // The process holds neither output: both end with the agent.
        assertEquals(await agent.rest(), []);
        assertEquals(await agent.stderr, "");
        assertEquals(await isAlive(pid), true);
      } finally {
        kill(pid);
      }
    },
  });
}

Deno.test("fork can hold the agent's output open", async () => {
  await using agent = new RunningAgent({
    script: [{ do: "fork", seconds: 60, holds_output: true }],
  });
  await agent.closeStdin();
  const { pid } = JSON.parse(await agent.until('"tool_result"')).data;
  try {
    await agent.until('"turn_end"');
    assertEquals((await agent.status).code, 0);
    let ended = false;
    const rest = agent.rest().then((lines) => {
      ended = true;
      return lines;
    });
    assertEquals(await isAlive(pid), true);
    assertEquals(ended, false);
    kill(pid);
    assertEquals(await rest, []);
  } finally {
    kill(pid);
  }
});

Deno.test("every step is tested", () => {
  const others = ["prompt", "hang", "ignore_term", "after_result", "fork"];
  const tested = new Set([...PLAYED.map(({ step }) => step), ...others]);
  assertEquals([...tested].sort(), Object.keys(STEP_FIELDS).sort());
});
