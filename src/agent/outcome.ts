/** How a session ended, from all that was seen: the terminal event counts, not the exit code. */
import type { SessionEndReason, SessionOutcome } from "../events/log_event.ts";
import type { ExitConstraints, PendingResume } from "../sessions/records.ts";
import type { AgentOutput } from "../events/event.ts";
import type { ParserState } from "../providers/parser.ts";
import { cancelledError, type EndRequest } from "../sessions/end_request.ts";
import { BudgetReached, type PassedCap, spentText } from "./budget_reached.ts";
import { redact } from "../redact/redact.ts";
import { EndRequested, Interrupt, OutageSeen } from "./interrupt.ts";
import type { LimitLine } from "./limit_watch.ts";
import { lastLines } from "./stderr_end.ts";
import type { TranscriptEvidence } from "./transcript_evidence.ts";
import type { Watchdog } from "./watchdog.ts";

/** Why zag ended an agent before it was done. */
export type EndReason =
  | { kind: "timeout"; durationMs: number }
  | { kind: "idle"; durationMs: number; waitedFor: string }
  | { kind: "first-byte"; durationMs: number; waitedFor: string }
  /** `reason` is there when the session was cancelled. */
  | { kind: "requested"; action: "kill" | "stop"; reason?: string }
  /** Its interface, which nobody sees, stood still at a usage limit. */
  | { kind: "limit" }
  /** It waits for a provider that is out of reach, and another one is to go on. */
  | { kind: "outage"; said: string }
  /** `cutOff` when a turn was going on. */
  | { kind: "budget"; passed: PassedCap; cutOff: boolean }
  | { kind: "aborted"; signal: string | undefined; reason: unknown };

/** Why zag ended an agent for which it had waited too long. */
export type DeadlineReason = Extract<EndReason, { durationMs: number }>;

/** Whether a deadline has ended the agent. */
export function isDeadline(reason: EndReason | undefined): reason is DeadlineReason {
  return reason !== undefined && "durationMs" in reason;
}

/** The end that an abort with this reason asks for. */
export function abortedBy(reason: unknown): EndReason {
  if (reason instanceof BudgetReached) {
    return { kind: "budget", passed: reason.passed, cutOff: true };
  }
  if (reason instanceof EndRequested) return requestedBy(reason.request);
  if (reason instanceof OutageSeen) return { kind: "outage", said: reason.said };
  const signal = reason instanceof Interrupt ? reason.signal : undefined;
  return { kind: "aborted", signal, reason };
}

/** The end that a request asks for. */
export function requestedBy({ action, reason }: EndRequest): EndReason {
  return { kind: "requested", action, ...(reason === undefined ? {} : { reason }) };
}

/** The same for the books; undefined where zag has not ended the agent. */
export function reasonOf(endedBy: EndReason | undefined): SessionEndReason | undefined {
  switch (endedBy?.kind) {
    case undefined:
    case "outage":
      return undefined;
    case "timeout":
    case "budget":
      return endedBy.kind;
    case "idle":
      return "idle_timeout";
    case "first-byte":
      return "first_byte_timeout";
    case "limit":
      return "usage_limit";
    case "aborted":
      return "interrupted";
    case "requested":
      if (endedBy.reason !== undefined) return "cancelled";
      return endedBy.action === "kill" ? "killed" : "stopped";
  }
}

/** How the agent's process ended. */
export interface AgentExit {
  code: number | null;
  signal: string | null;
}

