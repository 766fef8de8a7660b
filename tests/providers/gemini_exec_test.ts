import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { entries, eventsOf, only, outputOf, parseLines } from "./agent_home.ts";
import { assertSameBooks, assertSameEvents, assertSameOutput } from "./gemini_faithful.ts";
import { chatFiles, conversation, geminiTest, MODEL, onlyTool } from "./gemini_support.ts";

geminiTest(
  ["non_interactive", "preset_session_id", "usage"],
  "exec prints the answer and keeps the books",
  async (gemini) => {
    await gemini.record();
    const ran = await gemini.zag(["exec", "[[say:hello from the model]]"]);
    assertEquals(ran, { code: 0, signal: null, stdout: "hello from the model\n", stderr: "" });
    const { args, events } = await gemini.native();
    await assertSameBooks(gemini, events);
    const log = await gemini.log();
    const prompts = entries(log, "user_message").map(({ content }) => content);
    assertEquals(prompts, ["[[say:hello from the model]]"]);
    const id = log[0]!.wrapper_session_id;
    // The test's environment names the model, which a flag would overrule.
    assertEquals(args, ["--output-format=stream-json", `--session-id=${id}`, "--skip-trust"]);
    assertEquals(log.map(({ provider_session_id }) => provider_session_id), log.map(() => id));
    const files = await chatFiles(gemini);
    assertEquals(files.length, 1);
    assertStringIncludes(files[0]!, id.slice(0, 8));
  },
);

geminiTest(
  ["stream_json", "auto_approve"],
  "exec -o stream-json tells what the CLI told",
  async (gemini) => {
    await gemini.record();
    const file = `${gemini.work}/note.txt`;
    const prompt = `[[2bash:echo one|exit 3]][[write:${file}|two]][[call:nope {}]][[say:three]]`;
    const ran = await gemini.zag(["exec", "-a", "-o", "stream-json", prompt]);
    assertEquals([ran.code, ran.stderr], [0, ""]);
    const { args, events: native } = await gemini.native();
    assert(args.includes("--approval-mode=yolo"));
    const events = eventsOf(ran);
    assertSameEvents(events, native);
    await assertSameBooks(gemini, native);
    const [one, failing, write, unknown] = only(events, "tool_execution");
    assertEquals([one?.tool_name, one?.result.output], ["run_shell_command", "one"]);
    assertEquals(one?.input, { command: "echo one", description: "Run a command" });
    assertEquals(failing?.result.output, "Command exited with code: 3");
    assertEquals([write?.tool_name, write?.result.success], ["write_file", true]);
    assertEquals(await Deno.readTextFile(file), "two");
    assertMatch(unknown?.result.error ?? "", /"nope" not found/);
    const kinds = entries(await gemini.log(), "tool_call").map(({ tool_kind }) => tool_kind);
    assertEquals(kinds, ["shell", "shell", "file_write", "other"]);
    assertEquals(only(events, "assistant_delta"), []);
    assertEquals(only(events, "permission_request"), []);
    const last = events.at(-1);
    assert(last?.type === "result");
    assertEquals(last.num_turns, gemini.asked.length);
  },
);

geminiTest(
  ["json_output"],
  "exec -o json and -o native-json tell the same",
  async (gemini) => {
    await gemini.record();
    const prompt = "[[think:let me see]][[say:done]]";
    const ran = await gemini.zag(["exec", "-o", "json", prompt]);
    assertEquals(ran.code, 0, ran.stderr);
    const output = outputOf(ran);
    const [recorded] = await gemini.recorded();
    assertSameOutput(output, parseLines(recorded!.stdout));
    assertEquals([output.exit_code, output.model], [0, MODEL]);
    const native = await gemini.zag(["exec", "-o", "native-json", prompt]);
    assertEquals(native.code, 0, native.stderr);
    assertEquals(native.stdout, (await gemini.recorded())[1]!.stdout);
    const document = JSON.parse(native.stdout);
    assertEquals(document.response, output.result);
    const { tokens } = document.stats.models[MODEL];
    assertEquals(tokens.prompt, output.usage?.input_tokens);
    assertEquals(tokens.candidates, output.usage?.output_tokens);
    const logs = (await gemini.home.logs()).map((log) => log.at(-1)!.provider_session_id);
    assertEquals(logs, [output.session_id, document.session_id]);
    const failed = await gemini.zag(["exec", "-o", "native-json", "[[err:400]]"]);
    assertEquals([failed.code, failed.stdout], [2, ""]);
    assertStringIncludes(failed.stderr, "stub error 400");
  },
);

