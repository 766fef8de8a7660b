import { assert, assertEquals, assertRejects, assertStringIncludes } from "../assert.ts";
import { record } from "../../../src/providers/json.ts";
import { type Dialect, dialect, dialects, hear, type Heard, post } from "./dialects.ts";
import { startModelServer } from "./mod.ts";
import { parseEvents } from "./sse.ts";

const FINISH = {
  anthropic: ["end_turn", "tool_use"],
  openai_responses: ["completed", "completed"],
  openai_chat: ["stop", "tool_calls"],
  gemini: ["STOP", "STOP"],
} as const;

/** Plays one prompt against a fresh server, streamed and not. */
function eachWay(
  criterion: string,
  prompt: string,
  tools: readonly string[],
  check: (heard: Heard, dialect: Dialect, stream: boolean) => void,
) {
  for (const dialect of dialects) {
    for (const stream of [false, true]) {
      const way = stream ? "streamed" : "whole";
      Deno.test(`startModelServer() ${criterion}: ${dialect.name}, ${way}`, async () => {
        await using server = startModelServer();
        const body = dialect.request(prompt, stream, tools);
        const response = await post(server.url, dialect, body, stream);
        assertEquals(response.status, 200);
        const expected = stream ? "text/event-stream" : "application/json";
        assertEquals(response.headers.get("content-type"), expected);
        check(await hear(dialect, response), dialect, stream);
      });
    }
  }
}

eachWay("echoes a prompt without a script", "hello there", [], (heard, { name }) => {
  assertEquals(heard.text, "STUB:hello there");
  assertEquals(heard.calls, []);
  assertEquals(heard.thinking, "");
  assertEquals(heard.finish, FINISH[name][0]);
});

eachWay("says a text", "[[say:two\nlines]]", [], (heard) => {
  assertEquals(heard.text, "two\nlines");
  assertEquals(heard.deltas, 1);
});

eachWay("answers in deltas", "[[deltas:4,1,abcdefgh]]", [], (heard, _dialect, stream) => {
  assertEquals(heard.text, "abcdefgh");
  assertEquals(heard.deltas, stream ? 4 : 1);
});

eachWay("streams ticks", "[[slow:3,1]]", [], (heard, _dialect, stream) => {
  assertEquals(heard.text, "tick 0 tick 1 tick 2 ");
  assertEquals(heard.deltas, stream ? 3 : 1);
});

eachWay("thinks before it speaks", "[[think:why]]", [], (heard) => {
  assertStringIncludes(heard.thinking, "why");
  assertEquals(heard.text, "STUB:thought");
});

eachWay("answers JSON as text", '[[json:{"a":[[1]]}]]', [], (heard) => {
  assertEquals(heard.text, '{"a":[[1]]}');
});

eachWay("answers JSON by the tool", '[[json:{"a":1}]]', ["StructuredOutput"], (heard) => {
  assertEquals(heard.calls.map(({ name, args }) => [name, args]), [["StructuredOutput", { a: 1 }]]);
  assertEquals(heard.text, "");
});

eachWay("calls the shell", "[[bash:echo hi]]", ["Read", "Bash"], (heard, { name }) => {
  const args = { command: "echo hi", description: "Run a command" };
  assertEquals(heard.calls.map(({ name, args }) => [name, args]), [["Bash", args]]);
  assertEquals(heard.finish, FINISH[name][1]);
});

eachWay("calls two tools at once", "[[2bash:a|b]]", ["exec_command"], (heard) => {
  assertEquals(heard.text, "Two at once.");
  assertEquals(heard.calls.map(({ args }) => args), [{ cmd: "a" }, { cmd: "b" }]);
});

eachWay("calls a tool by name", '[[call:ping {"n":[[2]]}]]', ["ping"], (heard) => {
  assertEquals(heard.calls.map(({ name, args }) => [name, args]), [["ping", { n: [[2]] }]]);
});

