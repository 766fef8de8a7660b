/** A program at the edges of the library; what it finds goes to a file, it prints nothing itself. */
import {
  AgentBuilder,
  type AgentOptions,
  MissingPermissionError,
  SessionLog,
  SessionStore,
  spawnSession,
  waitForSessions,
  ZagBuilder,
  ZagError,
} from "../../../src/mod.ts";
import type { Step } from "../../../src/providers/mock/script.ts";

/** A mock agent that takes these steps; each argument is a turn. */
function mock(...turns: Step[][]): AgentBuilder {
  return new AgentBuilder({ provider: "mock" }).env(
    "ZAG_MOCK_SCRIPT",
    JSON.stringify({ turns: turns.map((steps) => ({ steps })) }),
  );
}

const says = (text: string): Step[] => [{ do: "say", text }];
const hangs: Step[] = [{ do: "say", text: "half" }, { do: "hang" }];
const many: Step[] = Array.from({ length: 600 }, (_, index) => ({ do: "say", text: `${index}` }));

async function failure(call: () => Promise<unknown>): Promise<Error> {
  try {
    await call();
  } catch (error) {
    return error as Error;
  }
  throw new Error("it was not rejected");
}

async function refusal(call: () => Promise<unknown>): Promise<string> {
  const error = await failure(call);
  return error instanceof ZagError
    ? `${error.name}: ${error.message}`
    : `no error of zag: ${error}`;
}

/** What no type allows, as a program in JavaScript may give it. */
// deno-lint-ignore no-explicit-any -- that is the point
const any = (value: unknown): any => value;

