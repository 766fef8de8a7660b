/** `exec --json`: what happens when an answer will not do. */
import type { AgentOutput } from "../../src/events/event.ts";
import type { Step } from "../../src/providers/mock/script.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { answering, asked, playing, SCHEMA, statusOf } from "./json_support.ts";
import { inHome, onlyLog, script, waitFor } from "./support.ts";
import type { TestHome } from "../support/zag.ts";

const say = (text: string): Step[] => [{ do: "say", text }];

Deno.test(
  "exec --json-schema sends an answer back until it fits, in the same session",
  inHome(async (home) => {
    const { code, stdout, stderr } = await answering(home, ["no", '{"n":"x"}', '{"n":3}'], [
      "--json-schema",
      SCHEMA,
    ]);
    assertEquals([code, stdout, stderr], [0, '{"n":3}\n', ""]);
    const [first, second, third, ...more] = await asked(home);
    assertEquals([first, more], ["list them", []]);
    assertStringIncludes(second!, "- the answer holds no JSON: there is no object");
    assertStringIncludes(third!, '- /n: must be integer (type), got "x"');
    assertEquals(home.rows("sessions").map(({ outcome }) => outcome), ["success"]);
    assertEquals(home.rows("processes").map(({ status }) => status), Array(3).fill("exited"));
    assertEquals(await statusOf(home), "completed");
  }),
);

Deno.test(
  "a session that is corrected begins and ends once, and its log says what was refused",
  inHome(async (home) => {
    await answering(home, ["no", "[]"]);
    const log = await onlyLog(home);
    const count = (wanted: string) => log.filter(({ type }) => type === wanted).length;
    assertEquals([count("session_started"), count("session_ended")], [2, 1]);
    const [refusal, ...more] = log.filter(({ type }) => type === "user_event");
    assertEquals([refusal?.level, refusal?.source_kind, more], ["warn", "wrapper", []]);
    assertMatch(String(refusal?.message), /^The answer was refused: the answer holds no JSON: /);
    assertEquals(log.at(-1)?.type, "session_ended");
    // Whoever starts it again needs what it was started with, and not the correction.
    const launches = log.filter(({ type }) => type === "session_meta")
      .map(({ meta }) => "launch" in (meta as Record<string, unknown>));
    assertEquals(launches, [true, false]);
  }),
);

