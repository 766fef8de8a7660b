import { inHome, leftovers, waitFor } from "../e2e/support.ts";
import { fromFileUrl } from "../support/paths.ts";
import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import type { TestHome } from "../support/zag.ts";

const PROGRAM = fromFileUrl(new URL("./children/library.ts", import.meta.url));

function start(home: TestHome, scenario: string): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "--no-check", PROGRAM, scenario, `${home.path}/result.json`],
    cwd: home.work,
    env: home.env({ PATH: "/usr/bin:/bin" }),
    clearEnv: true,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** Runs a scenario of the program; whatever it does, it must print nothing. */
// deno-lint-ignore no-explicit-any -- each scenario prints JSON of its own shape
async function run(home: TestHome, scenario: string): Promise<any> {
  const { code, stdout, stderr } = await start(home, scenario).output();
  const text = new TextDecoder();
  assertEquals([code, text.decode(stdout), text.decode(stderr)], [0, "", ""]);
  return JSON.parse(await Deno.readTextFile(`${home.path}/result.json`));
}

Deno.test(
  "AgentBuilder.exec() returns the whole invocation and keeps its books",
  inHome(async (home) => {
    const output = await run(home, "exec");
    assertEquals(
      [output.agent, output.result, output.is_error, output.exit_code],
      ["mock", "hello", false, 0],
    );
    assertEquals(output.events, ["init", "assistant_message", "turn_complete", "result"]);
    assertEquals([output.log_path], await home.logPaths());
    const [session] = home.rows("sessions");
    assertEquals(
      [session?.name, session?.tags, session?.command, session?.outcome],
      ["n", '["a","b"]', "exec", "success"],
    );
  }),
);

Deno.test(
  "AgentBuilder.model() of auto has one chosen, which the session then keeps",
  inHome(async (home) => {
    assertEquals(await run(home, "chooses"), [
      '{"model":"large"}',
      "mock-large",
      "InvalidOptionError",
    ]);
    assertEquals(
      home.rows("sessions").map(({ tags, model }) => [tags, model]),
      [['["zag-selector"]', "mock-medium"], ["[]", "mock-large"]],
    );
  }),
);

Deno.test(
  "AgentBuilder.fallback() goes on with the next provider that can be started",
  inHome(async (home) => {
    assertEquals(await run(home, "fallsBack"), ["mock", "hi", true, "InvalidProviderError"]);
    assertEquals(home.rows("sessions").map(({ provider }) => provider), ["mock"]);
  }),
);

Deno.test(
  "AgentBuilder.stream() yields the events, fragments only on request",
  inHome(async (home) => {
    const events = [
      "init",
      "assistant_message",
      "tool_execution",
      "assistant_message",
      "turn_complete",
      "result",
    ];
    const partial = [...events];
    partial.splice(3, 0, "assistant_delta", "assistant_delta");
    assertEquals(await run(home, "stream"), [events, partial]);
  }),
);

Deno.test(
  "AgentBuilder.stream() ends the agent when its loop is left, by break or by an error",
  inHome(async (home) => {
    await run(home, "leaveEarly");
    assertEquals(await leftovers(home, 0), []);
    assertEquals(await run(home, "throwInside"), "mine");
    assertEquals(await leftovers(home, 0), []);
    const outcomes = home.rows("sessions").map(({ outcome }) => outcome);
    assertEquals(outcomes, ["interrupted", "interrupted"]);
  }),
);

Deno.test(
  "AgentBuilder.stream() starts nothing before it is read",
  inHome(async (home) => {
    await run(home, "never");
    assertEquals(await home.logPaths(), []);
  }),
);

Deno.test(
  "AgentBuilder can be used again, and at the same time, with the settings of each call",
  inHome(async (home) => {
    assertEquals(await run(home, "snapshot"), [
      ["one", "mock-medium", null],
      ["two", "mock-large", "brief"],
      ["three", "mock-small", "brief"],
      ["four", "mock-large", "brief"],
    ]);
    assertEquals(new Set(home.rows("sessions").map(({ session_id }) => session_id)).size, 4);
  }),
);

Deno.test(
  "AgentBuilder.resumeWithPrompt() goes on with a session by a prefix of its id",
  inHome(async (home) => {
    assertEquals(await run(home, "resume"), [true, true, [{ prompt: "one", answer: "first" }]]);
    assertEquals(home.rows("sessions").length, 1);
  }),
);

Deno.test(
  "AgentBuilder rejects with the reason of its signal, and has ended the agent by then",
  inHome(async (home) => {
    assertEquals(await run(home, "abort"), [true, true, true]);
    assertEquals(await leftovers(home, 0), []);
    for (const { outcome } of home.rows("sessions")) {
      assert(outcome !== null && outcome !== "success");
    }
  }),
);

Deno.test(
  "AgentBuilder throws AgentTimeoutError with what had been seen by then",
  inHome(async (home) => {
    assertEquals(await run(home, "timeout"), {
      is: [true, true],
      kind: "timeout",
      durationMs: 10_000,
      message: "Mock agent did not finish within 10s and was ended (timeout())",
      partial: [true, ["init", "assistant_message"]],
      silent: "idle",
      stream: "AgentTimeoutError",
    });
  }),
);

Deno.test(
  "AgentBuilder throws AgentProcessError for an agent that ends without a result",
  inHome(async (home) => {
    assertEquals(await run(home, "noResult"), {
      name: "AgentProcessError",
      exitCode: 3,
      signal: null,
      stderr: "why\n",
      message: "Mock agent ended without a result (exit code 3): why",
    });
  }),
);

Deno.test(
  "AgentBuilder takes a failure that the agent reports for an output",
  inHome(async (home) => {
    assertEquals(await run(home, "agentFails"), [true, "boom", 1]);
  }),
);

Deno.test(
  "AgentBuilder refuses with a class for each reason, and starts nothing",
  inHome(async (home) => {
    assertEquals(await run(home, "refusals"), [
      "InvalidProviderError",
      "InvalidModelError",
      "InvalidOptionError",
      "RootNotFoundError",
      "InvalidOptionError",
      "UnsupportedOptionError",
      "ProviderUnavailableError",
      "ProviderUnavailableError",
    ]);
    assertEquals(await home.logPaths(), []);
  }),
);

Deno.test(
  "AgentBuilder.stream() reads the agent no faster than the program takes the events",
  inHome(async (home) => {
    const [count, ahead] = await run(home, "backPressure") as number[];
    assertEquals(count, 400);
    // A pipe and a buffer or two hold some of them.
    assert(ahead! < 100, `${ahead} were read`);
  }),
);

Deno.test(
  "AgentBuilder leaves signals to the program; the next zag ends what that has left",
  inHome(async (home) => {
    const child = start(home, "hang");
    await waitFor(
      "the agent",
      async () => (await home.logs())[0]?.some(({ content }) => content === "half") || undefined,
    );
    child.kill("SIGTERM");
    assertEquals((await child.output()).signal, "SIGTERM");
    const { stderr } = await home.zag(["-p", "mock", "-d", "exec", "hi"]);
    assertMatch(stderr, /^\* ended \d+ processes of session /m);
    assertEquals(await leftovers(home), []);
  }),
);
