import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { failureOf, resultOf, runAgent, withBench } from "./run_agent.ts";

const USAGE = { input_tokens: 11, output_tokens: 5, cache_read_tokens: 3 };

Deno.test("runOllamaAgent tells an answer from init to result", () =>
  withBench({ answer: () => ({ text: ["Hel", "lo"] }) }, async ({ run, server }) => {
    const { code, lines } = await run("hi", ["--session=s"]);
    assertEquals(code, 0);
    assertEquals(lines, [
      {
        type: "init",
        session_id: "s",
        model: "qwen3.5:9b",
        cwd: "/project",
        address: server.address,
        version: "0.40.12",
        context_length: 16_384,
      },
      { type: "delta", text: "Hel" },
      { type: "delta", text: "lo" },
      { type: "text", text: "Hello" },
      {
        type: "result",
        session_id: "s",
        success: true,
        text: "Hello",
        error: null,
        refusal: null,
        stop_reason: "end_turn",
        usage: USAGE,
        durations: { total_ms: 1500, load_ms: 200, prompt_ms: 300, answer_ms: 900 },
      },
    ]);
  }));

Deno.test("runOllamaAgent asks for exactly this", () =>
  withBench({}, async ({ run, server }) => {
    await run("--- hi\n");
    assertEquals(server.asked, [{
      model: "qwen3.5:9b",
      messages: [{ role: "user", content: "--- hi\n" }],
      stream: true,
      truncate: false,
      shift: false,
      options: { num_ctx: 16_384 },
    }]);
  }));

Deno.test("runOllamaAgent shows fragments and thoughts as they come, then as a whole", () =>
  withBench({
    answer: () => ({ thinking: ["Hm, ", "so"], text: ["Hel", "lo"] }),
  }, async ({ run }) => {
    const { lines } = await run("hi");
    assertEquals(lines.slice(1, -1), [
      { type: "thinking_delta", text: "Hm, " },
      { type: "thinking_delta", text: "so" },
      { type: "thinking", text: "Hm, so" },
      { type: "delta", text: "Hel" },
      { type: "delta", text: "lo" },
      { type: "text", text: "Hello" },
    ]);
  }));

Deno.test("runOllamaAgent prints text as it is made, and no thought", () =>
  withBench({
    answer: (_, index) => ({ thinking: ["Hm"], text: index === 0 ? ["Hel", "lo"] : ["x\n"] }),
  }, async ({ run }) => {
    assertEquals(await run("hi", ["--output=text"]), {
      code: 0,
      out: "Hello\n",
      err: "",
      lines: [],
    });
    assertEquals((await run("hi", ["--output=text"])).out, "x\n");
  }));

Deno.test("runOllamaAgent writes failures of text output to stderr", () =>
  withBench({ answer: () => ({ text: ["Hel"], error: "boom" }) }, async ({ run }) => {
    const { code, out, err } = await run("hi", ["--output=text"]);
    assertEquals([code, out], [1, "Hel\n"]);
    assertStringIncludes(err, "boom");
  }));

Deno.test("runOllamaAgent hands over model, system prompt and schema", () =>
  withBench({ models: [{ name: "tiny:1b" }] }, async ({ run, server, state }) => {
    const schema = { type: "object", properties: { a: { type: "number" } } };
    await Deno.writeTextFile(`${state}/system`, "Be brief.\n");
    await Deno.writeTextFile(`${state}/schema`, JSON.stringify(schema));
    const args = [`--system-prompt-file=${state}/system`, `--schema-file=${state}/schema`];
    const { code } = await run("hi", [...args, "--model=tiny:1b"]);
    assertEquals(code, 0);
    const [asked] = server.asked;
    assertEquals([asked.model, asked.format], ["tiny:1b", schema]);
    assertEquals(asked.messages[0], { role: "system", content: "Be brief.\n" });
  }));

