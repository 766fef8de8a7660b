import type { Step } from "../../src/providers/mock/script.ts";
import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertStringIncludes,
} from "../support/assert.ts";
import { run } from "../../src/cli/app.ts";
import { fakeContext } from "../fakes/context.ts";
import type { TestHome } from "../support/zag.ts";
import {
  claude,
  CLAUDE_OUTPUT,
  inHome,
  jsonLines,
  mock,
  replay,
  script,
  seen,
  standIn,
} from "./support.ts";

const WORK: Step[] = [
  { do: "think", text: "I look first." },
  { do: "tool", name: "read", input: { path: "notes.md" }, output: "# Notes" },
  { do: "usage", input_tokens: 1200, output_tokens: 80, cache_read_tokens: 7, cost_usd: 0.02 },
  { do: "say", text: "The notes are empty.", deltas: 3 },
];

Deno.test(
  "exec prints the assistant's text and nothing else when stdout is a pipe",
  inHome(async (home) => {
    const { code, stdout, stderr } = await mock(home, WORK);
    assertEquals([code, stdout, stderr], [0, "The notes are empty.\n", ""]);
  }),
);

Deno.test(
  "exec ends the text with one newline, whether the agent did or not",
  inHome(async (home) => {
    assertEquals((await mock(home, [{ do: "say", text: "a\n" }])).stdout, "a\n");
    assertEquals((await mock(home, [{ do: "say", text: "a\n\n" }])).stdout, "a\n\n");
    assertEquals((await mock(home, [])).stdout, "");
  }),
);

Deno.test(
  "exec puts a blank line between two messages",
  inHome(async (home) => {
    const { stdout } = await mock(home, [{ do: "say", text: "one" }, { do: "say", text: "two" }]);
    assertEquals(stdout, "one\n\ntwo\n");
  }),
);

Deno.test(
  "exec prints text while it is made",
  inHome(async (home) => {
    const child = home.spawn(["-p", "mock", "exec", "hi"], {
      env: {
        ZAG_MOCK_SCRIPT: JSON.stringify({
          turns: [{ steps: [{ do: "say", text: "ab", deltas: 2, delay: 600_000 }] }],
        }),
      },
    });
    const reader = child.stdout.getReader();
    assertEquals(new TextDecoder().decode((await reader.read()).value), "a");
    child.kill("SIGTERM");
    await child.status;
    await reader.cancel();
    await child.stderr.cancel();
  }),
);

Deno.test(
  "exec -o text passes the agent's bytes through",
  inHome(async (home) => {
    await standIn(home, `cat > "$HOME/seen/stdin"; printf 'a\\377\\033[1m\\r\\n{"type":'`);
    const { code, stdout, stderr } = await claude(home, ["hi", "-o", "text"]);
    assertEquals([code, stdout, stderr], [0, 'a\ufffd\x1b[1m\r\n{"type":', ""]);
    assertMatch(await seen(home, "args"), /^--output-format=text$/m);
    assertEquals(await seen(home, "stdin"), "hi");
    const { code: of2, stdout: text } = await mock(home, WORK, ["hi", "-o", "text"]);
    assertEquals([of2, text], [0, "The notes are empty.\n"]);
  }),
);

Deno.test(
  "exec -o json prints one line with the whole invocation",
  inHome(async (home) => {
    const { code, stdout, stderr } = await mock(home, WORK, ["hi", "-o", "json"]);
    assertEquals([code, stderr], [0, ""]);
    assert(stdout.endsWith("}\n") && !stdout.slice(0, -1).includes("\n"), "it is one line");
    const output = JSON.parse(stdout);
    assertEquals(Object.keys(output), [
      "agent",
      "session_id",
      "events",
      "result",
      "is_error",
      "exit_code",
      "total_cost_usd",
      "usage",
      "model",
      "provider",
      "log_path",
    ]);
    assertEquals(
      output.events.map((event: { type: string }) => event.type),
      [
        "init",
        "reasoning",
        "assistant_message",
        "tool_execution",
        "assistant_message",
        "turn_complete",
        "result",
      ],
    );
    assertEquals([output.agent, output.result, output.is_error, output.total_cost_usd], [
      "mock",
      "The notes are empty.",
      false,
      0.02,
    ]);
    assertEquals([output.usage.input_tokens, output.usage.cache_read_tokens], [1200, 7]);
    assertEquals([output.log_path], await home.logPaths());
  }),
);

