import { assertEquals, assertStringIncludes } from "../support/assert.ts";
import { runAgent, said, withTempDir } from "./run_agent.ts";
import { RunningAgent } from "./running_agent.ts";

const COUNTING = {
  turns: [1, 2, 3].map((number) => ({ steps: [{ do: "say", text: `turn ${number}` }] })),
  after: "error",
};

Deno.test("a resumed session goes on with the next turn, its model and its history", async () => {
  await withTempDir(async (state) => {
    const first = await runAgent({
      state,
      script: COUNTING,
      stdin: "a",
      args: ["--session=s", "--model=mock-large"],
    });
    assertEquals(said(first), "turn 1");
    const second = await runAgent({ state, script: COUNTING, stdin: "b", args: ["--resume=s"] });
    assertEquals([said(second), second.state.model], ["turn 2", "mock-large"]);
    assertEquals(second.state.sessionId, "s");
    const third = await runAgent({
      state,
      script: { turns: [], after: "echo" },
      stdin: "c",
      args: ["--resume=s", "--model=mock-small"],
    });
    assertEquals([said(third), third.state.model], ["c", "mock-small"]);
    const fourth = await runAgent({
      state,
      script: { turns: [...COUNTING.turns.slice(0, 2), { steps: [{ do: "prompt" }] }] },
      args: ["--resume=s"],
    });
    const { turn, resumed, history } = JSON.parse(said(fourth));
    assertEquals([turn, resumed], [3, true]);
    assertEquals(history, [
      { prompt: "a", answer: "turn 1" },
      { prompt: "b", answer: "turn 2" },
      { prompt: "c", answer: "c" },
    ]);
  });
});

Deno.test("ids of messages and tools stay unique across the turns of a session", async () => {
  await withTempDir(async (state) => {
    const script = { turns: [1, 2].map(() => ({ steps: [{ do: "tool", name: "t" }] })) };
    await runAgent({ state, script, args: ["--session=s"] });
    await runAgent({ state, script, args: ["--resume=s"] });
    const ids = (await Deno.readTextFile(`${state}/s.jsonl`)).match(/"tool_call","id":"[^"]*"/g);
    assertEquals([ids?.length, new Set(ids).size], [2, 2]);
  });
});

Deno.test("a turn counts as played when the agent was killed in the middle of it", async () => {
  await withTempDir(async (state) => {
    const script = {
      turns: [{ steps: [{ do: "say", text: "x" }, { do: "hang" }] }, COUNTING.turns[1]],
    };
    await using agent = new RunningAgent({ state, script, args: ["--session=s"] });
    await agent.closeStdin();
    await agent.until('"text"');
    agent.kill("SIGKILL");
    await agent.status;
    assertEquals(said(await runAgent({ state, script, args: ["--resume=s"] })), "turn 2");
  });
});

Deno.test("a torn last line of the session file loses no turn, neither before nor after", async () => {
  await withTempDir(async (state) => {
    await runAgent({ state, script: COUNTING, args: ["--session=s"] });
    await Deno.writeTextFile(`${state}/s.jsonl`, '{"type":"te', { append: true });
    const second = await runAgent({ state, script: COUNTING, args: ["--resume=s"] });
    const third = await runAgent({ state, script: COUNTING, args: ["--resume=s"] });
    assertEquals([said(second), said(third)], ["turn 2", "turn 3"]);
  });
});

Deno.test("an unknown session cannot be resumed", async () => {
  await withTempDir(async (state) => {
    const run = await runAgent({ state, args: ["--resume=../x"] });
    assertEquals([run.code, run.state.isError], [1, true]);
    assertStringIncludes(run.state.errorMessage ?? "", 'Cannot resume session "../x"');
    assertEquals([...Deno.readDirSync(state)], []);
  });
});

Deno.test("the id of a session is not used twice, and the first session stays as it was", async () => {
  await withTempDir(async (state) => {
    await runAgent({ state, args: ["--session=s"], stdin: "a" });
    const before = await Deno.readTextFile(`${state}/s.jsonl`);
    const run = await runAgent({ state, args: ["--session=s"], stdin: "b" });
    assertEquals([run.code, run.state.isError], [1, true]);
    assertStringIncludes(run.state.errorMessage ?? "", 'session "s": the id is in use');
    assertEquals(await Deno.readTextFile(`${state}/s.jsonl`), before);
  });
});

Deno.test("ids that are no file names are kept apart, inside the directory", async () => {
  await withTempDir(async (dir) => {
    const state = `${dir}/a/b`;
    for (const id of ["../../x", "..", "a/b", "a%2Fb", "é"]) {
      assertEquals((await runAgent({ state, args: [`--session=${id}`] })).code, 0);
      assertEquals((await runAgent({ state, args: [`--resume=${id}`] })).code, 0);
    }
    assertEquals([...Deno.readDirSync(state)].length, 5);
    assertEquals([...Deno.readDirSync(dir)].map(({ name }) => name), ["a"]);
  });
});

Deno.test({
  name: "sessions are private",
  ignore: Deno.build.os === "windows",
  async fn() {
    await withTempDir(async (dir) => {
      await runAgent({ state: `${dir}/state`, args: ["--session=s"] });
      assertEquals((await Deno.stat(`${dir}/state`)).mode! & 0o777, 0o700);
      assertEquals((await Deno.stat(`${dir}/state/s.jsonl`)).mode! & 0o777, 0o600);
    });
  },
});

Deno.test("sessions that run at the same time do not mix", async () => {
  await withTempDir(async (state) => {
    const names = ["a", "b", "c", "d"];
    const script = {
      turns: [
        { steps: [{ do: "sleep", ms: 20 }, { do: "echo" }] },
        { steps: [{ do: "sleep", ms: 20 }, { do: "prompt" }] },
      ],
    };
    const turn = (flag: string) =>
      Promise.all(
        names.map((name) =>
          runAgent({ state, script, stdin: `I am ${name}`, args: [`--${flag}=${name}`] })
        ),
      );
    assertEquals((await turn("session")).map(said), names.map((name) => `I am ${name}`));
    const seen = (await turn("resume")).map((run) => JSON.parse(said(run)));
    assertEquals(
      seen.map(({ session_id, turn, history }) => ({ session_id, turn, history })),
      names.map((name) => ({
        session_id: name,
        turn: 1,
        history: [{ prompt: `I am ${name}`, answer: `I am ${name}` }],
      })),
    );
  });
});

Deno.test("of two that begin one session at the same time, one is refused", async () => {
  await withTempDir(async (state) => {
    const runs = await Promise.all(
      [1, 2, 3].map(() => runAgent({ state, args: ["--session=s"], stdin: "x" })),
    );
    assertEquals(runs.map(({ code }) => code).sort(), [0, 1, 1]);
  });
});
