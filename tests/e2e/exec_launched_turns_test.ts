/** `zag exec -i stream-json` with an agent that takes one message each time it is started. */
import { RunningZag } from "../providers/agent_home.ts";
import { assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import type { OllamaServerOptions } from "../support/ollama_server.ts";
import { lastSent, withOllama } from "./ollama_support.ts";
import { runs } from "./ps_support.ts";
import { jsonLines, onlyLog, waitFor } from "./support.ts";
import { repository, worktrees } from "./worktree_support.ts";

const STREAM = ["exec", "-i", "stream-json"];
const EVENTS = [...STREAM, "-o", "stream-json"];

/** Answers, one a request. */
function answers(...texts: (string | null)[]): OllamaServerOptions {
  return {
    answer: (_, index) => {
      const text = texts[index];
      return text === null ? { status: 500, error: "no luck" } : { text: [text ?? "more"] };
    },
  };
}

/** Answers the first request, and never ends what it says to the second. */
const HANGING: OllamaServerOptions = {
  answer: (_, index) => index === 0 ? { text: ["one"] } : { text: ["tw"], then: "hang" },
};

function message(content: unknown): string {
  return JSON.stringify({ type: "user_message", content }) + "\n";
}

function logged(log: readonly Record<string, unknown>[]): unknown[] {
  const told = ["user_message", "assistant_message", "session_started", "session_ended"];
  return log.filter(({ type }) => told.includes(type as string)).map(({ type, content }) =>
    content ?? type
  );
}

Deno.test(
  "exec -i stream-json starts an agent that cannot stream anew for each message, in one session",
  withOllama(answers("one", "two", "three"), async ({ home, server, zag }) => {
    const ran = await zag([...EVENTS, "--replay-user-messages", "--name", "talk", "first"], {
      stdin: "\n" + message([{ type: "text", text: "second" }]) + message("third").trim(),
    });
    assertEquals([ran.code, ran.stderr], [0, ""]);
    const turn = ["init", "user_message", "reasoning", "assistant_message"];
    const events = jsonLines(ran.stdout);
    const types = events.map(({ type }) => type).filter((type) => type !== "reasoning");
    const expected = [...turn.filter((type) => type !== "reasoning"), "turn_complete", "result"];
    assertEquals(types, [...expected, ...expected, ...expected]);
    const only = (wanted: string) => events.filter(({ type }) => type === wanted);
    assertEquals(only("turn_complete").map(({ turn_index }) => turn_index), [0, 1, 2]);
    assertEquals(only("result").map(({ message }) => message), ["one", "two", "three"]);
    assertEquals(
      only("user_message").map(({ content }) => content),
      ["first", "second", "third"].map((text) => [{ type: "text", text }]),
    );
    assertEquals(lastSent(server), [
      "user: first",
      "assistant: one",
      "user: second",
      "assistant: two",
      "user: third",
    ]);
    assertEquals(logged(await onlyLog(home)), [
      ...["session_started", "first", "one"],
      ...["session_started", "second", "two"],
      ...["session_started", "third", "three", "session_ended"],
    ]);
    const [session, ...others] = home.rows("sessions");
    assertEquals(others, []);
    assertEquals([session?.name, session?.outcome, session?.exit_code], ["talk", "success", 0]);
    const [run] = home.rows("processes");
    assertEquals([run?.status, run?.agent_pid], ["exited", null]);
    const again = await zag(["exec", "--resume", "talk", "fourth"]);
    assertEquals([again.code, again.stdout], [0, "more\n"]);
    assertEquals(server.asked.at(-1).messages.length, 7);
  }),
);

Deno.test(
  "exec -i stream-json prints all turns in every other format, and repeats nothing unasked",
  withOllama(answers("one", "two", "one", "two", "one", "two"), async ({ zag }) => {
    const stdin = message("a") + message("b");
    assertEquals((await zag(STREAM, { stdin })).stdout, "one\n\ntwo\n");
    const output = JSON.parse((await zag([...STREAM, "-o", "json"], { stdin })).stdout);
    assertEquals([output.result, output.usage.output_tokens, output.is_error], ["two", 10, false]);
    // deno-lint-ignore no-explicit-any -- the events are looked into
    const ends = output.events.filter(({ type }: any) => type === "turn_complete");
    // deno-lint-ignore no-explicit-any -- the events are looked into
    assertEquals(ends.map(({ turn_index }: any) => turn_index), [0, 1]);
    const { stdout } = await zag(EVENTS, { stdin });
    assertEquals(jsonLines(stdout).some(({ type }) => type === "user_message"), false);
  }),
);

Deno.test(
  "exec -i stream-json gives files, a plan and the system prompt to the first turn, or to who knows it",
  withOllama(answers("one", "two"), async ({ home, server, zag }) => {
    await Deno.writeTextFile(`${home.work}/notes.txt`, "in the notes");
    const args = ["--file", "notes.txt", "-s", "be brief"];
    const ran = await zag([...EVENTS, ...args, "first"], { stdin: message("second") });
    assertEquals([ran.code, ran.stderr], [0, ""]);
    const [system, first, answer, second] = lastSent(server);
    assertEquals([system, answer, second], ["system: be brief", "assistant: one", "user: second"]);
    assertMatch(first!, /in the notes[\s\S]*first$/);
    assertEquals(lastSent(server).length, 4);
  }),
);

Deno.test(
  "exec -i stream-json goes on after a turn that failed, and says so if it was the last",
  withOllama(answers(null, "well", null), async ({ home, server, zag }) => {
    const ran = await zag(EVENTS, { stdin: message("a") + message("b") });
    assertEquals([ran.code, ran.stderr], [0, ""]);
    const results = jsonLines(ran.stdout).filter(({ type }) => type === "result");
    assertEquals(results.map(({ success }) => success), [false, true]);
    assertEquals(server.asked.length, 2);
    assertEquals(home.rows("sessions").map(({ outcome }) => outcome), ["success"]);
    const failed = await zag([...EVENTS, "--exit-on-failure"], { stdin: message("a") });
    assertEquals(failed.code, 1);
    assertStringIncludes(failed.stderr, "Ollama reported a failure");
    assertEquals(home.rows("sessions").map(({ outcome }) => outcome).sort(), [
      "failure",
      "success",
    ]);
  }),
);

Deno.test(
  "exec -i stream-json names the line that such an agent cannot understand, after those before it",
  withOllama(answers("one"), async ({ home, zag }) => {
    const control = '{"type":"control_request","request_id":"1","request":{"subtype":"interrupt"}}';
    const ran = await zag(EVENTS, { stdin: message("a") + control + "\n" + message("never") });
    assertEquals(ran.code, 1);
    assertEquals(jsonLines(ran.stdout).at(-1)?.message, "one");
    assertStringIncludes(
      ran.stderr,
      'Cannot read line 2 of the input: its type "control_request" is unknown',
    );
    assertStringIncludes(ran.stderr, '{"type":"user_message","content":"TEXT"}');
    assertEquals(ran.stderr.includes("own format"), false);
    const log = await onlyLog(home);
    assertEquals([log.at(-1)?.type, log.at(-1)?.outcome], ["session_ended", "failure"]);
    assertEquals(runs(home).map(({ status }) => status), ["exited"]);
  }),
);

Deno.test(
  "exec -i stream-json without any message starts nothing and records nothing",
  withOllama(answers("one"), async ({ home, server, zag }) => {
    const ran = await zag(EVENTS, { stdin: "" });
    assertEquals([ran.code, ran.stdout], [2, ""]);
    assertStringIncludes(ran.stderr, "No message came, so Ollama was not started");
    assertEquals([server.asked, runs(home), await home.logPaths()], [[], [], []]);
    const late = await zag([...STREAM, "--timeout", "1s"], { stdin: "{}" });
    assertEquals(late.code, 1);
    assertStringIncludes(late.stderr, "line 1");
  }),
);

Deno.test(
  "exec -i stream-json reads a message that comes in a turn when the turn is over",
  withOllama({
    answer: (_, index) => ({ text: [`answer ${index}`] }),
  }, async ({ home, server, spawn }) => {
    const zag = new RunningZag(spawn(EVENTS, { stdin: "open" }));
    await zag.write(message("a") + message("b") + message("c"));
    await zag.untilPrints('"message":"answer 2"');
    await waitFor("the rest", () => runs(home)[0]?.agent_pid === null || undefined);
    assertEquals(runs(home).map(({ status }) => status), ["running"]);
    await zag.write(message("d"));
    await zag.untilPrints('"message":"answer 3"');
    await zag.child.stdin.close();
    assertEquals((await zag.finished()).code, 0);
    assertEquals(server.asked.length, 4);
  }),
);

Deno.test(
  "exec -i stream-json takes all turns in one worktree, which goes when nothing changed in it",
  withOllama(answers("one", "two"), async ({ home, zag }) => {
    await repository(home);
    const ran = await zag([...EVENTS, "--worktree=apart", "--name", "talk"], {
      stdin: message("a") + message("b"),
    });
    assertEquals(ran.code, 0);
    const places = jsonLines(ran.stdout).flatMap((event) =>
      event.type === "init" ? [event.working_directory] : []
    );
    assertEquals([places.length, new Set(places).size], [2, 1]);
    assertStringIncludes(String(places[0]), "/apart");
    assertEquals([worktrees(home), home.rows("sessions").length], [{}, 1]);
  }),
);

Deno.test(
  "exec -i stream-json ends with an agent that ended without a result, and answers no more",
  withOllama(HANGING, async ({ home, server, spawn }) => {
    const args = [...EVENTS, "--include-partial-messages"];
    const zag = new RunningZag(spawn(args, { stdin: "open" }));
    await zag.write(message("a") + message("b") + message("never"));
    await zag.untilPrints('"text":"tw"');
    Deno.kill(runs(home)[0]!.agent_pid, "SIGKILL");
    const { code, stderr } = await zag.finished();
    assertEquals(code, 2);
    assertStringIncludes(stderr, "Ollama ended without a result (signal SIGKILL)");
    const log = await onlyLog(home);
    assertEquals([log.at(-1)?.type, log.at(-1)?.outcome], ["session_ended", "unknown"]);
    assertEquals([server.asked.length, runs(home)[0]?.status], [2, "killed"]);
  }),
);

for (
  const [when, sent, done] of [
    ["between two turns", ["a"], '"type":"result"'],
    ["during a turn", ["a", "b"], '"text":"tw"'],
  ] as const
) {
  const begin = async (
    { home, spawn }: Parameters<Parameters<typeof withOllama>[1]>[0],
    flags: string[] = [],
  ) => {
    const args = [...EVENTS, "--include-partial-messages", ...flags];
    const zag = new RunningZag(spawn(args, { stdin: "open" }));
    await zag.write(sent.map(message).join(""));
    await zag.untilPrints(done);
    await waitFor(
      "the run",
      () => (runs(home)[0]?.agent_pid === null) === (sent.length === 1) || undefined,
    );
    return zag;
  };

  Deno.test(
    `ps kill ends exec -i stream-json ${when} of an agent that cannot stream`,
    withOllama(HANGING, async (ollama) => {
      const { home } = ollama;
      const zag = await begin(ollama);
      const [run] = runs(home);
      const kill = await home.zag(["ps", "kill", run!.id]);
      assertEquals([kill.code, kill.stderr], [0, ""]);
      const { code, stderr } = await zag.finished();
      assertEquals(code, 2);
      assertStringIncludes(stderr, 'was ended by "zag ps kill"');
      assertEquals((await onlyLog(home)).at(-1)?.outcome, "killed");
      assertEquals(runs(home).map(({ status }) => status), ["killed"]);
    }),
  );

  Deno.test(
    `cancel ends exec -i stream-json ${when} of an agent that cannot stream`,
    withOllama(HANGING, async (ollama) => {
      const { home } = ollama;
      const zag = await begin(ollama);
      const [run] = runs(home);
      const cancel = await home.zag(["cancel", run!.session_id, "--reason", "enough"]);
      assertEquals([cancel.code, cancel.stderr], [0, ""]);
      assertStringIncludes((await zag.finished()).stderr, "cancelled: enough");
      const last = (await onlyLog(home)).at(-1);
      assertEquals([last?.outcome, last?.error], ["killed", "cancelled: enough"]);
    }),
  );

  Deno.test(
    `SIGTERM ends exec -i stream-json ${when} of an agent that cannot stream`,
    withOllama(HANGING, async (ollama) => {
      const zag = await begin(ollama);
      zag.child.kill("SIGTERM");
      assertEquals((await zag.finished()).code, 143);
      assertEquals((await onlyLog(ollama.home)).at(-1)?.outcome, "interrupted");
      assertEquals(ollama.home.rows("sessions")[0]?.outcome, "interrupted");
    }),
  );

  Deno.test(
    `--timeout ends exec -i stream-json ${when} of an agent that cannot stream`,
    withOllama(HANGING, async (ollama) => {
      const zag = await begin(ollama, ["--timeout", "15s"]);
      const { code, stderr } = await zag.finished();
      assertEquals(code, 124);
      assertStringIncludes(stderr, "did not finish within 15s");
      assertEquals((await onlyLog(ollama.home)).at(-1)?.outcome, "timeout");
    }),
  );
}
