/** A program that uses the library; what it finds goes to a file, so that it prints nothing itself. */
import {
  AgentBuilder,
  type AgentOptions,
  type AgentProcessError,
  AgentTimeoutError,
  type Event,
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

const talking: Step[] = [{ do: "say", text: "half" }, { do: "hang" }];

/** What a call was rejected with. */
async function failure(call: () => Promise<unknown>): Promise<Error> {
  try {
    await call();
  } catch (error) {
    return error as Error;
  }
  throw new Error("it was not rejected");
}

function types(events: readonly Event[]): string[] {
  return events.map(({ type }) => type);
}

async function collect(events: AsyncIterable<Event>): Promise<Event[]> {
  const collected: Event[] = [];
  for await (const event of events) collected.push(event);
  return collected;
}

const scenarios: Record<string, () => Promise<unknown>> = {
  async exec() {
    const builder = mock([{ do: "say", text: "hello" }]).enableSessionLog().name("n").tag("a").tag(
      "b",
    );
    const output = await builder.exec("hi");
    return { ...output, events: types(output.events) };
  },
  async fallsBack() {
    const builder = new AgentBuilder({ provider: "codex" }).fallback("mock");
    const output = await builder.exec("hi");
    const error = await failure(() => builder.fallback("nobody").exec("hi"));
    return [output.agent, output.result, output.log_path !== undefined, error.name];
  },
  async stream() {
    const steps: Step[] = [{ do: "tool", name: "read" }, { do: "say", text: "ab", deltas: 2 }];
    return [
      types(await collect(mock(steps).stream("hi"))),
      types(await collect(mock(steps).includePartialMessages().stream("hi"))),
    ];
  },
  async leaveEarly() {
    for await (const event of mock(talking).stream("hi")) {
      if (event.type === "assistant_message") break;
    }
  },
  async throwInside() {
    const error = await failure(async () => {
      for await (const _ of mock(talking).stream("hi")) throw new Error("mine");
    });
    return error.message;
  },
  async never() {
    // A stream that nobody reads starts nothing.
    mock(talking).stream("hi");
    await Promise.resolve();
  },
  async chooses() {
    const answers = mock([{ do: "say", text: '{"model":"large"}' }], [{ do: "prompt" }]);
    const first = await answers.model("auto").exec("hi");
    const [id] = first.events.flatMap((event) =>
      event.type === "init" ? [String(event.metadata.session_id)] : []
    );
    // What was chosen stays, although the builder still says that it is to be chosen.
    const second = await answers.resumeWithPrompt(id!, "more");
    const error = await failure(() => answers.exec(" "));
    return [first.result, JSON.parse(second.result!).model, error.name];
  },
  async snapshot() {
    const builder = mock([{ do: "prompt" }]);
    const first = builder.exec("one");
    const second = builder.model("large").systemPrompt("brief").exec("two");
    const copy = builder.clone().model("small").exec("three");
    const outputs = await Promise.all([first, second, copy, builder.exec("four")]);
    return outputs.map(({ result }) => {
      const { prompt, model, system_prompt } = JSON.parse(result!);
      return [prompt, model, system_prompt];
    });
  },
  async resume() {
    const builder = mock([{ do: "say", text: "first" }], [{ do: "prompt" }]);
    const { session_id } = await builder.exec("one");
    const second = await builder.resumeWithPrompt(session_id.slice(0, 8), "two");
    const { history, resumed } = JSON.parse(second.result!);
    return [second.session_id === session_id, resumed, history];
  },
  async abort() {
    const controller = new AbortController();
    const reason = new Error("changed my mind");
    const builder = mock(talking);
    const error = await failure(async () => {
      for await (const event of builder.stream("hi", { signal: controller.signal })) {
        if (event.type === "assistant_message") controller.abort(reason);
      }
    });
    const later = new AbortController();
    const running = failure(() => builder.exec("hi", { signal: later.signal }));
    setTimeout(() => later.abort(reason), 300);
    const never = await failure(() => builder.exec("hi", { signal: AbortSignal.abort(reason) }));
    return [error === reason, await running === reason, never === reason];
  },
  async timeout() {
    const error = await failure(() =>
      mock(talking).timeout(10_000).exec("hi")
    ) as AgentTimeoutError;
    const silent = await failure(() => mock([{ do: "hang" }]).idleTimeout(500).exec("hi"));
    const { kind, durationMs, message, partial } = error;
    return {
      is: [error instanceof AgentTimeoutError, error instanceof ZagError],
      kind,
      durationMs,
      message,
      partial: [partial.is_error, types(partial.events)],
      silent: (silent as AgentTimeoutError).kind,
      stream: (await failure(() => collect(mock([{ do: "hang" }]).timeout(500).stream("hi")))).name,
    };
  },
  async noResult() {
    const steps: Step[] = [{ do: "stderr", text: "why" }, { do: "exit", code: 3 }];
    const error = await failure(() => mock(steps).exec("hi")) as AgentProcessError;
    const { name, exitCode, signal, stderr, message } = error;
    return { name, exitCode, signal, stderr, message };
  },
  async agentFails() {
    const output = await mock([{ do: "error", message: "boom", fatal: true }]).exec("hi");
    return [output.is_error, output.error_message, output.exit_code];
  },
  async refusals() {
    const tries: [AgentOptions, string][] = [
      [{ provider: "nonsense" }, "hi"],
      [{ provider: "mock", model: "nonsense" }, "hi"],
      [{ provider: "mock" }, " \n"],
      [{ provider: "mock", root: "/nowhere" }, "hi"],
      [{ provider: "mock", files: ["/nowhere"] }, "hi"],
      [{ provider: "mock", outputFormat: "native-json" }, "hi"],
      [{ provider: "claude" }, "hi"],
      [{}, "hi"],
    ];
    const names: string[] = [];
    for (const [options, prompt] of tries) {
      const error = await failure(() => new AgentBuilder(options).exec(prompt));
      names.push(error instanceof ZagError ? error.name : `${error}`);
    }
    return names;
  },
  /** How many messages came, and how many of them were read before the program had taken the second one. */
  async backPressure() {
    const steps: Step[] = Array.from({ length: 400 }, () => ({ do: "big", bytes: 10_000 }));
    let read = 0;
    const agent = mock(steps).enableSessionLog().onLogEvent(({ type }) => {
      if (type === "assistant_message") read++;
    });
    let count = 0;
    let ahead = 0;
    for await (const event of agent.stream("hi")) {
      if (event.type !== "assistant_message") continue;
      if (++count > 1) continue;
      // As long as more is read.
      for (let looks = 0, before = 0; looks < 20; looks++) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        if (read > before) looks = 0;
        ahead = before = read;
      }
    }
    return [count, ahead];
  },
  async hang() {
    await mock(talking).enableSessionLog().exec("hi");
  },
};

const [scenario = "", path = ""] = Deno.args;
const result = await scenarios[scenario]!();
await Deno.writeTextFile(path, JSON.stringify(result ?? null));
