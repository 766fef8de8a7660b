import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import {
  AgentHome,
  entries,
  eventsOf,
  only,
  outputOf,
  parseLines,
  runAndDispose,
} from "./agent_home.ts";
import { assertSameBooks, assertSameEvents, assertSameOutput } from "./copilot_faithful.ts";
import { conversation, COPILOT, copilotTest, onlyTool, transcriptPath } from "./copilot_support.ts";

copilotTest(
  ["non_interactive", "preset_session_id", "usage"],
  "exec prints the answer and keeps the books",
  async (copilot) => {
    await copilot.record();
    const ran = await copilot.zag(["exec", "[[say:hello from the model]]"]);
    assertEquals(ran, { code: 0, signal: null, stdout: "hello from the model\n", stderr: "" });
    const { args, events } = await copilot.native();
    await assertSameBooks(copilot, events);
    const log = await copilot.log();
    const prompts = entries(log, "user_message").map(({ content }) => content);
    assertEquals(prompts, ["[[say:hello from the model]]"]);
    const id = log[0]!.wrapper_session_id;
    assert(args.includes(`--session-id=${id}`));
    assertEquals(log.map(({ provider_session_id }) => provider_session_id), log.map(() => id));
    assert((await Deno.stat(transcriptPath(copilot, id))).isFile);
    const report = args.find((arg) => arg.startsWith("--usage-output-file="))!.split("=")[1]!;
    assertEquals(await Deno.stat(report).catch(() => "gone"), "gone");
  },
);

copilotTest(
  ["stream_json", "auto_approve"],
  "exec -o stream-json tells what the CLI told",
  async (copilot) => {
    await copilot.record();
    const file = `${copilot.work}/note.txt`;
    const prompt = `[[bash:echo one; exit 3]][[write:${file}|two]][[say:three]]`;
    const ran = await copilot.zag(["exec", "-a", "-o", "stream-json", prompt]);
    assertEquals([ran.code, ran.stderr], [0, ""]);
    const { args, events: native } = await copilot.native();
    assert(args.includes("--allow-all"));
    const events = eventsOf(ran);
    await assertSameEvents(copilot, events, native);
    await assertSameBooks(copilot, native);
    const [shell, write] = only(events, "tool_execution");
    assertEquals([shell?.tool_name, shell?.result.success], ["bash", false]);
    assertEquals(shell?.input, { command: "echo one; exit 3", description: "Run a command" });
    assertStringIncludes(shell?.result.error ?? "", "one");
    assertEquals([write?.tool_name, write?.result.success], ["create", true]);
    assertEquals(await Deno.readTextFile(file), "two");
    const kinds = entries(await copilot.log(), "tool_call").map(({ tool_kind }) => tool_kind);
    assertEquals(kinds, ["shell", "file_write"]);
    assertEquals(only(events, "assistant_delta"), []);
  },
);

copilotTest(
  ["json_output"],
  "exec -o json has the same outcome as the CLI alone",
  async (copilot) => {
    await copilot.record();
    const prompt = "[[think:let me see]][[say:done]]";
    const ran = await copilot.zag(["exec", "-o", "json", prompt]);
    assertEquals(ran.code, 0, ran.stderr);
    const output = outputOf(ran);
    await assertSameOutput(copilot, output, (await copilot.native()).events);
    assertEquals(output.exit_code, 0);
    assertEquals(only(output.events, "reasoning").map(({ content }) => content), ["let me see"]);
    const report = `${copilot.path}/usage.json`;
    const args = ["--output-format=json", "--usage-output-file", report];
    const bare = parseLines((await copilot.bare(args, prompt)).stdout);
    assertEquals(
      output.result,
      bare.findLast(({ type }) => type === "assistant.message")!.data.content,
    );
    const { modelMetrics } = JSON.parse(await Deno.readTextFile(report));
    const { inputTokens, outputTokens } = modelMetrics["gpt-4.1"].usage;
    assertEquals([output.usage?.input_tokens, output.usage?.output_tokens], [
      inputTokens,
      outputTokens,
    ]);
  },
);

