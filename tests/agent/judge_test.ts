import { judgeAnswer } from "../../src/agent/judge.ts";
import type { LaunchRequest } from "../../src/agent/launch_request.ts";
import type { Verdict } from "../../src/agent/outcome.ts";
import { assertEquals } from "../support/assert.ts";

const DONE: Verdict = {
  outcome: "success",
  settled: true,
  success: true,
  failure: undefined,
  state: { result: "It is [1].", isError: false } as Verdict["state"],
};

function request(judge: LaunchRequest["judge"]): LaunchRequest {
  return {
    command: "exec",
    options: {},
    prompt: "hi",
    resume: undefined,
    streamInput: false,
    ...(judge ? { judge } : {}),
  };
}

Deno.test("judgeAnswer() leaves the verdict alone where nobody judges, and where there is no good end", () => {
  const failed: Verdict = { ...DONE, success: false, outcome: "timeout", failure: "too late" };
  const never = () => {
    throw new Error("asked");
  };
  for (const [verdict, judge] of [[DONE, undefined], [failed, never]] as const) {
    assertEquals(judgeAnswer(verdict, request(judge), ""), { verdict, lines: [], goesOn: false });
  }
});

Deno.test("judgeAnswer() makes what was accepted the result, and logs it unless it was said so", () => {
  const judge = (answer: string) => ({ accepted: answer.slice(6, -1) });
  const { verdict, lines } = judgeAnswer(DONE, request(judge), "It is [1].");
  assertEquals(verdict, { ...DONE, state: { ...DONE.state, result: "[1]" } });
  assertEquals(lines, [{ type: "session_result", result: "[1]" }]);
  assertEquals(judgeAnswer(DONE, request(judge), "[1]").lines, []);
});

Deno.test("judgeAnswer() makes a refusal a failure of the session, and says why", () => {
  for (const goesOn of [true, false]) {
    const judged = judgeAnswer(DONE, request(() => ({ refused: ["a", "b"], goesOn })), "");
    const failure = "The answer was refused: a; b";
    assertEquals(judged, {
      verdict: { ...DONE, outcome: "failure", success: false, failure },
      lines: [{ type: "user_event", level: "warn", message: failure }],
      goesOn,
    });
  }
});

Deno.test("judgeAnswer() lets no session go on that somebody has ended", () => {
  const over: boolean[] = [];
  const judge = (_answer: string, isOver: boolean) => {
    over.push(isOver);
    return { refused: ["a"], goesOn: true };
  };
  const asked = judgeAnswer(DONE, request(judge), "", "asked");
  assertEquals([asked.goesOn, asked.verdict.outcome], [false, "failure"]);
  assertEquals(judgeAnswer(DONE, request(judge), "").goesOn, true);
  assertEquals(over, [true, false]);
});

Deno.test("judgeAnswer() leaves a result that was handed in what it is, and takes the JSON from it", () => {
  const refused = judgeAnswer(
    DONE,
    request(() => ({ refused: ["a"], goesOn: true })),
    "",
    "submitted",
  );
  assertEquals(refused, { verdict: DONE, lines: [], goesOn: false });
  const judge = (answer: string) => ({ accepted: answer.slice(6, -1) });
  const accepted = judgeAnswer(DONE, request(judge), "", "submitted");
  assertEquals([accepted.verdict.state.result, accepted.lines], ["[1]", []]);
});
