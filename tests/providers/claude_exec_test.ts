import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import {
  assertSameBooks,
  assertSameEvents,
  assertSameOutput,
  readNative,
} from "./claude_faithful.ts";
import {
  claudeProves,
  entries,
  eventsOf,
  only,
  outputOf,
  parseLines,
  userTexts,
  withClaude,
} from "./claude_support.ts";

Deno.test("claude exec prints the answer and keeps the books", () =>
  claudeProves(["non_interactive", "preset_session_id"], async (claude) => {
    await claude.record();
    const ran = await claude.zag(["exec", "[[say:hello from the model]]"]);
    assertEquals(ran, { code: 0, signal: null, stdout: "hello from the model\n", stderr: "" });
    const { args, events } = await claude.native();
    await assertSameBooks(claude, events);
    assert((await claude.session()).costUsd! > 0);
    const log = await claude.log();
    const prompts = entries(log, "user_message").map(({ content }) => content);
    assertEquals(prompts, ["[[say:hello from the model]]"]);
    const id = log[0]!.wrapper_session_id;
    assert(args.includes(`--session-id=${id}`));
    assertEquals(args.filter((arg) => arg.startsWith("--model")), []);
    assertEquals(log.map(({ provider_session_id }) => provider_session_id), log.map(() => id));
    const transcript = parseLines(await Deno.readTextFile(claude.transcriptPath(id)));
    const said = transcript.filter(({ type }) => type === "assistant");
    assertEquals(said.map(({ message }) => message.content[0].text), ["hello from the model"]);
  }));

Deno.test("claude exec -o stream-json tells what the CLI told", () =>
  claudeProves(["stream_json", "auto_approve"], async (claude) => {
    await claude.record();
    const prompt = "[[bash:echo one; exit 3]][[write:note.txt|two]][[say:three]]";
    const ran = await claude.zag(["exec", "-a", "-o", "stream-json", prompt]);
    assertEquals(ran.code, 0, ran.stderr);
    assertEquals(ran.stderr, "");
    const { args, events: native } = await claude.native();
    assert(args.includes("--dangerously-skip-permissions"));
    const events = eventsOf(ran);
    assertSameEvents(events, native);
    await assertSameBooks(claude, native);
    const [shell, write] = only(events, "tool_execution");
    assertEquals(shell?.tool_name, "Bash");
    assertEquals(shell?.result.success, false);
    assertStringIncludes(shell?.result.error ?? "", "one");
    assertEquals(write?.tool_name, "Write");
    assertEquals(write?.result.success, true);
    assertEquals(await Deno.readTextFile(`${claude.work}/note.txt`), "two");
    const kinds = entries(await claude.log(), "tool_call").map(({ tool_kind }) => tool_kind);
    assertEquals(kinds, ["shell", "file_write"]);
  }));