copilotTest(
  ["session_logs"],
  "exec -o text passes on bytes and logs what happened",
  async (copilot) => {
    await copilot.record();
    const prompt = "[[bash:echo hi]][[say:a plain äöü answer]]";
    const home = ["--env", `COPILOT_HOME=${copilot.path}/elsewhere`];
    const ran = await copilot.zag(["exec", "-a", "-o", "text", ...home, prompt]);
    assertEquals(ran.code, 0, ran.stderr);
    const [recorded] = await copilot.recorded();
    assertEquals(ran.stdout, recorded!.stdout);
    assertEquals(ran.stdout.trim(), "a plain äöü answer");
    const log = await copilot.log();
    const said = entries(log, "assistant_message");
    assertEquals(said.map(({ content }) => content), ["a plain äöü answer"]);
    // The CLI's own file told what its output did not.
    assertEquals(said.map(({ source_kind }) => source_kind), ["provider_file"]);
    assertEquals(entries(log, "tool_call").map(({ tool_name }) => tool_name), ["bash"]);
    assertEquals(entries(log, "user_message").map(({ content }) => content), [prompt]);
    assertEquals((await copilot.session()).outcome, "success");
  },
);

copilotTest([], "exec -o text fails when the model does", async (copilot) => {
  const ran = await copilot.zag(["exec", "-o", "text", "[[err:400]]"]);
  assertEquals(ran.code, 2, ran.stdout);
  assertStringIncludes(ran.stderr, "stub error 400");
  assertEquals((await copilot.session()).outcome, "failure");
});

copilotTest(
  ["auto_approve"],
  "exec names the tool that was refused, and the flag that allows it",
  async (copilot) => {
    await copilot.record();
    const ran = await copilot.zag(["exec", "[[bash:touch made]][[say:could not]]"]);
    assertEquals([ran.code, ran.stdout], [0, "could not\n"]);
    assertMatch(ran.stderr, /^warning: .*"bash".*--auto-approve/m);
    await assertSameBooks(copilot, (await copilot.native()).events);
    const [permission] = entries(await copilot.log(), "permission");
    assertEquals([permission?.tool_name, permission?.granted], ["bash", false]);
    assertStringIncludes(permission?.description ?? "", "touch made");
    assertEquals(await Deno.stat(`${copilot.work}/made`).catch(() => undefined), undefined);
  },
);

/** Prompts whose answers fail, what the failure says, and how often the model is asked. */
const FAILURES: readonly [string, RegExp, number][] = [
  ["[[err:400]]", /stub error 400/, 1],
  ["[[err:401]]", /Authentication failed .*401/, 3],
  ["[[err:429]]", /retried 5 times .*429/, 6],
  ["[[err:500]]", /retried 5 times .*500/, 6],
  ["[[cut]]", /retried 5 times .*connection/, 6],
];

Deno.test("copilot exec reports what goes wrong, after all of the CLI's retries", async () => {
  // The CLI spends most of its time waiting between its retries.
  await Promise.all(FAILURES.map(async ([prompt, failure, asked]) => {
    await runAndDispose(await AgentHome.create(COPILOT), async (copilot) => {
      await copilot.record();
      const ran = await copilot.zag([
        "exec",
        "--no-auto-resume",
        "-o",
        "json",
        "--exit-on-failure",
        prompt,
      ]);
      assertEquals(ran.code, 1, prompt);
      assertStringIncludes(ran.stderr, "error: GitHub Copilot reported a failure: ");
      const output = outputOf(ran);
      const { events } = await copilot.native();
      await assertSameOutput(copilot, output, events);
      await assertSameBooks(copilot, events);
      assertEquals([output.is_error, output.result], [true, null]);
      assertMatch(output.error_message ?? "", failure);
      assertEquals((await copilot.session()).error, output.error_message);
      assertEquals(copilot.asked.length, asked, prompt);
      const log = await copilot.log();
      const notes = entries(log, "provider_status").map(({ message }) => message);
      assertEquals(notes.filter((note) => note.startsWith("Retrying: ")).length, asked - 1);
      const limits = only(output.events, "usage_limit_detected");
      assertEquals(
        limits.map(({ raw }) => raw),
        prompt.includes("429") ? [output.error_message] : [],
      );
      const hits = entries(log, "usage_limit_hit").map(({ raw }) => raw);
      assertEquals(hits, limits.map(({ raw }) => raw));
    });
  }));
});

