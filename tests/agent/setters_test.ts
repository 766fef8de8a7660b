/** Every setter of the builder has its effect, as a program elsewhere sees it. */
import type { Notification, NotificationKind } from "../../src/mod.ts";
import { Pty } from "../support/pty.ts";
import { startOllamaServer } from "../support/ollama_server.ts";
import { CLAUDE_OUTPUT, inHome } from "../e2e/support.ts";
import { isThere, repository, worktrees } from "../e2e/worktree_support.ts";
import { fromFileUrl } from "../support/paths.ts";
import type { TestHome } from "../support/zag.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { copyProgram } from "../support/program_file.ts";

const PROGRAM = fromFileUrl(new URL("./children/setters.ts", import.meta.url));
const ARGS = ["run", "-A", "--quiet", "--no-check", PROGRAM];

/** A scenario of the program, what it found and what it printed. */
interface Ran {
  // deno-lint-ignore no-explicit-any -- each scenario finds JSON of its own shape
  found: any;
  stderr: string;
}

async function runs(
  home: TestHome,
  [scenario = "", ...args]: readonly string[],
  env: Record<string, string> = {},
): Promise<Ran> {
  const result = `${home.path}/result.json`;
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...ARGS, scenario, result, ...args],
    cwd: home.work,
    env: home.env({ PATH: `${home.bin}:/usr/bin:/bin`, ...env }),
    clearEnv: true,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const said = new TextDecoder().decode(stderr);
  assertEquals([code, new TextDecoder().decode(stdout)], [0, ""], said);
  return { found: JSON.parse(await Deno.readTextFile(result)), stderr: said };
}

/** What a scenario found; it must not have printed anything. */
// deno-lint-ignore no-explicit-any -- each scenario finds JSON of its own shape
async function run(home: TestHome, ...words: string[]): Promise<any> {
  const { found, stderr } = await runs(home, words);
  assertEquals(stderr, "");
  return found;
}

/** Runs a scenario at a terminal, with somebody in front of it. */
async function inTerminal(
  home: TestHome,
  words: readonly string[],
  person: (pty: Pty) => Promise<void>,
  env: Record<string, string> = {},
): Promise<unknown> {
  const [scenario = "", ...args] = words;
  const result = `${home.path}/result.json`;
  await using pty = new Pty(Deno.execPath(), [...ARGS, scenario, result, ...args], {
    cwd: home.work,
    env: home.env({ TERM: "xterm-256color", ...env }),
  });
  await person(pty);
  const { code } = await pty.waitForExit();
  assertEquals(code, 0, pty.text);
  return JSON.parse(await Deno.readTextFile(result));
}

/** Talks to the agent until it has repeated a line, then leaves. */
function says(line: string): (pty: Pty) => Promise<void> {
  return async (pty) => {
    const first = await pty.waitFor("> ");
    pty.type(`${line}\r`);
    await pty.waitFor(line, await pty.waitFor(line, first));
    pty.type("/exit\r");
  };
}

Deno.test(
  "AgentBuilder.provider() pins a provider by its name in any case",
  inHome(async (home) => {
    assertEquals(await run(home, "provider"), [
      "mock",
      "ProviderUnavailableError",
      ["codex"],
      "InvalidProviderError:",
    ]);
  }),
);

Deno.test(
  "AgentBuilder.model() takes a size and an exact name",
  inHome(async (home) => {
    assertEquals(await run(home, "model"), ["mock-small", "mock-large", "mock-medium"]);
  }),
);

Deno.test(
  "AgentBuilder.systemPrompt() reaches the agent",
  inHome(async (home) => {
    assertEquals(await run(home, "systemPrompt"), "Be brief.\nBe kind.");
  }),
);

Deno.test(
  "AgentBuilder.root() is where the agent works, and the key of its project",
  inHome(async (home) => {
    const other = `${home.path}/other`;
    await Deno.mkdir(other);
    assertEquals(await run(home, "root", other), other);
    assertEquals(home.rows("sessions").map(({ workspace_path }) => workspace_path), [other]);
  }),
);