Deno.test(
  "exec --json gives up after three corrections, with the reasons and nothing on stdout",
  inHome(async (home) => {
    const last = '\u001b[31mred\u0007 {"n": "y", "m": 1} ' + "é".repeat(600);
    const { code, stdout, stderr } = await answering(home, ["a", "{}", "c", last, '{"n":1}'], [
      "--json-schema",
      SCHEMA,
    ]);
    assertEquals([code, stdout], [1, ""]);
    const lines = stderr.split("\n");
    assertEquals(
      lines[0],
      "error: The answer is not what was asked for, also after 3 corrections:",
    );
    assertEquals(lines.slice(1, 3).sort(), [
      '  - /n: must be integer (type), got "y"',
      '  - the value: must not have the property "m" (additionalProperties)',
    ]);
    assertMatch(
      lines[3]!,
      /^The answer begins: \\u001b\[31mred\\u0007 \{"n": "y", "m": 1\} é+\.\.\.$/,
    );
    assertEquals(lines[3]!.match(/é/g)!.length, 500 - Array.from(last).indexOf("é"));
    assertEquals((await asked(home)).length, 4);
    const [session] = home.rows("sessions");
    assertEquals([session?.outcome, session?.exit_code], ["failure", 0]);
    assertMatch(String(session?.error), /^The answer was refused: /);
    const [end] = (await onlyLog(home)).slice(-1);
    assertEquals([end?.type, end?.success, end?.outcome], ["session_ended", false, "failure"]);
    assertEquals(await statusOf(home), "failed");
  }),
);

Deno.test(
  "exec --json says it when there never was any JSON, or any answer",
  inHome(async (home) => {
    const never = await answering(home, ["a", "b", "c", "{ d"]);
    assertEquals([never.code, never.stdout], [1, ""]);
    assertMatch(
      never.stderr,
      / {2}- the answer holds no JSON: .*line 1.*\nThe answer begins: \{ d\n$/,
    );
    const empty = await playing(home, [[], [], [], []]);
    assertEquals([empty.code, empty.stdout], [1, ""]);
    assertStringIncludes(
      empty.stderr,
      "  - the answer holds no JSON: it is empty\nThe answer is empty\n",
    );
  }),
);

Deno.test(
  "a correction has everything that the first prompt had, and the whole demand",
  inHome(async (home) => {
    await Deno.mkdir(`${home.work}/more`);
    await Deno.writeTextFile(`${home.work}/note.txt`, "a note");
    const mcp = '{"mcpServers":{"demo":{"command":"true"}}}';
    const ran = await playing(home, [say("no"), [{ do: "prompt" }]], [
      ...["--json-schema", '{"type":"object"}', "-m", "mock-large", "-s", "Be brief.", "-a"],
      ...["--max-turns", "7", "--add-dir", "more", "--mcp-config", mcp, "--file", "note.txt"],
    ]);
    assertEquals(ran.code, 0, ran.stderr);
    const got = JSON.parse(ran.stdout);
    assertEquals(
      [got.model, got.max_turns, got.auto_approve, got.add_dirs],
      ["mock-large", 7, true, [`${home.work}/more`]],
    );
    assertMatch(
      got.system_prompt,
      /^Be brief\.\n\nAnswer with JSON alone[^]*JSON Schema:\n\{[^]*\}$/,
    );
    assertEquals(got.system_prompt.match(/Answer with JSON alone/g).length, 1);
    assertEquals([got.resumed, got.turn, got.cwd], [true, 1, home.work]);
    assertEquals(got.mcp_config, JSON.parse(mcp));
    assertStringIncludes(got.prompt, "- the answer holds no JSON");
    assertStringIncludes(got.prompt, "It must match this JSON Schema");
    // What is in the session already is not sent twice.
    assertEquals(got.prompt.includes("a note"), false);
    assertStringIncludes(got.history[0].prompt, "a note");
  }),
);

Deno.test(
  "a correction has the variables of the first invocation",
  inHome(async (home) => {
    const turns: Step[][] = [say("no"), [{ do: "env", name: "WANTED" }]];
    const ran = await playing(home, turns, ["--json", "--env", "WANTED=[7]"]);
    assertEquals([ran.code, ran.stdout], [0, "[7]\n"]);
  }),
);

Deno.test(
  "exec --json -o json tells of all invocations together",
  inHome(async (home) => {
    const turn = (text: string, input: number, cost: number): Step[] => [
      { do: "usage", input_tokens: input, output_tokens: 1, cost_usd: cost },
      { do: "say", text },
    ];
    const turns = [turn("a", 100, 0.5), turn("b", 10, 0.25), turn("[]", 1, 0.125)];
    const ran = await playing(home, turns, ["--json", "-o", "json", "--show-usage"]);
    const output: AgentOutput = JSON.parse(ran.stdout);
    assertEquals([ran.code, output.result, output.is_error], [0, "[]", false]);
    assertEquals([output.usage?.input_tokens, output.usage?.output_tokens], [111, 3]);
    assertEquals(output.total_cost_usd, 0.875);
    assertEquals(output.events.filter(({ type }) => type === "init").length, 3);
    assertEquals(output.session_id, home.rows("sessions")[0]?.session_id);
    assertEquals(ran.stderr, "tokens: 111 in, 3 out\n");
    const cost = JSON.parse((await home.zag(["cost", "--json"])).stdout);
    assertStringIncludes(JSON.stringify(cost), "0.875");
    // A failure was not for nothing either.
    const bad = await playing(home, ["a", "b", "c", "d"].map((text) => turn(text, 10, 0)), [
      "--json",
      "--show-usage",
    ]);
    assertMatch(bad.stderr, /\ntokens: 40 in, 4 out\n$/);
  }),
);

Deno.test(
  "a correction in which the agent fails ends as without --json",
  inHome(async (home) => {
    const cases: [steps: Step[], code: number, message: string][] = [
      [[{ do: "error", message: "boom", fatal: true }], 1, "reported a failure: boom"],
      [[{ do: "limit", message: "used up" }], 1, "reported a failure: used up"],
      [[{ do: "exit", code: 3 }], 2, "exit"],
      [[{ do: "crash" }], 2, "SIGKILL"],
    ];
    for (const [steps, code, message] of cases) {
      const ran = await playing(home, [say("no"), steps], ["--json", "--no-auto-resume"]);
      assertEquals([ran.code, ran.stdout], [code, ""], message);
      assertStringIncludes(ran.stderr, message);
    }
  }),
);

Deno.test(
  "exec --json --timeout holds for all invocations together",
  inHome(async (home) => {
    const ran = await playing(home, [say("no"), [{ do: "hang" }]], ["--json", "--timeout", "15"]);
    assertEquals([ran.code, ran.stdout], [124, ""]);
    assertMatch(
      ran.stderr,
      /^error: Mock agent did not finish within 15s and was ended \(--timeout\)\n/,
    );
    assertEquals((await asked(home)).length, 2);
    assertEquals(home.rows("sessions").map(({ outcome }) => outcome), ["timeout"]);
  }),
);

Deno.test(
  "exec --json --idle-timeout holds for a correction too",
  inHome(async (home) => {
    const ran = await playing(home, [say("no"), [{ do: "hang" }]], [
      "--json",
      "--idle-timeout",
      "10",
    ]);
    assertEquals([ran.code, ran.stdout], [124, ""]);
    assertStringIncludes(ran.stderr, "was silent for 10s");
    assertEquals((await asked(home)).length, 2);
  }),
);

/** A zag whose agent was asked once more, and says nothing. */
async function beingCorrected(home: TestHome): Promise<Deno.ChildProcess> {
  const child = home.spawn(["-p", "mock", "exec", "--json", "hi"], {
    env: script(say("no"), [{ do: "hang" }]),
  });
  await waitFor(
    "the correction",
    async () =>
      (await home.logs())[0]?.filter(({ type }) => type === "session_started").length === 2 ||
      undefined,
  );
  return child;
}

for (const [signal, code] of [["SIGTERM", 143], ["SIGINT", 130]] as const) {
  Deno.test(
    `exec --json is over when ${signal} comes during a correction`,
    inHome(async (home) => {
      const child = await beingCorrected(home);
      child.kill(signal);
      const output = await child.output();
      assertEquals([output.code, output.stdout.length], [code, 0]);
      assertEquals(home.rows("sessions")[0]?.outcome, "interrupted");
      const log = await onlyLog(home);
      assertEquals(log.filter(({ type }) => type === "session_ended").length, 1);
    }),
  );
}

Deno.test(
  "a zag that is killed during a correction leaves a dead session, not a completed one",
  inHome(async (home) => {
    const child = await beingCorrected(home);
    child.kill("SIGKILL");
    await child.output();
    assertEquals(await statusOf(home), "dead");
    assertEquals(home.rows("sessions").length, 1);
  }),
);

Deno.test(
  "an agent that keeps the system prompt of its session is not told of JSON there once more",
  inHome(async (home) => {
    await home.program(
      "codex",
      `#!/bin/sh
if [ "$*" = --version ]; then echo "codex-cli 0.137.0"; exit; fi
mkdir -p "$HOME/asked"; n=$(ls "$HOME/asked" | wc -l); cat > "$HOME/asked/$n"
printf '%s\\n' "$@" > "$HOME/args$n"
echo '{"type":"thread.started","thread_id":"01234567-89ab-7def-8123-456789abcdef"}'
echo '{"type":"turn.started"}'
echo '{"type":"item.completed","item":{"id":"i","type":"agent_message","text":"'$n'. [1"}}'
echo '{"type":"turn.completed","usage":{"input_tokens":5,"output_tokens":1}}'
`,
    );
    const schema = '{"type":"object","additionalProperties":false,"properties":{},"required":[]}';
    const ran = await home.zag(["-p", "codex", "exec", "--json-schema", schema, "count"]);
    assertEquals(ran.code, 1, ran.stderr);
    const read = (name: string) => Deno.readTextFile(`${home.path}/${name}`);
    const first = await read("args0");
    assertMatch(
      first,
      /^--config=developer_instructions="The answer must be JSON\. .*JSON Schema/m,
    );
    // What the CLI takes natively it still gets.
    assertMatch(first, /^--output-schema=/m);
    const second = await read("args1");
    assertMatch(second, /^resume$/m);
    assertEquals(second.includes("developer_instructions"), false);
    assertEquals((await read("asked/1")).match(/The answer must be JSON/g)?.length, 1);
  }),
);

Deno.test(
  "an agent that keeps no session is sent the whole prompt again, with the reasons",
  inHome(async (home) => {
    // It never says how its session is called.
    const event = (text: string) =>
      JSON.stringify({ type: "item.completed", item: { id: "i", type: "agent_message", text } });
    const turn = '{"type":"turn.completed","usage":{"input_tokens":5,"output_tokens":1}}';
    await home.program(
      "codex",
      `#!/bin/sh
if [ "$*" = --version ]; then echo "codex-cli 0.137.0"; exit; fi
printf '%s\\n' "$@" >> "$HOME/args"
mkdir -p "$HOME/asked"; n=$(ls "$HOME/asked" | wc -l); cat > "$HOME/asked/$n"
echo '{"type":"turn.started"}'
if [ $n = 0 ]; then echo '${event("no idea")}'; else echo '${event("[1]")}'; fi
echo '${turn}'
`,
    );
    await Deno.writeTextFile(`${home.work}/note.txt`, "a note");
    const args = ["-p", "codex", "exec", "--json", "-o", "json", "--file", "note.txt"];
    const ran = await home.zag([...args, "--system-prompt", "Be brief.", "count"]);
    const output: AgentOutput = JSON.parse(ran.stdout);
    assertEquals([ran.code, output.result, output.usage?.input_tokens], [0, "[1]", 10], ran.stderr);
    const [first, second] = await Promise.all(
      [0, 1].map((n) => Deno.readTextFile(`${home.path}/asked/${n}`)),
    );
    assert(second!.startsWith(first!), "the prompt is sent again in whole");
    for (const part of ["a note", "Answer with JSON alone", "count"]) {
      assertStringIncludes(first!, part);
    }
    assertStringIncludes(second!, "An earlier answer to this could not be used:\n- the answer");
    const given = await Deno.readTextFile(`${home.path}/args`);
    assertEquals(given.split("\n").includes("resume"), false);
    assertEquals(given.match(/Be brief\.\\n\\nAnswer with JSON alone/g)?.length, 2, given);
    assertEquals(home.rows("sessions").map(({ outcome }) => outcome), ["success"]);
    assertEquals((await asked(home)).length, 2);
  }),
);

Deno.test(
  "an agent that cannot be asked again is no reason to keep the refusal from anybody",
  inHome(async (home) => {
    // The directory of the session is gone when it should go on.
    const leave: Step = { do: "run", command: ["rm", "-rf", `${home.work}/gone`] };
    await Deno.mkdir(`${home.work}/gone`);
    const ran = await playing(home, [[leave, ...say("no")], say("[]")], [
      "--json",
      "--root",
      `${home.work}/gone`,
    ]);
    assertEquals([ran.code, ran.stdout], [1, ""]);
    assertStringIncludes(ran.stderr, "  - the answer holds no JSON");
    assertStringIncludes(ran.stderr, "It could not be sent back: ");
    assertStringIncludes(ran.stderr, "The answer begins: no\n");
    // Its books are closed, as after any other refusal.
    const [end] = (await onlyLog(home)).slice(-1);
    assertEquals([end?.type, end?.outcome], ["session_ended", "failure"]);
    assertEquals(home.rows("processes").map(({ status }) => status), ["exited"]);
    assertEquals((await home.zag(["session", "list", "--global", "--json"])).code, 0);
    assertEquals(home.rows("sessions").map(({ outcome }) => outcome), ["failure"]);
  }),
);