geminiTest(
  ["session_logs"],
  "exec -o text passes on bytes and logs what the chat file says",
  async (gemini) => {
    await gemini.record();
    const file = `${gemini.work}/note.txt`;
    const prompt = `[[bash:echo hi]][[write:${file}|x]][[call:nope {}]][[say:a plain äöü answer]]`;
    const ran = await gemini.zag(["exec", "-a", "-o", "text", prompt]);
    assertEquals(ran.code, 0, ran.stderr);
    const [recorded] = await gemini.recorded();
    assertEquals(ran.stdout, recorded!.stdout);
    assertEquals(ran.stdout, "a plain äöü answer\n");
    const log = await gemini.log();
    const said = entries(log, "assistant_message");
    assertEquals(said.map(({ content }) => content), ["a plain äöü answer"]);
    assertEquals(said.map(({ source_kind }) => source_kind), ["provider_file"]);
    assertEquals(entries(log, "user_message").map(({ content }) => content), [prompt]);
    const tools = entries(log, "tool_result");
    assertEquals(
      tools.map(({ tool_name, success }) => [tool_name, success]),
      [["run_shell_command", true], ["write_file", true], ["nope", false]],
    );
    assertEquals(tools[0]?.output, "hi");
    assertEquals(entries(log, "tool_call").length, 3);
    assertEquals((await gemini.session()).outcome, "success");
    const failed = await gemini.zag(["exec", "-o", "text", "[[err:400]]"]);
    assertEquals([failed.code, failed.stdout], [2, ""]);
    assertMatch(failed.stderr, /ended without a result \(exit code 1\)[^]*status: 400/);
  },
);

geminiTest(
  ["partial_messages"],
  "exec --include-partial-messages prints text as it is made",
  async (gemini) => {
    await gemini.record();
    const prompt = "[[deltas:6,10,the quick brown fox jumps]]";
    const args = ["exec", "-o", "stream-json", "--include-partial-messages", prompt];
    const events = eventsOf(await gemini.zag(args));
    const deltas = only(events, "assistant_delta").map(({ text }) => text);
    assert(deltas.length > 1);
    assertEquals(deltas.join(""), "the quick brown fox jumps");
    const { events: native } = await gemini.native();
    assertSameEvents(events, native);
    await assertSameBooks(gemini, native);
  },
);

geminiTest([], "exec names the tools that were withheld, and the flag for them", async (gemini) => {
  await gemini.record();
  const call = '[[call:run_shell_command {"command":"touch made","description":"x"}]]';
  const ran = await gemini.zag(["exec", `${call}[[say:could not]]`]);
  assertEquals([ran.code, ran.stdout], [0, "could not\n"]);
  assertMatch(ran.stderr, /^warning: .*"run_shell_command".*--auto-approve/m);
  const { args, events } = await gemini.native();
  assertEquals(args.filter((arg) => arg.startsWith("--approval")), []);
  await assertSameBooks(gemini, events);
  const [permission] = entries(await gemini.log(), "permission");
  assertEquals([permission?.tool_name, permission?.granted], ["run_shell_command", false]);
  assertEquals(await Deno.stat(`${gemini.work}/made`).catch(() => "none"), "none");
  assert(!gemini.asked[0]!.tools.includes("run_shell_command"));
});

for (const status of [400, 401, 500]) {
  geminiTest([], `exec reports an API error ${status}`, async (gemini) => {
    await gemini.record();
    const ran = await gemini.zag(["exec", "-o", "json", "--exit-on-failure", `[[err:${status}]]`]);
    assertEquals(ran.code, 1, ran.stderr);
    assertMatch(ran.stderr, new RegExp(`^error: Gemini CLI reported a failure: .*${status}`));
    const output = outputOf(ran);
    const { events } = await gemini.native();
    assertSameOutput(output, events);
    await assertSameBooks(gemini, events);
    assertEquals(output.exit_code, status % 256);
    assertEquals(only(output.events, "usage_limit_detected"), []);
    assertEquals(only(output.events, "error").length, 1);
  });
}