eachWay("writes a file", "[[write:a.txt|x|y]]", ["create"], (heard) => {
  assertEquals(heard.calls[0]?.args, { path: "a.txt", file_text: "x|y" });
});

for (const dialect of dialects) {
  Deno.test(`startModelServer() follows a script over a turn: ${dialect.name}`, async () => {
    await using server = startModelServer();
    const prompt = "[[bash:one]][[2bash:two|three]][[say:end]]";
    let body = dialect.request(prompt, true, ["Bash"]);
    const answers: Heard[] = [];
    for (let i = 0; i < 4; i++) {
      const heard = await hear(dialect, await post(server.url, dialect, body, true));
      answers.push(heard);
      body = dialect.follow(body, heard);
    }
    assertEquals(answers.map(({ calls }) => calls.length), [1, 2, 0, 0]);
    assertEquals(answers.map(({ text }) => text), ["", "Two at once.", "end", "STUB:done"]);
    assertEquals(server.requests.map(({ step }) => step), [0, 1, 2, 3]);
    assertEquals(server.requests.map(({ directive }) => directive), [
      "[[bash:one]]",
      "[[2bash:two|three]]",
      "[[say:end]]",
      "",
    ]);
  });

  Deno.test(`startModelServer() fails with the status asked for: ${dialect.name}`, async () => {
    await using server = startModelServer();
    for (const status of [400, 401, 429, 500, 529]) {
      const body = dialect.request(`[[err:${status}]]`, true);
      const response = await post(server.url, dialect, body, true);
      assertEquals(response.status, status);
      const error = record((await response.json()).error) ?? {};
      assertEquals(typeof error.message, "string");
      assertEquals(typeof (error.type ?? error.status), "string");
    }
    assertEquals(server.requests.map((request) => request.refusal), Array(5).fill(null));
  });

  Deno.test(`startModelServer() keeps silent while it hangs: ${dialect.name}`, async () => {
    await using server = startModelServer();
    const leave = new AbortController();
    const body = dialect.request("[[hang:600000]]", true);
    const response = await post(server.url, dialect, body, true, leave.signal);
    assertEquals(response.status, 200);
    const first = response.body?.getReader().read().catch(() => "left");
    const silence = new Promise((resolve) => setTimeout(resolve, 60, "silence"));
    assertEquals(await Promise.race([first, silence]), "silence");
    leave.abort();
    assertEquals(await first, "left");
    const left = await server.until((request) => request.end !== null);
    assertEquals(left.end, "abandoned");
  });

  for (const stream of [false, true]) {
    const way = stream ? "streamed" : "whole";
    Deno.test(`startModelServer() hangs, then answers: ${dialect.name}, ${way}`, async () => {
      await using server = startModelServer();
      const body = dialect.request("[[hang:20]]", stream);
      const heard = await hear(dialect, await post(server.url, dialect, body, stream));
      assertEquals(heard.text, "late");
    });

    Deno.test(`startModelServer() drops a cut answer: ${dialect.name}, ${way}`, async () => {
      await using server = startModelServer();
      const body = dialect.request("[[cut]]", stream);
      const response = await post(server.url, dialect, body, stream);
      assertEquals(response.status, 200);
      let received = "";
      await assertRejects(async () => {
        const decoder = new TextDecoder();
        for await (const chunk of response.body ?? []) received += decoder.decode(chunk);
      });
      assert(received.length > 0);
      if (stream) assertEquals(dialect.readStream(parseEvents(received)).finish ?? null, null);
      assertEquals((await server.until((request) => request.end !== null)).end, "cut");
    });
  }
}

