/** `zag -p ollama exec` against a scripted server: every feature that zag claims for Ollama. */
import { lastSent, type OllamaHome, withOllama } from "../e2e/ollama_support.ts";
import { jsonLines, onlyLog } from "../e2e/support.ts";
import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import type { OllamaServerOptions } from "../support/ollama_server.ts";
import { eventsOf, noteProof, only, outputOf } from "./agent_home.ts";

/** Registers a test; what it proves is noted as for the other agents. */
function ollamaTest(
  proves: readonly string[],
  name: string,
  options: OllamaServerOptions,
  test: (ollama: OllamaHome) => Promise<void>,
): void {
  const run = withOllama(options, test);
  Deno.test(`ollama ${name}`, async () => {
    await run();
    await noteProof("ollama", proves);
  });
}

const TALKATIVE: OllamaServerOptions = {
  answer: () => ({ thinking: ["Let me ", "see."], text: ["Hel", "lo ", "there"] }),
};

ollamaTest(["non_interactive"], "exec prints the answer and nothing else", TALKATIVE, async (
  { home, server, zag },
) => {
  const prompt = "---\n-x --model=y `$(z)`\n";
  const ran = await zag(["exec", "--", prompt]);
  assertEquals(ran, { code: 0, signal: null, stdout: "Hello there\n", stderr: "" });
  assertEquals(server.asked.length, 1);
  assertEquals(lastSent(server), [`user: ${prompt}`]);
  const log = await onlyLog(home);
  const said = log.filter(({ type }) => type === "assistant_message" || type === "reasoning");
  assertEquals(said.map(({ type, content }) => [type, content]), [
    ["reasoning", "Let me see."],
    ["assistant_message", "Hello there"],
  ]);
  assertEquals(home.rows("sessions").map((row) => row.outcome), ["success"]);
});

ollamaTest(
  ["stream_json", "usage"],
  "exec -o stream-json tells everything in order",
  TALKATIVE,
  async (
    { home, zag, server },
  ) => {
    const events = eventsOf(await zag(["exec", "-o", "stream-json", "hi"]));
    assertEquals(events.map(({ type }) => type), [
      "init",
      "reasoning",
      "assistant_message",
      "turn_complete",
      "result",
    ]);
    const [init] = only(events, "init");
    assertEquals([init?.model, init?.working_directory], ["qwen3.5:9b", home.work]);
    assertEquals(init?.metadata.address, server.address);
    const [turn] = only(events, "turn_complete");
    const { input_tokens, output_tokens, cache_read_tokens } = turn!.usage!;
    assertEquals([turn?.stop_reason, input_tokens, output_tokens, cache_read_tokens], [
      "end_turn",
      11,
      5,
      3,
    ]);
    assertEquals(only(events, "result")[0]?.duration_ms, 1500);
  },
);

ollamaTest(
  ["streaming_input"],
  "exec -i stream-json makes each message a turn of one conversation",
  { answer: ({ messages }) => ({ text: [`to ${messages.at(-1).content}`] }) },
  async ({ home, server, zag }) => {
    const stdin = '{"type":"user_message","content":"two"}\n';
    const ran = await zag(["exec", "-i", "stream-json", "-o", "stream-json", "one"], { stdin });
    assertEquals([ran.code, ran.stderr], [0, ""]);
    const results = only(eventsOf(ran), "result").map(({ message }) => message);
    assertEquals(results, ["to one", "to two"]);
    assertEquals(lastSent(server), ["user: one", "assistant: to one", "user: two"]);
    assertEquals(home.rows("sessions").length, 1);
  },
);

ollamaTest(["json_output", "usage"], "exec -o json is one document", TALKATIVE, async ({ zag }) => {
  const output = outputOf(await zag(["exec", "-o", "json", "hi"]));
  assertEquals([output.agent, output.result, output.is_error], ["ollama", "Hello there", false]);
  assertEquals([output.model, output.usage?.output_tokens], ["qwen3.5:9b", 5]);
  assertEquals(output.total_cost_usd, null);
});

ollamaTest(["partial_messages"], "exec shows text while it is made", TALKATIVE, async ({ zag }) => {
  const args = ["exec", "-o", "stream-json", "--include-partial-messages", "hi"];
  const deltas = only(eventsOf(await zag(args)), "assistant_delta");
  assertEquals(deltas.map(({ text }) => text), ["Hel", "lo ", "there"]);
});

ollamaTest([], "exec -o text passes the answer through", {
  answer: () => ({ thinking: ["Hm"], text: ["a\u001b[1mb", "\n\n"] }),
}, async ({ home, zag }) => {
  const ran = await zag(["exec", "-o", "text", "hi"]);
  assertEquals([ran.code, ran.stdout], [0, "a\u001b[1mb\n\n"]);
  const log = await onlyLog(home);
  const answers = log.filter(({ type }) => type === "assistant_message");
  assertEquals(answers.map(({ content }) => content), ["a\u001b[1mb\n\n"]);
});