/** The end of a launch. Failure of the agent is an outcome, never an exception. */
export interface LaunchOutcome {
  sessionId: string;
  /** The handle of this run. */
  processId: string;
  provider: string;
  /** As people write the provider's name. */
  agentName: string;
  model: string | undefined;
  /** The session can go on, in the way in which it was run. */
  resumable: boolean;
  logPath: string | undefined;
  outcome: SessionOutcome;
  /** A terminal event told how the work ended; or, without events, the exit code did. */
  settled: boolean;
  /** The agent's work is done and it did not report failure. */
  success: boolean;
  /** What went wrong, in a sentence; undefined on success. */
  failure: string | undefined;
  /** The person's input stream could not be understood. */
  inputError: unknown;
  /** Why zag ended the agent; undefined when it ended by itself. */
  endedBy: EndReason | undefined;
  /** Why the session ended, for the books; undefined where it did its work or just failed. */
  endReason?: SessionEndReason | undefined;
  /** How long agents were at work, in milliseconds: what counts for `--timeout`. */
  workedMs: number;
  /** The session hit a usage limit and is to go on when that is over: its books are open. */
  waits?: PendingResume | undefined;
  /** The usage limit that it failed on, and nobody waits for; absent: it failed on none. */
  limited?: LimitMet | undefined;
  /** Its wait for the end of a usage limit was cancelled. */
  waitCancelled?: boolean;
  /** Another provider goes on: the books of the session are open. */
  movesOn?: boolean;
  /** What was handed in through `ps kill`. */
  submitted: string | undefined;
  /** What that had to satisfy; undefined outside of exit mode. */
  exitConstraints: ExitConstraints | undefined;
  exit: AgentExit;
  /** The end of what the agent wrote to stderr. */
  stderr: string;
  /** The last lines on a terminal that nobody saw; empty for every other agent. */
  screen: string;
  /** Nothing but white space came where stdout is passed on unread; absent where it is read. */
  printedNothing?: boolean;
  /** Tools that the agent wanted to use and was not allowed to. */
  denied: readonly string[];
  /** A permission policy has decided about its tools. */
  hasPolicy?: boolean;
  /** The whole invocation; its events only if they were asked for. */
  output: AgentOutput;
}

/** A usage limit that a session has failed on. */
export interface LimitMet {
  readonly line: LimitLine;
  /** How often the session had gone on after one before, in the same call. */
  readonly met: number;
}

/** Everything that was seen of an ending. */
export interface Evidence {
  agentName: string;
  /** How the agent was read; without events there is no terminal event to wait for. */
  mode: "events" | "raw" | "interactive";
  state: Readonly<ParserState>;
  exit: AgentExit;
  endedBy: EndReason | undefined;
  /** Where the deadlines come from that the watchdog has; absent: from flags. */
  setBy?: Watchdog["setBy"];
  stderr: string;
  /** The person's input or the reader of our output failed. */
  error: unknown;
  /** A message of a stream was sent, and its turn did not come to an end. */
  owesAnswer?: boolean;
  /** What was handed in through `ps kill`: with it the work is done, however the agent ended. */
  submitted?: string | undefined;
  /** The session has to end by handing in a result. */
  exitMode?: boolean;
  /** What the CLI's own file says, if it was looked at. */
  transcript: TranscriptEvidence | undefined;
}

/** What the evidence amounts to. */
export interface Verdict {
  outcome: SessionOutcome;
  settled: boolean;
  success: boolean;
  failure: string | undefined;
  /** The same with the agent's own words as they stand in its events; absent where there are none. */
  told?: string | undefined;
  /** The parser's state, completed from the transcript where it knew more. */
  state: ParserState;
}

