import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { entries, eventsOf, only, outputOf, parseLines } from "./agent_home.ts";
import { assertSameBooks, assertSameEvents, assertSameOutput } from "./codex_faithful.ts";
import { codexTest, rollout, said } from "./codex_support.ts";

codexTest(["non_interactive"], "exec prints the answer and keeps the books", async (codex) => {
  await codex.record();
  const prompt = "[[say:hello from the model]]";
  const ran = await codex.zag(["exec", prompt]);
  assertEquals(ran, { code: 0, signal: null, stdout: "hello from the model\n", stderr: "" });
  const { args, events } = await codex.native();
  await assertSameBooks(codex, events);
  assertEquals(args.filter((arg) => arg.startsWith("--model")), []);
  assertEquals(args.at(-1), "-");
  assertEquals(entries(await codex.log(), "user_message").map(({ content }) => content), [prompt]);
  const payloads = await rollout(codex);
  assertEquals(payloads[0]?.cwd, codex.work);
  const files = (await Array.fromAsync(Deno.readDir(codex.work))).map(({ name }) => name);
  assertEquals(files, [], "nothing is written where the agent works");
});

codexTest(["stream_json"], "exec -o stream-json tells what the CLI told", async (codex) => {
  await codex.record();
  const prompt = "[[bash:echo one; exit 3]][[2bash:echo two|echo three]][[write:note.txt|four]]" +
    "[[think:let me see]]";
  const ran = await codex.zag(["exec", "-a", "-o", "stream-json", prompt]);
  assertEquals([ran.code, ran.stderr], [0, ""]);
  const { args, events: native } = await codex.native();
  assert(args.includes("--dangerously-bypass-approvals-and-sandbox"));
  const events = eventsOf(ran);
  assertSameEvents(events, native);
  await assertSameBooks(codex, native);
  const tools = only(events, "tool_execution");
  const [shell] = tools;
  assertEquals(shell?.result, {
    success: false,
    output: null,
    error: "one\n",
    data: { exit_code: 3, status: "failed" },
  });
  assertEquals(tools.at(-1)?.tool_name, "file_change");
  assertEquals((await Deno.readTextFile(`${codex.work}/note.txt`)).trimEnd(), "four");
  assertEquals(only(events, "reasoning").map(({ content }) => content), ["let me see"]);
  const kinds = entries(await codex.log(), "tool_call").map(({ tool_kind }) => tool_kind);
  assertEquals(kinds, ["shell", "shell", "shell", "file_edit"]);
});