const scenarios: Record<string, () => Promise<unknown>> = {
  async asyncListeners() {
    const warnings: string[] = [];
    const rejects = (what: string) => any(() => Promise.reject(new Error(what)));
    await using log = await SessionLog.start({
      provider: "mock",
      command: "x",
      onEvent: rejects("entry"),
    });
    const { result } = await mock(says("fine"))
      .sessionLog(log)
      .onSpawn(rejects("spawn"))
      .onLogEvent(rejects("event"))
      .onProgress({
        onSuccess: rejects("success"),
        onWarning: (message) => void warnings.push(message),
      })
      .exec("hi");
    return [result, [...new Set(warnings)].sort()];
  },
  async unreadEntries() {
    const late = mock([...many, { do: "hang" }]).timeout("1s");
    late.logEvents();
    const error = await failure(() => late.exec("hi"));
    const warnings: string[] = [];
    // Its agent has to end by itself in that time.
    const done = mock(many).timeout("10s").onProgress({
      onWarning: (message) => void warnings.push(message),
    });
    const entries = done.logEvents();
    const settled = await done.exec("hi").then(() => "settled", (error) => error.name);
    let waiting = 0;
    for await (const _ of entries) waiting++;
    return [error.name, settled, warnings.length, waiting >= 256];
  },
  async streamSnapshot() {
    const builder = mock(says("first"), says("again"), says("again"));
    const events = builder.stream("hi");
    builder.env("ZAG_MOCK_SCRIPT", JSON.stringify({ turns: [{ steps: says("later") }] }));
    const results: unknown[] = [];
    for await (const event of events) if (event.type === "result") results.push(event.message);
    const facade = new ZagBuilder({ provider: "mock" }).env(
      "ZAG_MOCK_SCRIPT",
      JSON.stringify({ turns: ["a", "b", "c"].map((text) => ({ steps: says(text) })) }),
    );
    const { sessionId } = await facade.exec("hi");
    const streamed = facade.streamResume(sessionId, "more");
    facade.provider("nobody");
    for await (const event of streamed) if (event.type === "result") results.push(event.message);
    return results;
  },
  async facadeEntries() {
    const builder = new ZagBuilder({ provider: "mock" });
    const { sessionId } = await builder.exec("hi");
    const counts: number[] = [];
    const count = async (entries: AsyncIterable<unknown>) => {
      let heard = 0;
      for await (const _ of entries) heard++;
      counts.push(heard);
    };
    const methods = [
      () => builder.execResume(sessionId, "more"),
      () => builder.execContinue("more"),
      () => Array.fromAsync(builder.streamResume(sessionId, "more")),
      () => Array.fromAsync(builder.streamContinue("more")),
    ];
    for (const method of methods) await Promise.all([count(builder.logEvents()), method()]);
    return counts.map((heard) => heard > 2);
  },
  async prompts() {
    const builder = mock(says("never"));
    const calls = [
      () => builder.exec(any(undefined)),
      () => builder.exec(any(42)),
      () => builder.stream(any(undefined)).next(),
      () => builder.resumeWithPrompt("x", any(undefined)),
      () => builder.execStreaming(any(null)),
      () => builder.run(any(42)),
    ];
    const refusals: string[] = [];
    for (const call of calls) refusals.push(await refusal(call));
    return refusals;
  },
  async values() {
    const changes: AgentOptions[] = [
      { sessionLog: any("on") },
      { sessionLog: any(true) },
      { outputFormat: any("xml") },
      { inputFormat: any("xml") },
      { env: { "A=B": "c" } },
      { env: { "": "c" } },
      { env: { A: any(undefined) } },
      { sessionId: "abc" },
      { name: "" },
      { name: "two\nlines" },
      { tags: ["a", " "] },
      any({ modle: "small" }),
    ];
    const refusals: string[] = [];
    for (const change of changes) {
      refusals.push(
        await refusal(() => new AgentBuilder({ provider: "mock", ...change }).exec("x")),
      );
    }
    for (const change of [{ maxTurns: 0 }, { modle: "small" }, { env: { "": "" } }]) {
      const options = any({ provider: "mock", prompt: "x", ...change });
      refusals.push(await refusal(() => spawnSession(options)));
    }
    using store = await SessionStore.open();
    for (const change of [{ name: " " }, { tags: [""] }]) {
      refusals.push(await refusal(() => Promise.resolve().then(() => store.update("x", change))));
    }
    return refusals;
  },
  async words() {
    const errors = [
      await failure(() => mock(says("x")).addDir("/no --root here").exec("hi")),
      await failure(() => mock(says("x")).root("/nowhere").exec("hi")),
      await failure(() =>
        new AgentBuilder({ provider: "codex" }).size("9b").sandbox("?").exec("hi")
      ),
      await failure(() => mock(says("x")).headless().exit().run("hi")),
      await failure(() => spawnSession({ provider: "mock", prompt: "x", injectContext: true })),
    ];
    return errors.map((error) => [
      error.message,
      (error as ZagError).hint ?? "",
      error.stack?.startsWith(`${error.name}: ${error.message}\n`) ?? false,
    ]);
  },
  async longWaits() {
    const session = await mock(says("x")).exec("hi");
    const [ended] = await waitForSessions([session.sessionId], { timeout: "60d" });
    const streaming = await mock(hangs).execStreaming("hi");
    const closing = streaming.close({ timeout: "60d" });
    streaming.terminate();
    await closing;
    return [ended!.status, (await mock(says("y")).timeout("60d").exec("hi")).result];
  },
  async revoked() {
    const builder = mock(hangs).timeout("1s").onSpawn(() => {
      Deno.permissions.revokeSync({ name: "run", command: "kill" });
    });
    return (await failure(() => builder.exec("hi"))).name;
  },
  async answer() {
    return (await mock(says("x")).exec("hi")).result;
  },
  async permissions() {
    const error = await failure(() => mock(says("x")).exec("hi"));
    if (!(error instanceof MissingPermissionError)) throw error;
    return [error.message, error.flags, error.hint];
  },
};

const [scenario = "", path = ""] = Deno.args;
const result = await scenarios[scenario]!();
await Deno.writeTextFile(path, JSON.stringify(result ?? null));
