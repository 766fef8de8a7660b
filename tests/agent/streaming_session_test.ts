import { inHome, leftovers } from "../e2e/support.ts";
import { withOllama } from "../e2e/ollama_support.ts";
import { fromFileUrl } from "../support/paths.ts";
import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import type { OllamaServerOptions } from "../support/ollama_server.ts";
import type { TestHome } from "../support/zag.ts";

const PROGRAM = fromFileUrl(new URL("./children/streaming.ts", import.meta.url));

/** Runs a scenario of the program, which must print nothing and leave nothing running. */
async function run(
  home: TestHome,
  scenario: string,
  provider = "mock",
  env: Record<string, string> = {},
  // deno-lint-ignore no-explicit-any -- each scenario prints JSON of its own shape
): Promise<any> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--quiet", "--no-check", PROGRAM],
      ...[scenario, `${home.path}/result.json`, provider],
    ],
    cwd: home.work,
    env: home.env({ PATH: "/usr/bin:/bin", ...env }),
    clearEnv: true,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const text = new TextDecoder();
  assertEquals([code, text.decode(stdout), text.decode(stderr)], [0, "", ""]);
  assertEquals(await leftovers(home, 0), []);
  return JSON.parse(await Deno.readTextFile(`${home.path}/result.json`));
}

/** Registers a test with the mock agent, which takes messages while it runs. */
function withMock(
  name: string,
  // deno-lint-ignore no-explicit-any -- what a scenario has found
  test: (run: (scenario: string) => Promise<any>, home: TestHome) => Promise<void>,
): void {
  Deno.test(name, inHome((home) => test((scenario) => run(home, scenario), home)));
}

/** Registers a test with an agent that is started anew for each message. */
function launched(
  name: string,
  options: OllamaServerOptions,
  // deno-lint-ignore no-explicit-any -- what a scenario has found
  test: (run: (scenario: string) => Promise<any>, home: TestHome) => Promise<void>,
): void {
  Deno.test(
    name,
    withOllama(
      options,
      ({ home, env }) => test((scenario) => run(home, scenario, "ollama", env), home),
    ),
  );
}

/** What the agent repeats, and says once it has answered others before. */
const ECHO: OllamaServerOptions = {
  answer: ({ messages }) => ({ text: [messages.at(-1).content] }),
};
const HANGING: OllamaServerOptions = { answer: () => ({ text: ["half"], then: "hang" }) };

function turn(text: string, index: number, hasInit = true): string[] {
  const start = hasInit ? ["init"] : [];
  return [
    ...start,
    `user ${text}`,
    "assistant_message",
    `turn_complete ${index}`,
    `result ${text}`,
  ];
}

withMock("execStreaming() converses turn by turn, and the session can go on", async (run, home) => {
  const { begun, turns, over, result } = await run("turns");
  assertEquals(begun, ["number", true]);
  assertEquals(turns, [turn("one", 0), turn("two", 1, false), turn("three", 2, false)]);
  assertEquals([over, result], [["undefined", false, null], "four"]);
  assertEquals(home.rows("sessions").map(({ name, outcome }) => [name, outcome]), [
    ["talk", "success"],
  ]);
});

launched(
  "execStreaming() converses with an agent that is started for each message",
  ECHO,
  async (run, home) => {
    const { begun, turns, over, result } = await run("turns");
    assertEquals(begun, ["number", true]);
    assertEquals(turns, [turn("one", 0), turn("two", 1), turn("three", 2)]);
    assertEquals([over, result], [["undefined", false, null], "four"]);
    assertEquals(home.rows("sessions").map(({ name, outcome }) => [name, outcome]), [
      ["talk", "success"],
    ]);
    assertEquals(home.rows("processes").map(({ status }) => status), ["exited", "exited"]);
  },
);

const SILENT = [null, "The session ended before it had an id"];

withMock("execStreaming() without a prompt waits for a message, or for nothing", async (run) => {
  assertEquals(await run("withoutPrompt"), [turn("one", 0), ...SILENT]);
});

launched(
  "execStreaming() without a prompt starts no agent before there is a message",
  ECHO,
  async (run, home) => {
    assertEquals(await run("withoutPrompt"), [turn("one", 0), ...SILENT]);
    assertEquals(home.rows("sessions").length, 1);
  },
);

launched("StreamingSession.send() during a turn makes the next one", ECHO, async (run) => {
  assertEquals(await run("queued"), [...turn("one", 0), ...turn("two", 1)]);
});

withMock("StreamingSession.turn() goes on after a turn that failed", async (run, home) => {
  assertEquals(await run("failing"), ["result failed", "result well"]);
  assertEquals(home.rows("sessions")[0]?.outcome, "success");
});

