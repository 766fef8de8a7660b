import { OllamaClient } from "../../src/providers/ollama/client.ts";
import { OllamaError } from "../../src/providers/ollama/failures.ts";
import {
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "../support/assert.ts";
import type { OllamaAnswer } from "../support/ollama_server.ts";
import { failureOf, nobody, resultOf, runAgent, unreachedOf, withBench } from "./run_agent.ts";

Deno.test("OllamaClient.version names the address and the ways out when nobody answers", async () => {
  const host = nobody();
  const failure = unreachedOf(await runAgent("hi", [], { OLLAMA_HOST: host }));
  assertEquals(
    failure,
    `Cannot reach Ollama at http://${host}: nobody answers there; start it with "ollama serve", ` +
      "or set OLLAMA_HOST to the address of another server",
  );
});

Deno.test("OllamaClient.version gives up on somebody who does not say a word", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepted = listener.accept();
  const address = `http://127.0.0.1:${listener.addr.port}`;
  const client = new OllamaClient(address, 50);
  const wanted = `Cannot reach Ollama at ${address}: it does not answer; start`;
  await assertRejects(() => client.version(), OllamaError, wanted);
  client.close();
  listener.close();
  // It may have given up before it was there.
  await accepted.then((connection) => connection.close(), () => {});
});

Deno.test("OllamaClient.version refuses addresses that are none", async () => {
  for (const host of ["http://", "ftp://box", "my box", "http://a b/"]) {
    const failure = unreachedOf(await runAgent("hi", [], { OLLAMA_HOST: host }));
    assertMatch(failure, /^Cannot reach Ollama at .*OLLAMA_HOST/, host);
  }
});

Deno.test("OllamaClient.version tells a server of another kind", async () => {
  const answers: [Response, string][] = [
    [new Response("<!doctype html>\n<p>Hello"), 'HTTP 200, "<!doctype html> <p>Hello"'],
    [new Response("", { status: 404 }), "HTTP 404)"],
    [Response.json({ version: 3 }), 'HTTP 200, "{\\"version\\":3}"'],
    [new Response("who are you?", { status: 401 }), "HTTP 401"],
  ];
  for (const [response, said] of answers) {
    await withBench({ instead: () => response }, async ({ run, server }) => {
      const failure = failureOf(await run("hi"));
      assertStringIncludes(
        failure,
        `Cannot use ${server.address}: what answers there is no Ollama`,
      );
      assertStringIncludes(failure, said);
      assertStringIncludes(failure, "OLLAMA_HOST");
    });
  }
});

Deno.test("OllamaClient.show says how to get a model that is missing", () =>
  withBench({}, async ({ run, server }) => {
    const done = await run("hi", ["--model=gemma4:e4b"]);
    assertEquals(
      failureOf(done),
      `Cannot use model "gemma4:e4b": Ollama at ${server.address} does not have it; get it with ` +
        '"ollama pull gemma4:e4b", or choose another with -m or --size',
    );
    assertEquals(resultOf(done).refusal?.status, 404);
    assertEquals(server.asked, []);
  }));

Deno.test("OllamaClient.chat says the same when only this request finds out", () =>
  withBench({
    instead: (path) => path === "/api/show" ? Response.json({}, { status: 500 }) : null,
  }, async ({ run }) => {
    assertStringIncludes(failureOf(await run("hi", ["--model=x:1b"])), '"ollama pull x:1b"');
  }));

Deno.test("OllamaClient asks for a newer server where the API is missing", async () => {
  for (const missing of ["/api/show", "/api/chat"]) {
    await withBench({
      instead: (path) =>
        path === missing ? new Response("404 page not found", { status: 404 }) : null,
    }, async ({ run }) => {
      assertMatch(failureOf(await run("hi")), /too old; install a current version/, missing);
    });
  }
});

/** What a server says, what is passed on of it, and the way out. */
const REFUSALS: readonly [OllamaAnswer, said: string, wayOut: string][] = [
  [
    {
      status: 500,
      error: "model requires more system memory (21.5 GiB) than is available (7.6 GiB)",
    },
    "21.5 GiB",
    "--size",
  ],
  [
    { status: 500, error: "llama runner: cudaMalloc failed: out of memory" },
    "cudaMalloc",
    "--size",
  ],
  [{ status: 400, error: "invalid option" }, "invalid option (HTTP 400)", ""],
  [
    {
      status: 400,
      error: JSON.stringify({
        error: {
          code: 400,
          message: "request (9 tokens) exceeds the available context size (4 tokens)",
        },
      }),
    },
    ": request (9 tokens) exceeds",
    "begin a new session",
  ],
  [{ status: 401, error: "unauthorized" }, "unauthorized", '"ollama signin"'],
  [
    {
      status: 400,
      error: "json: cannot unmarshal object into Go struct field ChatRequest.format of type string",
    },
    "ChatRequest.format",
    "too old for JSON schemas",
  ],
  [{ status: 400, error: "model is required" }, "model is required", '"ollama list"'],
  [{ status: 503, error: "server busy, please try again" }, "server busy", ""],
  [{ status: 502, body: "<html>Bad\n gateway" }, '"<html>Bad gateway" (HTTP 502)', ""],
  [{ status: 500, body: "" }, "it gave no reason (HTTP 500)", ""],
  [{ status: 500, body: '{"wrong":1}' }, '{\\"wrong\\":1}', ""],
];

Deno.test("OllamaClient.chat passes on why the server refuses, with a way out", async () => {
  for (const [answer, said, wayOut] of REFUSALS) {
    await withBench({ answer: () => answer }, async ({ run, server }) => {
      const done = await run("hi");
      const failure = failureOf(done);
      assertStringIncludes(failure, `Cannot get an answer from Ollama at ${server.address}: `);
      assertStringIncludes(failure, said);
      assertStringIncludes(failure, wayOut);
      assertEquals(resultOf(done).refusal?.status, answer.status);
    });
  }
});

Deno.test("OllamaClient.chat refuses a prompt for which no context is long enough", () =>
  withBench({ models: [{ name: "qwen3.5:9b", longest: 4096 }] }, async ({ run }) => {
    const failure = failureOf(await run("x".repeat(50_000)));
    assertMatch(failure, /the prompt is longer than the context length.*; shorten the prompt/);
  }));

Deno.test("readAnswer keeps what was said before a failure apart from an answer", async () => {
  const endings: [OllamaAnswer, RegExp][] = [
    [{ error: "an error was encountered while running the model" }, /encountered while running/],
    [{ then: "cut" }, /broke during the answer.*try again/],
    [{ then: "end" }, /before it was complete.*try again/],
    [{ body: "Internal Server Error\n" }, /Cannot read the answer.*Internal Server Error/],
  ];
  for (const [ending, said] of endings) {
    await withBench({
      answer: () => ({ thinking: ["Hm"], text: ["Once ", "upon"], ...ending }),
    }, async ({ run }) => {
      const done = await run("hi");
      assertMatch(failureOf(done), said);
      const types = done.lines.map(({ type }) => type);
      assertEquals(types.slice(-4), ["delta", "text", "error", "result"]);
      assertEquals(done.lines.at(-3), { type: "text", text: "Once upon" });
      assertEquals(resultOf(done).refusal?.status ?? null, null);
    });
  }
});