Deno.test("startModelServer() reports a stream error inside the stream", async () => {
  await using server = startModelServer();
  const last = async (name: Dialect["name"]) => {
    const spoken = dialect(name);
    const response = await post(server.url, spoken, spoken.request("[[ierr:Too hot]]", true), true);
    assertEquals(response.status, 200);
    const event = parseEvents(await response.text()).at(-1);
    return [event?.event, record(event?.data)] as const;
  };
  const [anthropicEvent, anthropicData] = await last("anthropic");
  assertEquals(anthropicEvent, "error");
  assertEquals(anthropicData?.error, { type: "overloaded_error", message: "Too hot" });
  const [responsesEvent, responsesData] = await last("openai_responses");
  assertEquals(responsesEvent, "response.failed");
  const failed = record(responsesData?.response);
  assertEquals(failed?.status, "failed");
  assertEquals(failed?.error, { code: "server_error", message: "Too hot" });
  const [chatEvent, chatData] = await last("openai_chat");
  assertEquals(chatEvent, null);
  assertEquals(chatData?.error, { message: "Too hot", type: "server_error" });
});

Deno.test("startModelServer() reports a stream error by status where nothing is streamed", async () => {
  await using server = startModelServer();
  const rows = [
    ["anthropic", false, 529],
    ["openai_responses", false, 500],
    ["openai_chat", false, 500],
    ["gemini", false, 500],
    ["gemini", true, 500],
  ] as const;
  for (const [name, stream, status] of rows) {
    const spoken = dialect(name);
    const body = spoken.request("[[ierr:Too hot]]", stream);
    const response = await post(server.url, spoken, body, stream);
    assertEquals(response.status, status);
    assertEquals((await response.json()).error.message, "Too hot");
  }
});

Deno.test("startModelServer() tells a rate limit from a used-up quota", async () => {
  await using server = startModelServer();
  const fail = async (name: Dialect["name"], directive: string) => {
    const spoken = dialect(name);
    const response = await post(server.url, spoken, spoken.request(directive, true), true);
    assertEquals(response.status, 429);
    return { headers: response.headers, error: (await response.json()).error };
  };
  const claude = await fail("anthropic", "[[err:429]]");
  assertEquals(claude.error.type, "rate_limit_error");
  assertEquals(claude.headers.get("retry-after"), "1");
  assertEquals(claude.headers.get("x-should-retry"), null);
  const claudeQuota = await fail("anthropic", "[[err:429,Q]]");
  assertEquals(claudeQuota.headers.get("x-should-retry"), "false");
  assertEquals(claudeQuota.headers.get("anthropic-ratelimit-unified-status"), "rejected");
  const reset = Number(claudeQuota.headers.get("anthropic-ratelimit-unified-reset"));
  assert(reset > Date.now() / 1000);

  const codex = await fail("openai_responses", "[[err:429]]");
  assertEquals(codex.error.code, "rate_limit_exceeded");
  assertEquals(codex.headers.get("retry-after"), "1");
  const codexQuota = await fail("openai_responses", "[[err:429,Q]]");
  assertEquals(codexQuota.error.type, "usage_limit_reached");
  assertEquals(codexQuota.error.resets_in_seconds, 3600);
  assertEquals(codexQuota.headers.get("retry-after"), null);

  assertEquals((await fail("openai_chat", "[[err:429]]")).error.code, "rate_limit_exceeded");
  assertEquals((await fail("openai_chat", "[[err:429,Q]]")).error.code, "insufficient_quota");

  const types = (error: { details: { "@type": string }[] }) =>
    error.details.map((detail) => detail["@type"].split(".").at(-1));
  const gemini = await fail("gemini", "[[err:429]]");
  assertEquals(gemini.error.status, "RESOURCE_EXHAUSTED");
  assertEquals(types(gemini.error), ["QuotaFailure", "RetryInfo"]);
  const geminiQuota = await fail("gemini", "[[err:429,Q]]");
  assertEquals(types(geminiQuota.error), ["QuotaFailure"]);
  assertStringIncludes(JSON.stringify(geminiQuota.error), "PerDay");
});

