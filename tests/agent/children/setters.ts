/**
 * A program that sets one thing and finds out what came of it. What it finds goes to a file, so that
 * whatever it prints was printed by the library.
 */
import {
  AgentBuilder,
  type AgentOptions,
  type AgentResult,
  BudgetError,
  type Event,
  type LogEvent,
  type ProgressHandler,
  SchemaValidationError,
  type SessionLogMode,
  ZagError,
} from "../../../src/mod.ts";
import type { Step } from "../../../src/providers/mock/script.ts";

/** What the mock agent was given, by its step `prompt`. */
interface Given {
  prompt: string;
  system_prompt: string | null;
  model: string;
  session_id: string;
  resumed: boolean;
  cwd: string;
  add_dirs: string[];
  max_turns: number | null;
  auto_approve: boolean;
  mcp_config: unknown;
  history: { prompt: string; answer: string }[];
}

/** An agent that takes these steps; each argument is a turn. */
function mock(...turns: Step[][]): AgentBuilder {
  return new AgentBuilder({ provider: "mock" }).env(
    "ZAG_MOCK_SCRIPT",
    JSON.stringify({ turns: turns.map((steps) => ({ steps })) }),
  );
}

/** An agent that answers with what it was given. */
function asked(): AgentBuilder {
  return mock([{ do: "prompt" }]);
}

/** The script of the same. */
const REPORT = '{"turns":[{"steps":[{"do":"prompt"}]}]}';

async function given(builder: AgentBuilder, prompt = "hi"): Promise<Given> {
  return JSON.parse((await builder.exec(prompt)).result!);
}

/** What a call was rejected with. */
async function failure(call: () => Promise<unknown>): Promise<Error> {
  try {
    await call();
  } catch (error) {
    return error as Error;
  }
  throw new Error("it was not rejected");
}

/** Class and text of what a call was rejected with. */
async function refusal(call: () => Promise<unknown>): Promise<string> {
  const error = await failure(call);
  return error instanceof ZagError
    ? `${error.name}: ${error.message}`
    : `no error of zag: ${error}`;
}

/** Keeps all that a call tells about itself. */
function listener(): { heard: string[]; handler: ProgressHandler } {
  const heard: string[] = [];
  const keep = (what: string) => (message = "") => void heard.push(`${what} ${message}`.trim());
  return {
    heard,
    handler: {
      onStatus: keep("status"),
      onSuccess: keep("success"),
      onWarning: keep("warning"),
      onError: keep("error"),
      onSpinnerStart: keep("spinner"),
      onSpinnerFinish: keep("finish"),
      onDebug: keep("debug"),
    },
  };
}

/** What a call that is set up so tells about itself. */
async function told(builder: AgentBuilder, prompt = "hi"): Promise<string[]> {
  const { heard, handler } = listener();
  await builder.onProgress(handler).exec(prompt).catch(() => {});
  return heard;
}

const says = (text: string): Step[] => [{ do: "say", text }];
const handIn = (result: string): Step[] => [
  { do: "run", command: ["zag", "ps", "kill", "self", result] },
  { do: "hang" },
];
const waits: Step[] = [{ do: "say", text: "half" }, { do: "hang" }];
const SUM = { type: "object", properties: { n: { type: "integer" } }, required: ["n"] } as const;

function types(events: readonly { type: string }[]): string[] {
  return events.map(({ type }) => type);
}

const handler = (change: ProgressHandler): ProgressHandler => change;

