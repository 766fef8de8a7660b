import { beforeStart, drive, type DriveRequest, type DriveResult } from "../../src/agent/drive.ts";
import { EndRequested, Interrupt } from "../../src/agent/interrupt.ts";
import { type Event, textOf } from "../../src/events/event.ts";
import type { LogKind } from "../../src/events/log_event.ts";
import { provider as claude } from "../../src/providers/claude/mod.ts";
import { emptyState, endStopped, endTurn } from "../../src/providers/parsing.ts";
import type { LaunchPlan } from "../../src/providers/launch_plan.ts";
import type { Parser } from "../../src/providers/parser.ts";
import { FakeClock } from "../fakes/clock.ts";
import { assert, assertEquals, assertThrows } from "../support/assert.ts";
import { waitFor } from "../support/living.ts";
import { PLAIN_PARSER } from "../support/plan_request.ts";

const RESULT = '{"type":"result","subtype":"success","is_error":false,"result":"done"}';
const TEXT = '{"type":"assistant","message":{"content":[{"type":"text","text":"hello"}]}}';

/** A drive of a shell script that speaks as claude does, on a clock that only the test moves. */
class TestDrive {
  readonly clock = new FakeClock();
  readonly events: Event[] = [];
  readonly logged: LogKind[] = [];
  readonly stop = new AbortController();
  readonly result: Promise<DriveResult>;
  /** Blocks the reader of the output while it is pending. */
  reading: Promise<void> = Promise.resolve();
  #waiting: { type: string; count: number; resolve: () => void }[] = [];

  constructor(script: string, request: Partial<DriveRequest> = {}, plan: Partial<LaunchPlan> = {}) {
    this.result = drive({
      plan: {
        program: "sh",
        args: [],
        env: {},
        cwd: "/",
        stdin: "null",
        stdout: "events",
        files: [],
        ...plan,
      },
      program: "/bin/sh",
      args: ["-c", script],
      env: { PATH: "/usr/bin:/bin" },
      parser: claude.parser(PLAIN_PARSER),
      encoder: claude.input,
      firstMessage: undefined,
      input: undefined,
      timeoutMs: undefined,
      idleTimeoutMs: undefined,
      signal: this.stop.signal,
      marker: `ZAG_TEST_DRIVE=${crypto.randomUUID()}`,
      log: (kinds) => void this.logged.push(...kinds),
      show: async (events) => {
        this.events.push(...events);
        this.#waiting = this.#waiting.filter((wait) => {
          const reached = this.#count(wait.type) >= wait.count;
          if (reached) wait.resolve();
          return !reached;
        });
        await this.reading;
      },
      raw: () => Promise.resolve(),
      spawned: () => {},
      clock: this.clock,
      ...request,
    });
  }

  /** Fulfilled when so many events of a type have been shown, and their handling has gone on. */
  async shown(type: Event["type"], count = 1): Promise<void> {
    if (this.#count(type) < count) {
      await new Promise<void>((resolve) => this.#waiting.push({ type, count, resolve }));
    }
    await nextTask();
  }

  #count(type: string): number {
    return this.events.filter((event) => event.type === type).length;
  }
}

/** Input that a test writes as it goes on. */
function inputStream(): { readable: ReadableStream<Uint8Array>; say(text: string): Promise<void> } {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  return {
    readable,
    say: async (text) => {
      if (text === "") return await writer.close();
      const line = JSON.stringify({ type: "user_message", content: text }) + "\n";
      await writer.write(new TextEncoder().encode(line));
    },
  };
}

/** Lets everything go on that waits for nothing outside. */
function nextTask(): Promise<undefined> {
  return new Promise((resolve) => setTimeout(() => resolve(undefined), 0));
}

const FOREVER = "exec sleep 600";

Deno.test("drive() ends a silent agent and says that it waited for the first output", async () => {
  const test = new TestDrive(FOREVER, { idleTimeoutMs: 1000 });
  test.clock.advance(999);
  test.clock.advance(1);
  const { endedBy, exit } = await test.result;
  assertEquals(endedBy, { kind: "idle", durationMs: 1000, waitedFor: "the first output" });
  assertEquals(exit.signal, "SIGTERM");
});

Deno.test("drive() ends an agent without a first byte, and one byte is enough for it", async () => {
  const test = new TestDrive(FOREVER, { firstByteTimeoutMs: 1000, idleTimeoutMs: 5000 });
  test.clock.advance(1000);
  const { endedBy, heard } = await test.result;
  assertEquals(endedBy, { kind: "first-byte", durationMs: 1000, waitedFor: "the first output" });
  assertEquals(heard, false);
  const heardOf = new TestDrive(`echo '${TEXT}'; ${FOREVER}`, { firstByteTimeoutMs: 1000 });
  await heardOf.shown("assistant_message");
  heardOf.clock.advance(60_000);
  heardOf.stop.abort(new Error("enough"));
  const result = await heardOf.result;
  assertEquals([result.endedBy?.kind, result.heard], ["aborted", true]);
});