/** Weighs the evidence. */
export function decideOutcome(evidence: Evidence): Verdict {
  const { endedBy, exit, agentName } = evidence;
  const state: ParserState = { ...evidence.state };
  const verdict = (
    outcome: SessionOutcome,
    settled: boolean,
    why: string | undefined,
    isFromEvents = false,
  ): Verdict => {
    const failure = why === undefined ? undefined : redact(why);
    const told = isFromEvents ? { told: why } : {};
    return { outcome, settled, success: failure === undefined, failure, ...told, state };
  };
  if (evidence.submitted !== undefined) {
    state.result = evidence.submitted;
    state.isError = false;
    return verdict("success", true, undefined);
  }
  if (endedBy?.kind === "timeout") {
    return verdict(
      "timeout",
      state.results > 0,
      `${agentName} did not finish within ${formatDuration(endedBy.durationMs)} and was ended ` +
        "(--timeout)",
    );
  }
  if (endedBy?.kind === "idle" || endedBy?.kind === "first-byte") {
    const time = formatDuration(endedBy.durationMs);
    const silent = endedBy.kind === "idle"
      ? `was silent for ${time}`
      : `gave no sign of life for ${time}`;
    return verdict(
      "timeout",
      state.results > 0,
      `${agentName} ${silent} and was ended: zag waited for ${endedBy.waitedFor} ` +
        `(${evidence.setBy?.[endedBy.kind] ?? `--${endedBy.kind}-timeout`})`,
    );
  }
  if (endedBy?.kind === "requested" && endedBy.reason !== undefined) {
    return verdict("killed", state.results > 0, cancelledError(endedBy.reason));
  }
  if (endedBy?.kind === "requested") {
    const how = endedBy.action === "kill" ? "ended" : "stopped";
    return verdict(
      "killed",
      state.results > 0,
      `${agentName} was ${how} by "zag ps ${endedBy.action}"`,
    );
  }
  if (endedBy?.kind === "limit") {
    return verdict("failure", false, `${agentName} hit a usage limit`);
  }
  if (endedBy?.kind === "outage") {
    return verdict(
      "failure",
      false,
      `${agentName} cannot reach its provider: ${endedBy.said}`,
      true,
    );
  }
  if (endedBy?.kind === "budget") {
    const { passed, cutOff } = endedBy;
    return verdict(
      cutOff ? "killed" : "failure",
      state.results > 0,
      `${agentName} ${budgetWords(cutOff)}: ${spentText(passed)}`,
    );
  }
  if (endedBy?.kind === "aborted") {
    const by = endedBy.signal === undefined ? "" : ` by ${endedBy.signal}`;
    return verdict("interrupted", state.results > 0, `Interrupted${by}`);
  }
  if (evidence.error !== undefined) {
    const reason = evidence.error instanceof Error ? evidence.error.message : `${evidence.error}`;
    return verdict("failure", state.results > 0, reason);
  }
  const crashed = exit.code !== 0 || exit.signal !== null;
  // Earlier turns had their results; the one that was cut off has none.
  if (state.results > 0 && !(evidence.owesAnswer && crashed)) {
    return state.isError
      ? verdict("failure", true, state.errorMessage ?? `${agentName} reported a failure`, true)
      : verdict("success", true, undefined);
  }
  const { transcript } = evidence;
  if (evidence.exitMode && !crashed) {
    return verdict("failure", false, `${agentName} ended without handing in its result`);
  }
  if (transcript?.answer !== undefined) state.result ??= transcript.answer;
  const clean = exit.code === 0 && exit.signal === null;
  if (evidence.mode === "interactive" && clean) return verdict("success", true, undefined);
  if (evidence.mode === "raw" && clean && transcript?.finished !== false) {
    return verdict("success", true, undefined);
  }
  if (evidence.mode === "events" && transcript?.finished === true) {
    return verdict("success", true, undefined);
  }
  const how = exit.signal === null ? `exit code ${exit.code}` : `signal ${exit.signal}`;
  const last = lastLines(evidence.stderr);
  return verdict(
    evidence.mode === "events" ? "unknown" : "failure",
    false,
    `${agentName} ended without a result (${how})${last === "" ? "" : `: ${last}`}`,
  );
}

/** What a passed cap has done to an agent. */
export function budgetWords(cutOff: boolean): string {
  return cutOff ? "was ended" : "may not go on";
}

/** A length of time for people: `1h2m3s`, `1.5s`, `250ms`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)}ms`;
  if (ms < 10_000 && ms % 1000 !== 0) return `${(ms / 1000).toFixed(1)}s`;
  const seconds = Math.floor(ms / 1000);
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), "d"],
    [Math.floor(seconds / 3600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "m"],
    [seconds % 60, "s"],
  ];
  return parts.filter(([count]) => count > 0).map(([count, unit]) => `${count}${unit}`).join("");
}
