/** How a session ends while no agent is at work in it. */
import { emptyState } from "../providers/parsing.ts";
import { decideOutcome, type EndReason, type LaunchOutcome } from "./outcome.ts";
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
  return {
    ...outcome,
    outcome: how,
    success,
    failure,
    endedBy,
    inputError: error,
    output: { ...output, is_error: true, ...(failure !== undefined && { error_message: failure }) },
  };
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
    submitted: undefined,
    exitConstraints: undefined,
    exit: { code: null, signal: null },
    stderr: "",
    screen: "",
    denied: [],
    output: {
      agent: provider.name,
      session_id: "",
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