Deno.test("drive() takes what is on stderr for a sign of life, not for a first byte", async () => {
  const said = Promise.withResolvers<void>();
  const test = new TestDrive(`sleep 0.1; echo "trying again" >&2; ${FOREVER}`, {
    firstByteTimeoutMs: 1000,
    idleTimeoutMs: 1500,
    stderr: () => said.resolve(),
  });
  test.clock.advance(900);
  await said.promise;
  test.clock.advance(999);
  assertEquals(await Promise.race([test.result, nextTask()]), undefined, "it goes on");
  test.clock.advance(1);
  const { endedBy, heard } = await test.result;
  assertEquals([endedBy?.kind, heard], ["first-byte", false]);
});

Deno.test("drive() waits for a first byte after each message, and while nothing was asked for none", async () => {
  const input = inputStream();
  const test = new TestDrive(
    `read -r line; echo '${RESULT}'; read -r line; ${FOREVER}`,
    { input: input.readable, firstByteTimeoutMs: 1000 },
    { stdin: "stream" },
  );
  test.clock.advance(60_000);
  await input.say("one");
  await test.shown("result");
  test.clock.advance(60_000);
  await input.say("two");
  await nextTask();
  test.clock.advance(999);
  test.clock.advance(1);
  const { endedBy } = await test.result;
  assertEquals(endedBy, {
    kind: "first-byte",
    durationMs: 1000,
    waitedFor: "an answer to a message",
  });
  await input.say("");
});

Deno.test("drive() gives an agent all its silence again when the machine has slept", async () => {
  const test = new TestDrive(FOREVER, { firstByteTimeoutMs: 60_000, idleTimeoutMs: 61_000 });
  test.clock.advance(59_000);
  test.clock.sleep(8 * 3_600_000);
  test.clock.advance(59_999);
  assertEquals(await Promise.race([test.result, nextTask()]), undefined, "it goes on");
  test.clock.advance(1);
  assertEquals((await test.result).endedBy?.kind, "first-byte");
});

Deno.test("drive() does not count the time for which the machine has slept", async () => {
  const test = new TestDrive(FOREVER, { timeoutMs: 60_000 });
  test.clock.advance(30_000);
  test.clock.sleep(8 * 3_600_000);
  test.clock.advance(24_999);
  assertEquals(await Promise.race([test.result, nextTask()]), undefined, "it goes on");
  // When it fell asleep is known to within five seconds.
  test.clock.advance(5001);
  assertEquals((await test.result).endedBy, { kind: "timeout", durationMs: 60_000 });
});

Deno.test("drive() counts silence from the last output and says that it waited for more", async () => {
  const test = new TestDrive(`echo '${TEXT}'; ${FOREVER}`, { idleTimeoutMs: 1000 });
  await test.shown("assistant_message");
  test.clock.advance(1000);
  const { endedBy } = await test.result;
  assertEquals(endedBy, { kind: "idle", durationMs: 1000, waitedFor: "further output" });
});

Deno.test("drive() does not take a slow reader for a silent agent", async () => {
  const test = new TestDrive(`echo '${TEXT}'; echo '${RESULT}'`, { idleTimeoutMs: 1000 });
  const blocked = Promise.withResolvers<void>();
  test.reading = blocked.promise;
  await test.shown("assistant_message");
  test.clock.advance(1_000_000);
  blocked.resolve();
  assertEquals((await test.result).endedBy, undefined);
});

Deno.test("drive() keeps the first reason to end the agent", async () => {
  const test = new TestDrive(FOREVER, { timeoutMs: 500, idleTimeoutMs: 1000 });
  test.clock.advance(500);
  test.clock.advance(500);
  test.stop.abort(new Error("too late"));
  assertEquals((await test.result).endedBy, { kind: "timeout", durationMs: 500 });
});

Deno.test("drive() counts the time that was spent before", async () => {
  const test = new TestDrive(FOREVER, { timeoutMs: 1000, spentMs: 600 });
  test.clock.advance(400);
  assertEquals((await test.result).endedBy, { kind: "timeout", durationMs: 1000 });
  const late = new TestDrive(FOREVER, { timeoutMs: 1000, spentMs: 5000 });
  late.clock.advance(1);
  assertEquals((await late.result).endedBy, { kind: "timeout", durationMs: 1000 });
});

