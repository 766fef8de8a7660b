/** The scripted Ollama server answers as the real one does; facts are from version 0.17.4. */
import { assertEquals, assertStringIncludes } from "./assert.ts";
import { startOllamaServer } from "./ollama_server.ts";

/** Method, path and body of a request, and what comes back: the status, and the end of the text. */
type Row = readonly [method: string, path: string, body: string, status: number, said: string];

const GOOD = '"model":"tiny:1b","messages":[{"role":"user","content":"hi"}]';

const ROWS: readonly Row[] = [
  ["GET", "/api/nothing", "", 404, "404 page not found"],
  ["GET", "/api/chat", "", 405, "405 method not allowed"],
  ["POST", "/api/show", "", 400, '{"error":"missing request body"}'],
  ["POST", "/api/show", "{}", 400, '{"error":"model is required"}'],
  ["POST", "/api/show", '{"model":"no:1b"}', 404, `{"error":"model 'no:1b' not found"}`],
  ["POST", "/api/chat", "", 400, '{"error":"missing request body"}'],
  ["POST", "/api/chat", "[]", 400, "cannot unmarshal array into Go value of type api.ChatRequest"],
  ["POST", "/api/chat", '{"model":""}', 400, '{"error":"model is required"}'],
  [
    "POST",
    "/api/chat",
    '{"model":"no:1b","messages":[{"role":"user","content":"x"}]}',
    404,
    `{"error":"model 'no:1b' not found"}`,
  ],
  [
    "POST",
    "/api/chat",
    '{"model":3}',
    400,
    "number into Go struct field ChatRequest.model of type",
  ],
  [
    "POST",
    "/api/chat",
    '{"model":"tiny:1b","messages":"y"}',
    400,
    "cannot unmarshal string into Go struct field ChatRequest.messages of type []api.Message",
  ],
  [
    "POST",
    "/api/chat",
    '{"model":"tiny:1b","messages":[{"role":"user","content":3}]}',
    400,
    "cannot unmarshal number into Go struct field ChatRequest.messages.content of type string",
  ],
  ["POST", "/api/chat", `{${GOOD},"stream":"y"}`, 400, "ChatRequest.stream of type bool"],
  ["POST", "/api/chat", `{${GOOD},"truncate":3}`, 400, "ChatRequest.truncate of type bool"],
  ["POST", "/api/chat", `{${GOOD},"options":3}`, 400, "of type map[string]interface {}"],
  [
    "POST",
    "/api/chat",
    `{${GOOD},"options":{"num_ctx":"x"}}`,
    500,
    'option \\"num_ctx\\" must be of type integer',
  ],
  ["POST", "/api/chat", `{${GOOD},"think":"very"}`, 400, 'invalid think value: \\"very\\"'],
  ["POST", "/api/chat", `{${GOOD},"think":true}`, 400, '\\"tiny:1b\\" does not support thinking'],
  ["POST", "/api/chat", `{${GOOD},"format":"xml"}`, 500, 'or a valid JSON Schema object"}'],
  ["POST", "/api/chat", `{${GOOD},"format":true}`, 500, 'invalid format: \\"true\\"; expected'],
];

Deno.test("startOllamaServer refuses what the real server refuses, in its words", async () => {
  await using server = startOllamaServer({ models: [{ name: "tiny:1b", thinks: false }] });
  for (const [method, path, body, status, said] of ROWS) {
    const init = method === "POST" ? { method, body } : { method };
    const response = await fetch(server.address + path, init);
    const text = await response.text();
    assertEquals(response.status, status, `${path} ${body}: ${text}`);
    assertStringIncludes(text, said);
  }
});

Deno.test("startOllamaServer takes what the real server takes", async () => {
  await using server = startOllamaServer({ models: [{ name: "tiny:1b", thinks: false }] });
  const extras = [
    "",
    ',"format":"json"',
    ',"format":""',
    ',"format":{}',
    ',"unknown":1',
    ',"think":false',
  ];
  for (const extra of extras) {
    const body = `{${GOOD}${extra}}`;
    const response = await fetch(`${server.address}/api/chat`, { method: "POST", body });
    const lines = (await response.text()).trimEnd().split("\n");
    assertEquals([response.status, JSON.parse(lines.at(-1)!).done], [200, true], extra);
  }
});

Deno.test("startOllamaServer refuses a prompt that is too long only where nothing may be left out", async () => {
  await using server = startOllamaServer();
  const ask = async (extra: Record<string, unknown>) => {
    const messages = [{ role: "user", content: "x".repeat(50_000) }];
    const body = JSON.stringify({ model: "qwen3.5:9b", messages, ...extra });
    const response = await fetch(`${server.address}/api/chat`, { method: "POST", body });
    await response.body?.cancel();
    return response.status;
  };
  assertEquals(await ask({}), 200);
  assertEquals(await ask({ truncate: false, shift: false }), 400);
  assertEquals(await ask({ shift: false, options: { num_ctx: 32_768 } }), 200);
});