Deno.test("startModelServer() records requests before they are answered", async () => {
  await using server = startModelServer();
  const { requests } = server;
  assertEquals(requests.length, 0);
  const spoken = dialect("openai_responses");
  const format = { type: "json_schema", name: "out", schema: { type: "object" } };
  const body = { ...spoken.request("[[say:x]]", true, ["Bash"]), text: { format } };
  const response = await post(server.url, spoken, body, true);
  const [request] = requests;
  assertEquals(request?.number, 1);
  assertEquals(request?.method, "POST");
  assertEquals(request?.path, "/v1/responses");
  assertEquals(request?.protocol, "openai_responses");
  assertEquals(request?.headers.authorization, "Bearer k");
  assertEquals(request?.body, body);
  assertEquals(request?.bytes, JSON.stringify(body).length);
  assertEquals(request?.model, "m");
  assertEquals(request?.stream, true);
  assertEquals(request?.tools, ["Bash"]);
  assertEquals(request?.format, format);
  assertEquals(request?.status, 200);
  assertEquals(request?.refusal, null);
  await response.text();
  assertEquals((await server.until(({ end }) => end !== null)).end, "sent");
});

Deno.test("startModelServer() keeps requests of many clients apart", async () => {
  await using server = startModelServer();
  const spoken = dialect("anthropic");
  const prompts = Array.from({ length: 30 }, (_, i) => `[[deltas:3,${i % 3},reply ${i}]]`);
  const heard = await Promise.all(prompts.map(async (prompt) => {
    const response = await post(server.url, spoken, spoken.request(prompt, true), true);
    return (await hear(spoken, response)).text;
  }));
  assertEquals(heard, prompts.map((_, i) => `reply ${i}`));
  assertEquals(server.requests.map(({ number }) => number), prompts.map((_, i) => i + 1));
  assertEquals(server.requests.map(({ directive }) => directive).sort(), prompts.toSorted());
});

Deno.test("startModelServer() answers unscripted prompts with the given reply", async () => {
  await using server = startModelServer({ reply: "fixed" });
  const spoken = dialect("gemini");
  const say = async (prompt: string) =>
    (await hear(spoken, await post(server.url, spoken, spoken.request(prompt, false)))).text;
  assertEquals(await say("anything"), "fixed");
  assertEquals(await say("[[say:scripted]]"), "scripted");
});

Deno.test("startModelServer() logs each request and its end", async () => {
  const lines: string[] = [];
  await using server = startModelServer({
    log: ({ number, directive, end }) => lines.push(`${number} ${directive} ${end}`),
  });
  const spoken = dialect("openai_chat");
  const body = spoken.request("[[say:x]]", true);
  await (await post(server.url, spoken, body, true)).text();
  await server.until(({ end }) => end !== null);
  assertEquals(lines, ["1 [[say:x]] null", "1 [[say:x]] sent"]);
});

Deno.test("startModelServer() listens on the loopback interface alone", async () => {
  await using server = startModelServer();
  assertEquals(server.url, `http://127.0.0.1:${server.port}`);
  const others = Deno.networkInterfaces().filter(({ family, address }) =>
    family === "IPv4" && !address.startsWith("127.")
  );
  for (const { address: hostname } of others) {
    await assertRejects(() => Deno.connect({ hostname, port: server.port }));
  }
});

Deno.test("startModelServer() ends answers under way when it is disposed", async () => {
  const server = startModelServer();
  const spoken = dialect("anthropic");
  const body = spoken.request("[[slow:1000,600000]]", true);
  const response = await post(server.url, spoken, body, true);
  const text = response.text();
  await server[Symbol.asyncDispose]();
  assertEquals(parseEvents(await text).some(({ event }) => event === "message_stop"), false);
  assertEquals(server.requests[0]?.end, "cut");
});

Deno.test("startModelServer() hears nothing any more when it is disposed", async () => {
  const answered: boolean[] = [];
  // A port that is free again may be another server's at once; not each time.
  for (let i = 0; i < 5; i++) {
    const server = startModelServer();
    await server[Symbol.asyncDispose]();
    const connecting = Deno.connect({ hostname: "127.0.0.1", port: server.port });
    answered.push(await connecting.then((connection) => (connection.close(), true), () => false));
  }
  assertEquals(answered.includes(false), true);
});

