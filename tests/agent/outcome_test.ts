import {
  decideOutcome,
  type EndReason,
  type Evidence,
  formatDuration,
} from "../../src/agent/outcome.ts";
import { emptyState } from "../../src/providers/parsing.ts";
import type { ParserState } from "../../src/providers/parser.ts";
import { assert, assertEquals } from "../support/assert.ts";

const STATE: ParserState = emptyState();

function decide(
  change: Partial<Omit<Evidence, "state">> & { state?: Partial<ParserState> },
) {
  const { state, ...rest } = change;
  const verdict = decideOutcome({
    agentName: "Agent",
    mode: "events",
    exit: { code: 0, signal: null },
    endedBy: undefined,
    stderr: "",
    error: undefined,
    transcript: undefined,
    ...rest,
    state: { ...STATE, ...state },
  });
  return verdict;
}

const done = { results: 1, result: "answer" };
const failed = { results: 1, isError: true, errorMessage: "no" };
const code3 = { code: 3, signal: null };
const killed = { code: 137, signal: "SIGKILL" };
const timeout: EndReason = { kind: "timeout", durationMs: 90_000 };
const idle: EndReason = { kind: "idle", durationMs: 500, waitedFor: "the first output" };
const aborted: EndReason = { kind: "aborted", signal: "SIGINT", reason: undefined };
const stopped: EndReason = { kind: "aborted", signal: undefined, reason: undefined };
const killing: EndReason = { kind: "requested", action: "kill" };
const stopping: EndReason = { kind: "requested", action: "stop" };
const finished = { answer: "from the file", finished: true };
const begun = { answer: "from the file", finished: false };

/** Evidence, outcome, whether the outcome is settled, and what went wrong. */
const rows: [string, Parameters<typeof decide>[0], string, boolean, string | undefined][] = [
  ["a result", { state: done }, "success", true, undefined],
  ["a result and exit code 3", { state: done, exit: code3 }, "success", true, undefined],
  ["a result and a signal", { state: done, exit: killed }, "success", true, undefined],
  ["a failed result and exit code 0", { state: failed }, "failure", true, "no"],
  [
    "a failed result without words",
    { state: { results: 1, isError: true } },
    "failure",
    true,
    "Agent reported a failure",
  ],
  [
    "a result and a later message that a crash cut off",
    { state: done, exit: killed, owesAnswer: true },
    "unknown",
    false,
    "Agent ended without a result (signal SIGKILL)",
  ],
  ["a result for what was taken in", { state: done, owesAnswer: true }, "success", true, undefined],
  ["no result", {}, "unknown", false, "Agent ended without a result (exit code 0)"],
  [
    "no result but words on stderr",
    { exit: code3, stderr: "\nbad luck\n" },
    "unknown",
    false,
    "Agent ended without a result (exit code 3): bad luck",
  ],
  [
    "no result and a signal",
    { exit: killed },
    "unknown",
    false,
    "Agent ended without a result (signal SIGKILL)",
  ],
  ["a finished transcript", { transcript: finished, exit: code3 }, "success", true, undefined],
  [
    "a transcript that was only begun",
    { transcript: begun },
    "unknown",
    false,
    "Agent ended without a result (exit code 0)",
  ],
  [
    "a deadline",
    { endedBy: timeout, exit: killed },
    "timeout",
    false,
    "Agent did not finish within 1m30s and was ended (--timeout)",
  ],
  [
    "a deadline after a result",
    { endedBy: timeout, state: done },
    "timeout",
    true,
    "Agent did not finish within 1m30s and was ended (--timeout)",
  ],
  [
    "silence",
    { endedBy: idle },
    "timeout",
    false,
    "Agent was silent for 500ms and was ended: zag waited for the first output (--idle-timeout)",
  ],
  [
    "no sign of life",
    { endedBy: { ...idle, kind: "first-byte" } },
    "timeout",
    false,
    "Agent gave no sign of life for 500ms and was ended: zag waited for the first output " +
    "(--first-byte-timeout)",
  ],
  [
    "a result handed in",
    { mode: "interactive", submitted: "5", exit: killed },
    "success",
    true,
    undefined,
  ],
  [
    "a result handed in before a deadline",
    { submitted: "", endedBy: timeout, exit: killed },
    "success",
    true,
    undefined,
  ],
  [
    "a result handed in by an agent that had failed",
    { submitted: "5", state: failed, endedBy: killing },
    "success",
    true,
    undefined,
  ],
  [
    "exit mode without a result",
    { mode: "interactive", exitMode: true },
    "failure",
    false,
    "Agent ended without handing in its result",
  ],
  [
    "exit mode and a crash",
    { mode: "interactive", exitMode: true, exit: killed },
    "failure",
    false,
    "Agent ended without a result (signal SIGKILL)",
  ],
  ["ps kill", { endedBy: killing }, "killed", false, 'Agent was ended by "zag ps kill"'],
  ["ps stop", { endedBy: stopping }, "killed", false, 'Agent was stopped by "zag ps stop"'],
  ["a signal to zag", { endedBy: aborted }, "interrupted", false, "Interrupted by SIGINT"],
  ["a stop by a program", { endedBy: stopped }, "interrupted", false, "Interrupted"],
  [
    "a signal although the agent reported success",
    { endedBy: aborted, state: done },
    "interrupted",
    true,
    "Interrupted by SIGINT",
  ],
  [
    "bad input after an answer",
    { error: new Error("bad input"), state: done },
    "failure",
    true,
    "bad input",
  ],
  ["raw output and exit code 0", { mode: "raw" }, "success", true, undefined],
  [
    "raw output and exit code 3",
    { mode: "raw", exit: code3 },
    "failure",
    false,
    "Agent ended without a result (exit code 3)",
  ],
  [
    "raw output and its transcript",
    { mode: "raw", transcript: finished },
    "success",
    true,
    undefined,
  ],
  [
    "raw output and a transcript that was only begun",
    { mode: "raw", transcript: begun },
    "failure",
    false,
    "Agent ended without a result (exit code 0)",
  ],
  ["an interactive agent that was left", { mode: "interactive" }, "success", true, undefined],
  [
    "an interactive agent that failed",
    { mode: "interactive", exit: code3 },
    "failure",
    false,
    "Agent ended without a result (exit code 3)",
  ],
];

