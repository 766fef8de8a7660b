/** A program that converses with an agent; what it finds goes to a file, and it prints nothing. */
import {
  AgentBuilder,
  type AgentOptions,
  type Event,
  type StreamingSession,
  ZagError,
} from "../../../src/mod.ts";
import type { Step } from "../../../src/providers/mock/script.ts";

const [scenario = "", path = "", provider = "mock"] = Deno.args;

/** The agent; for the mock each argument is a turn. */
function agent(...turns: Step[][]): AgentBuilder {
  const builder = new AgentBuilder({ provider });
  if (turns.length === 0) return builder;
  return builder.env(
    "ZAG_MOCK_SCRIPT",
    JSON.stringify({ turns: turns.map((steps) => ({ steps })) }),
  );
}

const hanging: Step[] = [{ do: "say", text: "half" }, { do: "hang" }];

/** What something was rejected with. */
async function failure(work: () => Promise<unknown>): Promise<Error> {
  try {
    await work();
  } catch (error) {
    return error as Error;
  }
  throw new Error("it was not rejected");
}

/** Types of events, and the text of messages and results. */
async function told(events: AsyncIterable<Event>): Promise<string[]> {
  const all: string[] = [];
  for await (const event of events) {
    if (event.type === "reasoning") continue;
    if (event.type === "user_message") {
      const [block] = event.content;
      all.push(`user ${block?.type === "text" ? block.text.trim() : ""}`);
    } else if (event.type === "result") {
      all.push(`result ${event.success ? event.message : "failed"}`);
    } else if (event.type === "turn_complete") all.push(`turn_complete ${event.turn_index}`);
    else all.push(event.type);
  }
  return all;
}

/** Reads until the agent says something. */
async function untilSaid(session: StreamingSession): Promise<void> {
  for await (const { type } of session) {
    if (type === "assistant_message" || type === "assistant_delta") return;
  }
  throw new Error("it said nothing");
}