geminiTest([], "exec tells a quota that is used up", async (gemini) => {
  await gemini.record();
  const ran = await gemini.zag(["exec", "--no-auto-resume", "-o", "stream-json", "[[err:429,Q]]"]);
  assertEquals(ran.code, 0, ran.stderr);
  const events = eventsOf(ran);
  const { events: native } = await gemini.native();
  assertSameEvents(events, native);
  const [limit] = only(events, "usage_limit_detected");
  assertEquals([limit?.provider, limit?.scope], ["gemini", "daily"]);
  assertEquals(limit?.raw, native.at(-1)?.error.message);
  assertEquals(events.at(-3), limit);
  const [hit] = entries(await gemini.log(), "usage_limit_hit");
  assertEquals(hit?.raw, limit?.raw);
  assertEquals((await gemini.session()).outcome, "failure");
});

geminiTest([], "exec tells a rate limit and when it ends", async (gemini) => {
  const ran = await gemini.zag(["exec", "--no-auto-resume", "-o", "json", "[[err:429]]"]);
  assertEquals(ran.code, 0, ran.stderr);
  const [limit] = only(outputOf(ran).events, "usage_limit_detected");
  assertEquals(limit?.scope, "unknown");
  assert(Math.abs(Date.parse(limit!.reset_at!) - Date.now()) < 60_000);
});

geminiTest([], "exec keeps what came before a stream was cut", async (gemini) => {
  await gemini.record();
  const ran = await gemini.zag(["exec", "[[cut]]"]);
  assertEquals([ran.code, ran.stdout], [0, "partial answer \n"]);
  assertMatch(ran.stderr, /^error: Gemini CLI reported a failure: .*terminated/);
  const { events } = await gemini.native();
  await assertSameBooks(gemini, events);
});

geminiTest([], "exec says that nobody is logged in", async (gemini) => {
  const env = { GEMINI_API_KEY: undefined };
  const ran = await gemini.zag(["exec", "[[say:x]]"], { env });
  assertEquals(ran.code, 2);
  assertMatch(ran.stderr, /ended without a result \(exit code 41\)[^]*GEMINI_API_KEY/);
  assertEquals(gemini.asked, []);
});

geminiTest([], "exec sends prompts whatever they begin with, and long ones", async (gemini) => {
  const long = `--- [[say:long]]\n${"lorem ipsum ".repeat(90_000)}`;
  assert(long.length > 1_000_000);
  for (const prompt of ["---\nkey: [[say:rule]]", "-x [[say:x]]", long]) {
    const ran = await gemini.zag(["exec"], { stdin: prompt });
    assertEquals([ran.code, ran.stdout], [0, prompt.match(/say:(\w+)/)![1] + "\n"], ran.stderr);
    assertEquals(conversation(gemini), [prompt]);
  }
  const over = await gemini.zag(["exec"], { stdin: "x".repeat(8 * 1024 * 1024 + 1) });
  assertEquals(over.code, 1);
  assertMatch(over.stderr, /Cannot send a prompt of 8388609 bytes to Gemini CLI/);
  assertEquals(gemini.asked.length, 3);
});

geminiTest([], "exec loses nothing of an answer that no pipe holds", async (gemini) => {
  // Of a text that repeats itself the CLI makes a loop.
  const answer = Array.from({ length: 8000 }, () => crypto.randomUUID()).join("\n");
  for (const format of [[], ["-o", "text"]]) {
    const ran = await gemini.zag(["exec", ...format], { stdin: `[[say:${answer}]]` });
    assertEquals(ran.code, 0, ran.stderr);
    assertEquals(ran.stdout.length, answer.length + 1);
    assertEquals(ran.stdout, `${answer}\n`);
  }
  const tool = "[[bash:node -p 'process.env.NODE_OPTIONS']][[say:x]]";
  assertEquals(
    onlyTool(await gemini.zag(["exec", "-a", "-o", "json", tool])).result.output,
    "undefined",
  );
});