Deno.test("claude exec -o json has the same outcome as the CLI alone", () =>
  claudeProves(["json_output", "usage"], async (claude) => {
    await claude.record();
    const prompt = "[[think:let me see]][[bash:echo hi]][[say:done]]";
    const ran = await claude.zag(["exec", "-a", "-o", "json", prompt]);
    assertEquals(ran.code, 0, ran.stderr);
    const output = outputOf(ran);
    assertSameOutput(output, (await claude.native()).events);
    assertEquals(output.exit_code, 0);
    assertEquals(only(output.events, "reasoning").map(({ content }) => content), ["let me see"]);
    const bare = await claude.bare(
      ["-p", "--output-format=json", "--dangerously-skip-permissions"],
      prompt,
    ).then(({ stdout }) => JSON.parse(stdout));
    assertEquals(output.result, bare.result);
    assertEquals(output.total_cost_usd, bare.total_cost_usd);
    assertEquals(output.usage?.input_tokens, bare.usage.input_tokens);
    assertEquals(output.usage?.output_tokens, bare.usage.output_tokens);
    assertEquals(only(output.events, "result").map(({ num_turns }) => num_turns), [bare.num_turns]);
    const pretty = await claude.zag(["exec", "-o", "json-pretty", "[[say:x]]"]);
    assertMatch(pretty.stdout, /^\{\n {2}"agent": "claude",\n/);
    assertEquals(outputOf(pretty).result, "x");
  }));

Deno.test("claude exec -o native-json passes on the CLI's own document", () =>
  withClaude(async (claude) => {
    await claude.record();
    const ran = await claude.zag(["exec", "-o", "native-json", "[[say:as it came]]"]);
    assertEquals(ran.code, 0, ran.stderr);
    const [recorded] = await claude.recorded();
    assertEquals(ran.stdout, recorded!.stdout);
    const native = JSON.parse(ran.stdout);
    await assertSameBooks(claude, native);
  }));

Deno.test("claude exec -o text passes on bytes and logs the answer", () =>
  withClaude(async (claude) => {
    await claude.record();
    const prompt = "[[bash:echo hi]][[say:a plain äöü answer]]";
    const ran = await claude.zag(["exec", "-a", "-o", "text", prompt]);
    assertEquals(ran.code, 0, ran.stderr);
    const [recorded] = await claude.recorded();
    assertEquals(ran.stdout, recorded!.stdout);
    assertEquals(ran.stdout.trim(), "a plain äöü answer");
    const log = await claude.log();
    const said = entries(log, "assistant_message");
    assertEquals(said.map(({ content }) => content), ["a plain äöü answer"]);
    assertEquals(entries(log, "user_message").map(({ content }) => content), [prompt]);
    assertEquals((await claude.session()).outcome, "success");
    // The CLI's own file told what its output did not.
    assertEquals(said.map(({ source_kind }) => source_kind), ["provider_file"]);
    assertEquals(entries(log, "tool_call").map(({ tool_name }) => tool_name), ["Bash"]);
  }));

Deno.test("claude exec -o text finds Claude's own file in another configuration", () =>
  withClaude(async (claude) => {
    const env = `CLAUDE_CONFIG_DIR=${claude.path}/config`;
    const ran = await claude.zag(["exec", "-o", "text", "--env", env, "[[say:elsewhere]]"]);
    assertEquals(ran.stdout, "elsewhere\n", ran.stderr);
    const [said] = entries(await claude.log(), "assistant_message");
    assertEquals(said?.content, "elsewhere");
    assertEquals(said?.source_kind, "provider_file");
  }));

Deno.test("claude exec -o text finds Claude's own file of a long directory", () =>
  withClaude(async (claude) => {
    const deep = `${claude.work}/${"a deep directory/".repeat(15)}é`;
    await Deno.mkdir(deep, { recursive: true });
    const ran = await claude.zag(["exec", "-o", "text", "[[say:down here]]"], { cwd: deep });
    assertEquals(ran.stdout, "down here\n", ran.stderr);
    const [said] = entries(await claude.log(), "assistant_message");
    assertEquals(said?.source_kind, "provider_file");
  }));

Deno.test("claude exec -o text logs what passed by when Claude keeps no file", () =>
  withClaude(async (claude) => {
    const env = "CLAUDE_CODE_SKIP_PROMPT_HISTORY=1";
    const ran = await claude.zag(["exec", "-o", "text", "--env", env, "[[say:all I know]]"]);
    assertEquals(ran.code, 0, ran.stderr);
    assertEquals(ran.stdout, "all I know\n");
    const log = await claude.log();
    const [said] = entries(log, "assistant_message");
    assertEquals(said?.content.trim(), "all I know");
    assertEquals(log.at(-1)?.completeness, "partial");
    const session = await claude.session();
    assertEquals(session.logCompleteness, "partial");
    assertEquals(session.outcome, "success");
  }));

Deno.test("claude exec shows a failure that -o text prints as an answer", () =>
  withClaude(async (claude) => {
    const ran = await claude.zag(["exec", "-o", "text", "[[err:400]]"]);
    assertEquals(ran.code, 2, ran.stdout);
    assertStringIncludes(ran.stdout, "400");
    assertEquals((await claude.session()).outcome, "failure");
  }));

Deno.test("claude exec names the tool that was refused, and the flag that allows it", () =>
  withClaude(async (claude) => {
    await claude.record();
    const ran = await claude.zag(["exec", "[[bash:touch made]][[say:could not]]"]);
    assertEquals(ran.code, 0, ran.stderr);
    assertEquals(ran.stdout, "could not\n");
    assertMatch(ran.stderr, /^warning: .*"Bash".*--auto-approve/m);
    const { events } = await claude.native();
    await assertSameBooks(claude, events);
    assertEquals(events.at(-1)?.permission_denials.length, 1);
    const [permission] = entries(await claude.log(), "permission");
    assertEquals(permission?.tool_name, "Bash");
    assertEquals(permission?.granted, false);
    assertStringIncludes(permission?.description ?? "", "touch made");
    const made = await Deno.stat(`${claude.work}/made`).catch(() => undefined);
    assertEquals(made, undefined);
    const quiet = await claude.zag(["-q", "exec", "[[bash:touch made]][[say:could not]]"]);
    assertEquals(quiet.stderr, "");
  }));

for (const status of [400, 500]) {
  Deno.test(`claude exec reports an API error ${status}`, () =>
    withClaude(async (claude) => {
      await claude.record();
      const script = `[[err:${status}]]`.repeat(3);
      const ran = await claude.zag(["exec", "-o", "json", script]);
      assertEquals(ran.code, 0, ran.stderr);
      assertMatch(ran.stderr, new RegExp(`^error: Claude Code reported a failure: .*${status}`));
      const output = outputOf(ran);
      const { events } = await claude.native();
      assertSameOutput(output, events);
      await assertSameBooks(claude, events);
      assertEquals(output.is_error, true);
      assertStringIncludes(output.error_message ?? "", `${status}`);
      assertEquals(only(output.events, "usage_limit_detected"), []);
      assertEquals(only(output.events, "error").length, 1);
      assertEquals((await claude.session()).error, output.error_message);
    }));
}

Deno.test("claude exec --exit-on-failure exits with 1 when the model fails", () =>
  withClaude(async (claude) => {
    const failed = await claude.zag(["exec", "--exit-on-failure", "[[err:400]]"]);
    assertEquals(failed.code, 1);
    assertEquals(failed.stdout, "");
    assertEquals((await claude.zag(["exec", "--exit-on-failure", "[[say:ok]]"])).code, 0);
  }));

Deno.test("claude exec tells a usage limit", () =>
  withClaude(async (claude) => {
    await claude.record();
    const ran = await claude.zag([
      "exec",
      "--no-auto-resume",
      "-o",
      "stream-json",
      "[[err:429,Q]]",
    ]);
    assertEquals(ran.code, 0, ran.stderr);
    const events = eventsOf(ran);
    const { events: native } = await claude.native();
    assertSameEvents(events, native);
    const [limit] = only(events, "usage_limit_detected");
    assertEquals(limit?.provider, "claude");
    assertEquals(limit?.raw, native.at(-1)?.result);
    const log = await claude.log();
    const [hit] = entries(log, "usage_limit_hit");
    assertEquals(hit?.raw, limit?.raw);
    assertEquals((await claude.session()).outcome, "failure");
    const strict = await claude.zag([
      "exec",
      "--no-auto-resume",
      "--exit-on-failure",
      "[[err:429,Q]]",
    ]);
    assertEquals(strict.code, 1);
  }));

Deno.test("claude exec logs the retries of a rate limit", () =>
  withClaude(async (claude) => {
    const ran = await claude.zag([
      "exec",
      "--no-auto-resume",
      "-o",
      "json",
      "[[err:429]][[err:429]]",
    ]);
    assertEquals(ran.code, 0, ran.stderr);
    assertEquals(only(outputOf(ran).events, "usage_limit_detected").length, 1);
    const notes = entries(await claude.log(), "provider_status").map(({ message }) => message);
    assert(
      notes.some((note) => /^Retrying in .* \(1 of 1\): rate_limit 429$/.test(note)),
      `${notes}`,
    );
  }));

Deno.test("claude exec says that nobody is logged in", () =>
  withClaude(async (claude) => {
    await claude.record();
    const env = { ANTHROPIC_API_KEY: undefined };
    const ran = await claude.zag(["exec", "-o", "json", "[[say:x]]"], { env });
    assertEquals(ran.code, 0);
    assertMatch(ran.stderr, /Not logged in/);
    assertEquals(outputOf(ran).is_error, true);
    assertSameOutput(outputOf(ran), (await claude.native()).events);
    assertEquals(claude.asked.length, 0);
    const strict = await claude.zag(["exec", "--exit-on-failure", "[[say:x]]"], { env });
    assertEquals(strict.code, 1);
  }));

Deno.test("claude exec is refused where print may cost money that nobody agreed to", () =>
  withClaude(async (claude) => {
    const env = { ANTHROPIC_API_KEY: undefined, ANTHROPIC_BASE_URL: undefined };
    const ran = await claude.zag(["exec", "[[say:x]]"], { env });
    assertEquals(ran.code, 1);
    assertStringIncludes(ran.stderr, "ZAG_CLAUDE_ALLOW_PRINT");
    assertEquals(await claude.home.logPaths(), []);
  }));

Deno.test("claude exec -o stream-json --include-partial-messages prints text as it is made", () =>
  claudeProves(["partial_messages"], async (claude) => {
    await claude.record();
    const ran = await claude.zag([
      "exec",
      "-o",
      "stream-json",
      "--include-partial-messages",
      "[[deltas:6,10,the quick brown fox jumps]]",
    ]);
    assertEquals(ran.code, 0, ran.stderr);
    const events = eventsOf(ran);
    const deltas = only(events, "assistant_delta").map(({ text }) => text);
    assertEquals(deltas.length, 5);
    assertEquals(deltas.join(""), "the quick brown fox jumps");
    const { events: native } = await claude.native();
    assertSameEvents(events, native);
    await assertSameBooks(claude, native);
    const types = new Set((await claude.log()).map(({ type }) => `${type}`));
    assertEquals([...types].filter((type) => type.includes("delta")), []);
    const plain = await claude.zag(["exec", "-o", "stream-json", "[[deltas:3]]"]);
    assertEquals(only(eventsOf(plain), "assistant_delta"), []);
  }));

Deno.test("claude exec keeps what came before a stream was cut", () =>
  withClaude(async (claude) => {
    await claude.record();
    const ran = await claude.zag(["exec", "[[cut]]"]);
    assertEquals(ran.code, 0);
    // A CLI that tries again says it again.
    assertMatch(ran.stdout, /^(partial answer ){1,2}\n$/);
    assertMatch(ran.stderr, /^error: Claude Code reported a failure: .*Connection/);
    const { events } = await claude.native();
    assertEquals(readNative(events).texts, []);
    const said = entries(await claude.log(), "assistant_message").map(({ content }) => content);
    assertEquals(said, [ran.stdout.slice(0, -1)]);
    assertEquals((await claude.session()).outcome, "failure");
    const json = await claude.zag(["exec", "-o", "json", "--exit-on-failure", "[[cut]]"]);
    assertEquals(json.code, 1);
    assertEquals(outputOf(json).is_error, true);
    assertSameOutput(outputOf(json), parseLines((await claude.recorded()).at(-1)!.stdout));
  }));

Deno.test("claude exec sends a prompt that is longer than an argument may be", () =>
  withClaude(async (claude) => {
    const prompt = `${"lorem ipsum ".repeat(25_600)}[[say:long]]`;
    assert(prompt.length > 300_000);
    const ran = await claude.zag(["exec"], { stdin: prompt });
    assertEquals(ran.stdout, "long\n", ran.stderr);
    assert(userTexts(claude.lastBody).includes(prompt));
    const [logged] = entries(await claude.log(), "user_message");
    assert(prompt.startsWith(logged!.content));
    assert(logged!.content.length > 200_000);
  }));

Deno.test("claude exec sends prompts that look like flags", () =>
  withClaude(async (claude) => {
    for (const prompt of ["---\nkey: [[say:rule]]", "- item [[say:item]]", "-x [[say:x]]"]) {
      const ran = await claude.zag(["exec", prompt]);
      assertEquals(ran.code, 0, ran.stderr);
      assert(userTexts(claude.lastBody).includes(prompt), prompt);
    }
    const dashes = await claude.zag(["exec", "--", "--version"]);
    assertEquals(dashes.stdout, "STUB:--version\n");
  }));