Deno.test(
  "AgentBuilder.autoApprove() lets tools be used, and can be taken back",
  inHome(async (home) => {
    assertEquals(await run(home, "autoApprove"), [[false], [true], [false]]);
  }),
);

Deno.test(
  "AgentBuilder.permissions() decides about tools, and onPermission() and askCommand() are asked",
  inHome(async (home) => {
    const found = await run(home, "permissions");
    assertEquals(found.rules, [true, false, false]);
    assertEquals(found.program, [true, true, false]);
    assertEquals(found.asked, ["shell touch one", "shell touch two"]);
    assertEquals(found.throws, [true, false, false]);
    assertEquals(found.command, [true, false, true]);
    const names = ["InvalidOptionError", "OptionUsageError", "UnsupportedOptionError"];
    assertEquals(found.refused, names);
  }),
);

Deno.test(
  "AgentBuilder.addDir() adds a directory each time",
  inHome(async (home) => {
    const dirs = [`${home.path}/one`, `${home.path}/two`];
    for (const dir of dirs) await Deno.mkdir(dir);
    assertEquals(await run(home, "addDir", ...dirs), dirs);
  }),
);

Deno.test(
  "AgentBuilder.file() attaches a file each time",
  inHome(async (home) => {
    await Deno.writeTextFile(`${home.work}/one.txt`, "the first text\n");
    await Deno.writeFile(`${home.work}/two.bin`, new Uint8Array([0, 1, 2]));
    const prompt = await run(home, "file", "one.txt", "two.bin");
    assertMatch(
      prompt,
      /^<attached-files>[^]*the first text\n[^]*two\.bin[^]*<\/attached-files>\n\nread them$/,
    );
  }),
);