ollamaTest(["model"], "exec asks the model that was named, or the size", {
  models: ["qwen3.5:2b", "qwen3.5:9b", "qwen3.5:35b", "gemma4:e4b"].map((name) => ({ name })),
}, async ({ home, server, zag }) => {
  const choices: [string[], string][] = [
    [[], "qwen3.5:9b"],
    [["--size", "35b"], "qwen3.5:35b"],
    [["-m", "small"], "qwen3.5:2b"],
    [["-m", "gemma4:e4b"], "gemma4:e4b"],
  ];
  for (const [args, model] of choices) {
    const ran = await zag([...args, "exec", "hi"]);
    assertEquals(ran.code, 0, ran.stderr);
    assertEquals(server.asked.at(-1).model, model);
    assertEquals(home.rows("sessions").at(-1)?.model, model);
  }
});

ollamaTest(["system_prompt"], "exec --system-prompt is a message of its own", {}, async (
  { server, zag },
) => {
  await zag(["exec", "--system-prompt", "Be brief.\n--x", "hi"]);
  assertEquals(lastSent(server), ["system: Be brief.\n--x", "user: hi"]);
});

ollamaTest(["json_schema"], "exec --json-schema hands the schema to the server", {
  answer: () => ({ thinking: ["Hm"], text: ['{"answer"', ": 42}"] }),
}, async ({ server, zag }) => {
  const schema = {
    type: "object",
    properties: { answer: { type: "number" } },
    required: ["answer"],
  };
  const ran = await zag(["exec", "--json-schema", JSON.stringify(schema), "the answer?"]);
  assertEquals([ran.code, ran.stdout], [0, '{"answer":42}\n'], ran.stderr);
  assertEquals(server.asked[0].format, schema);
});

ollamaTest(["json_schema"], "exec --json-schema asks again when the answer does not match", {
  answer: (_, index) => ({ text: [index === 0 ? '{"answer":"x"}' : '{"answer":42}'] }),
}, async ({ server, zag }) => {
  const schema = '{"type":"object","properties":{"answer":{"type":"number"}}}';
  const ran = await zag(["exec", "--json-schema", schema, "the answer?"]);
  assertEquals([ran.code, ran.stdout], [0, '{"answer":42}\n'], ran.stderr);
  const roles = server.asked.map(({ messages }) => messages.map((m: { role: string }) => m.role));
  assertEquals(roles.at(-1), ["system", "user", "assistant", "user"]);
});

ollamaTest(["preset_session_id"], "exec --session is the id of the conversation", {}, async (
  { home, zag },
) => {
  const id = crypto.randomUUID();
  const events = eventsOf(await zag(["--session", id, "exec", "-o", "stream-json", "hi"]));
  assertEquals(only(events, "init")[0]?.metadata.session_id, id);
  const path = `${home.path}/.zag/agents/ollama/${id}.jsonl`;
  const lines = jsonLines(await Deno.readTextFile(path));
  assertEquals(lines.map(({ type }) => type), ["session", "user", "assistant"]);
  assertEquals((await Deno.stat(path)).mode! & 0o777, 0o600);
});

ollamaTest(["resume_with_prompt"], "exec --resume and --continue send the whole conversation", {
  answer: (_, index) => ({ text: [`answer ${index}`] }),
}, async ({ home, server, zag }) => {
  await zag(["exec", "--system-prompt", "Be brief.", "-m", "qwen3.5:9b", "one"]);
  const id = String(home.rows("sessions")[0]?.session_id);
  const second = await zag(["exec", "--resume", id, "two"]);
  assertEquals([second.code, second.stdout], [0, "answer 1\n"], second.stderr);
  const third = await zag(["exec", "--continue", "three"]);
  assertEquals([third.code, third.stdout], [0, "answer 2\n"], third.stderr);
  assertEquals(lastSent(server), [
    "system: Be brief.",
    "user: one",
    "assistant: answer 0",
    "user: two",
    "assistant: answer 1",
    "user: three",
  ]);
  assertEquals(home.rows("sessions").length, 1);
  const log = await onlyLog(home);
  assertEquals(log.filter(({ type }) => type === "session_started").length, 3);
});

ollamaTest([], "exec takes a prompt of a megabyte, and asks for a context to match", {}, async (
  { server, zag },
) => {
  const prompt = "lorem ipsum\n".repeat(90_000);
  const ran = await zag(["exec"], { stdin: prompt });
  assertEquals(ran.code, 0, ran.stderr);
  assertEquals(server.asked[0].messages[0].content.trim(), prompt.trim());
  assertEquals(server.asked[0].options.num_ctx, 262_144);
});

ollamaTest([], "exec warns of flags that mean nothing to Ollama, and refuses others", {}, async (
  { server, zag },
) => {
  const warned = await zag(["exec", "-a", "hi"]);
  assertEquals(warned.code, 0);
  assertMatch(warned.stderr, /--auto-approve has no effect with Ollama/);
  for (const flags of [["--add-dir", "."], ["--max-turns", "3"]]) {
    const refused = await zag(["exec", ...flags, "hi"], { stdin: "" });
    assertEquals(refused.code, 1, flags.join(" "));
    assert(refused.stderr.includes(flags[0]!), refused.stderr);
  }
  assertEquals(server.asked.length, 1);
});