Deno.test(
  "exec -o json-pretty prints the same document over several lines",
  inHome(async (home) => {
    const { stdout } = await mock(home, WORK, ["hi", "-o", "json-pretty"]);
    assertMatch(stdout, /^\{\n {2}"agent": "mock",\n/);
    assertEquals(stdout, JSON.stringify(JSON.parse(stdout), null, 2) + "\n");
  }),
);

Deno.test(
  "exec -o stream-json prints an event a line, in the order of the turn, and adds none",
  inHome(async (home) => {
    for (const flag of [["-o", "stream-json"], ["--json-stream"]]) {
      const { code, stdout, stderr } = await mock(home, WORK, ["hi", ...flag]);
      assertEquals([code, stderr], [0, ""]);
      assertEquals(jsonLines(stdout).map(({ type }) => type), [
        "init",
        "reasoning",
        "assistant_message",
        "tool_execution",
        "assistant_message",
        "turn_complete",
        "result",
      ]);
    }
  }),
);

Deno.test(
  "exec -o stream-json says the same of a recorded run as -o json",
  inHome(async (home) => {
    for (const name of ["tool_calls", "rate_limit", "stream_input_two_turns"]) {
      await standIn(home, replay(name));
      const args = ["hi", "--no-auto-resume", "-o"];
      const { stdout: lines } = await claude(home, [...args, "stream-json"]);
      const { stdout: whole } = await claude(home, [...args, "json"]);
      assertEquals(jsonLines(lines), JSON.parse(whole).events);
    }
  }),
);

Deno.test(
  "exec --include-partial-messages adds the fragments before their message",
  inHome(async (home) => {
    await standIn(home, replay("partial_messages"));
    const flags = ["hi", "-o", "stream-json"];
    const plain = jsonLines((await claude(home, flags)).stdout);
    assertEquals(plain.filter(({ type }) => type === "assistant_delta"), []);
    const partial = jsonLines(
      (await claude(home, [...flags, "--include-partial-messages"])).stdout,
    );
    assertMatch(await seen(home, "args"), /^--include-partial-messages$/m);
    const text = partial.filter(({ type }) => type === "assistant_delta").map(({ text }) => text);
    assert(text.length > 1);
    assertEquals(partial.filter(({ type }) => type !== "assistant_delta"), plain);
    const last = partial.findLast(({ type }) => type === "assistant_message");
    assertEquals(last?.content, [{ type: "text", text: text.join("") }]);
  }),
);

Deno.test(
  "exec -o native-json prints what the agent printed, byte for byte",
  inHome(async (home) => {
    const native = `${CLAUDE_OUTPUT}simple/stdout.ndjson`;
    await standIn(
      home,
      `cat > "$HOME/seen/stdin"; printf '[ '; sed '$!s/$/,/' '${native}'; printf ']  \\n\\n'`,
    );
    const { code, stdout, stderr } = await claude(home, ["hi", "-o", "native-json"]);
    const lines = (await Deno.readTextFile(native)).trimEnd().split("\n");
    assertEquals([code, stdout, stderr], [0, `[ ${lines.join(",\n")}\n]  \n\n`, ""]);
    assertMatch(await seen(home, "args"), /^--output-format=json$/m);
    const [log] = await home.logs();
    assert(
      log?.some(({ type, content }) => type === "assistant_message" && content === "STUB:hello"),
    );
  }),
);

Deno.test(
  "exec -o native-json is refused by name where the agent has none",
  inHome(async (home) => {
    const { code, stdout, stderr } = await mock(home, [], ["hi", "-o", "native-json"]);
    assertEquals([code, stdout], [1, ""]);
    assertMatch(stderr, /^error: Cannot use -o native-json with Mock agent: .*\nuse -o json,/);
    assertEquals(await home.logPaths(), []);
  }),
);

Deno.test(
  "exec -v shows the styled view on stderr and leaves stdout alone",
  inHome(async (home) => {
    const { code, stdout, stderr } = await mock(home, WORK, ["hi", "-v"]);
    assertEquals([code, stdout], [0, "The notes are empty.\n"]);
    const id = home.rows("sessions")[0]?.session_id;
    const begin = (approved = "") =>
      `✓ Mock agent initialized with model mock-medium${approved}\n> Session: ${id}\n` +
      `> Listen: zag listen ${id}\n`;
    const end = `> Session ended\n> Resume with: zag run --resume ${id}\n`;
    assert(stderr.startsWith(`${begin()}✓ Initialized with model mock-medium\n`), stderr);
    assert(stderr.endsWith(`\n${end}`), stderr);
    const goesOn = ["and now?", "--resume", String(id), "-v", "-a", "-o", "json"];
    const approved = await mock(home, [], goesOn);
    assertEquals(JSON.parse(approved.stdout).session_id, id);
    assertEquals(approved.stderr, begin(" (auto approve)") + end);
    assertStringIncludes(stderr, '    ⏺ read(path="notes.md") [');
    assertStringIncludes(stderr, "      # Notes\n");
    assertStringIncludes(stderr, "    ⏺ The notes are empty.\n");
    assert(!stderr.includes("\x1b"), "a pipe is not coloured");
    for (const format of ["json", "stream-json"]) {
      const { stdout } = await mock(home, WORK, ["hi", "-v", "-o", format]);
      for (const line of stdout.trimEnd().split("\n")) JSON.parse(line);
    }
  }),
);

Deno.test(
  "exec -q says nothing but results and errors",
  inHome(async (home) => {
    const quiet = await mock(home, WORK, ["hi", "-q", "-v", "--size", "9b"]);
    assertEquals([quiet.code, quiet.stdout], [0, "The notes are empty.\n"]);
    assertEquals(quiet.stderr, "");
    const loud = await mock(home, WORK, ["hi", "--size", "9b"]);
    assertEquals(loud.stderr, "warning: --size has no effect with Mock agent\n");
    const failed = await mock(home, [{ do: "exit", code: 1 }], ["hi", "-q"]);
    assertEquals(failed.code, 2);
    assertMatch(failed.stderr, /^error: Mock agent ended without a result \(exit code 1\)\n/);
  }),
);

Deno.test(
  "exec -d prints program, arguments, directory and names of variables, and no secret",
  inHome(async (home) => {
    const secret = "hunter2-hunter2";
    const { code, stdout, stderr } = await mock(
      home,
      [{ do: "stderr", text: "a word of the agent" }, ...WORK],
      [
        "hi",
        "-d",
        "--env",
        `MY_TOKEN=${secret}`,
        "--mcp-config",
        `{"mcpServers":{"a":{"env":{"KEY":"${secret}"}}}}`,
        "-s",
        "be brief",
      ],
      { env: { ANTHROPIC_API_KEY: secret } },
    );
    assertEquals([code, stdout], [0, "The notes are empty.\n"]);
    assertMatch(stderr, /^\* program: \//m);
    assertMatch(stderr, /^\* arguments: \[.*"mock-agent","--","--output=events"/m);
    assertStringIncludes(stderr, `* directory: ${home.work}\n`);
    assertMatch(stderr, /^\* environment: .*\bMY_TOKEN\b.*\bZAG_SESSION_ID\b/m);
    assertMatch(stderr, /^\* environment: (\w+ )+\w+$/m);
    assertStringIncludes(stderr, "* a word of the agent\n");
    assert(!stderr.includes(secret), "no value is shown");
    const [log] = await home.logPaths();
    assert(!(await Deno.readTextFile(log!)).includes(secret), "nor is one logged");
  }),
);

Deno.test(
  "exec --show-usage counts tokens on stderr in every format",
  inHome(async (home) => {
    for (const format of [[], ["-o", "json"], ["-o", "json-pretty"], ["-o", "stream-json"]]) {
      const plain = await mock(home, WORK, ["hi", ...format]);
      const usage = await mock(home, WORK, ["hi", "--show-usage", ...format]);
      assertEquals(usage.stderr, "tokens: 1200 in, 80 out, 7 cache read\n");
      assertEquals(usage.stdout.length, plain.stdout.length);
      assertNotEquals(usage.stdout, "");
    }
    const raw = await mock(home, WORK, ["hi", "--show-usage", "-o", "text"]);
    assertEquals(raw.stderr, "tokens: not reported by the agent\n");
  }),
);

Deno.test(
  "exec prints an answer that only the result carries",
  inHome(async (home) => {
    const line = '{"type":"result","subtype":"success","is_error":false,"result":"only here"}';
    await standIn(home, `cat > /dev/null; echo '${line}'`);
    const { code, stdout } = await claude(home, ["hi"]);
    assertEquals([code, stdout], [0, "only here\n"]);
  }),
);

/** Runs `exec` in this process, with its output on a pretended terminal. */
async function atTerminal(home: TestHome, args: string[], env: Record<string, string> = {}) {
  const ctx = fakeContext({
    env: { ...home.env(script(WORK)), ...env },
    cwd: home.work,
    stdoutTty: true,
    stderrTty: true,
    now: () => new Date(),
  });
  const code = await run(["-p", "mock", "exec", "hi", ...args], ctx);
  return { code, out: ctx.out, err: ctx.err };
}

Deno.test(
  "exec names the tools on stderr when stdout is a terminal, and nothing else",
  inHome(async (home) => {
    assertEquals(await atTerminal(home, []), {
      code: 0,
      out: "The notes are empty.\n",
      err: "⚡ read: notes.md\n",
    });
    assertEquals((await atTerminal(home, ["-q"])).err, "");
  }),
);

Deno.test(
  "exec -v at a terminal shows the styled view in colour, and the text once",
  inHome(async (home) => {
    const { out, err } = await atTerminal(home, ["-v"]);
    assertEquals(out, "The notes are empty.\n");
    assert(err.includes("\x1b[34m⏺ read") && !err.includes("⚡") && !err.includes("empty"), err);
    assert(!(await atTerminal(home, ["-v"], { NO_COLOR: "1" })).err.includes("\x1b"));
  }),
);