const scenarios: Record<string, (...args: string[]) => Promise<unknown>> = {
  async provider() {
    const { agent } = await new AgentBuilder({ provider: "codex" }).provider("MOCK").exec("hi");
    const missing = await failure(() => new AgentBuilder().provider("codex").exec("hi"));
    const { attempts } = missing as Error & { attempts?: { provider: string }[] };
    const unknown = await refusal(() => new AgentBuilder().provider("nobody").exec("hi"));
    return [agent, missing.name, attempts?.map(({ provider }) => provider), unknown.split(" ")[0]];
  },
  async model() {
    const models = await Promise.all(
      ["small", "LARGE", "mock-medium"].map((name) => given(asked().model(name))),
    );
    return models.map(({ model }) => model);
  },
  async systemPrompt() {
    return (await given(asked().systemPrompt("Be brief.\nBe kind."))).system_prompt;
  },
  async root(directory = "") {
    return (await given(asked().root(directory))).cwd;
  },
  async autoApprove() {
    const steps: Step[] = [{ do: "tool", name: "write", needs_permission: true }, ...says("done")];
    const tools = async (builder: AgentBuilder) =>
      (await builder.exec("hi")).events.flatMap((event) =>
        event.type === "tool_execution" ? [event.result.success] : []
      );
    return [
      await tools(mock(steps)),
      await tools(mock(steps).autoApprove()),
      await tools(mock(steps).autoApprove().autoApprove(false)),
    ];
  },
  async permissions() {
    const steps: Step[] = [
      { do: "tool", name: "read", input: { path: "a.txt" } },
      { do: "run", command: ["touch", "one"] },
      { do: "run", command: ["touch", "two"] },
      ...says("done"),
    ];
    const tools = async (builder: AgentBuilder) =>
      (await builder.exec("hi")).events.flatMap((event) =>
        event.type === "tool_execution" ? [event.result.success] : []
      );
    const policy = { rules: [{ allow: "read" }, { ask: "shell" }] } as const;
    const asked: string[] = [];
    return {
      rules: await tools(mock(steps).permissions('{"rules":[{"allow":"read"}]}')),
      program: await tools(
        mock(steps).permissions(policy).onPermission(async ({ kind, description }) => {
          asked.push(`${kind} ${description}`);
          await Promise.resolve();
          return description.endsWith("one") ? "allow" : "deny";
        }),
      ),
      asked,
      throws: await tools(
        mock(steps).permissions(policy).onPermission(() => {
          throw new Error("not today");
        }),
      ),
      command: await tools(mock(steps).permissions(policy).askCommand("grep -q two")),
      refused: [
        (await failure(() => mock(steps).onPermission(() => "allow").exec("hi"))).name,
        (await failure(() => mock(steps).permissions(policy).autoApprove().exec("hi"))).name,
        (await failure(() => mock(steps).permissions(policy).run("hi"))).name,
      ],
    };
  },
  async addDir(one = "", two = "") {
    return (await given(asked().addDir(one).addDir(two))).add_dirs;
  },
  async file(one = "", two = "") {
    return (await given(asked().file(one).file(two), "read them")).prompt;
  },
  async plan(path = "") {
    return (await given(asked().plan(path), "carry it out")).prompt;
  },
  async context() {
    await mock(says("the tests are red")).enableSessionLog().name("tests").exec("hi");
    const { sessionId } = await mock(says("the build is green")).enableSessionLog().exec("hi");
    return (await given(asked().context("tests").context(sessionId), "what is wrong?")).prompt;
  },
  async env() {
    const steps: Step[] = [
      { do: "run", command: ["sh", "-c", 'echo "$ONE-$TWO"'] },
      { do: "env", name: "ONE" },
    ];
    const builder = mock(steps).env("ONE", "1").env("TWO", "2").env("ONE", "11");
    const { result, events } = await builder.exec("hi");
    const outputs = events.flatMap((event) =>
      event.type === "tool_execution" ? [event.result.output] : []
    );
    return [result, outputs, Deno.env.get("ONE")];
  },
  async worktree() {
    const changes: Step[] = [
      { do: "run", command: ["sh", "-c", "echo new > new.txt; pwd"] },
      { do: "prompt" },
    ];
    const changed = await mock(changes).worktree("mine").exec("hi");
    const nameless = await mock(changes).worktree().exec("hi");
    const unchanged = await mock([{ do: "prompt" }]).worktree("other").exec("hi");
    const cwd = ({ result }: AgentResult<unknown>) => (JSON.parse(result!) as Given).cwd;
    return [changed, nameless, unchanged].map((output) => ({
      cwd: cwd(output),
      worktreePath: output.worktreePath ?? null,
      isInJson: JSON.stringify(output).includes("worktreePath"),
    }));
  },
  async sandbox() {
    const builder = new AgentBuilder({ provider: "claude" });
    const named = await builder.sandbox("box").exec("hi");
    const nameless = await builder.sandbox().exec("hi");
    return [named.is_error, nameless.is_error];
  },
  async size() {
    const builder = new AgentBuilder({ provider: "ollama", model: "qwen3.5" }).size("2b");
    const { result } = await builder.exec("hi");
    const warned = await told(asked().size("2b"));
    return [result, warned.filter((line) => line.startsWith("warning"))];
  },
  async json() {
    const output = await mock(says("of course"), says('```json\n[1, "a"]\n```')).json().exec("hi");
    const told = await asked().systemPrompt("Be kind.").json().exec("hi");
    return {
      json: output.json,
      result: output.result,
      turns: types(output.events).filter((type) => type === "result").length,
      plain: (await mock(says("[1]")).exec("hi")).json === undefined,
      told: (JSON.parse(told.result!) as Given).system_prompt,
    };
  },
  async jsonSchema() {
    const builder = mock(says('{"n": "five"}'), says('{"n": 5}')).jsonSchema(SUM);
    const { json, result } = await builder.exec("hi");
    const constant = await mock(says('"yes"')).jsonSchema({ const: "yes" } as const).exec("hi");
    const only: "yes" = constant.is_error ? "yes" : constant.json;
    const bad = await refusal(() => asked().jsonSchema({ type: "nothing" }).exec("hi"));
    const failed = await mock([{ do: "error", message: "no idea", fatal: true }])
      .jsonSchema(SUM).exec("hi");
    const none = failed.is_error ? [failed.json === undefined, failed.error_message] : [];
    return { json, result, only, bad: bad.split(":")[0], none };
  },
  async jsonRetries() {
    const wrong = [says("no"), says("never"), says("[]"), says("no"), says('{"n": 1}')];
    const tries = (count?: number) => {
      const builder = mock(...wrong).jsonSchema(SUM);
      return count === undefined ? builder : builder.jsonRetries(count);
    };
    const errors: unknown[] = [];
    for (const count of [0, 2, undefined]) {
      const error = await failure(() => tries(count).exec("hi"));
      if (!(error instanceof SchemaValidationError)) throw error;
      const asked = error.partial.events.filter(({ type }) => type === "result").length;
      errors.push([asked, error.raw, error.errors.length > 0, error.message.split("\n")[0]]);
    }
    const { json } = await tries(4).exec("hi");
    const bad: string[] = [];
    for (const count of [-1, 1.5, NaN]) bad.push(await refusal(() => tries(count).exec("hi")));
    return { errors, json, bad };
  },
  async exit() {
    const builder = mock([
      { do: "run", command: ["zag", "ps", "kill", "self", ""] },
      { do: "prompt" },
      ...handIn("5"),
    ]).autoApprove().headless();
    const result = await builder.clone().exit("  the sum ").runForResult("2+3");
    const blank = await mock(handIn("")).autoApprove().headless().exit("  ").runForResult("hi");
    const settled = await mock(handIn("six")).autoApprove().headless().exit().run("hi");
    return [result, blank, settled === undefined];
  },
  async exitWithJson() {
    const headless = () =>
      new AgentBuilder({ provider: "mock", autoApprove: true, headless: true });
    const turns = (...results: string[]) => {
      const steps = results.flatMap((each) => handIn(each).slice(0, 1));
      return JSON.stringify({ turns: [{ steps: [...steps, { do: "hang" }] }] });
    };
    const value = await headless().env("ZAG_MOCK_SCRIPT", turns("no", "[1]")).json().runForResult(
      "list",
    );
    const typed = await headless().env("ZAG_MOCK_SCRIPT", turns('{"n":"x"}', '{"n":7}'))
      .jsonSchema(SUM).runForResult("count");
    return [value, typed];
  },
  async exitElsewhere() {
    const builder = mock(says("5")).exit("the sum");
    const { heard, handler } = listener();
    const calls = [
      () => builder.exec("hi"),
      () => builder.resumeWithPrompt("x", "hi"),
      () => builder.stream("hi").next(),
      () => builder.execStreaming("hi"),
      () => builder.onProgress(handler).exec("hi"),
    ];
    const refusals: string[] = [];
    for (const call of calls) refusals.push(await refusal(call));
    return { refusals, heard };
  },
  async jsonElsewhere() {
    const headless = () => mock(handIn("5")).headless().autoApprove();
    const calls = [
      () => mock(says("[]")).json().execStreaming("hi"),
      () => mock(says("[]")).jsonSchema(SUM).execStreaming("hi"),
      () => headless().json().run("hi"),
      () => headless().jsonSchema(SUM).resume("x"),
      () => headless().json().continueLast(),
    ];
    const refusals: string[] = [];
    for (const call of calls) refusals.push(await refusal(call));
    const events = await Array.fromAsync(mock(says("no"), says("[1]")).json().stream("hi"));
    return { refusals, streamed: types(events).filter((type) => type === "result").length };
  },
  async headless() {
    const builder = mock(handIn("5")).headless();
    const calls = [
      () => builder.clone().exit().runForResult("hi"),
      () => builder.clone().autoApprove().run("hi"),
      () => builder.exec("hi"),
      () => mock(handIn("5")).exit().autoApprove().run("hi"),
      () => mock(handIn("5")).run("hi"),
    ];
    const refusals: string[] = [];
    for (const call of calls) refusals.push((await failure(call)).name);
    return { refusals, result: await builder.exit().autoApprove().runForResult("hi") };
  },
  async sessionId(id = "") {
    const builder = asked().sessionId(id);
    const output = await builder.exec("hi");
    const again = await failure(() => builder.exec("hi"));
    const bad = await failure(() => asked().sessionId("no UUID").exec("hi"));
    return [output.sessionId, Object.keys(output).includes("sessionId"), again.name, bad.name];
  },
  async metadata() {
    const builder = asked().name("old").description("old").tag("old");
    await builder.clone().exec("hi");
    await builder.clone().name("new").description("later").tag("more").exec("hi");
    await builder.metadata({ name: "one", tags: ["a", "b"] }).tag("c").exec("hi");
    return null;
  },
  async outputFormat() {
    const builder = mock([{ do: "think", text: "hm" }, ...says("one"), ...says("two")]);
    const text = await builder.clone().outputFormat("text").exec("hi");
    const json = await builder.clone().outputFormat("json").exec("hi");
    const refusals: string[] = [];
    for (const format of ["text", "native-json"] as const) {
      const raw = builder.clone().outputFormat(format);
      refusals.push(await refusal(() => raw.stream("hi").next()));
      refusals.push(await refusal(() => raw.execStreaming("hi")));
    }
    refusals.push(await refusal(() => builder.clone().outputFormat("json").run("hi")));
    return {
      text: [text.result, text.events, text.is_error],
      json: [json.result, types(json.events)],
      refusals,
    };
  },
  async nativeJson() {
    const builder = new AgentBuilder({ provider: "claude" }).outputFormat("native-json");
    return (await builder.exec("hi")).result;
  },
  async inputFormat() {
    const [plain, streamed] = await Promise.all([
      told(asked().debug()),
      told(asked().inputFormat("stream-json").debug()),
    ]);
    const flag = (lines: string[]) => lines.some((line) => line.includes("--stream-input"));
    const output = await given(asked().inputFormat("stream-json"), "as a message");
    return [flag(plain), flag(streamed), output.prompt];
  },
  async replayUserMessages() {
    const streamed = asked().inputFormat("stream-json");
    const silent = await streamed.exec("hi");
    const { events } = await streamed.replayUserMessages().exec("hi");
    return [types(silent.events), types(events)];
  },
  async includePartialMessages() {
    const builder = mock([{ do: "say", text: "abcd", deltas: 2 }]);
    const deltas = async (partly: AgentBuilder) => {
      const events: readonly Event[] = await Array.fromAsync(partly.stream("hi"));
      return events.flatMap((event) => event.type === "assistant_delta" ? [event.text] : []);
    };
    const without = await deltas(builder);
    const { events } = await builder.includePartialMessages().exec("hi");
    return [without, await deltas(builder), types(events).includes("assistant_delta")];
  },
  async progress() {
    const used: Step[] = [
      { do: "usage", input_tokens: 12, output_tokens: 5, cost_usd: 0.25 },
      ...says("no JSON"),
    ];
    const asks = () => {
      const builder = mock(used, says("[]"));
      builder.json();
      return builder;
    };
    const plain = await told(asks());
    const verbose = await told(asks().verbose());
    const quiet = await told(asks().verbose().quiet().showUsage());
    const warned = await told(asks().quiet().size("2b"));
    const usage = await told(mock(used).showUsage());
    const debug = await told(mock(used).debug());
    const failed = await told(mock(used).maxTurns(0));
    return { plain, verbose, quiet, warned, usage, debug, failed };
  },
  async bin() {
    return (await mock(says("here")).bin("/nowhere/zag").exec("hi")).result;
  },
  async budget() {
    const used: Step[] = [
      { do: "say", text: "so far" },
      { do: "usage", cost_usd: 0.02, input_tokens: 100, output_tokens: 20 },
    ];
    const over = async (builder: AgentBuilder) => {
      const error = await builder.exec("hi").then(() => undefined, (error) => error);
      if (!(error instanceof BudgetError)) throw error;
      const { name, unit, spent, cap, partial } = error;
      const said = partial?.events.flatMap((event) =>
        event.type === "assistant_message" ? event.content : []
      );
      return [name, unit, spent, cap, said?.[0]?.type === "text" ? said[0].text : null];
    };
    const stuck: Step[] = [...used, { do: "hang" }];
    const bad: string[] = [];
    for (const usd of [0, -1, NaN, Infinity]) {
      bad.push(await refusal(() => asked().maxCost(usd).exec("hi")));
    }
    for (const count of [0, 1.5]) {
      bad.push(await refusal(() => asked().maxTokens(count).exec("hi")));
    }
    return {
      cost: await over(mock(stuck).maxCost(0.01)),
      tokens: await over(mock(stuck).maxTokens(110)),
      fine: (await mock(used).maxCost(0.02).maxTokens(120).exec("hi")).result,
      bad,
    };
  },
  async maxTurns() {
    const steps: Step[] = [{ do: "tool", name: "read" }, { do: "tool", name: "read" }];
    const stopped = await mock(steps).maxTurns(1).exec("hi");
    const bad: string[] = [];
    for (const count of [0, -1, 1.5, NaN, Infinity]) {
      bad.push(await refusal(() => asked().maxTurns(count).exec("hi")));
    }
    return [(await given(asked().maxTurns(7))).max_turns, stopped.is_error, bad];
  },
  async timeout() {
    const lengths: [number | string, number][] = [[400, 400], ["400ms", 400], ["0.4s", 400]];
    const ended = await Promise.all(lengths.map(async ([length]) => {
      const error = await failure(() => mock(waits).timeout(length).exec("hi"));
      const { kind, durationMs } = error as Error & { kind?: string; durationMs?: number };
      return [error.name, kind, durationMs];
    }));
    const fine: unknown[] = [];
    for (const length of ["1h30m", "90s", "1.5h", " 99d ", "1m500ms", 60_000]) {
      fine.push((await asked().timeout(length).exec("hi")).is_error);
    }
    const bad: string[] = [];
    for (
      const length of [
        0,
        -1,
        NaN,
        Infinity,
        "",
        "0s",
        "5",
        "1.5h30m",
        "1h 30m",
        "-1s",
        "1e99d",
        "soon",
      ]
    ) {
      bad.push(await refusal(() => asked().timeout(length).exec("hi")));
    }
    return { ended, fine, bad };
  },
  async notify(program = "") {
    const { heard, handler } = listener();
    const builder = mock([{ do: "say", text: "done" }]).notify(program).notify(
      "command:nobody-here",
    )
      .enableSessionLog().onProgress(handler);
    const output = await builder.exec("hi");
    const early = heard.filter((line) => line.startsWith("warning"));
    const only = await given(asked().notify(program).notifyOn("failure", "limit"));
    const bad = await refusal(() => asked().notify("slack").exec("hi"));
    // The program goes on; its end waits for what is being told.
    const later = () => heard.filter((line) => line.startsWith("warning")).slice(early.length);
    while (later().length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    const warned = later();
    const nobody = listener();
    await mock([{ do: "say", text: "done" }]).notifyOn("end").onProgress(nobody.handler).exec("hi");
    return {
      result: output.result,
      early,
      warned,
      nobody: nobody.heard.filter((line) => line.startsWith("warning")),
      only: only.prompt,
      bad,
    };
  },
  async firstByteTimeout() {
    const hangs = () =>
      new AgentBuilder({ provider: "mock" }).env(
        "ZAG_MOCK_SCRIPT",
        '{"turns":[{"init":false,"steps":[{"do":"hang"}]}]}',
      );
    const pids: number[] = [];
    const { heard, handler } = listener();
    const builder = hangs().firstByteTimeout("800ms").onProgress(handler);
    const error = await failure(() => builder.onSpawn((pid) => pids.push(pid)).exec("hi"));
    const { kind, durationMs } = error as Error & { kind?: string; durationMs?: number };
    const off = await Promise.all(
      (["off", 0] as const).map((value) =>
        failure(() => hangs().firstByteTimeout(value).idleTimeout(900).exec("hi"))
      ),
    );
    return {
      error: [error.name, kind, durationMs, error.message],
      starts: new Set(pids).size,
      warned: heard.filter((line) => line.startsWith("warning")),
      off: off.map((each) => (each as Error & { kind?: string }).kind),
      bad: await refusal(() => asked().firstByteTimeout("-1s").exec("hi")),
    };
  },
  async startsAgain(program = "") {
    const progress = listener();
    // As long as somebody writes the program the system does not start it.
    const file = await Deno.open(program, { write: true });
    const output = await new AgentBuilder({ provider: "codex" }).onProgress({
      ...progress.handler,
      onWarning: (message) => {
        file.close();
        progress.handler.onWarning?.(message);
      },
    }).exec("hi");
    return [output.result, progress.heard.filter((line) => line.startsWith("warning"))];
  },
  async idleTimeout() {
    const error = await failure(() => mock(waits).idleTimeout("500ms").exec("hi"));
    const { kind, durationMs } = error as Error & { kind?: string; durationMs?: number };
    const bad = await refusal(() => asked().idleTimeout("0ms").exec("hi"));
    return [error.name, kind, durationMs, bad];
  },
  async mcpConfig(path = "") {
    const inline = await given(asked().mcpConfig('{"mcpServers":{"one":{"command":"x"}}}'));
    return [inline.mcp_config, (await given(asked().mcpConfig(path))).mcp_config];
  },
  async onProgressThrows() {
    const warnings: string[] = [];
    const throws = () => {
      throw new Error("mine");
    };
    const members = ["onStatus", "onSuccess", "onSpinnerStart", "onSpinnerFinish", "onDebug"];
    const builder = mock(says("fine")).debug().showUsage().onProgress(handler({
      ...Object.fromEntries(members.map((member) => [member, throws])),
      onWarning: (message) => void warnings.push(message),
    }));
    const { result } = await builder.exec("hi");
    const silent = mock(says("fine")).onProgress(handler({ onWarning: throws, onSuccess: throws }));
    const error = await refusal(() =>
      asked().maxTurns(0).onProgress(handler({ onError: throws })).exec("hi")
    );
    return {
      result,
      warnings: [...new Set(warnings)].sort(),
      silent: (await silent.exec("hi")).result,
      error,
    };
  },
  async onSpawn() {
    const pids: number[] = [];
    const lived: boolean[] = [];
    const builder = mock(says("no JSON"), says("[]"), says("more"), says("more"))
      .onSpawn((pid) => {
        pids.push(pid);
        // Whoever hears of it can use it.
        Deno.kill(pid, "SIGCONT");
        lived.push(true);
      });
    const { sessionId } = await builder.json().exec("hi");
    const again = mock(says("x"), says("y"), says("z")).onSpawn((pid) => void pids.push(pid));
    await again.resumeWithPrompt(sessionId, "go on");
    await Array.fromAsync(again.stream("hi"));
    await mock(handIn("5")).exit().headless().autoApprove()
      .onSpawn((pid) => void pids.push(pid)).run("hi");
    const warnings: string[] = [];
    const { result } = await mock(says("fine")).onSpawn(() => {
      throw new Error("mine");
    }).onProgress(handler({ onWarning: (message) => void warnings.push(message) })).exec("hi");
    return [pids.length, new Set(pids).size, lived, result, warnings];
  },
  async onSpawnStreaming() {
    const pids: number[] = [];
    const builder = asked().onSpawn((pid) => void pids.push(pid));
    await using session = await builder.execStreaming("hi");
    for await (const _ of session.turn());
    const { pid } = session;
    return [pids.length, pids[0] === pid];
  },
  async sessionLog(mode = "") {
    const builder = asked();
    if (mode !== "") builder.sessionLog(mode as SessionLogMode);
    const { log_path, sessionId } = await builder.exec("hi");
    return [log_path, sessionId];
  },
  async enableSessionLog() {
    const on = await asked().enableSessionLog().exec("hi");
    const off = await asked().enableSessionLog().enableSessionLog(false).exec("hi");
    return [on.log_path, off.log_path];
  },
  async onLogEvent() {
    const events: LogEvent[] = [];
    const unwritten: number[] = [];
    const { log_path } = await mock([{ do: "think", text: "hm" }, ...says("fine")])
      .sessionLog("off")
      .onLogEvent((event) => {
        events.push(event);
        const path = Array.from(findLogs(`${Deno.env.get("HOME")}/.zag`))[0];
        const written = path === undefined ? "" : Deno.readTextFileSync(path);
        if (!written.includes(`"seq":${event.seq},`)) unwritten.push(event.seq);
      }).exec("hi");
    const log = (await Deno.readTextFile(log_path!)).trim().split("\n").map((line) =>
      JSON.parse(line)
    );
    return { heard: events, log, unwritten };
  },
  async onLogEventThrows() {
    const warnings: string[] = [];
    const { result } = await mock(says("fine")).onLogEvent(() => {
      throw new Error("mine");
    }).onProgress(handler({ onWarning: (message) => void warnings.push(message) })).exec("hi");
    return [result, new Set(warnings).size, warnings[0], warnings.length > 2];
  },
  async logEvents() {
    const builder = mock([{ do: "think", text: "hm" }, ...says("fine")]);
    const entries = builder.logEvents();
    const call = builder.exec("hi");
    const heard: LogEvent[] = await Array.fromAsync(entries);
    const { log_path } = await call;
    const silent = await builder.exec("hi");
    const log = (await Deno.readTextFile(log_path!)).trim().split("\n").map((line) =>
      JSON.parse(line)
    );
    return { heard, log, next: silent.log_path ?? null };
  },
  async streamEventsToStderr(format = "", thinking = "") {
    const builder = mock([{ do: "think", text: "a quiet thought" }, ...says("fine")])
      .streamEventsToStderr(format as "text");
    if (thinking !== "") builder.streamShowThinking(thinking === "true");
    const { result, log_path } = await builder.exec("hi");
    return [result, log_path !== null];
  },
  async registerProcess() {
    const steps: Step[] = [{ do: "run", command: ["zag", "ps", "--json"] }];
    const listed = async (builder: AgentBuilder) => {
      const { events } = await builder.exec("the whole prompt");
      return events.flatMap((event) =>
        event.type === "tool_execution" ? JSON.parse(String(event.result.output)) : []
      );
    };
    return [
      await listed(mock(steps)),
      await listed(
        mock(steps).registerProcess({
          promptPreview: "a preview",
          command: "nightly",
          sessionName: "a name",
          model: "its model",
        }),
      ),
    ];
  },
  async reuse() {
    const builder = asked().tag("shared");
    const copy = builder.clone().name("copy").tag("copied").addDir("/");
    const outputs = await Promise.all([
      given(builder, "one"),
      given(copy, "two"),
      given(builder.systemPrompt("later"), "three"),
    ]);
    return outputs.map(({ prompt, system_prompt, add_dirs }) => [prompt, system_prompt, add_dirs]);
  },
  async constructorOptions() {
    const options: AgentOptions = { provider: "mock", tags: ["a"], maxTurns: 3 };
    const builder = new AgentBuilder(options);
    const { max_turns } = await given(builder.env("ZAG_MOCK_SCRIPT", REPORT).tag("b"));
    return [options.tags, max_turns];
  },
  async concurrent() {
    let running = 0;
    let most = 0;
    const builder = new AgentBuilder({ provider: "mock" });
    const answers = await Promise.all(Array.from({ length: 8 }, async (_, index) => {
      running++;
      most = Math.max(most, running);
      const { result, sessionId } = await builder.exec(`prompt ${index}`);
      running--;
      return [result, sessionId] as const;
    }));
    return [answers.map(([result]) => result), new Set(answers.map(([, id]) => id)).size, most];
  },
  async abortedBefore() {
    const signal = AbortSignal.abort(new Error("too late"));
    const calls = [
      () => asked().exec("hi", { signal }),
      () => asked().stream("hi", { signal }).next(),
      () => asked().execStreaming("hi", { signal }),
      () => asked().resumeWithPrompt("x", "hi", { signal }),
      () => asked().exit().headless().autoApprove().run("hi", { signal }),
    ];
    const messages: string[] = [];
    for (const call of calls) messages.push((await failure(call)).message);
    return messages;
  },
  async run(path = "") {
    const builder = asked().sessionId(path).name("talk");
    await builder.run("hello");
    return null;
  },
  async resume(id = "") {
    await new AgentBuilder({ provider: "mock" }).resume(id);
    return null;
  },
  async continueLast() {
    await new AgentBuilder({ provider: "mock" }).continueLast();
    return null;
  },
  async runFails() {
    return await refusal(() => mock([{ do: "exit", code: 3 }]).run("hello"));
  },
  async noTerminal() {
    const builder = new AgentBuilder({ provider: "mock" });
    const { sessionId } = await builder.exec("hi");
    const calls = [
      () => builder.run("hi"),
      () => builder.resume(sessionId),
      () => builder.continueLast(),
      () => builder.runForResult("hi"),
    ];
    const errors: string[] = [];
    for (const call of calls) errors.push((await failure(call)).name);
    const unknown = await failure(() => builder.resumeWithPrompt("no such session", "hi"));
    return [...errors, unknown.name];
  },
  async resumeWithPrompt() {
    const builder = mock(says("first"), [{ do: "prompt" }], [{ do: "prompt" }], [{ do: "prompt" }]);
    const { sessionId, session_id } = await builder.name("known").exec("one");
    const ids = [sessionId.slice(0, 8), "known", session_id];
    const reports: unknown[] = [];
    for (const id of ids) {
      const output = await new AgentBuilder({ provider: "mock" }).env(
        "ZAG_MOCK_SCRIPT",
        JSON.stringify({ turns: Array(4).fill({ steps: [{ do: "prompt" }] }) }),
      ).resumeWithPrompt(id, `by ${ids.indexOf(id)}`);
      const { resumed, history, prompt } = JSON.parse(output.result!) as Given;
      reports.push([resumed, prompt, history.length, output.sessionId === sessionId]);
    }
    return reports;
  },
};

function* findLogs(directory: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(directory)) {
    const path = `${directory}/${name}`;
    if (isDirectory) yield* findLogs(path);
    else if (/\/sessions\/[^/]+\.jsonl$/.test(path)) yield path;
  }
}

const [scenario = "", path = "", ...args] = Deno.args;
const result = await scenarios[scenario]!(...args);
await Deno.writeTextFile(path, JSON.stringify(result ?? null));
