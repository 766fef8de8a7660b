/** A program that uses the library's session log; what it finds goes to a file, it prints nothing itself. */
import {
  AgentBuilder,
  type AgentOptions,
  appendEventToLog,
  eventTypeName,
  formatEvent,
  formatTimestamp,
  type LogEvent,
  matchesFilter,
  parseListenFormat,
  recordAgentOutput,
  recordPrompt,
  registerProcess,
  SessionLog,
} from "../../../src/mod.ts";
import type { Step } from "../../../src/providers/mock/script.ts";

function scriptOf(...turns: Step[][]): string {
  return JSON.stringify({ turns: turns.map((steps) => ({ steps })) });
}

/** A mock agent that takes these steps; each argument is a turn. */
function mock(...turns: Step[][]): AgentBuilder {
  return new AgentBuilder({ provider: "mock" }).env("ZAG_MOCK_SCRIPT", scriptOf(...turns));
}

const say = (text: string): Step[] => [{ do: "say", text }];

async function failure(call: () => Promise<unknown>): Promise<string> {
  try {
    await call();
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`;
  }
  throw new Error("it was not rejected");
}

async function linesOf(path: string): Promise<LogEvent[]> {
  const text = await Deno.readTextFile(path);
  return text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
}

const types = (events: readonly LogEvent[]) => events.map(({ type }) => type);

const scenarios: Record<string, () => Promise<unknown>> = {
  async off() {
    const builder = mock(say("ANSWER-one"), [{ do: "prompt" }], say("ANSWER-three"));
    const first = await builder.exec("PROMPT-one");
    const second = await builder.resumeWithPrompt(first.session_id, "PROMPT-two");
    return { id: first.session_id, first, second };
  },
  async offFails() {
    const steps: Step[] = [
      { do: "say", text: "ANSWER-half" },
      { do: "stderr", text: "ANSWER-stderr" },
      { do: "error", message: "ANSWER-error", fatal: true },
    ];
    const failed = await mock(steps).exec("PROMPT-one");
    const dead = await failure(() =>
      mock([{ do: "stderr", text: "ANSWER-why" }, { do: "exit", code: 3 }]).exec("PROMPT-two")
    );
    const refused = await failure(() =>
      mock(say("ANSWER-no"), say("ANSWER-again")).json().jsonRetries(1).exec("PROMPT-three")
    );
    return [failed.is_error, dead, refused.split(":")[0]];
  },
  async offThenAuto() {
    const builder = mock(say("one"), [{ do: "prompt" }], [{ do: "prompt" }], say("four"));
    const { session_id } = await builder.exec("first");
    const logged = builder.clone().sessionLog("auto");
    const second = await logged.resumeWithPrompt(session_id, "second");
    const third = await builder.resumeWithPrompt(session_id, "PROMPT-third");
    const log = await linesOf(second.log_path!);
    return {
      history: JSON.parse(second.result!).history.length,
      third: [third.log_path ?? null, JSON.parse(third.result!).history.length],
      log: types(log),
      completeness: log.map(({ completeness }) => completeness),
      path: second.log_path,
      text: JSON.stringify(log),
    };
  },
  async listener() {
    const heard: LogEvent[] = [];
    const warnings: string[] = [];
    const order: boolean[] = [];
    let path = "";
    const output = await mock([{ do: "tool", name: "read" }, ...say("hello")])
      .sessionId("11111111-1111-4111-8111-111111111111")
      .onProgress({ onWarning: (message) => void warnings.push(message) })
      .onLogEvent((event) => {
        heard.push(event);
        path ||= [...Deno.readDirSync(`${Deno.env.get("HOME")}/.zag/logs/sessions`)]
          .map(({ name }) => `${Deno.env.get("HOME")}/.zag/logs/sessions/${name}`)[0]!;
        // It is on disk, and nobody holds the lock.
        using file = Deno.openSync(path, { read: true, write: true });
        file.lockSync(true);
        const text = new TextDecoder().decode(Deno.readFileSync(path));
        order.push(text.includes(`{"seq":${event.seq},`));
        file.unlockSync();
        if (event.type === "assistant_message") throw new Error("mine");
      }).exec("hi");
    return {
      same: JSON.stringify(heard) === JSON.stringify(await linesOf(output.log_path!)),
      types: types(heard),
      onDisk: order.every(Boolean),
      result: output.result,
      warnings,
    };
  },
  async cutField() {
    const heard: LogEvent[] = [];
    const output = await mock([{ do: "big", bytes: 400_000 }])
      .onLogEvent((event) => void heard.push(event)).exec("hi");
    const cut = heard.find(({ type }) => type === "assistant_message")!;
    return [
      cut.truncated,
      cut.overflow?.[0]?.field,
      JSON.stringify(heard) === JSON.stringify(await linesOf(output.log_path!)),
    ];
  },
  async corrected() {
    const heard: LogEvent[] = [];
    const output = await mock(say("no"), say("[1]")).json().onLogEvent((event) =>
      void heard.push(event)
    ).exec("hi");
    return [output.json, JSON.stringify(heard) === JSON.stringify(await linesOf(output.log_path!))];
  },
  async manyAtOnce() {
    const calls = Array.from({ length: 16 }, async (_, index) => {
      const heard: LogEvent[] = [];
      const output = await mock(say(`answer ${index}`)).onLogEvent((event) =>
        void heard.push(event)
      ).exec(`prompt ${index}`);
      const lines = await linesOf(output.log_path!);
      const said = heard.flatMap((event) =>
        event.type === "assistant_message" || event.type === "user_message" ? [event.content] : []
      );
      return [JSON.stringify(heard) === JSON.stringify(lines), said];
    });
    return await Promise.all(calls);
  },
  async openLog() {
    const heard: string[] = [];
    const ofCall: string[][] = [];
    const log = await SessionLog.start({
      provider: "MOCK",
      command: "nightly",
      onEvent: ({ type }) => void heard.push(type),
    });
    const call = async (prompt: string) => {
      const own: string[] = [];
      ofCall.push(own);
      const builder = mock([{ do: "prompt" }]).sessionLog(log);
      return await builder.onLogEvent(({ type }) => void own.push(type)).exec(prompt);
    };
    const first = await call("one");
    const native = log.providerSessionId;
    const second = await call("two");
    const resumed = await mock([], [{ do: "prompt" }]).sessionLog(log)
      .resumeWithPrompt(log.sessionId, "three");
    log.emit({ type: "user_event", level: "info", message: "noted" });
    const before = types(await linesOf(log.path));
    await log.finish({ success: true });
    await log.finish({ success: false });
    const lines = await linesOf(log.path);
    return {
      ids: [first, second, resumed].map(({ sessionId, log_path }) => [
        sessionId === log.sessionId,
        log_path === log.path,
      ]),
      natives: [native === log.sessionId, log.providerSessionId !== native],
      history: JSON.parse(resumed.result!).history.length,
      ofCall,
      before: before.filter((type) => /^session_(started|ended)$/.test(type)),
      heard: JSON.stringify(heard) === JSON.stringify(types(lines)),
      prompts: lines.flatMap((line) => line.type === "user_message" ? [line.content] : []),
      last: lines.at(-1),
      afterwards: [
        await failure(() => mock(say("x")).sessionLog(log).exec("hi")),
        await failure(() => Promise.resolve(log.emit({ type: "session_deleted" }))),
      ],
      id: log.sessionId,
    };
  },
  async openLogRefusals() {
    await using log = await SessionLog.start({ provider: "mock", command: "c" });
    await using other = await SessionLog.start({ provider: "codex", command: "c" });
    const { session_id } = await mock(say("x")).exec("hi");
    return await Promise.all([
      failure(() => mock(say("x")).sessionLog(other).exec("hi")),
      failure(() => mock(say("x")).sessionLog(log).resumeWithPrompt(session_id, "hi")),
      failure(() => mock(say("x")).sessionLog(log).sessionId(crypto.randomUUID()).exec("hi")),
      failure(() => SessionLog.start({ provider: "nonsense", command: "c" })),
      failure(() =>
        SessionLog.start({ provider: "mock", command: "c", wrapperSessionId: log.sessionId })
      ),
    ]);
  },
  async openLogExit() {
    await using log = await SessionLog.start({ provider: "mock", command: "c" });
    const heard: LogEvent[] = [];
    const handsIn = (text: string) =>
      mock([{ do: "run", command: ["zag", "ps", "kill", "self", text] }, { do: "hang" }])
        .exit("a word").headless().autoApprove().sessionLog(log)
        .onLogEvent((event) => void heard.push(event));
    const results = [
      await handsIn("one").runForResult("hi"),
      await handsIn("two").runForResult("hi"),
    ];
    await log.finish({ success: true });
    return [
      results,
      types(await linesOf(log.path)).filter((type) =>
        /^session_(started|result|ended)$/.test(type)
      ),
    ];
  },
  async openLogJson() {
    await using log = await SessionLog.start({ provider: "mock", command: "c" });
    const builder = mock(say("no"), say("[1]")).json().sessionLog(log);
    const { json } = await builder.exec("hi");
    const gaveUp = await failure(() =>
      mock(say("no"), say("no")).json().jsonRetries(0).sessionLog(log).exec("hi")
    );
    await log.finish({ success: true });
    return [json, gaveUp.split(":")[0], types(await linesOf(log.path)), log.sessionId];
  },
  async ownLog() {
    let path = "";
    {
      await using log = await SessionLog.start({
        provider: "mock",
        command: "own",
        wrapperSessionId: "22222222-2222-4222-8222-222222222222",
        providerSessionId: "n-1",
        model: "m",
        logsDir: `${Deno.env.get("HOME")}/elsewhere`,
      });
      path = log.path;
      recordPrompt(log, "asked");
      log.providerSessionId = "n-2";
      const output = await mock([{ do: "tool", name: "read" }, ...say("answer")]).exec("asked");
      recordAgentOutput(log, output);
      appendEventToLog(log, output.events[0]!);
    }
    const lines = await linesOf(path);
    const resumed = await SessionLog.start({
      provider: "mock",
      command: "own",
      wrapperSessionId: "22222222-2222-4222-8222-222222222222",
      resumed: true,
    });
    await resumed.finish({ success: true });
    return {
      path,
      types: types(lines),
      natives: [lines[0], lines[2], lines[3]].map((line) => line?.provider_session_id),
      last: lines.at(-1),
      again: [resumed.path === path, types((await linesOf(path)).slice(lines.length))],
    };
  },
  async live() {
    const native = crypto.randomUUID();
    const log = await SessionLog.start({
      provider: "mock",
      command: "own",
      providerSessionId: native,
      live: true,
    });
    // An agent that nobody has told of the log.
    await mock(say("seen")).sessionId(native).exec("hi");
    await log.finish({ success: true });
    return (await linesOf(log.path)).flatMap((line) =>
      line.type === "assistant_message" ? [[line.content, line.source_kind]] : []
    );
  },
  async stderrText() {
    await mock([{ do: "think", text: "hidden" }, ...say("**said**")]).streamEventsToStderr("text")
      .exec("hi");
  },
  async stderrJson() {
    const output = await mock([{ do: "think", text: "shown" }, ...say("said")])
      .streamEventsToStderr("json").exec("hi");
    return await Deno.readTextFile(output.log_path!);
  },
  async stderrRich() {
    const { session_id } = await mock([{ do: "think", text: "thought" }, ...say("**said**")])
      .streamEventsToStderr("rich-text").streamShowThinking().exec("hi");
    return session_id;
  },
  async stderrOrder() {
    const text = new TextEncoder();
    await mock(say("said")).streamEventsToStderr("json").onLogEvent(({ seq }) => {
      Deno.stderr.writeSync(text.encode(`heard ${seq}\n`));
    }).exec("hi");
  },
  async entries() {
    const builder = mock(say("hello"), say("more"));
    const entries = builder.logEvents();
    const call = builder.exec("hi");
    const first: LogEvent[] = [];
    for await (const entry of entries) first.push(entry);
    const output = await call;
    const lines = await linesOf(output.log_path!);
    // Only the next call is meant.
    const second = await builder.resumeWithPrompt(output.session_id, "more");
    const failing = builder.clone().model("nonsense");
    const none = failing.logEvents();
    const refused = failure(() => failing.exec("hi"));
    const nothing = await Array.fromAsync(none);
    const left = builder.logEvents();
    const going = builder.exec("hi");
    for await (const _ of left) break;
    return {
      same: JSON.stringify(first) === JSON.stringify(lines),
      second: second.log_path ?? null,
      nothing,
      refused: (await refused).split(":")[0],
      left: (await going).result,
    };
  },
  async slowReader() {
    const steps: Step[] = Array.from({ length: 3000 }, () => ({ do: "big", bytes: 4_000 }));
    const builder = mock(steps);
    const entries = builder.logEvents();
    const call = builder.exec("hi");
    let peak = 0;
    let count = 0;
    for await (const _ of entries) {
      if (++count % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
      const waits = await written();
      peak = Math.max(peak, waits - count);
    }
    const all = await call;
    return [count === (await linesOf(all.log_path!)).length, peak];

    /** How many entries are in the only log, found by its size: they are alike. */
    async function written(): Promise<number> {
      const directory = `${Deno.env.get("HOME")}/.zag/logs/sessions`;
      const [file] = [...Deno.readDirSync(directory)].filter(({ name }) => name.endsWith(".jsonl"));
      return (await Deno.stat(`${directory}/${file!.name}`)).size / 4_200;
    }
  },
  async registered() {
    const seen = `${Deno.env.get("HOME")}/seen`;
    const run =
      `echo $ZAG_PROVIDER $ZAG_MODEL $ZAG_ROOT $ZAG_SESSION_NAME $ZAG_SESSION_ID > ${seen}`;
    const output = await mock([{ do: "run", command: ["sh", "-c", run] } as Step, ...say("x")])
      .registerProcess({
        command: "nightly",
        promptPreview: "beginning",
        model: "other",
        root: "/elsewhere",
        sessionName: "named",
        sessionId: "ignored",
      }).exec("PROMPT");
    return [output.sessionId, (await Deno.readTextFile(seen)).trim()];
  },
  async ownAgent() {
    const entry = registerProcess({
      provider: "mock",
      model: "m",
      command: "own",
      promptPreview: "beginning",
      sessionName: "named",
      root: "/somewhere",
    });
    const env = { ...entry.env };
    const child = new Deno.Command("sleep", { args: ["60"], env }).spawn();
    entry.onSpawn(child.pid);
    await Deno.writeTextFile(`${Deno.env.get("HOME")}/entry.json`, JSON.stringify(entry.env));
    const { signal } = await child.status;
    await entry[Symbol.asyncDispose]();
    entry.updateStatus("exited", 0);
    return [signal, child.pid];
  },
  async ownAgentEnds() {
    await using entry = registerProcess({ provider: "mock", model: "m", command: "own" });
    const child = new Deno.Command("true", { env: { ...entry.env } }).spawn();
    entry.onSpawn(child.pid);
    entry.updateStatus("exited", (await child.status).code);
    return entry.env;
  },
  async hangs() {
    await mock([{ do: "say", text: "ANSWER-half" }, { do: "hang" }]).onSpawn((pid) =>
      Deno.writeTextFileSync(`${Deno.env.get("HOME")}/pid`, String(pid))
    ).exec("PROMPT-hang");
  },
  async hangsInOpenLog() {
    const log = await SessionLog.start({ provider: "mock", command: "nightly" });
    await mock([{ do: "say", text: "half" }, { do: "hang" }]).sessionLog(log).exec("hi");
  },
  formats() {
    const event = {
      seq: 7,
      ts: "2026-01-02T03:04:05.678Z",
      provider: "mock",
      wrapper_session_id: "s",
      provider_session_id: null,
      source_kind: "stdout",
      completeness: "full",
      type: "reasoning",
      content: "hm",
      message_id: null,
    } as const satisfies LogEvent;
    const options: AgentOptions = { streamEventsToStderr: "text" };
    return Promise.resolve([
      formatEvent(event, "json") === JSON.stringify(event),
      formatEvent(event, "text"),
      formatEvent(event, "text", { showThinking: true }),
      formatEvent(event, "rich-text", { showThinking: true })?.includes("\x1b[") ?? false,
      parseListenFormat("Rich-Text"),
      eventTypeName(event),
      [undefined, [], ["reasoning"], ["Tool-Call"], ["REASONING"]].map((filter) =>
        matchesFilter(event, filter)
      ),
      formatTimestamp("nonsense", "%H"),
      formatTimestamp(event.ts, "%M:%S"),
      options.streamEventsToStderr,
    ]);
  },
  async inUse() {
    const refusals: string[] = [];
    let path: string;
    {
      await using log = await SessionLog.start({ provider: "mock", command: "x" });
      path = log.path;
      const id = log.sessionId;
      const again = { provider: "mock", command: "x", wrapperSessionId: id, resumed: true };
      refusals.push((await failure(() => SessionLog.start(again))).split(":")[0]!);
      const call = mock(say("one"), say("two")).sessionLog(log).stream("hi");
      await call.next();
      refusals.push((await failure(() => log.finish({ success: true }))).split(":")[0]!);
      // Nobody waits for it here; the end of the block does.
      Array.fromAsync(call);
    }
    const all = types(await linesOf(path));
    const log = await SessionLog.start({
      provider: "mock",
      command: "x",
      wrapperSessionId: path.split("/").at(-1)!.replace(".jsonl", ""),
      resumed: true,
    });
    await log.finish({ success: true });
    return [
      refusals,
      all.at(-1),
      all.filter((type) => type === "session_ended").length,
      log.isOver,
    ];
  },
};

const [scenario = "", path = ""] = Deno.args;
const result = await scenarios[scenario]!();
await Deno.writeTextFile(path, JSON.stringify(result ?? null));