for (const [title, evidence, outcome, settled, failure] of rows) {
  Deno.test(`decideOutcome() takes ${title} for ${outcome}`, () => {
    const verdict = decide(evidence);
    assertEquals(
      [verdict.outcome, verdict.settled, verdict.success, verdict.failure],
      [outcome, settled, failure === undefined, failure],
    );
  });
}

Deno.test("decideOutcome() completes the answer from the transcript, but does not replace one", () => {
  assertEquals(decide({ transcript: finished }).state.result, "from the file");
  assertEquals(decide({ transcript: begun, exit: code3 }).state.result, "from the file");
  assertEquals(decide({ transcript: finished, state: { result: "" } }).state.result, "");
});

Deno.test("decideOutcome() leaves the parser's state alone", () => {
  const state = { ...STATE };
  decideOutcome({
    agentName: "Agent",
    mode: "events",
    state,
    exit: { code: 0, signal: null },
    endedBy: undefined,
    stderr: "",
    error: undefined,
    transcript: finished,
  });
  assertEquals(state, STATE);
});

Deno.test("decideOutcome() says the last lines of a long stderr", () => {
  const stderr = Array.from({ length: 50 }, (_, index) => `line ${index}`).join("\n");
  const failure = String(decide({ stderr }).failure);
  assert(failure.endsWith("line 49"), failure);
  assertEquals([failure.includes("line 40"), failure.includes("line 39")], [true, false]);
});

const durations: [number, string][] = [
  [1, "1ms"],
  [999, "999ms"],
  [1000, "1s"],
  [1500, "1.5s"],
  [59_999, "59s"],
  [60_000, "1m"],
  [90_000, "1m30s"],
  [3_600_000, "1h"],
  [90_061_000, "1d1h1m1s"],
];

for (const [ms, text] of durations) {
  Deno.test(`formatDuration() of ${ms} is ${text}`, () => assertEquals(formatDuration(ms), text));
}