Deno.test("runOllamaAgent says that an answer was cut off, and why that is", () =>
  withBench({
    models: [{ name: "qwen3.5:9b" }, { name: "short:1b", longest: 4096 }],
    answer: (_, index) => ({
      text: ["Once"],
      doneReason: "length",
      counts: { prompt_eval_count: 11, eval_count: [5, 16_373, 4085][index]! },
    }),
  }, async ({ run }) => {
    const cuts: [string, RegExp][] = [
      ["qwen3.5:9b", /^The answer is cut off: it is as long as the model's parameters allow$/],
      ["qwen3.5:9b", /cut off: the context of 16384 tokens is full; raise OLLAMA_CONTEXT_LENGTH$/],
      ["short:1b", /cut off: the context of 4096 tokens is full; begin a new session$/],
    ];
    for (const [model, said] of cuts) {
      const done = await run("hi", [`--model=${model}`]);
      const { success, text, stop_reason } = resultOf(done);
      assertEquals([done.code, success, text, stop_reason], [0, true, "Once", "max_tokens"]);
      assertMatch(done.lines.find((line) => line.type === "error")!.message, said);
    }
  }));

Deno.test("runOllamaAgent does not hand over a schema that is no object", () =>
  withBench({}, async ({ run, server, state }) => {
    for (const schema of ["true", "[]"]) {
      await Deno.writeTextFile(`${state}/schema`, schema);
      assertEquals((await run("hi", [`--schema-file=${state}/schema`])).code, 0);
      assertEquals("format" in server.asked.at(-1), false);
    }
  }));

Deno.test("runOllamaAgent counts no tokens where the server counts none", () =>
  withBench({
    answer: (_, index) => ({ text: ["x"], counts: [{ eval_count: 5 }, {}][index] ?? {} }),
  }, async ({ run }) => {
    assertEquals(resultOf(await run("hi")).usage, { input_tokens: 0, output_tokens: 5 });
    assertEquals(resultOf(await run("hi")).usage, null);
  }));

Deno.test("runOllamaAgent asks for a context that the conversation fits into", () =>
  withBench({
    models: [
      { name: "qwen3.5:9b" },
      { name: "warm:1b", loaded: 50_000 },
      { name: "own:1b", parameters: 'stop "<x>"\nnum_ctx                        40000\n' },
      { name: "short:latest", longest: 8192 },
      { name: "far:1b-cloud" },
      { name: "away:1b", remote: true },
    ],
  }, async ({ run, server }) => {
    const length = async (args: string[], prompt = "hi", env = {}) => {
      await run(prompt, args, env);
      return server.asked.at(-1).options?.num_ctx;
    };
    assertEquals(await length([], "abc".repeat(20_000)), 32_768);
    assertEquals(await length([], "hi", { OLLAMA_CONTEXT_LENGTH: "5000" }), 5000);
    assertEquals(await length(["--model=warm:1b"]), 50_000);
    assertEquals(await length(["--model=own:1b"]), 40_000);
    assertEquals(await length(["--model=short"]), 8192);
    assertEquals(await length(["--model=far:1b-cloud"]), undefined);
    assertEquals(await length(["--model=away:1b"]), undefined);
  }));

Deno.test("runOllamaAgent goes on when a server does not describe its models", () =>
  withBench({
    instead: (path) =>
      path === "/api/show" || path === "/api/ps"
        ? Response.json({ error: "x" }, { status: 500 })
        : null,
  }, async ({ run }) => {
    const { code, lines } = await run("hi");
    assertEquals([code, lines[0]?.type === "init" && lines[0].context_length], [0, 16_384]);
  }));

Deno.test("runOllamaAgent refuses arguments with the code for usage", async () => {
  const { code, out, err } = await runAgent("hi", ["--verbose"], {});
  assertEquals([code, out], [2, ""]);
  assertStringIncludes(err, '"--verbose"');
});

Deno.test("runOllamaAgent names files that it cannot read", () =>
  withBench({}, async ({ run, state }) => {
    for (const flag of ["--system-prompt-file", "--schema-file"]) {
      const failure = failureOf(await run("hi", [`${flag}=${state}/none`]));
      assertStringIncludes(failure, `"${state}/none"`);
    }
    await Deno.writeTextFile(`${state}/schema`, "{");
    assertMatch(
      failureOf(await run("hi", [`--schema-file=${state}/schema`])),
      /^Cannot use the schema/,
    );
  }));

Deno.test("runOllamaAgent finds the server behind a path and by its IPv6 address", async () => {
  const seen: string[] = [];
  const http = Deno.serve({ hostname: "::1", port: 0, onListen: () => {} }, (request) => {
    const { pathname } = new URL(request.url);
    seen.push(pathname);
    return Response.json({ version: "0.40.12" }, { status: pathname.endsWith("chat") ? 500 : 200 });
  });
  const env = { OLLAMA_HOST: `http://[::1]:${http.addr.port}/deep/inside/` };
  failureOf(await runAgent("hi", [], env));
  await http.shutdown();
  assertEquals(
    seen,
    ["version", "show", "ps", "chat"].map((name) => `/deep/inside/api/${name}`),
  );
});

Deno.test("runOllamaAgent keeps lines whole, however the server cuts them", async () => {
  const bytes = new TextEncoder().encode(
    '{"message":{"content":"grüß "}}\r\n\n{"message":{"content":"dich 🦙"}}\n{"done":true}',
  );
  await withBench({
    instead: (path) =>
      path !== "/api/chat" ? null : new Response(
        new ReadableStream({
          start(controller) {
            for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
            controller.close();
          },
        }),
      ),
  }, async ({ run }) => {
    const done = await run("hi");
    assert(resultOf(done).success, done.out);
    assertEquals(resultOf(done).text, "grüß dich 🦙");
  });
});
