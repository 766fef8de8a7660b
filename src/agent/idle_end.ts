/** How a session ends while no agent is at work in it. */
import { endReasonFields } from "../events/end_reason.ts";
import type { AgentOutput } from "../events/event.ts";
import { emptyState } from "../providers/parsing.ts";
import { decideOutcome, type EndReason, type LaunchOutcome, reasonOf } from "./outcome.ts";
import type { Settled } from "./settle.ts";

/** Why nothing follows. */
export interface Ending {
  readonly endedBy?: EndReason | undefined;
  /** The input could not be understood. */
  readonly error?: unknown;
}

/** What has been so far, with the end that came after it. */
export function ended(outcome: LaunchOutcome, { endedBy, error }: Ending): LaunchOutcome {
  if (endedBy === undefined && error === undefined) return outcome;
  const { agentName, exit, output } = outcome;
  const { outcome: how, success, failure } = decideOutcome({
    agentName,
    mode: "events",
    state: emptyState(),
    exit,
    endedBy,
    stderr: "",
    error,
    transcript: undefined,
  });
  const endReason = reasonOf(endedBy);
  return {
    ...outcome,
    outcome: how,
    success,
    failure,
    endedBy,
    endReason,
    inputError: error,
    output: {
      ...withoutReason(output),
      is_error: true,
      ...(failure !== undefined && { error_message: failure }),
      ...endReasonFields(endReason),
    },
  };
}

/** An output that does not say why the session ended. */
export function withoutReason(output: AgentOutput): AgentOutput {
  const { end_reason: _reason, zag_exit_code: _code, ...rest } = output;
  return rest;
}

/** The outcome of a session in which this process has started no agent. */
export function outcomeWithoutAgent(
  { provider, sessionId, model, resumed }: Settled,
  processId: string,
  failure: string,
): LaunchOutcome {
  return {
    sessionId,
    processId,
    provider: provider.name,
    agentName: provider.displayName,
    model,
    resumable: resumed !== undefined,
    logPath: undefined,
    outcome: "unknown",
    settled: false,
    success: false,
    failure,
    inputError: undefined,
    endedBy: undefined,
    workedMs: 0,
    submitted: undefined,
    exitConstraints: undefined,
    exit: { code: null, signal: null },
    stderr: "",
    screen: "",
    denied: [],
    output: {
      agent: provider.name,
      session_id: resumed?.providerSessionId ?? sessionId,
      events: [],
      result: null,
      is_error: true,
      error_message: failure,
      total_cost_usd: null,
      usage: null,
      provider: provider.name,
    },
  };
}