Deno.test("drive() lets no deadline fire once the result is there, and ends the agent 5 s later", async () => {
  const limits = { timeoutMs: 100, idleTimeoutMs: 100 };
  const test = new TestDrive(`echo '${RESULT}'; ${FOREVER}`, limits);
  await test.shown("result");
  test.clock.advance(4999);
  assertEquals(test.clock.pending > 0, true, "it is not ended yet");
  test.clock.advance(1);
  const { endedBy, exit } = await test.result;
  assertEquals([endedBy, exit.signal], [undefined, "SIGTERM"]);
});

Deno.test("drive() ends an agent that closed its output and stays", async () => {
  const test = new TestDrive(`echo '${TEXT}'; exec >&- 2>&-; sleep 600`, {}, { stdout: "events" });
  await test.shown("assistant_message");
  // The end of the output is the only sign; it may take a moment to arrive.
  while (test.clock.pending === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  test.clock.advance(5000);
  assertEquals((await test.result).exit.signal, "SIGTERM");
});

const ECHO = `while read -r line; do echo '${RESULT}'; done`;

Deno.test("drive() expects nothing of an agent that was not asked anything", async () => {
  const input = inputStream();
  const test = new TestDrive(
    ECHO,
    { input: input.readable, idleTimeoutMs: 1000 },
    { stdin: "stream" },
  );
  test.clock.advance(60_000);
  await input.say("one");
  await test.shown("result");
  test.clock.advance(60_000);
  await input.say("two");
  await test.shown("result", 2);
  await input.say("");
  const { endedBy, exit } = await test.result;
  assertEquals([endedBy, exit.code], [undefined, 0]);
});

Deno.test("drive() ends an agent that leaves a later message unanswered", async () => {
  const input = inputStream();
  const test = new TestDrive(
    `read -r line; echo '${RESULT}'; ${FOREVER}`,
    { input: input.readable, idleTimeoutMs: 1000 },
    { stdin: "stream" },
  );
  await input.say("one");
  await test.shown("result");
  test.clock.advance(60_000);
  await input.say("two");
  await input.say("");
  await nextTask();
  test.clock.advance(1000);
  assertEquals((await test.result).endedBy?.kind, "idle");
});

Deno.test("drive() goes on until every message has its result", async () => {
  const input = inputStream();
  const test = new TestDrive(ECHO, { input: input.readable, firstMessage: "one" }, {
    stdin: "stream",
  });
  await test.shown("result");
  // The input is still open, so the agent is not over yet, however long that takes.
  test.clock.advance(60_000);
  await input.say("two");
  await input.say("");
  await test.result;
  assertEquals(test.events.filter(({ type }) => type === "result").length, 2);
  assertEquals(test.logged.filter(({ type }) => type === "user_message").length, 1);
});

Deno.test("drive() ends a stream whose input is over, 5 s after the last result", async () => {
  const test = new TestDrive(
    `read -r line; echo '${RESULT}'; ${FOREVER}`,
    { firstMessage: "one" },
    { stdin: "stream" },
  );
  await test.shown("result");
  while (test.clock.pending === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  test.clock.advance(5000);
  const { endedBy, exit } = await test.result;
  assertEquals([endedBy, exit.signal], [undefined, "SIGTERM"]);
});

Deno.test("drive() returns although its reader is stuck, once it was told to stop", async () => {
  const test = new TestDrive(`echo '${TEXT}'; ${FOREVER}`);
  test.reading = new Promise(() => {});
  await test.shown("assistant_message");
  test.stop.abort(new Error("stop"));
  // It is given a moment after the agent's end.
  const ended = test.result.then(({ endedBy }) => endedBy?.kind);
  while (await Promise.race([ended, nextTask()]) === undefined) test.clock.advance(1000);
  assertEquals(await ended, "aborted");
});

Deno.test("drive() keeps the end of stderr and the head of raw output", async () => {
  const script = "head -c 300000 /dev/zero | tr '\\0' e >&2; head -c 300000 /dev/zero | tr '\\0' o";
  const passed: number[] = [];
  const test = new TestDrive(script, {
    raw: (bytes) => Promise.resolve(void passed.push(bytes.length)),
  }, { stdout: "raw" });
  const { stderr, rawText, rawTruncated, exit } = await test.result;
  assertEquals(exit.code, 0);
  assertEquals(stderr.length, 64 * 1024);
  assert(/^e+$/.test(stderr));
  assertEquals([rawText?.length, rawTruncated], [256 * 1024, true]);
  assertEquals(passed.reduce((sum, count) => sum + count, 0), 300_000);
});

Deno.test("drive() reports a reader that fails as the reason for the end", async () => {
  const gone = new Error("the reader is gone");
  const test = new TestDrive(`echo '${TEXT}'; ${FOREVER}`, {
    show: () => Promise.reject(gone),
  });
  const { endedBy, error } = await test.result;
  assertEquals([endedBy?.kind, error === gone], ["aborted", true]);
});

Deno.test("drive() logs events before they are shown", async () => {
  const order: string[] = [];
  const test = new TestDrive(`echo '${TEXT}'; echo '${RESULT}'`, {
    log: (kinds) => void order.push(...kinds.map(({ type }) => `log ${type}`)),
    show: (events) => Promise.resolve(void order.push(...events.map(({ type }) => `show ${type}`))),
  });
  await test.result;
  const at = (entry: string) => order.indexOf(entry);
  assert(at("log assistant_message") >= 0);
  assert(at("log assistant_message") < at("show assistant_message"));
});

/** Reads `text`, `call` and `result` lines, and takes the answer from the report of the agent. */
function countingParser(): Parser {
  const state = emptyState();
  let turns = 0;
  return {
    state,
    line(text, sink) {
      if (text === "call") state.modelCalls++;
      else if (text === "result") state.results++;
      else {sink.event({
          type: "assistant_message",
          content: [{ type: "text", text }],
          usage: null,
        });}
    },
    report: (text) => void (state.result = text.trim()),
    stop: (message, sink) => endStopped(sink, state, turns++, message),
    end(sink) {
      if (state.results === 0) return;
      endTurn(sink, state, {
        stopReason: undefined,
        turnIndex: turns++,
        usage: null,
        durationMs: undefined,
        numTurns: undefined,
      });
    },
  };
}

Deno.test("drive() ends an agent that calls its model more often than it may", async () => {
  const script = `echo call; echo one; echo call; echo two; echo call; echo three; ${FOREVER}`;
  const parser = countingParser();
  const test = new TestDrive(script, { parser, maxModelCalls: 2 });
  const { exit, endedBy } = await test.result;
  assertEquals([exit.signal, endedBy], ["SIGTERM", undefined]);
  const shown = test.events.map((event) =>
    event.type === "assistant_message" ? textOf(event.content) : event.type
  );
  assertEquals(shown, ["one", "two", "turn_complete", "result"]);
  assertEquals(parser.state.errorMessage, "Reached the limit of 2 turns");
  assertEquals(test.logged.length, 4);
});

Deno.test("drive() leaves an agent alone that calls its model just as often as it may", async () => {
  const parser = countingParser();
  const test = new TestDrive("echo call; echo result", { parser, maxModelCalls: 1 });
  assertEquals((await test.result).exit.code, 0);
  assertEquals(parser.state.isError, false);
});

Deno.test("drive() reads the agent's report before the end of its last turn", async () => {
  const report = await Deno.makeTempFile();
  try {
    const parser = countingParser();
    const test = new TestDrive(`echo result; echo late > '${report}'`, { parser }, { report });
    await test.result;
    const last = test.events.at(-1);
    assertEquals(last?.type === "result" && last.message, "late");
  } finally {
    await Deno.remove(report);
  }
});

Deno.test("drive() does without a report that was never written", async () => {
  const parser = countingParser();
  const test = new TestDrive("echo result", { parser }, { report: "/nonexistent/report" });
  await test.result;
  assertEquals(test.events.at(-1)?.type, "result");
});

Deno.test("drive() ends an agent that lingers, also when its result shows nothing yet", async () => {
  const parser = countingParser();
  const test = new TestDrive(`echo one; echo result; ${FOREVER}`, { parser });
  await test.shown("assistant_message");
  await waitFor("the result", () => parser.state.results === 1 || undefined);
  await nextTask();
  test.clock.advance(5000);
  const { exit } = await test.result;
  assertEquals(exit.signal, "SIGTERM");
  assertEquals(test.events.at(-1)?.type, "result");
});

Deno.test("drive() reads the report of an agent that it ended at a limit", async () => {
  const report = await Deno.makeTempFile();
  try {
    const parser = countingParser();
    const script = `trap 'echo told > "${report}"; exit' TERM; echo call; echo call; ` +
      "while :; do sleep 0.05; done";
    const test = new TestDrive(script, { parser, maxModelCalls: 1 }, { report });
    await test.result;
    assertEquals(parser.state.result, "told");
    assertEquals(parser.state.isError, true);
  } finally {
    await Deno.remove(report);
  }
});

Deno.test("beforeStart() lets an abort pass, and takes a request to end for an end", () => {
  assertEquals(beforeStart(undefined), undefined);
  assertEquals(beforeStart(new AbortController().signal), undefined);
  const told = new AbortController();
  told.abort(new Interrupt("SIGTERM"));
  assertThrows(() => beforeStart(told.signal), Interrupt);
  const asked = new AbortController();
  asked.abort(new EndRequested({ action: "kill", submitted: false }));
  assertEquals(beforeStart(asked.signal)?.endedBy, { kind: "requested", action: "kill" });
});
