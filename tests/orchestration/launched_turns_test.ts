import { EndRequested, Interrupt } from "../../src/agent/interrupt.ts";
import type { LaunchOutcome } from "../../src/agent/outcome.ts";
import { LaunchedTurns } from "../../src/orchestration/launched_turns.ts";
import type { TurnLaunch } from "../../src/orchestration/session_turns.ts";
import { assertEquals } from "../support/assert.ts";

/** Turns whose launches the test makes. */
class World implements Disposable {
  readonly asked: TurnLaunch[] = [];
  readonly refused: string[] = [];
  readonly abort = new AbortController();
  kept = true;
  readonly turns: LaunchedTurns;

  constructor(launch: (request: TurnLaunch) => Partial<LaunchOutcome>) {
    this.turns = new LaunchedTurns({
      launch: (request) => {
        this.asked.push(request);
        const outcome = { success: true, resumable: true, exit: { code: 0, signal: null } };
        return Promise.try(() => ({ ...outcome, ...launch(request) }) as LaunchOutcome);
      },
      options: { provider: "p", model: "m", files: ["f"], name: "n", tags: ["t"], maxTurns: 3 },
      session: { sessionId: "s", provider: "p" },
      processId: "run",
      signal: this.abort.signal,
      asked: () => undefined,
      keeps: () => Promise.resolve(this.kept),
      refused: (text, reason) => this.refused.push(`${text}: ${reason}`),
    });
  }

  [Symbol.dispose](): void {
    this.turns[Symbol.dispose]();
  }
}

Deno.test("LaunchedTurns goes on in the same run, with the options that hold for every turn", async () => {
  using world = new World(() => ({}));
  await world.turns.begin("one", false);
  await world.turns.turn("two", true);
  const [first, second] = world.asked;
  assertEquals([first?.prompt, first?.resume, first?.collectEvents], ["one", undefined, false]);
  assertEquals(first?.options.files, ["f"]);
  assertEquals(second?.options, { maxTurns: 3 });
  const from = { processId: "run", exitCode: 0, forgotten: false };
  assertEquals([second?.resume, second?.collectEvents], [{ id: "s", from }, true]);
});

Deno.test("LaunchedTurns begins anew in an agent whose CLI keeps nothing of the session", async () => {
  let success = false;
  using world = new World(() => ({ success }));
  await world.turns.begin("one", false);
  world.kept = false;
  success = true;
  await world.turns.turn("two", false);
  await world.turns.turn("three", false);
  const forgotten = world.asked.slice(1).map(({ resume }) =>
    resume && "id" in resume && resume.from?.forgotten
  );
  assertEquals(forgotten, [true, false]);
  // The files did not arrive with the first one.
  assertEquals(world.asked.map(({ options }) => options.files), [["f"], ["f"], undefined]);
});

Deno.test("LaunchedTurns goes on after a turn that could not begin, unless it was the first", async () => {
  let fails = false;
  using world = new World(() => {
    if (fails) throw new Error("too long");
    return {};
  });
  await world.turns.begin("one", false);
  fails = true;
  const answer = await world.turns.turn("two", true);
  assertEquals([answer?.is_error, answer?.error_message], [true, "too long"]);
  assertEquals(world.refused, ["two: too long"]);
  using other = new World(() => {
    throw new Error("no such program");
  });
  assertEquals(await other.turns.begin("one", true), undefined);
  assertEquals(await other.turns.over, { outcome: "failure", error: "no such program" });
  await other.turns.turn("two", true);
  assertEquals(other.asked.length, 1);
});

Deno.test("LaunchedTurns ends between turns for whoever asks", async () => {
  const request = { action: "kill", submitted: false } as const;
  const cases = [
    [new Interrupt("SIGTERM"), "interrupted", "Interrupted by SIGTERM", "interrupted"],
    [new EndRequested({ ...request, reason: "why" }), "killed", "cancelled: why", "cancelled"],
    [new EndRequested(request), "killed", 'The session was ended by "zag ps kill"', "killed"],
    [new EndRequested({ ...request, submitted: true }), "success", undefined, undefined],
  ] as const;
  for (const [reason, outcome, error, why] of cases) {
    using world = new World(() => ({}));
    await world.turns.begin("one", false);
    world.abort.abort(reason);
    const over = await world.turns.over;
    assertEquals([over.outcome, over.error, over.reason], [outcome, error, why]);
    assertEquals(await world.turns.turn("late", true), undefined);
    assertEquals(world.asked.length, 1);
  }
});

Deno.test("LaunchedTurns ends with a turn that somebody has ended", async () => {
  using world = new World(() => ({
    endedBy: { kind: "timeout", durationMs: 5 },
    outcome: "timeout",
    failure: "late",
  }));
  assertEquals(await world.turns.begin("one", true), undefined);
  const { outcome, error } = await world.turns.over;
  assertEquals([outcome, error], ["timeout", "late"]);
});

Deno.test("LaunchedTurns ends well when it is closed", async () => {
  using world = new World(() => ({}));
  await world.turns.begin("one", false);
  await world.turns.close();
  assertEquals(await world.turns.over, { outcome: "success", error: undefined });
  assertEquals(await world.turns.turn("late", true), undefined);
  assertEquals(world.asked.length, 1);
});

Deno.test("LaunchedTurns says what a turn was refused for when it is not known what the CLI keeps", async () => {
  using world = new World(() => ({ success: false }));
  await world.turns.begin("one", false);
  Object.defineProperty(world, "kept", {
    get: () => {
      throw new Error("database is locked");
    },
  });
  assertEquals((await world.turns.turn("two", true))?.error_message, "database is locked");
});