copilotTest([], "exec says that nobody is logged in", async (copilot) => {
  const env = { COPILOT_OFFLINE: undefined, COPILOT_PROVIDER_BASE_URL: undefined };
  // No name but its own may be looked up from here.
  const proxy = {
    HTTPS_PROXY: "http://127.0.0.1:1",
    COPILOT_DEBUG_GITHUB_API_URL: "http://127.0.0.1:1",
  };
  const ran = await copilot.zag(["exec", "[[say:x]]"], { env: { ...env, ...proxy } });
  assertEquals(ran.code, 2, ran.stdout);
  assertMatch(ran.stderr, /ended without a result \(exit code 1\): .*authentication/is);
  assertEquals((await copilot.session()).outcome, "unknown");
});

copilotTest(["partial_messages"], "exec prints text as it is made", async (copilot) => {
  await copilot.record();
  const prompt = "[[deltas:6,10,the quick brown fox jumps]]";
  const args = ["exec", "-o", "stream-json", "--include-partial-messages", prompt];
  const events = eventsOf(await copilot.zag(args));
  const deltas = only(events, "assistant_delta").map(({ text }) => text);
  const { events: native } = await copilot.native();
  assertEquals(
    deltas,
    native.filter(({ type }) => type === "assistant.message_delta")
      .map(({ data }) => data.deltaContent),
  );
  assertEquals([deltas.length, deltas.join("")], [5, "the quick brown fox jumps"]);
  await assertSameEvents(copilot, events, native);
  await assertSameBooks(copilot, native);
});

copilotTest([], "exec tells the work of a sub-agent from its own", async (copilot) => {
  await copilot.record();
  const task = {
    agent_type: "explore",
    name: "look",
    description: "look",
    prompt: "[[say:inner]]",
  };
  const prompt = `[[call:task ${JSON.stringify(task)}]][[say:outer]]`;
  const ran = await copilot.zag(["exec", "-a", "-o", "json", prompt]);
  const output = outputOf(ran);
  await assertSameOutput(copilot, output, (await copilot.native()).events);
  const { tool_id } = onlyTool(ran);
  const said = only(output.events, "assistant_message").filter(({ content }) =>
    content[0]?.type === "text"
  );
  assertEquals(said.map(({ parent_tool_use_id }) => parent_tool_use_id), [tool_id, undefined]);
  assertEquals([output.result, output.usage?.input_tokens], ["outer", 36]);
  const [call] = entries(await copilot.log(), "tool_call");
  assertEquals(call?.tool_kind, "sub_agent");
});

copilotTest(["json_schema"], "exec --json-schema checks the answer", async (copilot) => {
  const schema = '{"type":"object","properties":{"n":{"type":"integer"}},"required":["n"]}';
  const ran = await copilot.zag(["exec", "--json-schema", schema, '[[json:{"n":7}]]']);
  assertEquals([ran.code, JSON.parse(ran.stdout)], [0, { n: 7 }], ran.stderr);
});

copilotTest([], "exec sends prompts of any length and beginning", async (copilot) => {
  const long = `---\n${"lorem ipsum ".repeat(90_000)}[[say:long]]`;
  assert(long.length > 1024 * 1024);
  // Of a model that it does not know the CLI believes that it reads less.
  const ran = await copilot.zag(["exec", "-m", "large"], { stdin: long });
  assertEquals(ran.stdout, "long\n", ran.stderr);
  assertEquals(conversation(copilot), [long]);
  for (const prompt of ["---\nkey: [[say:rule]]", "-x [[say:x]]"]) {
    const short = await copilot.zag(["exec", prompt]);
    assertEquals(short.code, 0, short.stderr);
    assertEquals(conversation(copilot), [prompt]);
  }
});