Deno.test(
  "AgentBuilder.plan() puts a plan before the prompt",
  inHome(async (home) => {
    await Deno.writeTextFile(`${home.work}/plan.md`, "# Plan\n\n1. Begin.\n");
    assertMatch(await run(home, "plan", "plan.md"), /# Plan\n\n1\. Begin\.[^]*carry it out$/);
  }),
);

Deno.test(
  "AgentBuilder.context() puts results of sessions before the prompt",
  inHome(async (home) => {
    assertMatch(
      await run(home, "context"),
      /the tests are red[^]*the build is green[^]*what is wrong\?$/,
    );
  }),
);

Deno.test(
  "AgentBuilder.env() adds a variable each time, the last value of a name wins",
  inHome(async (home) => {
    assertEquals(await run(home, "env"), ["11", ["11-2\n"], null]);
  }),
);

Deno.test(
  "AgentBuilder.worktree() gives the session one, and the result says where a changed one is",
  inHome(async (home) => {
    await repository(home);
    const [changed, nameless, unchanged] = await run(home, "worktree");
    const kept = worktrees(home);
    assertEquals(changed, { cwd: kept.mine, worktreePath: kept.mine, isInJson: false });
    assert(nameless.worktreePath !== null && nameless.cwd === nameless.worktreePath);
    assertEquals(Object.values(kept).sort(), [changed.cwd, nameless.cwd].sort());
    assertEquals(unchanged.worktreePath, null);
    assertMatch(unchanged.cwd, /\/other$/);
    assert(!isThere(unchanged.cwd) && isThere(`${changed.cwd}/new.txt`));
  }),
);

Deno.test(
  "AgentBuilder.sandbox() runs the agent in one, of a name or without",
  inHome(async (home) => {
    await home.program(
      "docker",
      `#!/bin/sh
touch "$HOME/boxes.txt"
case "$2" in
  ls) cat "$HOME/boxes.txt" ;;
  create) echo "$4" >> "$HOME/boxes.txt" ;;
  run) cat > /dev/null; cat '${CLAUDE_OUTPUT}simple/stdout.ndjson' ;;
esac
`,
    );
    const { found } = await runs(home, ["sandbox"], { ZAG_CLAUDE_ALLOW_PRINT: "1" });
    assertEquals(found, [false, false]);
    const boxes = (await Deno.readTextFile(`${home.path}/boxes.txt`)).trim().split("\n");
    assertEquals([boxes.length, boxes[0]], [2, "box"]);
    assert(boxes[1] !== "box" && boxes[1] !== "");
  }),
);

Deno.test(
  "AgentBuilder.size() chooses among the sizes of a local model, and warns elsewhere",
  inHome(async (home) => {
    await using server = startOllamaServer({ models: [{ name: "qwen3.5:2b" }] });
    const { found } = await runs(home, ["size"], {
      OLLAMA_HOST: server.host,
      HTTP_PROXY: "http://127.0.0.1:9",
    });
    assertEquals(server.asked.map(({ model }) => model), ["qwen3.5:2b"]);
    assertEquals(found, ["You said: hi", ["warning size() has no effect with Mock agent"]]);
  }),
);

Deno.test(
  "AgentBuilder.json() sends an answer back until it is JSON, and returns its value",
  inHome(async (home) => {
    assertEquals(await run(home, "json"), {
      json: [1, "a"],
      result: '[1,"a"]',
      turns: 2,
      plain: true,
      told: "Be kind.\n\nAnswer with JSON alone: no text around it, no code fence.",
    });
  }),
);

Deno.test(
  "AgentBuilder.jsonSchema() sends an answer back until it matches, and types its value",
  inHome(async (home) => {
    assertEquals(await run(home, "jsonSchema"), {
      json: { n: 5 },
      result: '{"n":5}',
      only: "yes",
      bad: "SchemaError",
      none: [true, "no idea"],
    });
  }),
);

Deno.test(
  "AgentBuilder.jsonRetries() says how often an answer is sent back before SchemaValidationError",
  inHome(async (home) => {
    const first = "The answer is not what was asked for:";
    const { errors, json, bad } = await run(home, "jsonRetries");
    assertEquals(errors, [
      [1, "no", true, first],
      [3, "[]", true, first],
      [4, "no", true, first],
    ]);
    assertEquals(json, { n: 1 });
    const why = "it must be a whole number, at least 0";
    assertEquals(
      bad,
      ["-1", "1.5", "NaN"].map((count) =>
        `InvalidOptionError: Cannot use jsonRetries ${count}: ${why}`
      ),
    );
  }),
);

Deno.test(
  "AgentBuilder.exit() has an interactive agent hand in a result, and a hint demands one",
  inHome(async (home) => {
    assertEquals(await run(home, "exit"), ["5", "", true]);
    const constraints = home.rows("sessions").map(({ exit_constraints }) =>
      JSON.parse(String(exit_constraints)).hint
    );
    assertEquals(constraints, ["the sum", "", ""]);
    const [first] = await home.logs();
    const refused = first!.filter(({ type, success }) => type === "tool_result" && !success);
    assertEquals(refused.length, 1);
    const said = first!.find(({ type }) => type === "assistant_message");
    assertStringIncludes(JSON.parse(String(said!.content)).system_prompt, "the sum");
  }),
);

Deno.test(
  "AgentBuilder.exit() with json() or jsonSchema() yields the value",
  inHome(async (home) => {
    assertEquals(await run(home, "exitWithJson"), [[1], { n: 7 }]);
  }),
);

Deno.test(
  "AgentBuilder.exit() is an ExitModeError where an agent only answers",
  inHome(async (home) => {
    const { refusals, heard } = await run(home, "exitElsewhere");
    const methods = ["exec", "resumeWithPrompt", "stream", "execStreaming", "exec"];
    const why = "what the agent answers is the result anyway";
    assertEquals(
      refusals,
      methods.map((method) => `ExitModeError: Cannot use exit in ${method}(): ${why}`),
    );
    assertEquals(heard, [`error Cannot use exit in exec(): ${why}`]);
    assertEquals(await home.logPaths(), []);
  }),
);

Deno.test(
  "AgentBuilder.json() and jsonSchema() are refused where there is not one answer",
  inHome(async (home) => {
    const { refusals, streamed } = await run(home, "jsonElsewhere");
    assertEquals(
      refusals,
      [
        "json in execStreaming()",
        "jsonSchema in execStreaming()",
        "json in run()",
        "jsonSchema in resume()",
        "json in continueLast()",
      ].map((what) => `UnsupportedOptionError: Cannot use ${what}`),
    );
    assertEquals(streamed, 2);
    assertEquals(home.rows("sessions").length, 1);
  }),
);

Deno.test(
  "AgentBuilder.headless() needs exit() and autoApprove(), and no terminal",
  inHome(async (home) => {
    const { refusals, result } = await run(home, "headless");
    assertEquals(refusals, [
      "OptionUsageError",
      "OptionUsageError",
      "UnsupportedOptionError",
      "InvalidOptionError",
      "InvalidOptionError",
    ]);
    assertEquals(result, "5");
    assertEquals(home.rows("sessions").length, 1);
  }),
);

Deno.test(
  "AgentBuilder.sessionId() is the id of the new session, once",
  inHome(async (home) => {
    const id = crypto.randomUUID();
    assertEquals(await run(home, "sessionId", id), [
      id,
      false,
      "SessionExistsError",
      "InvalidIdError",
    ]);
    assertEquals(home.rows("sessions").map(({ session_id }) => session_id), [id]);
  }),
);

Deno.test(
  "AgentBuilder.name(), description(), tag() and metadata() say by what a session is found",
  inHome(async (home) => {
    await run(home, "metadata");
    assertEquals(
      home.rows("sessions").map(({ name, description, tags }) => [name, description, tags]),
      [
        ["old", "old", '["old"]'],
        ["new", "later", '["old","more"]'],
        ["one", null, '["a","b","c"]'],
      ],
    );
  }),
);

Deno.test(
  "AgentBuilder.outputFormat() of text has no events, and is refused where they are asked for",
  inHome(async (home) => {
    const { text, json, refusals } = await run(home, "outputFormat");
    assertEquals(text, ["one\ntwo\n", [], false]);
    assertEquals(json[0], "two");
    assert(json[1].includes("reasoning"));
    assertEquals(
      refusals,
      [
        ...["text", "native-json"].flatMap((format) =>
          ["stream", "execStreaming"].map((method) => `outputFormat ${format} in ${method}()`)
        ),
        "outputFormat in run()",
      ].map((what) => `UnsupportedOptionError: Cannot use ${what}`),
    );
  }),
);

Deno.test(
  "AgentBuilder.outputFormat() of native-json is what the agent's CLI prints",
  inHome(async (home) => {
    const native = '{"type":"result","is_error":false,"result":"from the CLI"}\n';
    await home.program(
      "claude",
      `#!/bin/sh
if [ "$*" = --version ]; then echo "2.1.197 (Claude Code)"; exit; fi
cat > /dev/null; printf '%s' '${native}'
`,
    );
    const { found } = await runs(home, ["nativeJson"], { ZAG_CLAUDE_ALLOW_PRINT: "1" });
    assertEquals(found, native);
  }),
);

Deno.test(
  "AgentBuilder.inputFormat() of stream-json sends the prompt as a message",
  inHome(async (home) => {
    assertEquals(await run(home, "inputFormat"), [false, true, "as a message"]);
  }),
);

Deno.test(
  "AgentBuilder.replayUserMessages() has messages among the events",
  inHome(async (home) => {
    const [silent, repeated] = await run(home, "replayUserMessages");
    assertEquals(silent, ["init", "assistant_message", "turn_complete", "result"]);
    assertEquals(repeated, ["init", "user_message", ...silent.slice(1)]);
  }),
);

Deno.test(
  "AgentBuilder.includePartialMessages() streams text while it is made",
  inHome(async (home) => {
    assertEquals(await run(home, "includePartialMessages"), [[], ["ab", "cd"], false]);
  }),
);

Deno.test(
  "AgentBuilder.onProgress() hears what verbose(), quiet(), showUsage() and debug() ask for",
  inHome(async (home) => {
    const { plain, verbose, quiet, warned, usage, debug, failed } = await run(home, "progress");
    const begin = [
      "spinner Starting mock",
      "finish",
      "success Mock agent initialized with model mock-medium",
    ];
    assertEquals(plain, begin);
    const again = "status The answer was refused; the agent is asked again (1 of 3)";
    assertEquals(verbose, [...begin, again]);
    assertEquals(quiet, []);
    assertEquals(warned, ["warning size() has no effect with Mock agent"]);
    assertEquals(usage, [...begin, "status 12 tokens in, 5 out, $0.2500"]);
    assertEquals(debug.filter((line: string) => !line.startsWith("debug")), begin);
    assert(debug.some((line: string) => /^debug arguments: .*mock-agent/.test(line)));
    assertEquals(failed, [
      "error Cannot use maxTurns 0: it must be a whole number, at least 1",
    ]);
  }),
);

Deno.test(
  "AgentBuilder.onProgress() may throw, which changes nothing and is a warning",
  inHome(async (home) => {
    const { result, warnings, silent, error } = await run(home, "onProgressThrows");
    assertEquals(result, "fine");
    assertEquals(
      warnings,
      ["onDebug", "onSpinnerFinish", "onSpinnerStart", "onStatus", "onSuccess"].map((member) =>
        `${member} has thrown: mine`
      ),
    );
    assertEquals(silent, "fine");
    assertStringIncludes(error, "InvalidOptionError: Cannot use maxTurns 0");
  }),
);

Deno.test(
  "AgentBuilder.bin() changes nothing",
  inHome(async (home) => {
    assertEquals(await run(home, "bin"), "here");
  }),
);

Deno.test(
  "AgentBuilder.maxTurns() bounds the turns, and is a whole number from 1",
  inHome(async (home) => {
    const [given, stopped, bad] = await run(home, "maxTurns");
    assertEquals([given, stopped], [7, true]);
    assertEquals(
      bad,
      ["0", "-1", "1.5", "NaN", "Infinity"].map((count) =>
        `InvalidOptionError: Cannot use maxTurns ${count}: it must be a whole number, at least 1`
      ),
    );
    assertEquals(home.rows("sessions").length, 2);
  }),
);

Deno.test(
  "AgentBuilder.maxCost() and maxTokens() end an agent that passes them, and say what was spent",
  inHome(async (home) => {
    const { cost, tokens, fine, bad } = await run(home, "budget");
    assertEquals(cost, ["BudgetError", "cost", 0.02, 0.01, "so far"]);
    assertEquals(tokens, ["BudgetError", "tokens", 120, 110, "so far"]);
    assertEquals(fine, "so far");
    assertEquals(bad, [
      ...["0", "-1", "NaN", "Infinity"].map((usd) =>
        `InvalidOptionError: Cannot use maxCost ${usd}: it must be an amount of US dollars above 0`
      ),
      ...["0", "1.5"].map((count) =>
        `InvalidOptionError: Cannot use maxTokens ${count}: it must be a whole number above 0`
      ),
    ]);
  }),
);

Deno.test(
  "AgentBuilder.timeout() takes milliseconds and lengths of time as text",
  inHome(async (home) => {
    const { ended, fine, bad } = await run(home, "timeout");
    assertEquals(ended, Array(3).fill(["AgentTimeoutError", "timeout", 400]));
    assertEquals(fine, Array(6).fill(false));
    const short = "it must be longer than 0";
    const none = "it is no length of time";
    const long = "it is too long";
    assertEquals(
      bad,
      [
        ["0", short],
        ["-1", short],
        ["NaN", none],
        ["Infinity", long],
        ['""', none],
        ['"0s"', short],
        ['"5"', none],
        ['"1.5h30m"', none],
        ['"1h 30m"', none],
        ['"-1s"', none],
        ['"1e99d"', none],
        ['"soon"', none],
      ].map(([value, why]) => `InvalidOptionError: Cannot use timeout ${value}: ${why}`),
    );
  }),
);

Deno.test(
  "AgentBuilder.notify() tells programs, and notifyOn() of what, while the call goes on",
  inHome(async (home) => {
    const program = await home.program("tell", '#!/bin/sh\ncat >> "$HOME/told"\n');
    assertEquals(await run(home, "notify", program), {
      result: "done",
      early: [
        "warning command:nobody-here cannot be told anything: there is no such program on the PATH",
      ],
      warned: [
        "warning command:nobody-here was not told of the end: there is no such program on the PATH",
      ],
      nobody: [
        "warning notifyOn() has no effect: neither notify() nor notify.target says who is told",
      ],
      only: "hi",
      bad: 'OptionUsageError: Cannot notify "slack": it must be desktop, an http or https URL, ' +
        "command:PROGRAM ARGS, or the path of a program",
    });
    const told: Notification[] = (await Deno.readTextFile(`${home.path}/told`)).trim().split("\n")
      .map((line) => JSON.parse(line));
    const kinds: NotificationKind[] = told.map(({ event }) => event);
    assertEquals([kinds, told.map(({ result }) => result)], [["end"], ["done"]]);
  }),
);

Deno.test(
  "AgentBuilder.firstByteTimeout() ends an agent that gives no sign of life, at its second start",
  inHome(async (home) => {
    const ended = "Mock agent gave no sign of life for 800ms and was ended";
    assertEquals(await run(home, "firstByteTimeout"), {
      error: [
        "AgentTimeoutError",
        "first-byte",
        800,
        `${ended}: zag waited for the first output of a second start (--first-byte-timeout)`,
      ],
      starts: 2,
      warned: [`warning ${ended}; it is started once more`],
      off: ["idle", "idle"],
      bad: 'InvalidOptionError: Cannot use firstByteTimeout "-1s": it is no length of time',
    });
  }),
);

Deno.test({
  name: "AgentBuilder starts an agent once more whose program is being written",
  // Other systems start a program that is being written.
  ignore: Deno.build.os !== "linux",
  fn: inHome(async (home) => {
    const events = [
      { type: "thread.started", thread_id: "0199a213-81c0-7800-8aa1-bbab2a035a53" },
      { type: "turn.started" },
      { type: "item.completed", item: { id: "item_0", type: "agent_message", text: "here" } },
      { type: "turn.completed", usage: { input_tokens: 1, output_tokens: 1 } },
    ];
    // A script is read by a program that nobody writes; so this one is a copy of the shell.
    await home.program("codex", "");
    const path = `${home.bin}/codex`;
    await copyProgram("/bin/sh", path);
    await Deno.writeTextFile(
      `${home.work}/exec`,
      events.map((event) => `echo '${JSON.stringify(event)}'`).join("\n"),
    );
    const [result, warned] = await run(home, "startsAgain", path);
    assertEquals([result, warned.length], ["here", 1]);
    assertStringIncludes(warned[0], "it is started once more");
  }),
});

Deno.test(
  "AgentBuilder.idleTimeout() ends an agent that is silent",
  inHome(async (home) => {
    assertEquals(await run(home, "idleTimeout"), [
      "AgentTimeoutError",
      "idle",
      500,
      'InvalidOptionError: Cannot use idleTimeout "0ms": it must be longer than 0',
    ]);
  }),
);

Deno.test(
  "AgentBuilder.mcpConfig() takes JSON and a file",
  inHome(async (home) => {
    const servers = { mcpServers: { two: { command: "y" } } };
    await Deno.writeTextFile(`${home.work}/mcp.json`, JSON.stringify(servers));
    assertEquals(await run(home, "mcpConfig", "mcp.json"), [
      { mcpServers: { one: { command: "x" } } },
      servers,
    ]);
  }),
);

Deno.test(
  "AgentBuilder.onSpawn() hears of every agent in every method, and may throw",
  inHome(async (home) => {
    assertEquals(await run(home, "onSpawn"), [
      5,
      5,
      [true, true],
      "fine",
      ["onSpawn has thrown: mine"],
    ]);
  }),
);

Deno.test(
  "AgentBuilder.onSpawn() hears of the agent of a streaming session",
  inHome(async (home) => {
    assertEquals(await run(home, "onSpawnStreaming"), [1, true]);
  }),
);

Deno.test(
  "AgentBuilder.sessionLog() is off by default and a file with auto",
  inHome(async (home) => {
    assertEquals((await run(home, "sessionLog"))[0], null);
    assertEquals((await run(home, "sessionLog", "off"))[0], null);
    assertEquals(await home.logPaths(), []);
    const [path, id] = await run(home, "sessionLog", "auto");
    assertEquals([path], await home.logPaths());
    assertStringIncludes(path, id);
  }),
);

Deno.test(
  "AgentBuilder.enableSessionLog() is sessionLog() of auto or off",
  inHome(async (home) => {
    const [on, off] = await run(home, "enableSessionLog");
    assertEquals([on], await home.logPaths());
    assertEquals(off, null);
  }),
);

Deno.test(
  "AgentBuilder.onLogEvent() hears every entry in order once it is in the file, and may throw",
  inHome(async (home) => {
    const { heard, log, unwritten } = await run(home, "onLogEvent");
    assertEquals(heard, log);
    assertEquals(unwritten, []);
    assertEquals([heard[0].type, heard.at(-1).type], ["session_started", "session_ended"]);
    const [result, kinds, warning, often] = await run(home, "onLogEventThrows");
    assertEquals([result, kinds, warning, often], ["fine", 1, "onLogEvent has thrown: mine", true]);
  }),
);

Deno.test(
  "AgentBuilder.logEvents() yields the entries of the next call, and of that one alone",
  inHome(async (home) => {
    const { heard, log, next } = await run(home, "logEvents");
    assertEquals(heard, log);
    assertEquals([heard[0].type, heard.at(-1).type], ["session_started", "session_ended"]);
    assertEquals(next, null);
  }),
);

Deno.test(
  "AgentBuilder.streamEventsToStderr() prints the log, reasoning only with streamShowThinking()",
  inHome(async (home) => {
    const plain = await runs(home, ["streamEventsToStderr", "text"]);
    assertEquals(plain.found, ["fine", true]);
    assertStringIncludes(plain.stderr, "fine");
    assert(!plain.stderr.includes("a quiet thought") && !plain.stderr.includes("\x1b["));
    const thinking = await runs(home, ["streamEventsToStderr", "text", "true"]);
    assertStringIncludes(thinking.stderr, "a quiet thought");
    const not = await runs(home, ["streamEventsToStderr", "text", "false"]);
    assert(!not.stderr.includes("a quiet thought"));
    const rich = await runs(home, ["streamEventsToStderr", "rich-text"]);
    assertStringIncludes(rich.stderr, "\x1b[");
    const json = await runs(home, ["streamEventsToStderr", "json", "true"]);
    const entries = json.stderr.trim().split("\n").map((line) => JSON.parse(line));
    assertEquals(entries, (await home.logs()).at(-1));
  }),
);

Deno.test(
  "AgentBuilder.registerProcess() changes what zag ps lists about an agent that it always lists",
  inHome(async (home) => {
    const [[plain], [changed]] = await run(home, "registerProcess");
    const said = ({ prompt, command, session_name, model, status }: Record<string, unknown>) => [
      prompt,
      command,
      session_name,
      model,
      status,
    ];
    // Without a log no texts are kept, be it here.
    assertEquals(said(plain), [null, "exec", null, "mock-medium", "running"]);
    assertEquals(said(changed), ["a preview", "nightly", "a name", "its model", "running"]);
  }),
);

Deno.test(
  "AgentBuilder.clone() has settings of its own, and a call keeps those it began with",
  inHome(async (home) => {
    assertEquals(await run(home, "reuse"), [
      ["one", null, []],
      ["two", null, ["/"]],
      ["three", "later", []],
    ]);
    const sessions = home.rows("sessions").map(({ name, tags }) => `${name} ${tags}`).sort();
    assertEquals(sessions, [
      'copy ["shared","copied"]',
      'null ["shared"]',
      'null ["shared"]',
    ]);
    assertEquals(await run(home, "constructorOptions"), [["a"], 3]);
  }),
);

Deno.test(
  "AgentBuilder starts nothing for a signal that was aborted before",
  inHome(async (home) => {
    assertEquals(await run(home, "abortedBefore"), Array(5).fill("too late"));
    assert(!isThere(`${home.path}/.zag/zag.db`) || home.rows("processes").length === 0);
  }),
);

Deno.test(
  "AgentBuilder runs several calls at once, each with a session of its own",
  inHome(async (home) => {
    assertEquals(await run(home, "concurrent"), [
      Array.from({ length: 8 }, (_, index) => `prompt ${index}`),
      8,
      8,
    ]);
  }),
);

Deno.test(
  "AgentBuilder.run(), resume() and continueLast() hand the terminal to the agent",
  inHome(async (home) => {
    const id = crypto.randomUUID();
    await inTerminal(home, ["run", id], says("from a person"));
    await inTerminal(home, ["resume", id.slice(0, 8)], says("once more"));
    await inTerminal(home, ["continueLast"], says("and again"));
    const [session, ...more] = home.rows("sessions");
    assertEquals(more, []);
    assertEquals([session?.session_id, session?.name, session?.outcome], [id, "talk", "success"]);
    const { stdout } = await home.zag(["-p", "mock", "exec", "--resume", id, "the last"], {
      env: { ZAG_MOCK_SCRIPT: '{"turns":[],"after":"echo"}' },
    });
    assertEquals(stdout, "the last\n");
  }),
);

Deno.test(
  "AgentBuilder.run() throws when the agent fails",
  inHome(async (home) => {
    const found = await inTerminal(home, ["runFails"], () => Promise.resolve());
    assertMatch(String(found), /^AgentProcessError: Mock agent ended .*exit code 3/);
  }),
);

Deno.test(
  "AgentBuilder.run(), resume(), continueLast() and runForResult() need a terminal",
  inHome(async (home) => {
    // In a session of its own the program has no terminal, whoever started the tests.
    const result = `${home.path}/result.json`;
    const { code, stderr } = await new Deno.Command("setsid", {
      args: ["--wait", Deno.execPath(), ...ARGS, "noTerminal", result],
      cwd: home.work,
      env: home.env(),
      clearEnv: true,
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).output();
    assertEquals([code, new TextDecoder().decode(stderr)], [0, ""]);
    assertEquals(JSON.parse(await Deno.readTextFile(result)), [
      ...Array(4).fill("InvalidOptionError"),
      "SessionNotFoundError",
    ]);
  }),
);

Deno.test(
  "AgentBuilder.resumeWithPrompt() takes a beginning of zag's id, a name and the provider's id",
  inHome(async (home) => {
    assertEquals(await run(home, "resumeWithPrompt"), [
      [true, "by 0", 1, true],
      [true, "by 1", 2, true],
      [true, "by 2", 3, true],
    ]);
  }),
);