launched(
  "StreamingSession.turn() goes on after a launch that failed",
  { answer: (_, index) => index === 0 ? { status: 500, error: "boom" } : { text: ["well"] } },
  async (run, home) => {
    assertEquals(await run("failing"), ["result failed", "result well"]);
    assertEquals(home.rows("sessions").map(({ outcome }) => outcome), ["success"]);
  },
);

withMock(
  "StreamingSession has one reader at a time, and the next one gets the rest",
  async (run) => {
    const { errors, count, seen, end } = await run("readers");
    assertEquals([errors, count], [["Cannot read the events: they are being read already"], 3]);
    assertEquals([seen, end], [["init", "user_message"], "result one"]);
  },
);

withMock(
  "StreamingSession.send() refuses what is no line, and any after the input",
  async (run) => {
    assertEquals(await run("closedInput"), [
      "Cannot send a message of several lines: it must be one",
      "Cannot send an empty message",
      "Cannot send a message: the input is closed",
      "result one",
    ]);
  },
);

for (const [agents, test] of [["", withMock], [" of a launch", launchedEcho]] as const) {
  test(`StreamingSession.send() of no message ends the session${agents}`, async (run, home) => {
    const [names, message, late] = await run("badLine");
    assertEquals(names, Array(3).fill("InputMessageError"));
    assertEquals(message, 'Cannot read line 1 of the input: its type "nonsense" is unknown');
    assertStringIncludes(late, "Cannot send a message: the session has ended: Cannot read line 1");
    assertEquals(home.rows("sessions").map(({ outcome }) => outcome), ["failure"]);
  });
}

function launchedEcho(name: string, test: Parameters<typeof withMock>[1]): void {
  launched(name, ECHO, test);
}

function launchedHanging(name: string, test: Parameters<typeof withMock>[1]): void {
  launched(name, HANGING, test);
}

for (const [agents, test] of [["", withMock], [" of a launch", launchedHanging]] as const) {
  test(`StreamingSession.terminate() ends the agent${agents} at once`, async (run, home) => {
    assertEquals(await run("terminate"), [null, false, true]);
    assertEquals(home.rows("sessions").map(({ outcome }) => outcome), ["interrupted"]);
  });

  test(`StreamingSession ends its agent${agents} when it is disposed of`, async (run, home) => {
    assertEquals(await run("dispose"), [false, null, "InvalidOptionError"]);
    assertEquals(home.rows("sessions").map(({ outcome }) => outcome), ["interrupted"]);
  });

  test(`StreamingSession.close() kills an agent${agents} that ends by nothing else`, async (run) => {
    assertEquals(await run("closeSoon"), [false, null]);
  });
}

for (const [agents, test] of [["", withMock], [" of a launch", launchedEcho]] as const) {
  test(`execStreaming() ends${agents} with the reason of its signal`, async (run, home) => {
    assertEquals(await run("abort"), [true, true, true, true]);
    assertEquals(home.rows("sessions").map(({ outcome }) => outcome), ["interrupted"]);
  });
}

withMock("StreamingSession fails for its reader when the agent breaks off", async (run) => {
  const [first, second, message] = await run("crash");
  assertEquals([first, second], ["AgentProcessError", "AgentProcessError"]);
  assertStringIncludes(message, "ended without a result (exit code 3): why");
});

for (const [agents, test] of [["", withMock], [" of launches", launchedEcho]] as const) {
  test(`execStreaming()${agents} is rejected when nothing can be started`, async (run, home) => {
    assertEquals(await run("refused"), [
      "InvalidProviderError",
      "UnsupportedOptionError",
      "UnsupportedOptionError",
      "RootNotFoundError",
      "InvalidOptionError",
    ]);
    assertEquals(await home.logPaths(), []);
  });
}

withMock("StreamingSession ends although nobody reads what the agent says", async (run) => {
  assertEquals(await run("unread"), [false, false, false]);
});

withMock("StreamingSession reads the agent no faster than it is read", async (run) => {
  const [count, isFlat] = await run("backPressure");
  assertEquals(count, 2000);
  assert(isFlat);
});

launched("StreamingSession.send() waits for room when too much waits", HANGING, async (run) => {
  // A message has 100,000 bytes, and there is room as long as less than 1 MiB waits.
  assertEquals(await run("manyMessages"), [true, 10]);
});

withMock("StreamingSession.closeInput() loses no message that waits for room", async (run) => {
  assertEquals(await run("waitingMessages"), [
    "first",
    ...Array.from({ length: 12 }, (_, i) => `${i}:`),
  ]);
});
