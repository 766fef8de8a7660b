import type { LaunchOutcome } from "../../src/agent/outcome.ts";
import type { Event } from "../../src/events/event.ts";
import type { TurnLaunch } from "../../src/orchestration/session_turns.ts";
import { StreamedTurns } from "../../src/orchestration/streamed_turns.ts";
import { emptyState } from "../../src/providers/parsing.ts";
import { assertEquals } from "../support/assert.ts";

/** An agent that says what the test lets it say. */
class Agent implements Disposable {
  readonly turns: StreamedTurns;
  readonly end = Promise.withResolvers<LaunchOutcome>();
  readonly shown: string[] = [];
  request!: TurnLaunch;
  #cost = 0;

  constructor() {
    this.turns = new StreamedTurns({
      launch: (request) => {
        this.request = request;
        return this.end.promise;
      },
      options: {},
      provider: "p",
      signal: new AbortController().signal,
      asked: () => undefined,
      observer: {
        events: (events) => {
          this.shown.push(...events.map(({ type }) => type));
          return Promise.resolve();
        },
      },
    });
  }

  /** Says something; with a result the turn is over. */
  async say(events: Event[], result?: string): Promise<void> {
    await this.request.observer!.events!(events);
    if (result === undefined) return;
    this.#cost += 2;
    const state = { ...emptyState(), results: 1, result, costUsd: this.#cost };
    this.request.observer!.turnEnded!(state, false);
  }

  [Symbol.dispose](): void {
    this.turns[Symbol.dispose]();
  }
}

function repeated(text: string): Event {
  return { type: "user_message", content: [{ type: "text", text }] };
}

function thought(content: string): Event {
  return { type: "reasoning", content };
}

Deno.test("StreamedTurns gives each message the turn that is about it, and what that has cost", async () => {
  using agent = new Agent();
  await agent.turns.begin(undefined, false);
  assertEquals([agent.request.streamInput, agent.request.showsRepeated], [true, true]);
  for (const text of ["one", "two"]) {
    const turn = agent.turns.turn(text, true);
    // Something that the agent has left running is done just now.
    await agent.say([thought("of its own")], "notified");
    await agent.say([repeated(`${text}\n`), thought(text)], text);
    const answer = await turn;
    assertEquals([answer?.result, answer?.events], [text, [thought(text)]]);
    assertEquals(answer?.total_cost_usd, 4);
  }
  assertEquals(agent.shown.includes("user_message"), false);
});

Deno.test("StreamedTurns believes a result after a while although the message was not repeated", async () => {
  using agent = new Agent();
  await agent.turns.begin(undefined, false);
  const turn = agent.turns.turn("/clear", true);
  await agent.say([thought("x")], "cleared");
  assertEquals((await turn)?.result, "cleared");
});

Deno.test("StreamedTurns is over when its agent ends, and answers nobody then", async () => {
  using agent = new Agent();
  await agent.turns.begin(undefined, false);
  const turn = agent.turns.turn("one", true);
  const exit = { code: 3, signal: null };
  agent.end.resolve({ exit, agentName: "P", settled: true, stderr: "why\n" } as LaunchOutcome);
  assertEquals(await turn, undefined);
  const { outcome, error } = await agent.turns.over;
  const text = "P ended although it could still be asked (exit code 3): why";
  assertEquals([outcome, error], ["failure", text]);
  assertEquals(await agent.turns.turn("two", true), undefined);
});

Deno.test("StreamedTurns believes a result although something came late, and the message was not repeated", async () => {
  using agent = new Agent();
  await agent.turns.begin(undefined, false);
  const turn = agent.turns.turn("/clear", true);
  await agent.say([thought("x")], "cleared");
  await agent.say([thought("late")]);
  assertEquals((await turn)?.result, "cleared");
});

Deno.test("StreamedTurns closes the input, and ends well when the agent does", async () => {
  using agent = new Agent();
  await agent.turns.begin(undefined, false);
  const reading = Array.fromAsync(agent.request.input!);
  const closing = agent.turns.close();
  assertEquals(await reading, []);
  const exit = { code: 1, signal: null };
  agent.end.resolve({ exit, agentName: "P", settled: true, stderr: "" } as LaunchOutcome);
  await closing;
  assertEquals(await agent.turns.over, { outcome: "success", error: undefined, exit });
});

Deno.test("StreamedTurns fails when nobody reads its messages although the agent lives", async () => {
  using agent = new Agent();
  await agent.turns.begin(undefined, false);
  await agent.request.input!.cancel();
  assertEquals(await agent.turns.turn("one", true), undefined);
  assertEquals((await agent.turns.over).outcome, "failure");
});