const scenarios: Record<string, () => Promise<unknown>> = {
  async turns() {
    const session = await agent().name("talk").execStreaming("one");
    const begun = [typeof session.pid, session.isRunning];
    const turns = [await told(session.turn())];
    // One that is sent while another waits is a turn of its own, where the agent does not see both.
    for (const text of ["two", "three"]) {
      await session.sendUserMessage(text);
      turns.push(await told(session.turn()));
    }
    const id = await session.sessionId;
    await session.wait();
    const over = [typeof session.pid, session.isRunning, await session.nextEvent()];
    const { result } = await agent().resumeWithPrompt(id, "four");
    return { begun, turns, over, result };
  },
  async withoutPrompt() {
    const session = await agent().execStreaming();
    await session.send('{"type":"user_message","content":"one"}');
    const turn = await told(session.turn());
    await session.close();
    const silent = await agent().execStreaming();
    await silent.wait();
    const id = await failure(() => silent.sessionId);
    return [turn, await silent.nextEvent(), id.message];
  },
  async queued() {
    const session = await agent().execStreaming("one");
    await session.sendUserMessage("two");
    await session.closeInput();
    return await told(session);
  },
  async failing() {
    const failed: Step[] = [{ do: "error", message: "boom", fatal: true }];
    const session = await agent(failed, [{ do: "say", text: "well" }]).execStreaming("one");
    const first = await told(session.turn());
    await session.sendUserMessage("two");
    const second = await told(session.turn());
    await session.wait();
    return [first.at(-1), second.at(-1)];
  },
  async readers() {
    const session = await agent().execStreaming("one");
    const errors: string[] = [];
    const seen: string[] = [];
    for await (const event of session.turn()) {
      seen.push(event.type);
      errors.push((await failure(() => session.nextEvent())).message);
      errors.push((await failure(() => told(session))).message);
      break;
    }
    const pending = session.nextEvent();
    errors.push((await failure(() => session.nextEvent())).message);
    seen.push((await pending)!.type);
    const rest = await told(session.turn());
    await session.close();
    return { errors: [...new Set(errors)], count: errors.length, seen, end: rest.at(-1) };
  },
  async closedInput() {
    const session = await agent().execStreaming("one");
    const odd = await failure(() => session.send("{}\n{}"));
    const empty = await failure(() => session.sendUserMessage(" "));
    await session.closeInput();
    await session.closeInput();
    const closed = await failure(() => session.sendUserMessage("two"));
    const all = await told(session);
    return [odd.message, empty.message, closed.message, all.at(-1)];
  },
  async badLine() {
    const session = await agent().execStreaming("one");
    await told(session.turn());
    await session.send('{"type":"nonsense"}');
    const errors = [
      await failure(() => told(session)),
      await failure(() => session.nextEvent()),
      await failure(() => session.wait()),
    ];
    const late = await failure(() => session.sendUserMessage("two"));
    return [errors.map(({ name }) => name), errors[0]!.message, late.message];
  },
  async terminate() {
    const session = await agent(hanging).includePartialMessages().execStreaming("one");
    await untilSaid(session);
    session.terminate();
    session.terminate();
    await session.wait();
    const late = await failure(() => session.sendUserMessage("two"));
    return [await session.nextEvent(), session.isRunning, late instanceof ZagError];
  },
  async dispose() {
    const stubborn: Step[] = [{ do: "ignore_term" }, ...hanging];
    let kept: StreamingSession;
    {
      await using session = await agent(stubborn).includePartialMessages().execStreaming("one");
      kept = session;
      await untilSaid(session);
    }
    const again = await failure(() => kept.close({ timeout: "soon" }));
    await kept.close({ timeout: 200 });
    return [kept.isRunning, await kept.nextEvent(), again.name];
  },
  async closeSoon() {
    const stubborn: Step[] = [{ do: "ignore_term" }, ...hanging];
    const session = await agent(stubborn).includePartialMessages().execStreaming("one");
    await untilSaid(session);
    await session.close({ timeout: 200 });
    return [session.isRunning, session.pid ?? null];
  },
  async abort() {
    const controller = new AbortController();
    const reason = new Error("changed my mind");
    const { signal } = controller;
    const never = await failure(() =>
      agent().execStreaming("one", { signal: AbortSignal.abort(reason) })
    );
    const session = await agent([{ do: "prompt" }], hanging).execStreaming("one", { signal });
    await told(session.turn());
    controller.abort(reason);
    const errors = [
      await failure(() => told(session)),
      await failure(() => session.nextEvent()),
      await failure(() => session.wait()),
    ];
    await session.close();
    return [never === reason, ...errors.map((error) => error === reason)];
  },
  async crash() {
    const steps: Step[] = [{ do: "stderr", text: "why" }, { do: "exit", code: 3 }];
    const session = await agent([{ do: "say", text: "well" }], steps).execStreaming("one");
    await told(session.turn());
    await session.sendUserMessage("two");
    const error = await failure(() => told(session.turn()));
    const { name, message } = await failure(() => session.wait());
    // Nobody asks for the failure of this one.
    const unread = await agent([{ do: "exit", code: 3 }]).execStreaming("one");
    await unread.close();
    return [error.name, name, message];
  },
  async refused() {
    const tries: [AgentOptions, string?][] = [
      [{ provider: "nonsense" }, "hi"],
      [{ provider, json: true }, "hi"],
      [{ provider, outputFormat: "text" }, "hi"],
      [{ provider, root: "/nowhere" }],
      [{ provider }, " "],
    ];
    const names: string[] = [];
    for (const [options, prompt] of tries) {
      names.push((await failure(() => new AgentBuilder(options).execStreaming(prompt))).name);
    }
    return names;
  },
  async unread() {
    const big: Step[] = Array.from({ length: 200 }, () => ({ do: "big", bytes: 10_000 }));
    const sessions = [await agent(big).execStreaming("one"), await agent(big).execStreaming("one")];
    await sessions[0]!.wait();
    await sessions[1]!.close();
    const early = await agent(big).execStreaming("one");
    for await (const _ of early) break;
    early.terminate();
    await early.wait();
    return [...sessions, early].map(({ isRunning }) => isRunning);
  },
  async backPressure() {
    const big: Step[] = Array.from({ length: 2000 }, () => ({ do: "big", bytes: 30_000 }));
    const session = await agent(big).execStreaming("one");
    let peak = 0;
    let count = 0;
    for await (const event of session.turn()) {
      if (event.type === "assistant_message") count++;
      await new Promise((resolve) => setTimeout(resolve, 0));
      peak = Math.max(peak, Deno.memoryUsage().heapUsed);
    }
    await session.close();
    return [count, peak < 45_000_000];
  },
  async manyMessages() {
    const session = await agent(hanging).includePartialMessages().execStreaming("one");
    let sent = 0;
    const sending = (async () => {
      for (; sent < 50; sent++) await session.sendUserMessage("x".repeat(100_000));
    })().catch((error) => error);
    // As many as there is room for; then whoever sends waits, until the session is over.
    await untilSaid(session);
    session.terminate();
    return [await sending instanceof ZagError, sent];
  },
  async waitingMessages() {
    // It reads no message before it may go on.
    const go = `${Deno.cwd()}/go`;
    const until = `until [ -e ${go} ]; do sleep 0.05; done`;
    const steps: Step[] = [{ do: "run", command: ["sh", "-c", until] }, {
      do: "say",
      text: "first",
    }];
    const session = await new AgentBuilder({ provider }).env(
      "ZAG_MOCK_SCRIPT",
      JSON.stringify({ turns: [{ steps }], after: "echo" }),
    ).execStreaming("one");
    const sends: Promise<void>[] = [];
    for (let index = 0; index < 12; index++) {
      const sending = session.sendUserMessage(`${index}:${"y".repeat(400_000)}`);
      sends.push(sending);
      // Some resolve; those that wait for room do not, and the next one comes all the same.
      await Promise.race([sending, new Promise((resolve) => setTimeout(resolve, 20))]);
    }
    await session.closeInput();
    await Deno.writeTextFile(go, "");
    await Promise.all(sends);
    const answers: string[] = [];
    for await (const event of session) {
      if (event.type === "result") answers.push((event.message ?? "").split("y")[0]!);
    }
    return answers;
  },
};

const result = await scenarios[scenario]!();
await Deno.writeTextFile(path, JSON.stringify(result ?? null));