Deno.test("startModelServer() counts tokens and lists models in each shape", async () => {
  await using server = startModelServer();
  const { headers: claude } = dialect("anthropic");
  const messages = [{ role: "user", content: "x" }];
  const count = (path: string, headers: Record<string, string>, body: unknown) =>
    post(server.url, { path: () => path, headers }, body).then((response) => response.json());
  const anthropicBody = { model: "m", messages };
  assertEquals(await count("/v1/messages/count_tokens", claude, anthropicBody), {
    input_tokens: 10,
  });
  const google = dialect("gemini").headers;
  const contents = [{ parts: [{ text: "x" }] }];
  const geminiPath = "/v1beta/models/m:countTokens";
  assertEquals(await count(geminiPath, google, { contents }), { totalTokens: 10 });
  const wrapped = { generateContentRequest: { model: "models/m", contents } };
  assertEquals(await count(geminiPath, google, wrapped), { totalTokens: 10 });

  const models = async (path: string, headers: Record<string, string>) => {
    const response = await fetch(server.url + path, { headers });
    assertEquals(response.status, 200);
    return Object.keys(await response.json());
  };
  assertEquals(await models("/v1/models", claude), ["data", "first_id", "last_id", "has_more"]);
  assertEquals(await models("/v1beta/models", google), ["models"]);
  const openai = dialect("openai_chat").headers;
  assertEquals((await models("/v1/models", openai)).slice(0, 2), ["object", "data"]);
});

Deno.test("startModelServer() gives a freeform tool its text and a namespaced tool its space", async () => {
  await using server = startModelServer();
  const spoken = dialect("openai_responses");
  const ask = async (prompt: string, tools: unknown[]) => {
    const body = { ...spoken.request(prompt, false), tools };
    return (await (await post(server.url, spoken, body)).json()).output[0];
  };
  const patch = await ask("[[write:a.txt|x]]", [{ type: "custom", name: "apply_patch" }]);
  assertEquals(patch.type, "custom_tool_call");
  assertEquals(patch.input, "*** Begin Patch\n*** Add File: a.txt\n+x\n*** End Patch\n");
  const ping = await ask('[[call:mcp__demo/ping {"a":1}]]', [
    { type: "namespace", name: "mcp__demo", tools: [{ type: "function", name: "ping" }] },
  ]);
  assertEquals([ping.type, ping.namespace, ping.name], ["function_call", "mcp__demo", "ping"]);
  assertEquals(server.requests.at(-1)?.tools, ["mcp__demo.ping"]);
});

Deno.test("startModelServer() adds usage to a chat stream only on demand", async () => {
  await using server = startModelServer();
  const spoken = dialect("openai_chat");
  const events = async (more: Record<string, unknown>) => {
    const body = { ...spoken.request("x", true), ...more };
    return parseEvents(await (await post(server.url, spoken, body, true)).text());
  };
  const plain = await events({});
  assertEquals(plain.at(-1)?.data, "[DONE]");
  assertEquals(plain.filter(({ data }) => record(data)?.usage !== undefined).length, 0);
  const counted = await events({ stream_options: { include_usage: true } });
  assertEquals(record(record(counted.at(-2)?.data)?.usage)?.total_tokens, 17);
});

Deno.test("startModelServer() sends reasoning back in a form that can be returned", async () => {
  await using server = startModelServer();
  const spoken = dialect("openai_responses");
  const reasoning = async (more: Record<string, unknown>) => {
    const body = { ...spoken.request("[[think:x]]", false), ...more };
    return (await (await post(server.url, spoken, body)).json()).output[0].encrypted_content;
  };
  assertEquals(await reasoning({}), null);
  assertEquals(await reasoning({ include: ["reasoning.encrypted_content"] }), "c3R1Yg==");
});