codexTest(["json_output", "usage"], "exec -o json ends as the CLI alone does", async (codex) => {
  await codex.record();
  const prompt = "[[bash:echo hi]][[say:done]]";
  const ran = await codex.zag(["exec", "-a", "-o", "json", prompt]);
  assertEquals([ran.code, ran.stderr], [0, ""]);
  const output = outputOf(ran);
  assertSameOutput(output, (await codex.native()).events);
  assertEquals(output.exit_code, 0);
  const args = ["exec", "--json", "--skip-git-repo-check", "-c", "allow_login_shell=false", "-"];
  args.push("--dangerously-bypass-approvals-and-sandbox");
  const bare = parseLines((await codex.bare(args, prompt)).stdout).at(-1)!;
  assertEquals(output.usage?.input_tokens, bare.usage.input_tokens);
  assertEquals(output.usage?.output_tokens, bare.usage.output_tokens);
  const pretty = await codex.zag(["exec", "-o", "json-pretty", "[[say:x]]"]);
  assertMatch(pretty.stdout, /^\{\n {2}"agent": "codex",\n/);
  assertEquals(outputOf(pretty).result, "x");
});

codexTest(
  [],
  "exec -o text passes on bytes, logs it all, and can be gone on with",
  async (codex) => {
    await codex.record();
    const prompt = "[[bash:echo hi]][[say:a plain äöü answer]]";
    const ran = await codex.zag(["exec", "-a", "-o", "text", prompt]);
    assertEquals([ran.code, ran.stdout], [0, "a plain äöü answer\n"], ran.stderr);
    assertEquals((await codex.recorded())[0]?.stdout, ran.stdout);
    const log = await codex.log();
    const answers = entries(log, "assistant_message");
    assertEquals(answers.map(({ content }) => content), ["a plain äöü answer"]);
    // The CLI's own file told what its output did not.
    assertEquals(answers.map(({ source_kind }) => source_kind), ["provider_file"]);
    assertEquals(entries(log, "user_message").map(({ content }) => content), [prompt]);
    assertEquals(entries(log, "tool_call").map(({ tool_name }) => tool_name), [
      "command_execution",
    ]);
    const [meta] = await rollout(codex);
    assertEquals((await codex.session()).providerSessionId, meta?.id);
    assertEquals((await codex.session()).outcome, "success");
    const again = await codex.zag(["exec", "--continue", "[[say:more]]"]);
    assertEquals(again.stdout, "more\n", again.stderr);
  },
);

codexTest([], "exec -o text finds Codex's own file in another home", async (codex) => {
  await Deno.rename(`${codex.path}/.codex`, `${codex.path}/elsewhere`);
  const env = `CODEX_HOME=${codex.path}/elsewhere`;
  const ran = await codex.zag(["exec", "-o", "text", "--env", env, "[[say:elsewhere]]"]);
  assertEquals(ran.stdout, "elsewhere\n", ran.stderr);
  const [answer] = entries(await codex.log(), "assistant_message");
  assertEquals([answer?.content, answer?.source_kind], ["elsewhere", "provider_file"]);
});

codexTest([], "exec -o text reports a failure", async (codex) => {
  const ran = await codex.zag(["exec", "-o", "text", "[[err:400]]"]);
  assertEquals([ran.code, ran.stdout], [2, ""]);
  assertStringIncludes(ran.stderr, "stub error 400");
  assertEquals((await codex.session()).outcome, "failure");
});

const failures: [string, RegExp][] = [
  ["[[err:400]]", /^stub error 400$/],
  ["[[err:401]][[err:401]]", /401 Unauthorized/],
  ["[[err:500]][[err:500]]", /high demand/],
  ["[[ierr:boom]][[ierr:boom]]", /disconnected before completion: boom/],
  ["[[cut]][[cut]]", /^stream disconnected/],
];

for (const [script, expected] of failures) {
  codexTest([], `exec reports the failure of ${script}`, async (codex) => {
    await codex.record();
    const ran = await codex.zag(["exec", "-o", "json", "--exit-on-failure", script]);
    assertEquals(ran.code, 1, ran.stderr);
    assertMatch(ran.stderr, /^error: Codex reported a failure: /);
    const { events } = await codex.native();
    const output = outputOf(ran);
    // The API's own JSON is shown as what it says.
    const told = events.at(-1)!;
    if (told.error.message.startsWith("{")) told.error.message = "stub error 400";
    assertSameOutput(output, events);
    await assertSameBooks(codex, events);
    assertMatch(output.error_message ?? "", expected);
    assertEquals(only(output.events, "error").length, 1);
    assertEquals(only(output.events, "usage_limit_detected"), []);
    assertEquals((await codex.session()).error, output.error_message);
    const notes = entries(await codex.log(), "provider_status").map(({ message }) => message);
    const retries = script === "[[err:400]]" ? 0 : 1;
    assertEquals(notes.filter((note) => /^Reconnecting\.\.\. 1\/1/.test(note)).length, retries);
  });
}

codexTest(
  [],
  "exec exits with 0 when the model fails, unless it is told to mind",
  async (codex) => {
    const ran = await codex.zag(["exec", "[[err:400]]"]);
    assertEquals([ran.code, ran.stdout], [0, ""]);
    assertStringIncludes(ran.stderr, "stub error 400");
  },
);

codexTest([], "exec says that there is no key", async (codex) => {
  const env = { STUB_KEY: undefined };
  const ran = await codex.zag(["exec", "--exit-on-failure", "[[say:x]]"], { env });
  assertEquals(ran.code, 1);
  assertStringIncludes(ran.stderr, "STUB_KEY");
  assertEquals(codex.asked.length, 0);
});

codexTest([], "exec tells a usage limit and when it ends", async (codex) => {
  await codex.record();
  const ran = await codex.zag(["exec", "--no-auto-resume", "-o", "stream-json", "[[err:429,Q]]"]);
  assertEquals(ran.code, 0, ran.stderr);
  const events = eventsOf(ran);
  const { events: native } = await codex.native();
  assertSameEvents(events, native);
  const [limit] = only(events, "usage_limit_detected");
  assertEquals([limit?.provider, limit?.raw], ["codex", native.at(-1)!.error.message]);
  assertEquals(events.indexOf(limit!), events.length - 3);
  // The server gives one hour; Codex names the minute.
  const left = Date.parse(limit!.reset_at!) - Date.now();
  assert(left > 3_000_000 && left <= 3_600_000, `${limit?.reset_at} is ${left} ms away`);
  const [hit] = entries(await codex.log(), "usage_limit_hit");
  assertEquals([hit?.raw, hit?.reset_at], [limit?.raw, limit?.reset_at]);
  assertEquals((await codex.session()).outcome, "failure");
});

codexTest([], "exec tells a rate limit after its retries", async (codex) => {
  const ran = await codex.zag(["exec", "--no-auto-resume", "-o", "json", "[[err:429]][[err:429]]"]);
  assertEquals(ran.code, 0, ran.stderr);
  const [limit] = only(outputOf(ran).events, "usage_limit_detected");
  assertStringIncludes(limit?.raw ?? "", "429");
  assertEquals(limit?.reset_at, undefined);
  const notes = entries(await codex.log(), "provider_status").map(({ message }) => message);
  assertEquals(notes.filter((note) => note.startsWith("Reconnecting...")).length, 1);
});

codexTest([], "exec sends a prompt of a megabyte, and refuses more", async (codex) => {
  const prompt = `[[say:long]]${"lorem ipsum ".repeat(87_380)}`;
  assert(prompt.length < 1_048_576 && prompt.length > 1_048_500);
  const ran = await codex.zag(["exec"], { stdin: prompt });
  assertEquals(ran.stdout, "long\n", ran.stderr);
  assert(said(codex, "user").includes(prompt));
  const asked = codex.asked.length;
  const more = await codex.zag(["exec"], { stdin: `${prompt}${"x".repeat(1000)}` });
  assertEquals([more.code, more.stdout, codex.asked.length], [1, "", asked]);
  assertMatch(more.stderr, /^error: Cannot send .*1048576/);
});

codexTest([], "exec sends prompts that look like flags", async (codex) => {
  for (const prompt of ["---\nkey: [[say:rule]]", "- item [[say:item]]", "-x [[say:x]]"]) {
    const ran = await codex.zag(["exec", prompt]);
    assertEquals(ran.code, 0, ran.stderr);
    assert(said(codex, "user").includes(prompt), prompt);
  }
  const dashes = await codex.zag(["exec", "--", "--version"]);
  assertEquals(dashes.stdout, "STUB:--version\n");
});

codexTest([], "exec starts zag and Codex from inside a session", async (codex) => {
  await codex.program("codex", [
    "#!/bin/sh",
    'env > "$HOME/environment.$$"',
    `exec '${codex.bin}/codex' "$@"`,
  ]);
  const script = "[[bash:env > tool_environment; zag -p codex exec -o json inner]][[say:x]]";
  const ran = await codex.zag(["exec", "-a", "-o", "json", script]);
  assertEquals(ran.code, 0, ran.stderr);
  const output = outputOf(ran);
  const [tool] = only(output.events, "tool_execution");
  const inner = JSON.parse(tool?.result.output ?? tool?.result.error ?? "");
  assertEquals(inner.result, "STUB:inner");
  assert(inner.session_id !== output.session_id);
  const [one, two] = codex.home.rows("sessions");
  assertEquals(two?.parent_session_id, one?.session_id);
  const names = async (path: string) =>
    (await Deno.readTextFile(path)).split("\n").map((line) => line.split("=")[0]!)
      .filter((name) => /^CODEX/.test(name));
  const tools = await names(`${codex.work}/tool_environment`);
  assert(tools.includes("CODEX_THREAD_ID"));
  const starts = (await Array.fromAsync(Deno.readDir(codex.path)))
    .filter(({ name }) => name.startsWith("environment."));
  const told = await Promise.all(starts.map(({ name }) => names(`${codex.path}/${name}`)));
  assertEquals(told.map((names) => names.length).sort(), [0, 4]);
  // Which program the surrounding session is, and how, does no harm.
  assertEquals(told.flat().sort(), [
    "CODEX_APPLY_PATCH_PRESERVE_LINE_ENDINGS",
    "CODEX_MANAGED_BY_NPM",
    "CODEX_MANAGED_PACKAGE_ROOT",
    "CODEX_VERSION",
  ]);
});
